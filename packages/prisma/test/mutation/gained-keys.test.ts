import { isNewTag, type Tag } from "@evercache/core";
import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { invalidationOf } from "../../src/mutation/invalidation.js";
import { rawEffects } from "../../src/mutation/raw-sql.js";
import { tagsOfModel } from "../../src/schema/paths.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";

const shop = dataModelOf(SHOP);

/** Of these tags, those that a query may carry which found nothing by a key. */
const dropped = (tags: readonly Tag[]) => tags.filter((tag) => isNewTag(tag) || /:(?:row|unique):/.test(tag));

/** What was not found and is dropped by a write: for certain, and until its result tells more. */
function written(model: string, operation: string, args: object, dataModel = shop): [changed: Tag[], fenced: Tag[]] {
  const { changed, fenced } = effects(dataModel, { model, operation, args });
  return [dropped(changed), dropped(fenced)];
}

const user = { email: "a", tenant: 1, handle: "h" };
const USER = ["User:unique:email=a", "User:unique:tenant=1,handle=h"];
const post = { id: 2, slug: "s", title: "t" };
const NEW_USER = ["User:new:email", "User:new:id", "User:new:nickname", "User:new:tenant,handle"];

describe("a write that may give a row a key which it cannot name drops what was not found under such a key, and nothing else that was not found", () => {
  test.each<[string, string, string, object, string[], string[]]>([
    ["create", "User", "create", { data: user }, USER, ["User:new:id"]],
    ["create that names every key", "User", "create", { data: { ...user, id: 7 } }, ["User:row:7", ...USER], []],
    ["createManyAndReturn", "User", "createManyAndReturn", { data: [user] }, USER, ["User:new:id"]],
    ["createMany", "User", "createMany", { data: [user] }, ["User:new:id", ...USER], []],
    [
      "createMany of more rows than it names",
      "Comment",
      "createMany",
      { data: Array.from({ length: 101 }, (_, id) => ({ id, text: "x", postId: 1 })) },
      ["Comment:new:id"],
      [],
    ],
    ["upsert", "User", "upsert", { where: { email: "a" }, create: user, update: { points: 3 } }, USER, ["User:new:id"]],
    ["update of other columns", "User", "update", { where: { id: 1 }, data: { points: 3 } }, ["User:row:1"], []],
    [
      "update to a known value",
      "User",
      "update",
      { where: { id: 1 }, data: { email: "b" } },
      ["User:row:1", "User:unique:email=b"],
      [],
    ],
    [
      "update from a known value",
      "User",
      "update",
      { where: { id: 1, email: "a" }, data: { email: "b" } },
      ["User:row:1", "User:unique:email=a", "User:unique:email=b"],
      [],
    ],
    [
      "update of all of a compound key",
      "User",
      "update",
      { where: { id: 1 }, data: { tenant: 1, handle: "b" } },
      ["User:row:1", "User:unique:tenant=1,handle=b"],
      [],
    ],
    [
      "update of half a compound key",
      "User",
      "update",
      { where: { id: 1 }, data: { handle: "b" } },
      ["User:new:tenant,handle", "User:row:1"],
      [],
    ],
    [
      "update of half a compound key whose other half the selector tells",
      "User",
      "update",
      { where: { id: 1, tenant: 1 }, data: { handle: "b" } },
      ["User:row:1", "User:unique:tenant=1,handle=b"],
      [],
    ],
    [
      "update to an unknown value",
      "Comment",
      "update",
      { where: { id: 1 }, data: { id: { increment: 1 } } },
      ["Comment:new:id"],
      [],
    ],
    ["update to no value", "User", "update", { where: { id: 1 }, data: { nickname: null } }, ["User:row:1"], []],
    [
      "updateMany that moves one",
      "Comment",
      "updateMany",
      { where: { text: "x" }, data: { id: 2 } },
      ["Comment:row:2"],
      [],
    ],
    ["updateMany of other columns", "User", "updateMany", { where: { role: "USER" }, data: { points: 1 } }, [], []],
    ["delete", "Comment", "delete", { where: { id: 1 } }, ["Comment:row:1"], []],
    [
      "delete with its cascades",
      "User",
      "delete",
      { where: { id: 1 } },
      ["Cart:unique:userId=1", "Profile:unique:userId=1"],
      [],
    ],
    ["delete with its cascades, of unknown rows", "User", "deleteMany", {}, [], []],
    ["delete of half a key with its cascades", "Region", "deleteMany", { where: { number: 1 } }, [], []],
  ])("%s", (_, model, operation, args, changed, fenced) => {
    expect(written(model, operation, args)).toEqual([changed, fenced]);
  });

  test.each<[string, string, object, object, string[]]>([
    [
      "create below a known row",
      "User",
      { id: 1 },
      { posts: { create: post } },
      ["Post:row:2", "Post:unique:authorId=1,title=t", "Post:unique:slug=s", "User:row:1"],
    ],
    [
      "create below an unknown row",
      "User",
      { email: "a" },
      { posts: { create: post } },
      ["Post:new:authorId,title", "Post:row:2", "Post:unique:slug=s", "User:unique:email=a"],
    ],
    [
      "create of what it belongs to",
      "Post",
      { id: 1, title: "t" },
      { author: { create: user } },
      ["Post:new:authorId,title", "Post:row:1", "User:new:id", ...USER],
    ],
    [
      "create of what it belongs to, by a key that is given",
      "Post",
      { id: 1, title: "t" },
      { author: { create: { ...user, id: 7 } } },
      ["Post:row:1", "Post:unique:authorId=7,title=t", "User:row:7", ...USER],
    ],
    [
      "connect that moves half a compound key",
      "User",
      { id: 1 },
      { posts: { connect: { id: 2 } } },
      ["Post:new:authorId,title", "Post:row:2", "User:row:1"],
    ],
    [
      "connect that moves half a compound key whose other half it tells",
      "User",
      { id: 1 },
      { posts: { connect: { id: 2, title: "t" } } },
      ["Post:row:2", "Post:unique:authorId=1,title=t", "User:row:1"],
    ],
    [
      "connect from the other side",
      "Post",
      { id: 1 },
      { author: { connect: { id: 2 } } },
      ["Post:new:authorId,title", "Post:row:1"],
    ],
    [
      "connect from the other side, by another key",
      "Post",
      { id: 1, title: "t" },
      { author: { connect: { email: "a" } } },
      ["Post:new:authorId,title", "Post:row:1"],
    ],
    [
      "connect, one to one",
      "User",
      { id: 1 },
      { cart: { connect: { userId: 3 } } },
      ["Cart:unique:userId=1", "Cart:unique:userId=3", "User:row:1"],
    ],
    [
      "connect, one to one, to an unknown row",
      "User",
      { email: "a" },
      { cart: { connect: { userId: 3 } } },
      ["Cart:new:userId", "User:unique:email=a"],
    ],
    [
      "connectOrCreate",
      "User",
      { id: 1 },
      { cart: { connectOrCreate: { where: { userId: 3 }, create: {} } } },
      ["Cart:new:id", "Cart:unique:userId=1", "Cart:unique:userId=3", "User:row:1"],
    ],
    ["disconnect", "User", { id: 1 }, { cart: { disconnect: true } }, ["Cart:unique:userId=1", "User:row:1"]],
    ["disconnect from an unknown row", "User", { email: "a" }, { cart: { disconnect: true } }, ["User:unique:email=a"]],
    [
      "upsert of what it belongs to: which of the two it is then, is not known",
      "Post",
      { id: 1, title: "t", authorId: 5 },
      { author: { upsert: { update: { points: 1 }, create: { ...user, id: 7 } } } },
      ["Post:new:authorId,title", "Post:row:1", "User:row:5", "User:row:7", ...USER],
    ],
    ["delete", "User", { id: 1 }, { posts: { delete: { id: 2 } } }, ["Post:row:2", "User:row:1"]],
  ])("nested %s", (_, model, where, data, changed) => {
    expect(written(model, "update", { where, data })[0]).toEqual([...changed].sort());
  });

  test("the fence is given back when the row comes that tells its key", () => {
    const create = effects(shop, { model: "User", operation: "create", args: { data: user } });
    expect(create.after({ id: 7 })).toEqual({ changed: ["User:row:7"], unchanged: ["User:new:id"] });
    expect(create.after({})).toEqual({ changed: ["User:new:id"], unchanged: [] });
    const fluent = effects(shop, {
      model: "User",
      operation: "create",
      args: { data: user },
      dataPath: ["select", "cart"],
    });
    expect([dropped(fluent.changed), fluent.fenced]).toEqual([["User:new:id", ...USER], []]);
  });

  test("what is not understood drops all that was not found", () => {
    const every = [...shop.models.keys()].flatMap((model) => tagsOfModel(shop, model)).filter(isNewTag);
    expect(written("User", "updateSome", {})).toEqual([every.sort(), []]);
  });
});

