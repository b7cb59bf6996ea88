import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";
import { allOf, tags, USER_PATHS } from "./tags.js";

const shop = dataModelOf(SHOP);
const all = allOf(shop);

/** What a write changes outside of its own model. */
function others(model: string, operation: string, args: object): string[] {
  const { changed, fenced } = effects(shop, { model, operation, args });
  return [...changed, ...fenced].filter((tag) => !tag.startsWith(`${model}:`)).sort();
}

const updated = (model: string, data: object, where: object = { id: 1 }) => others(model, "update", { where, data });
const created = (model: string, data: object) => others(model, "create", { data });

describe("one to many, the key on the other side", () => {
  const post = { id: 2, slug: "s", title: "t" };
  const fresh = ["unique:slug=s", "unique:authorId=1,title=t", "field:authorId=1", "field:editorEmail=~"];
  const posts = (...kinds: string[]) => tags("Post", "any", ...kinds);
  /** Of a post whose author is known, and no more than that. */
  const own = ["by:slug", "by:authorId,title", "by:editorEmail", "field:authorId=1"];
  /** The old author is not known. */
  const moved = posts("row:2", "by:slug", "by:authorId", "by:authorId,title", "by:editorEmail");
  const comment = tags("Comment", "any", "row:1", "field:postId=2");
  const gone = [...tags("Comment", "any", "by:id", "field:postId=2"), ...posts("row:2", ...own)];
  const links = tags("_PostToTag", "any", "by:Tag.posts", "field:Post.tags=2");

  test.each<[string, object, string[]]>([
    ["create", { create: post }, posts("row:2", ...fresh)],
    ["create of several", { create: [post, { ...post, id: 3 }] }, posts("row:2", "row:3", ...fresh)],
    [
      "create with more below",
      { create: { ...post, comments: { create: { id: 1, text: "x" } } } },
      [...comment, ...posts("row:2", ...fresh)],
    ],
    ["createMany", { createMany: { data: [post] } }, posts("row:2", ...fresh)],
    ["connect", { connect: { id: 2 } }, moved],
    ["connect of several", { connect: [{ id: 2 }, { id: 3 }] }, [...moved, "Post:row:3"].sort()],
    [
      "connect of one whose place was known",
      { connect: { id: 2, authorId: 4, title: "t" } },
      posts(
        ...["row:2", "by:slug", "by:editorEmail", "field:authorId=1", "field:authorId=4"],
        ...["unique:authorId=1,title=t", "unique:authorId=4,title=t"],
      ),
    ],
    [
      "connect by another key",
      { connect: { slug: "s" } },
      posts("unique:slug=s", "by:id", "by:authorId", "by:authorId,title", "by:editorEmail"),
    ],
    ["connectOrCreate", { connectOrCreate: { where: { id: 2 }, create: post } }, moved],
    ["disconnect", { disconnect: [{ id: 2 }] }, posts("row:2", "field:authorId=~", ...own)],
    ["set", { set: [{ id: 2 }] }, all("Post")],
    ["set to nothing", { set: [] }, posts("by:id", "field:authorId=~", ...own)],
    ["update", { update: { where: { id: 2 }, data: { title: "x" } } }, posts("row:2", ...own)],
    ["update with more below", { update: { where: { id: 2 }, data: { comments: { deleteMany: {} } } } }, gone],
    [
      "update that names every key",
      { update: { where: { id: 2, slug: "s", title: "t" }, data: { slug: "z" } } },
      // Its other foreign key is not named.
      posts(
        ...["row:2", "unique:slug=s", "unique:slug=z", "unique:authorId=1,title=t"],
        ...["field:authorId=1", "by:editorEmail"],
      ),
    ],
    ["updateMany", { updateMany: { where: {}, data: { title: "x" } } }, posts("by:id", ...own)],
    [
      "updateMany by keys",
      { updateMany: [{ where: { id: { in: [2] } }, data: { title: "x" } }] },
      posts("row:2", ...own),
    ],
    [
      "updateMany that moves them",
      { updateMany: { where: {}, data: { authorId: 7 } } },
      posts("by:id", "field:authorId=7", ...own),
    ],
    [
      "upsert",
      { upsert: { where: { id: 2 }, create: post, update: { comments: { create: { id: 1, text: "x" } } } } },
      [...comment, ...posts("row:2", ...own)],
    ],
    ["delete", { delete: { id: 2 } }, [...gone, ...links]],
    [
      "deleteMany",
      { deleteMany: [{ title: "x" }] },
      [
        ...all("Comment"),
        ...posts("by:id", "by:slug", "by:editorEmail", "field:authorId=1", "unique:authorId=1,title=x"),
        ...all("_PostToTag"),
      ],
    ],
    ["deleteMany by keys", { deleteMany: { id: { in: [2] } } }, [...gone, ...links]],
    ["several at once", { create: post, disconnect: { id: 2 } }, posts("row:2", "field:authorId=~", ...own)],
  ])("%s", (_, operations, expected) => expect(updated("User", { posts: operations })).toEqual(expected));

  test.each([
    ["that is not known", { email: "a" }, {}],
    ["that moves", { id: 1 }, { id: 2 }],
  ])("below a key %s", (_, where, data) => {
    const posts = { updateMany: { where: {}, data: { title: "x" } } };
    expect(updated("User", { ...data, posts }, where)).toEqual(expect.arrayContaining(all("Post")));
  });

  test("below a row that another one leads to", () => {
    const data = { post: { update: { author: { update: { orders: { deleteMany: {} } } } } } };
    expect(updated("Comment", data, { id: 1, postId: 2 })).toEqual([
      ...all("Order"),
      ...all("OrderLine"),
      ...tags("Post", "any", "row:2", "by:slug", "by:authorId", "by:authorId,title", "by:editorEmail"),
      ...all("User"),
    ]);
  });
});

