import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";

const shop = dataModelOf(SHOP);
const tags = (model: string, ...kinds: string[]) => kinds.map((kind) => `${model}:${kind}`).sort();
const all = (...models: string[]) => models.flatMap((model) => tags(model, "all", "any"));

/** What a write changes outside of its own model. */
function others(model: string, operation: string, args: object): string[] {
  const { changed, fenced } = effects(shop, { model, operation, args });
  return keysOnly([...changed, ...fenced]).filter((tag) => !tag.startsWith(`${model}:`));
}

/** The values of tracked fields have a test of their own, fields.test.ts. */
function keysOnly(changed: readonly string[]): string[] {
  return changed.filter((tag) => !tag.includes(":field:"));
}

const updated = (model: string, data: object) => others(model, "update", { where: { id: 1 }, data });
const created = (model: string, data: object) => others(model, "create", { data });

describe("one to many, the key on the other side", () => {
  const post = { id: 2, slug: "s", title: "t" };
  const moved = tags("Post", "any", "lookup", "row:2");

  test.each<[string, object, string[]]>([
    ["create", { create: post }, ["Post:any"]],
    ["create of several", { create: [post, { ...post, id: 3 }] }, ["Post:any"]],
    [
      "create with more below",
      { create: { ...post, comments: { create: { id: 1, text: "x" } } } },
      ["Comment:any", "Post:any"],
    ],
    ["createMany", { createMany: { data: [post] } }, ["Post:any"]],
    ["connect", { connect: { id: 2 } }, moved],
    ["connect of several", { connect: [{ id: 2 }, { id: 3 }] }, [...moved, "Post:row:3"].sort()],
    ["connect by another key", { connect: { slug: "s" } }, tags("Post", "all", "any")],
    ["connectOrCreate", { connectOrCreate: { where: { id: 2 }, create: post } }, moved],
    ["disconnect", { disconnect: [{ id: 2 }] }, moved],
    ["set", { set: [{ id: 2 }] }, tags("Post", "all", "any")],
    ["set to nothing", { set: [] }, tags("Post", "all", "any")],
    ["update", { update: { where: { id: 2 }, data: { title: "x" } } }, moved],
    [
      "update with more below",
      { update: { where: { id: 2 }, data: { comments: { deleteMany: {} } } } },
      [...all("Comment"), ...moved],
    ],
    [
      "update that names every key",
      { update: { where: { id: 2, slug: "s", authorId: 1, title: "t" }, data: { slug: "z" } } },
      // Its other foreign key is not named.
      tags("Post", "any", "lookup", "row:2", "unique:slug=s", "unique:slug=z", "unique:authorId=1,title=t"),
    ],
    ["updateMany", { updateMany: { where: {}, data: { title: "x" } } }, tags("Post", "all", "any")],
    ["updateMany by keys", { updateMany: [{ where: { id: { in: [2] } }, data: { title: "x" } }] }, moved],
    [
      "upsert",
      { upsert: { where: { id: 2 }, create: post, update: { comments: { create: { id: 1, text: "x" } } } } },
      ["Comment:any", ...moved],
    ],
    ["delete", { delete: { id: 2 } }, [...all("Comment"), ...moved, "_PostToTag:any"]],
    ["deleteMany", { deleteMany: [{ title: "x" }] }, [...all("Comment"), ...all("Post"), "_PostToTag:any"]],
    ["deleteMany by keys", { deleteMany: { id: { in: [2] } } }, [...all("Comment"), ...moved, "_PostToTag:any"]],
    ["several at once", { create: post, disconnect: { id: 2 } }, moved],
  ])("%s", (_, operations, expected) => expect(updated("User", { posts: operations })).toEqual(expected));
});