describe("so do rows that move along with what they reference", () => {
  test.each<[string, string, object, object, string[]]>([
    [
      "half of a compound key",
      "Product",
      { sku: "a" },
      { sku: "b" },
      ["OrderLine:new:orderId,sku", "Product:row:a", "Product:row:b"],
    ],
    [
      "half of a primary key",
      "Country",
      { code: "DE" },
      { code: "AT" },
      ["Country:row:at", "Country:row:de", "Region:new:countryCode,number"],
    ],
    [
      "all of a key, and half of one",
      "User",
      { id: 1 },
      { id: 2 },
      [
        "Cart:unique:userId=1",
        "Cart:unique:userId=2",
        "Post:new:authorId,title",
        "Profile:unique:userId=1",
        "Profile:unique:userId=2",
        "User:row:2",
      ],
    ],
    [
      "to where nobody knows",
      "User",
      { id: 1 },
      { id: { increment: 1 } },
      ["Cart:new:userId", "Post:new:authorId,title", "Profile:new:userId", "User:new:id"],
    ],
    ["no key", "User", { id: 1 }, { email: "b" }, ["User:row:1", "User:unique:email=b"]],
  ])("%s", (_, model, where, data, changed) => {
    expect(written(model, "update", { where, data })[0]).toEqual(changed);
  });

  test.each<[string, string, string[]]>([
    ["SetNull", "aId Int? @default(7)", []],
    ["SetDefault", "aId Int? @default(7)", ["B:new:aId,name", "B:unique:aId=7"]],
    ["SetDefault", "aId Int? @default(dbgenerated())", ["B:new:aId", "B:new:aId,name"]],
    ["Cascade", "aId Int? @default(7)", []],
  ])("on delete: %s of %s", (action, column, changed) => {
    const dataModel = dataModelOf(`datasource db {
  provider = "postgresql"
}
model A {
  id Int @id
  b  B?
}
model B {
  id   Int    @id
  name String
  ${column} @unique
  a    A?     @relation(fields: [aId], references: [id], onDelete: ${action})

  @@unique([aId, name])
}
`);
    expect(written("A", "deleteMany", {}, dataModel)).toEqual([changed, []]);
  });
});