describe("many to one, the key on this side", () => {
  const user = tags("User", "any", "new", "unique:email=a", "field:role=USER", "field:managerId=~");
  test.each<[string, object, string[]]>([
    ["create", { create: { email: "a" } }, user],
    [
      "create with a one to one below",
      { create: { email: "a", profile: { create: { id: 1, bio: "x" } } } },
      [...tags("Profile", "any", "row:1", "new", "by:userId"), ...user],
    ],
    ["connect", { connect: { id: 1 } }, []],
    ["connectOrCreate", { connectOrCreate: { where: { id: 1 }, create: { email: "a" } } }, user],
    ["disconnect", { disconnect: true }, []],
    ["update", { update: { points: 1 } }, all("User")],
    ["update with a filter", { update: { where: { points: 2 }, data: { points: 1 } } }, all("User")],
    [
      "update with a filter that names it",
      { update: { where: { id: 7 }, data: { points: 1 } } },
      tags("User", "any", "row:7", ...USER_PATHS),
    ],
    [
      "update with more below",
      { update: { orders: { create: { id: 1 } } } },
      [...tags("Order", "any", "row:1", "by:userId", "field:addressId=~"), ...all("User")],
    ],
    [
      "upsert",
      { upsert: { update: { points: 1 }, create: { email: "a", cart: { create: {} } } } },
      [...tags("Cart", "any", "new", "by:userId"), ...all("User"), "User:new"].sort(),
    ],
  ])("%s", (_, operations, expected) => expect(updated("Post", { author: operations })).toEqual(expected));

  test.each<[string, object, string[]]>([
    ["update", { update: { points: 1 } }, tags("User", "any", "row:7", ...USER_PATHS)],
    [
      "update with more below",
      { update: { orders: { create: { id: 1 } } } },
      [
        ...tags("Order", "any", "row:1", "field:userId=7", "field:addressId=~"),
        ...tags("User", "any", "row:7", ...USER_PATHS),
      ],
    ],
    [
      "upsert",
      { upsert: { update: { points: 1 }, create: { email: "a" } } },
      tags("User", "any", "row:7", "new", ...USER_PATHS),
    ],
    ["several at once, of which one may move it", { connect: { id: 8 }, update: { points: 1 } }, all("User")],
  ])("%s of the one that the selector tells", (_, operations, expected) =>
    expect(updated("Post", { author: operations }, { id: 1, authorId: 7 })).toEqual(expected),
  );

  test.each<[string, object, string[], string[]]>([
    ["leaves the key alone", { points: 1 }, [], ["field:authorId=7"]],
    ["moves the key along", { id: 8 }, ["field:authorId=7", "field:authorId=8"], []],
  ])("an update of the other row %s", (_, data, moved, kept) => {
    const { changed, fenced } = effects(shop, {
      model: "Post",
      operation: "update",
      args: { where: { id: 1, authorId: 7 }, data: { author: { update: data } } },
    });
    expect(changed).toEqual(expect.arrayContaining(tags("Post", "any", ...moved, ...kept)));
    expect([...changed, ...fenced]).not.toContain("Post:by:authorId");
  });

  test("delete, with what the database does", () => {
    expect(updated("Post", { editor: { delete: true } })).toEqual(
      all("Cart", "Comment", "Profile", "User", "_Friends", "_PostToTag", "_ProductToUser").sort(),
    );
    expect(updated("Order", { address: { delete: true } }, { id: 1, addressId: 5 })).toEqual(
      tags("Address", "any", "row:5", "by:regionCode", "by:regionNumber"),
    );
  });

  test("an update of a key that others reference", () => {
    // The other posts of this editor lose theirs, and so do those whose author moves.
    expect(
      effects(shop, {
        model: "Post",
        operation: "update",
        args: { where: { id: 1 }, data: { editor: { update: { email: "b" } } } },
      }).changed,
    ).toEqual(expect.arrayContaining(all("Post", "User")));
  });
});