describe("many to one, the key on this side", () => {
  test.each<[string, object, string[]]>([
    ["create", { create: { email: "a" } }, ["User:any"]],
    [
      "create with a one to one below",
      { create: { email: "a", profile: { create: { id: 1, bio: "x" } } } },
      ["Profile:any", "Profile:lookup", "User:any"],
    ],
    ["connect", { connect: { id: 1 } }, []],
    ["connectOrCreate", { connectOrCreate: { where: { id: 1 }, create: { email: "a" } } }, ["User:any"]],
    ["disconnect", { disconnect: true }, []],
    ["update", { update: { points: 1 } }, all("User")],
    ["update with a filter", { update: { where: { points: 2 }, data: { points: 1 } } }, all("User")],
    [
      "update with more below",
      { update: { orders: { create: { id: 1 } } } },
      ["Order:any", "Order:lookup", ...all("User")],
    ],
    [
      "upsert",
      { upsert: { update: { points: 1 }, create: { email: "a", cart: { create: {} } } } },
      ["Cart:any", "Cart:lookup", ...all("User")],
    ],
  ])("%s", (_, operations, expected) => expect(updated("Post", { author: operations })).toEqual(expected));

  test("delete, with what the database does", () => {
    expect(updated("Post", { editor: { delete: true } })).toEqual(
      [...all("Cart", "Comment", "Profile", "User"), "_Friends:any", "_PostToTag:any", "_ProductToUser:any"].sort(),
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
  test.each<[string, string, object, string[]]>([
    [
      "created with its parent",
      "create",
      { profile: { create: { id: 1, bio: "x" } } },
      tags("Profile", "any", "lookup"),
    ],
    [
      "created with a parent whose key is given",
      "create",
      { id: 7, profile: { create: { id: 1, bio: "x" } } },
      ["Profile:any"],
    ],
    ["connected to a new parent", "create", { cart: { connect: { userId: 3 } } }, all("Cart")],
    ["created for a parent that may have one", "update", { cart: { create: {} } }, all("Cart")],
    ["connected", "update", { cart: { connect: { userId: 3 } } }, all("Cart")],
    [
      "connected or created",
      "update",
      { cart: { connectOrCreate: { where: { userId: 3 }, create: {} } } },
      all("Cart"),
    ],
    ["disconnected", "update", { cart: { disconnect: true } }, all("Cart")],
    ["disconnected by a filter", "update", { cart: { disconnect: { note: "x" } } }, all("Cart")],
    ["updated", "update", { cart: { update: { note: "x" } } }, all("Cart")],
    ["upserted", "update", { cart: { upsert: { update: { note: "x" }, create: {} } } }, all("Cart")],
    ["deleted", "update", { profile: { delete: true } }, all("Profile")],
  ])("%s", (_, operation, data, expected) => {
    expect(operation === "create" ? created("User", data) : updated("User", data)).toEqual(expected);
  });

  test("connected to a new parent by its own key", () => {
    const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    expect(created("User", { cart: { connect: { id } } })).toEqual(
      tags("Cart", "any", "lookup", "row:0f8fad5bd9cb469fa16570867728950e"),
    );
  });

  test("from the side of the key, a connect takes the place of another row's", () => {
    const result = effects(shop, {
      model: "Cart",
      operation: "create",
      args: { data: { user: { connect: { id: 1 } } } },
    });
    expect(result.changed).toEqual(all("Cart"));
    const fresh = effects(shop, {
      model: "Cart",
      operation: "create",
      args: { data: { user: { create: { email: "a" } } } },
    });
    expect([...keysOnly(fresh.changed), ...fresh.fenced]).toEqual(["Cart:any", "User:any", "Cart:lookup"]);
  });
});

describe("many to many", () => {
  const join = "_PostToTag:any";
  test.each<[string, object, string[]]>([
    ["create", { create: { name: "a" } }, ["Tag:any", join]],
    ["connect", { connect: [{ name: "a" }] }, [join]],
    ["connectOrCreate", { connectOrCreate: { where: { name: "a" }, create: { name: "a" } } }, ["Tag:any", join]],
    ["disconnect", { disconnect: { name: "a" } }, [join]],
    ["set", { set: [] }, [join]],
    [
      "update",
      { update: { where: { name: "a" }, data: { name: "b" } } },
      [...tags("Tag", "any", "row:a", "row:b"), join],
    ],
    ["updateMany", { updateMany: { where: {}, data: { name: "b" } } }, [...all("Tag"), join]],
    [
      "upsert",
      { upsert: { where: { name: "a" }, create: { name: "a" }, update: {} } },
      [...tags("Tag", "any", "row:a"), join],
    ],
    ["delete", { delete: { name: "a" } }, [...tags("Tag", "any", "row:a"), join]],
    ["deleteMany", { deleteMany: {} }, [...all("Tag"), join]],
  ])("%s", (_, operations, expected) => {
    expect(updated("Post", { tags: operations })).toEqual(expected);
    if (["create", "connect", "connectOrCreate"].includes(Object.keys(operations)[0] ?? "")) {
      expect(created("Post", { tags: operations })).toEqual(expected);
    }
  });

  test("with itself", () => {
    const result = effects(shop, {
      model: "User",
      operation: "update",
      args: { where: { id: 1 }, data: { friends: { update: { where: { id: 2 }, data: { handle: "x" } } } } },
    });
    expect(keysOnly(result.changed)).toEqual([...tags("User", "any", "lookup", "row:1", "row:2"), "_Friends:any"]);
    expect(result.fenced).toEqual([]);
  });
});

describe("a relation with itself", () => {
  test("moves other rows of the model that is written", () => {
    const result = effects(shop, {
      model: "User",
      operation: "update",
      args: { where: { id: 1 }, data: { reports: { connect: { id: 2 } } } },
    });
    expect(keysOnly(result.changed)).toEqual(tags("User", "any", "lookup", "row:1", "row:2"));
    const replaced = effects(shop, {
      model: "User",
      operation: "update",
      args: { where: { id: 1 }, data: { reports: { set: [] } } },
    });
    expect(replaced.changed).toEqual(all("User"));
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
    ...all("Address"),
    ...tags("Region", "any", "lookup", "row:DE,1", "row:DE,2"),
  ]);
});

test("a model with a column named like the wrapping of an update", () => {
  const text = `datasource db {\n  provider = "postgresql"\n}\nmodel A {\n  id Int @id\n  b B @relation(fields: [bId], references: [id])\n  bId Int\n}\nmodel B {\n  id Int @id\n  data Json\n  as A[]\n}\n`;
  const dataModel = dataModelOf(text);
  const update = (payload: object) =>
    effects(dataModel, {
      model: "A",
      operation: "update",
      args: { where: { id: 1, bId: 1 }, data: { bId: 1, b: { update: payload } } },
    }).changed;
  expect(update({ data: { id: 2 } })).toEqual(all("A", "B"));
  expect(update({ where: {}, data: { data: 5 } })).toEqual(all("A", "B"));
  expect(update({ data: 5 })).toEqual([...tags("A", "any", "field:bId=1", "row:1"), ...all("B")]);
});

test("more than a hundred rows of a model collapse", () => {
  const connect = (count: number) => ({ comments: { connect: Array.from({ length: count }, (_, id) => ({ id })) } });
  expect(updated("Post", connect(99))).toHaveLength(101);
  expect(updated("Post", connect(101))).toEqual(all("Comment"));
});
