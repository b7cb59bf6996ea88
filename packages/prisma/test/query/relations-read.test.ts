import { describe, expect, test } from "vitest";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, SHOP } from "../schema/schemas.js";
import { dependenciesOf, readTags } from "./read-tags.js";

const shop = dataModelOf(SHOP);
const withoutForeignKeys = { ...shop, hasForeignKeys: false };

const USER_1 = ["User:by:id", "User:row:1"];
const POST_1 = ["Post:by:id", "Post:row:1"];

describe("a selection", () => {
  test.each<[string, string, object, string[], string[]]>([
    [
      "of the owner of a row that the result tells",
      "Post",
      { include: { author: true } },
      [...POST_1, "User:any"],
      ["User"],
    ],
    ["of an owner by another key", "Post", { include: { editor: true } }, [...POST_1, "User:any"], ["User"]],
    [
      "of what belongs to a known row",
      "User",
      { include: { posts: { where: { title: "x" }, take: 3, skip: 1, orderBy: { id: "asc" }, distinct: ["title"] } } },
      ["Post:by:authorId", "Post:field:authorId=1", ...USER_1],
      [],
    ],
    [
      "of what belongs by another key, which the result tells",
      "User",
      { include: { edited: true } },
      ["Post:any", ...USER_1],
      ["Post"],
    ],
    [
      "with a cursor, whose row may belong to anybody",
      "User",
      { include: { posts: { cursor: { id: 3 }, take: 2 } } },
      ["Post:any", ...USER_1],
      [],
    ],
    ["of a row of the same model", "User", { include: { manager: true } }, ["User:any", ...USER_1], ["User"]],
    [
      "of what belongs to the row in the same model",
      "User",
      { include: { reports: true } },
      ["User:by:managerId", "User:field:managerId=1", ...USER_1].sort(),
      [],
    ],
    [
      "three levels deep, the second by the first, the third by the result",
      "User",
      { include: { posts: { include: { comments: true, author: true } } } },
      ["Comment:any", "Post:by:authorId", "Post:field:authorId=1", ...USER_1],
      ["Comment"],
    ],
    [
      "of many to many",
      "Post",
      { include: { tags: true } },
      [...POST_1, "Tag:any", "_PostToTag:by:Post.tags", "_PostToTag:field:Post.tags=1"],
      ["Tag"],
    ],
    [
      "_count of what belongs to a known row",
      "User",
      { select: { _count: { select: { posts: { where: { title: "x" } } } } } },
      ["Post:by:authorId", "Post:field:authorId=1", ...USER_1],
      [],
    ],
    [
      "_count below a row that the result tells",
      "Post",
      { include: { author: { include: { _count: { select: { orders: true } } } } } },
      ["Order:any", ...POST_1, "User:any"],
      ["Order", "User"],
    ],
    [
      "of a model that a filter looks at anywhere",
      "Post",
      { include: { author: true, comments: { where: { post: { author: { points: 3 } } } } } },
      ["Comment:by:postId", "Comment:field:postId=1", "Post:any", "User:any"],
      [],
    ],
  ])("%s", (_, model, args, tags, narrowable) => {
    expect(readTags(shop, model, "findUnique", { ...args, where: { id: 1 } })).toEqual({
      tags: tags.sort(),
      narrowable,
    });
  });

  test("of lists: the result tells the rows of other models, the model's own are any already", () => {
    const include = { author: true, comments: true };
    expect(readTags(shop, "Post", "findMany", { include })).toEqual({
      tags: ["Comment:any", "Post:any", "User:any"],
      narrowable: ["Comment", "User"],
    });
    expect(readTags(shop, "User", "findMany", { include: { manager: true } })).toEqual({
      tags: ["User:any"],
      narrowable: [],
    });
    expect(readTags(shop, "Post", "findMany", { where: { authorId: 5 }, include: { author: true } })).toEqual({
      tags: ["Post:by:authorId", "Post:field:authorId=5", "User:by:id", "User:row:5"],
      narrowable: [],
    });
  });

  test("of an owner that a foreign key does not vouch for may be created any time", () => {
    expect(readTags(withoutForeignKeys, "Post", "findUnique", { where: { id: 1 }, include: { author: true } })).toEqual(
      {
        tags: [...POST_1, "User:any"],
        narrowable: [],
      },
    );
    // What belongs to a row is named by its own foreign key.
    expect(readTags(withoutForeignKeys, "User", "findUnique", { where: { id: 1 }, include: { posts: true } })).toEqual({
      tags: ["Post:by:authorId", "Post:field:authorId=1", ...USER_1],
      narrowable: [],
    });
    expect(dataModelOf(MYSQL).hasForeignKeys).toBe(false);
  });

  test("of a foreign key that tells apart what its target takes for equal may lead to any row", () => {
    const text = `
      datasource db {
        provider = "postgresql"
      }
      model Owner {
        code String @id @db.Citext
        parts Part[]
      }
      model Part {
        id Int @id
        code String
        owner Owner @relation(fields: [code], references: [code])
      }`;
    const mixed = dataModelOf(text);
    const OWNER = ["Owner:by:code", "Owner:row:de"];
    // The parts of "DE" are found by "De", too.
    expect(readTags(mixed, "Owner", "findUnique", { where: { code: "De" }, include: { parts: true } })).toEqual({
      tags: [...OWNER, "Part:any"],
      narrowable: [],
    });
    expect(readTags(mixed, "Part", "findMany", { where: { owner: { code: "De" } } })).toEqual({
      tags: ["Owner:by:code", "Owner:new:code", "Owner:row:de", "Part:any"],
      narrowable: [],
    });
    expect(readTags(mixed, "Part", "findMany", { where: { code: "DE" }, include: { owner: true } })).toEqual({
      tags: ["Owner:any", "Part:by:code", "Part:field:code=DE"],
      narrowable: [],
    });
    const alike = dataModelOf(text.replace("code String\n", "code String @db.Citext\n"));
    expect(readTags(alike, "Owner", "findUnique", { where: { code: "De" }, include: { parts: true } })).toEqual({
      tags: [...OWNER, "Part:by:code", "Part:field:code=de"],
      narrowable: [],
    });
  });

  test("a foreign key of no value leads to nothing", () => {
    const args = { where: { editorEmail: null }, include: { editor: true } };
    expect(readTags(shop, "Post", "findMany", args)).toEqual({
      tags: ["Post:by:editorEmail", "Post:field:editorEmail=~"],
      narrowable: [],
    });
  });

  test("a fluent call hides the rows on its way, so that no result tells more", () => {
    const query = { model: "Post", operation: "findUnique", args: { where: { id: 1 }, select: { author: true } } };
    expect(dependenciesOf(shop, query).narrowable?.tags).toMatchObject(["User:any"]);
    expect(dependenciesOf(shop, { ...query, isUnpacked: true })).toMatchObject({
      tags: [...POST_1, "User:any"],
      narrowable: null,
    });
  });

  test("without a schema text, nothing is told by the result", () => {
    const imprecise = { ...shop, isPrecise: false };
    expect(readTags(imprecise, "Post", "findMany", { include: { author: true } })).toEqual({
      tags: ["Post:any", "User:any"],
      narrowable: [],
    });
  });
});