describe("one to one", () => {
  const carts = (...kinds: string[]) => tags("Cart", "any", "by:id", ...kinds);
  const one = ["unique:userId=1", "field:userId=1"];
  const three = ["unique:userId=3", "field:userId=3"];
  const none = "field:userId=~";
  const profile = { create: { id: 1, bio: "x" } };
  test.each<[string, string, object, string[]]>([
    ["created with its parent", "create", { profile }, tags("Profile", "any", "new", "row:1", "by:userId")],
    [
      "created with a parent whose key is given",
      "create",
      { id: 7, profile },
      tags("Profile", "any", "row:1", "unique:userId=7", "field:userId=7"),
    ],
    ["connected to a new parent", "create", { cart: { connect: { userId: 3 } } }, all("Cart")],
    [
      "connected to a new parent whose key is given",
      "create",
      { id: 1, cart: { connect: { userId: 3 } } },
      carts(...one, ...three),
    ],
    ["created for a parent that may have one", "update", { cart: { create: {} } }, carts("new", none, ...one)],
    ["connected", "update", { cart: { connect: { userId: 3 } } }, carts(none, ...one, ...three)],
    [
      "connected or created",
      "update",
      { cart: { connectOrCreate: { where: { userId: 3 }, create: {} } } },
      carts("new", none, ...one, ...three),
    ],
    ["disconnected", "update", { cart: { disconnect: true } }, carts(none, ...one)],
    ["disconnected by a filter", "update", { cart: { disconnect: { note: "x" } } }, carts(none, ...one)],
    ["updated", "update", { cart: { update: { note: "x" } } }, carts(...one)],
    ["upserted", "update", { cart: { upsert: { update: { note: "x" }, create: {} } } }, carts("new", ...one)],
    ["deleted", "update", { profile: { delete: true } }, tags("Profile", "any", "by:id", ...one)],
  ])("%s", (_, operation, data, expected) => {
    expect(operation === "create" ? created("User", data) : updated("User", data)).toEqual(expected);
  });

  test("connected to a new parent by its own key", () => {
    const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    expect(created("User", { cart: { connect: { id } } })).toEqual(
      tags("Cart", "any", "by:userId", "row:0f8fad5bd9cb469fa16570867728950e"),
    );
  });

  test("from the side of the key, a connect takes the place of another row's", () => {
    const cart = (user: object) => effects(shop, { model: "Cart", operation: "create", args: { data: { user } } });
    const taken = cart({ connect: { id: 1 } });
    expect(taken.changed).toEqual(carts(none, ...one));
    expect(taken.fenced).toEqual(["Cart:new"]);
    expect(cart({ connect: { email: "a" } }).changed).toEqual(all("Cart"));
    const fresh = cart({ create: { email: "a" } });
    expect(fresh.changed.filter((tag) => tag.startsWith("Cart:"))).toEqual(["Cart:any"]);
    expect(fresh.fenced).toEqual(["Cart:by:userId", "Cart:new"]);
  });
});