test.each<[string, object[], string[]]>([
  ["User", [{ id: 1 }], [...NEW_USER, "User:row:1"]],
  ["User", [{ email: "a" }], NEW_USER],
  ["Comment", [{ id: 1 }, { id: 2 }], ["Comment:new:id", "Comment:row:1", "Comment:row:2"]],
  ["Reading", [{ at: new Date(0) }], ["Reading:new:sensor"]],
  ["Comment", [], []],
])("of rows that somebody else changed it is not known whether they are new: %s %o", (model, rows, expected) => {
  expect(dropped(invalidationOf(shop, model, rows))).toEqual(expected);
});

describe("SQL", () => {
  test.each<[string, unknown[], string[]]>([
    ["INSERT INTO users (email, tenant, handle) VALUES ($1, 1, 'h')", ["a"], NEW_USER],
    ['INSERT INTO "Comment" (id, text) VALUES (5, $1)', ["x"], ["Comment:new:id"]],
    ['UPDATE "Comment" SET id = 5 WHERE id = 1', [], ["Comment:row:1", "Comment:row:5"]],
    ['UPDATE "Comment" SET id = id + 1 WHERE id = $1', [1], ["Comment:new:id"]],
    ['UPDATE "Comment" SET id = $1', [], ["Comment:new:id"]],
    ["UPDATE users SET email = $1 WHERE id = $2", ["b", 1], ["User:row:1", "User:unique:email=b"]],
    ["UPDATE users SET handle = $1 WHERE id = 1", ["b"], ["User:new:tenant,handle", "User:row:1"]],
    ["UPDATE users SET nickname = NULL WHERE id = 1", [], ["User:row:1"]],
    ["UPDATE users SET points = 3 WHERE id = 1", [], ["User:row:1"]],
    ["UPDATE users SET points = 3", [], []],
    ['DELETE FROM "Comment" WHERE id = 1', [], ["Comment:row:1"]],
    ["DELETE FROM users", [], []],
    // Not of a form that tells what it does to the rows.
    ['UPDATE "Comment" c SET text = \'x\' FROM "Post" p WHERE c."postId" = p.id', [], ["Comment:new:id"]],
    ['INSERT INTO "Comment" (id) VALUES (1) ON CONFLICT DO NOTHING', [], ["Comment:new:id"]],
  ])("%s %o", (text, values, expected) => {
    const changed = rawEffects(shop, { text, values });
    if (changed === "reads-only") throw new Error(changed);
    expect(dropped(changed)).toEqual(expected);
  });
});

test("the tag of a key that a row gains stays although all are dropped that were found by such a key", () => {
  const update = (where: object, data: object) =>
    effects(shop, { model: "User", operation: "update", args: { where, data } });
  const { changed } = update({ id: 1 }, { email: "b" });
  expect(changed).toEqual(expect.arrayContaining(["User:by:email", "User:unique:email=b"]));
  const below = update({ id: 1 }, { posts: { create: post, connect: { id: 3 } } }).changed;
  expect(below).toEqual(
    expect.arrayContaining(["Post:by:authorId,title", "Post:by:slug", "Post:new:authorId,title", "Post:unique:slug=s"]),
  );
  // What was not found by this one is dropped, too.
  expect(below).not.toContain("Post:unique:authorId=1,title=t");
});