describe("a relation filter depends on the rows that pass it", () => {
  const byAuthor = ["Post:by:authorId", "Post:field:authorId=5"];
  test.each<[string, object, string[]]>([
    ["some", { posts: { some: { authorId: 5 } } }, byAuthor],
    ["none", { posts: { none: { authorId: 5, title: "x" } } }, byAuthor],
    ["every, which each row may fail", { posts: { every: { authorId: 5 } } }, ["Post:any"]],
    ["some, of any", { posts: { some: {} } }, ["Post:any"]],
    ["some, by what nobody tracks", { posts: { some: { title: "x" } } }, ["Post:any"]],
    ["some and every", { posts: { some: { authorId: 5 }, every: { authorId: 6 } } }, ["Post:any"]],
    ["a key", { posts: { some: { id: 5 } } }, ["Post:by:id", "Post:new:id", "Post:row:5"]],
    ["is", { profile: { is: { userId: 5 } } }, ["Profile:by:userId", "Profile:field:userId=5"]],
    ["isNot", { profile: { isNot: { userId: 5 } } }, ["Profile:by:userId", "Profile:field:userId=5"]],
    ["no name", { profile: { userId: 5 } }, ["Profile:by:userId", "Profile:field:userId=5"]],
    ["nothing there", { profile: null }, ["Profile:any"]],
    ["is nothing", { profile: { is: null } }, ["Profile:any"]],
    ["isNot nothing", { profile: { isNot: null } }, ["Profile:any"]],
    [
      "within another",
      { posts: { some: { authorId: 5, comments: { none: { postId: { in: [1, 2] } } } } } },
      ["Comment:by:postId", "Comment:field:postId=1", "Comment:field:postId=2", ...byAuthor],
    ],
    ["in NOT", { NOT: { posts: { some: { authorId: 5 } } } }, byAuthor],
    [
      "many to many",
      { favourites: { some: { sku: "a" } } },
      ["Product:by:sku", "Product:new:sku", "Product:row:a", "_ProductToUser:any"],
    ],
  ])("%s", (_, where, tags) => {
    const { tags: all } = readTags(shop, "User", "findMany", { where });
    expect(all.filter((tag) => tag !== "User:any")).toEqual(tags);
  });

  // A comparison with nothing is neither true nor false, and stays so when it is negated.
  const byManager = ["User:by:managerId", "User:field:managerId=5"];
  const orByNone = [...byManager, "User:field:managerId=~"];
  const byId = ["User:by:id", "User:new:id", "User:row:1"];
  test.each<[string, object, string[]]>([
    ["is", { author: { is: { managerId: 5 } } }, byManager],
    ["isNot", { author: { isNot: { managerId: 5 } } }, orByNone],
    ["in NOT", { NOT: { author: { managerId: 5 } } }, orByNone],
    ["in NOT within another", { author: { id: 1, NOT: { manager: { managerId: 5 } } } }, [...orByNone, ...byId].sort()],
    ["within every", { comments: { every: { post: { author: { managerId: 5 } } } } }, orByNone],
    ["with null besides", { author: { isNot: { OR: [{ managerId: 5 }, { managerId: null }] } } }, orByNone],
    ["a key that may be null", { author: { isNot: { nickname: "a" } } }, ["User:any"]],
    ["a key that is never null", { author: { isNot: { id: 1 } } }, byId],
  ])("and, where it is negated, on those with null: %s", (_, where, tags) => {
    const { tags: all } = readTags(shop, "Post", "findMany", { where });
    expect(all.filter((tag) => tag.startsWith("User:"))).toEqual(tags);
  });
});