describe("many to many: the links of both sides", () => {
  const join = (...kinds: string[]) => tags("_PostToTag", "any", ...kinds);
  const one = join("field:Post.tags=1", "field:Tag.posts=a");
  const fresh = tags("Tag", "any", "row:a");
  const gone = join("field:Tag.posts=a", "by:Post.tags");
  test.each<[string, object, string[]]>([
    ["create", { create: { name: "a" } }, [...fresh, ...one]],
    ["connect", { connect: [{ name: "a" }] }, one],
    ["connect of several", { connect: [{ name: "a" }, { name: "b" }] }, [...one, "_PostToTag:field:Tag.posts=b"]],
    ["connectOrCreate", { connectOrCreate: { where: { name: "a" }, create: { name: "a" } } }, [...fresh, ...one]],
    ["disconnect", { disconnect: { name: "a" } }, one],
    // Which leave is not known.
    ["set", { set: [{ name: "a" }] }, join("field:Post.tags=1", "by:Tag.posts")],
    [
      "update of the key",
      { update: { where: { name: "a" }, data: { name: "b" } } },
      [...tags("Tag", "any", "row:a", "row:b"), ...join("field:Tag.posts=a", "field:Tag.posts=b", "by:Post.tags")],
    ],
    ["updateMany", { updateMany: { where: {}, data: { name: "b" } } }, [...all("Tag"), ...all("_PostToTag")]],
    ["upsert", { upsert: { where: { name: "a" }, create: { name: "a" }, update: {} } }, [...fresh, ...one]],
    ["delete", { delete: { name: "a" } }, [...fresh, ...gone]],
    ["deleteMany", { deleteMany: {} }, [...all("Tag"), ...all("_PostToTag")]],
    ["deleteMany by keys", { deleteMany: { name: { in: ["a"] } } }, [...fresh, ...gone]],
  ])("%s", (_, operations, expected) => {
    const sorted = [...expected].sort();
    expect(updated("Post", { tags: operations })).toEqual(sorted);
    if (["create", "connect", "connectOrCreate"].includes(Object.keys(operations)[0] ?? "")) {
      expect(created("Post", { id: 1, tags: operations })).toEqual(sorted);
    }
  });

  test("an update of other columns leaves them alone", () => {
    const data = { posts: { update: { where: { id: 1 }, data: { title: "x" } } } };
    expect(updated("Tag", data, { name: "a" }).filter((tag) => tag.startsWith("_"))).toEqual([]);
  });

  test("of a row that is known by another key", () => {
    expect(updated("Post", { tags: { connect: { name: "a" } } }, { slug: "s" })).toEqual(
      join("field:Tag.posts=a", "by:Post.tags"),
    );
    expect(updated("Tag", { posts: { connect: { slug: "s" } } }, { name: "a" })).toEqual(
      join("field:Tag.posts=a", "by:Post.tags"),
    );
  });

  test("of a new row, by the key that is learnt", () => {
    const data = { email: "a", nickname: "n", tenant: 1, handle: "h", favourites: { connect: { sku: "x" } } };
    const ofUser = (...kinds: string[]) => tags("_ProductToUser", "any", "field:Product.fans=x", ...kinds);
    const user = effects(shop, { model: "User", operation: "create", args: { data, select: { email: true } } });
    expect(user.changed).toEqual(expect.arrayContaining(ofUser()));
    expect(user.fenced).toEqual(["User:new", "_ProductToUser:by:User.favourites"]);
    expect(user.args).toMatchObject({ select: { email: true, id: true } });
    expect(user.after({ email: "a", id: 7 })).toEqual({
      changed: ["User:row:7", "_ProductToUser:field:User.favourites=7"],
      unchanged: ["User:new", "_ProductToUser:by:User.favourites"],
    });
    expect(user.after({ email: "a" }).changed).toEqual(user.fenced);
    const upserted = others("User", "upsert", { where: { id: 7 }, create: data, update: {} });
    expect(upserted).toEqual(ofUser("by:User.favourites"));
    // Of these no row is returned.
    for (const below of [
      created("Post", { id: 1, slug: "s", title: "t", author: { create: data } }),
      effects(shop, { model: "User", operation: "createMany", args: { data } }).changed,
      effects(shop, { model: "User", operation: "create", args: { data }, dataPath: ["select", "posts"] }).changed,
    ]) {
      expect(below.filter((tag) => tag.startsWith("_"))).toEqual(ofUser("by:User.favourites"));
    }
  });

  test("with itself", () => {
    const friends = (operations: object) =>
      effects(shop, {
        model: "User",
        operation: "update",
        args: { where: { id: 1 }, data: { friends: operations } },
      });
    const changed = friends({ update: { where: { id: 2 }, data: { handle: "x" } } });
    expect(changed).toMatchObject({ changed: tags("User", "any", "row:1", "row:2", ...USER_PATHS), fenced: [] });
    expect(friends({ connect: { id: 2 } }).changed).toEqual([
      ...tags("User", "any", "row:1"),
      ...tags("_Friends", "any", "field:User.friends=1", "field:User.friendOf=2"),
    ]);
  });
});

