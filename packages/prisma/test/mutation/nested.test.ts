import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { shop } from "./key-effects.js";
import { created, others, updated } from "./nested-effects.js";
import { allOf, tags, USER_PATHS, withoutNew } from "./tags.js";

const all = allOf(shop);

describe("one to many, the key on the other side", () => {
  const post = { id: 2, slug: "s", title: "t" };
  const fresh = ["unique:slug=s", "unique:authorId=1,title=t", "field:authorId=1", "field:editorEmail=~"];
  const posts = (...kinds: string[]) => tags("Post", "any", ...kinds);
  /** Of a post whose author is known, and no more than that. */
  const own = ["by:slug", "by:authorId,title", "by:editorEmail", "field:authorId=1"];
  /** What it gets is known, what it had is not. */
  const retitled = "unique:authorId=1,title=x";
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
        "row:2",
        "by:slug",
        "by:editorEmail",
        "field:authorId=1",
        "field:authorId=4",
        "unique:authorId=1,title=t",
        "unique:authorId=4,title=t",
      ),
    ],
    [
      "connect by another key",
      { connect: { slug: "s" } },
      posts("unique:slug=s", "by:id", "by:authorId", "by:authorId,title", "by:editorEmail"),
    ],
    [
      "connectOrCreate",
      { connectOrCreate: { where: { id: 2 }, create: post } },
      [...moved, "Post:unique:slug=s"].sort(),
    ],
    ["disconnect", { disconnect: [{ id: 2 }] }, posts("row:2", "field:authorId=~", ...own)],
    ["set", { set: [{ id: 2 }] }, all("Post")],
    ["set to nothing", { set: [] }, posts("by:id", "field:authorId=~", ...own)],
    ["update", { update: { where: { id: 2 }, data: { title: "x" } } }, posts("row:2", ...own, retitled)],
    ["update with more below", { update: { where: { id: 2 }, data: { comments: { deleteMany: {} } } } }, gone],
    [
      "update that names every key",
      { update: { where: { id: 2, slug: "s", title: "t" }, data: { slug: "z" } } },
      // Its other foreign key is not named.
      posts(
        "row:2",
        "unique:slug=s",
        "unique:slug=z",
        "unique:authorId=1,title=t",
        "field:authorId=1",
        "by:editorEmail",
      ),
    ],
    ["updateMany", { updateMany: { where: {}, data: { title: "x" } } }, posts("by:id", ...own, retitled)],
    [
      "updateMany by keys",
      { updateMany: [{ where: { id: { in: [2] } }, data: { title: "x" } }] },
      posts("row:2", ...own, retitled),
    ],
    [
      "updateMany that moves them",
      { updateMany: { where: {}, data: { authorId: 7 } } },
      posts("by:id", "field:authorId=7", ...own),
    ],
    [
      "upsert",
      { upsert: { where: { id: 2 }, create: post, update: { comments: { create: { id: 1, text: "x" } } } } },
      [...comment, ...posts("row:2", "unique:slug=s", "unique:authorId=1,title=t", ...own)],
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
    [
      "several at once",
      { create: post, disconnect: { id: 2 } },
      posts("row:2", "field:authorId=~", "unique:slug=s", "unique:authorId=1,title=t", ...own),
    ],
  ])("%s", (_, operations, expected) => expect(updated("User", { posts: operations })).toEqual(expected));

  test.each([
    ["that is not known", { email: "a" }, {}],
    ["that moves", { id: 1 }, { id: 2 }],
  ])("below a key %s", (_, where, data) => {
    const operations = { updateMany: { where: {}, data: { title: "x" } } };
    expect(updated("User", { ...data, posts: operations }, where)).toEqual(expect.arrayContaining(all("Post")));
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
  const user = tags("User", "any", "unique:email=a", "field:role=USER", "field:managerId=~");
  test.each<[string, object, string[]]>([
    ["create", { create: { email: "a" } }, user],
    [
      "create with a one to one below",
      { create: { email: "a", profile: { create: { id: 1, bio: "x" } } } },
      [...tags("Profile", "any", "row:1", "by:userId"), ...user],
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
      [...tags("Cart", "any", "by:userId"), ...all("User"), "User:unique:email=a"],
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
      tags("User", "any", "row:7", "unique:email=a", ...USER_PATHS),
    ],
    ["several at once, of which one may move it", { connect: { id: 8 }, update: { points: 1 } }, all("User")],
  ])("%s of the one that the selector tells", (_, operations, expected) =>
    expect(updated("Post", { author: operations }, { id: 1, authorId: 7 })).toEqual(expected),
  );

  test.each<[string, object, string[], string[]]>([
    ["leaves the key alone", { points: 1 }, [], ["field:authorId=7"]],
    ["moves the key along", { id: 8 }, ["field:authorId=7", "field:authorId=8"], []],
  ])("an update of the other row %s", (_, data, moved, kept) => {
    const written = effects(shop, {
      model: "Post",
      operation: "update",
      args: { where: { id: 1, authorId: 7 }, data: { author: { update: data } } },
    });
    expect(written.changed).toEqual(expect.arrayContaining(tags("Post", "any", ...moved, ...kept)));
    expect(written.changed).not.toContain("Post:by:authorId");
    expect(written.after({}).unchanged).toContain("Post:by:authorId");
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
    ["created with its parent", "create", { profile }, tags("Profile", "any", "row:1", "by:userId")],
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
    ["created for a parent that may have one", "update", { cart: { create: {} } }, carts(none, ...one)],
    ["connected", "update", { cart: { connect: { userId: 3 } } }, carts(none, ...one, ...three)],
    [
      "connected or created",
      "update",
      { cart: { connectOrCreate: { where: { userId: 3 }, create: {} } } },
      carts(none, ...one, ...three),
    ],
    ["disconnected", "update", { cart: { disconnect: true } }, carts(none, ...one)],
    ["disconnected by a filter", "update", { cart: { disconnect: { note: "x" } } }, carts(none, ...one)],
    ["updated", "update", { cart: { update: { note: "x" } } }, carts(...one)],
    ["upserted", "update", { cart: { upsert: { update: { note: "x" }, create: {} } } }, carts(...one)],
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
    // Which cart it had is certain only behind a fence.
    expect(taken.fenced).toEqual(["Cart:by:userId", "Cart:new:id"]);
    expect(taken.after({}).unchanged).toEqual(["Cart:by:userId"]);
    const unknown = cart({ connect: { email: "a" } });
    expect(withoutNew(unknown.changed)).toEqual(all("Cart"));
    expect(unknown.fenced).toEqual(["Cart:new:id", "Cart:new:userId"]);
    const fresh = cart({ create: { email: "a" } });
    expect(fresh.changed.filter((tag) => tag.startsWith("Cart:"))).toEqual(["Cart:any"]);
    expect(fresh.fenced).toEqual(["Cart:by:userId", "Cart:new:id", "Cart:new:userId"]);
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

test("the other row is not known where a relation beside it may move the key", () => {
  const dataModel = dataModelOf(`datasource db {
  provider = "postgresql"
}
model Item {
  id     Int  @id
  tenant Int
  aId    Int
  bId    Int
  a      Part @relation("a", fields: [tenant, aId], references: [tenant, id])
  b      Part @relation("b", fields: [tenant, bId], references: [tenant, id])
}
model Part {
  tenant Int
  id     Int
  name   String
  asA    Item[] @relation("a")
  asB    Item[] @relation("b")

  @@id([tenant, id])
}
`);
  const parts = (data: object) =>
    effects(dataModel, {
      model: "Item",
      operation: "update",
      args: { where: { id: 1, tenant: 1, aId: 2, bId: 3 }, data: { b: { update: { name: "x" } }, ...data } },
    }).changed.filter((tag) => tag.startsWith("Part:"));
  expect(parts({})).toEqual(tags("Part", "any", "row:1,3"));
  expect(parts({ a: { update: { name: "x" } } })).toEqual(tags("Part", "any", "row:1,2", "row:1,3"));
  expect(parts({ a: { connect: { tenant_id: { tenant: 2, id: 2 } } } })).toEqual(allOf(dataModel)("Part"));
});

test("a model with a column named like the wrapping of an update", () => {
  const text = `datasource db {\n  provider = "postgresql"\n}\nmodel A {\n  id Int @id\n  b B @relation(fields: [bId], references: [id])\n  bId Int\n}\nmodel B {\n  id Int @id\n  data Json\n  as A[]\n}\n`;
  const dataModel = dataModelOf(text);
  const update = (payload: object) =>
    withoutNew(
      effects(dataModel, {
        model: "A",
        operation: "update",
        args: { where: { id: 1, bId: 1 }, data: { b: { update: payload } } },
      }).changed,
    );
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