describe("a relation with itself", () => {
  const reports = (operations: object) =>
    effects(shop, { model: "User", operation: "update", args: { where: { id: 1 }, data: { reports: operations } } });

  test("moves other rows of the model that is written", () => {
    const paths = USER_PATHS.filter((path) => path !== "by:managerId");
    expect(reports({ connect: { id: 2 } }).changed).toEqual(tags("User", "any", "row:1", "row:2", ...USER_PATHS));
    const replaced = reports({ set: [] });
    expect(replaced.changed).toEqual(tags("User", "any", "by:id", "field:managerId=1", "field:managerId=~", ...paths));
    // Its own manager.
    expect(replaced.fenced).toEqual(["User:by:managerId"]);
  });
});

test("a key that moves below, where others reference it", () => {
  const args = {
    where: { code: "DE" },
    data: {
      regions: { update: { where: { countryCode_number: { countryCode: "DE", number: 1 } }, data: { number: 2 } } },
    },
  };
  expect(others("Country", "update", args)).toEqual([
    ...tags("Address", "any", "by:id", "field:regionCode=DE", "field:regionNumber=1", "field:regionNumber=2"),
    ...tags("Region", "any", "by:title", "field:countryCode=DE", "row:DE,1", "row:DE,2"),
  ]);
});

test("a model with a column named like the wrapping of an update", () => {
  const text = `datasource db {\n  provider = "postgresql"\n}\nmodel A {\n  id Int @id\n  b B @relation(fields: [bId], references: [id])\n  bId Int\n}\nmodel B {\n  id Int @id\n  data Json\n  as A[]\n}\n`;
  const dataModel = dataModelOf(text);
  const update = (payload: object) =>
    effects(dataModel, {
      model: "A",
      operation: "update",
      args: { where: { id: 1, bId: 1 }, data: { b: { update: payload } } },
    }).changed;
  const everything = allOf(dataModel)("A", "B");
  expect(update({ data: { id: 2 } })).toEqual(everything);
  expect(update({ where: {}, data: { data: 5 } })).toEqual(everything);
  expect(update({ data: 5 })).toEqual([...tags("A", "any", "field:bId=1", "row:1"), ...tags("B", "any", "row:1")]);
});

test("more than a hundred rows of a model collapse", () => {
  const connect = (count: number) => ({ comments: { connect: Array.from({ length: count }, (_, id) => ({ id })) } });
  expect(updated("Post", connect(99))).toHaveLength(101);
  expect(updated("Post", connect(101))).toEqual(all("Comment"));
});
