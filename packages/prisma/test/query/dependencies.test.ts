import { rowTag, uniqueTag } from "@evercache/core";
import { skip } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { dependencies } from "../../src/query/dependencies.js";
import { readDataModel } from "../../src/schema/read-data-model.js";
import { dataModelOf, runtimeDataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, NASTY, SHOP } from "../schema/schemas.js";
import { tracking } from "./read-tags.js";

const shop = dataModelOf(SHOP);

function tagsOf(model: string, operation: string, args: unknown, dataModel = shop): string[] {
  const result = dependencies(dataModel, { model, operation, args });
  if ("uncacheable" in result) throw new Error(result.uncacheable);
  expect(result.tags).toEqual([...new Set(result.tags)].sort());
  return [...result.tags];
}

function keyed(model: string, where: unknown, dataModel = shop) {
  const result = dependencies(dataModel, { model, operation: "findUnique", args: { where } });
  if ("uncacheable" in result) throw new Error(result.uncacheable);
  return result;
}

describe("a query by key depends on its row", () => {
  test.each([
    ["User", "id", { id: 5 }, "User:row:5"],
    ["User", "id", { id: 5n }, "User:row:5"],
    ["User", "id", { id: { equals: 5 }, email: undefined, points: skip }, "User:row:5"],
    ["Cart", "id", { id: "0F8FAD5B-D9CB-469F-A165-70867728950E" }, "Cart:row:0f8fad5bd9cb469fa16570867728950e"],
    ["OrderLine", "orderId,sku", { line: { sku: "a,b", orderId: 7 } }, rowTag("OrderLine", ["7", "a,b"])],
    ["Region", "countryCode,number", { countryCode_number: { countryCode: "DE", number: 1 } }, "Region:row:DE,1"],
    ["Country", "code", { code: "de " }, "Country:row:de"],
    // A key that is spelled as a tag of the model ends.
    ["Tag", "name", { name: "any" }, "Tag:row:any"],
    ["Tag", "name", { name: "x:any" }, "Tag:row:x:any"],
  ])("%s by %s %o", (model, path, where, row) => {
    expect(keyed(model, where)).toMatchObject({
      tags: [`${model}:by:${path}`, row],
      absentTags: [`${model}:new:${path}`, row],
      narrowable: null,
    });
  });
});

describe("a query by another unique key depends on that value", () => {
  test.each([
    ["User", "email", { email: "a@x.com" }, "User:unique:email=a@x.com"],
    ["User", "email", { email: "a=b,c" }, uniqueTag("User", [["email", "a=b,c"]])],
    ["User", "nickname", { nickname: "Ann" }, "User:unique:nickname=ann"],
    ["User", "tenant,handle", { tenantHandle: { tenant: 1, handle: "Ann" } }, "User:unique:tenant=1,handle=Ann"],
    ["User", "tenant,handle", { tenant: 1, handle: { equals: "Ann" } }, "User:unique:tenant=1,handle=Ann"],
    [
      "User",
      "tenant,handle",
      { tenantHandle: { tenant: 1, handle: "Ann" }, tenant: 1 },
      "User:unique:tenant=1,handle=Ann",
    ],
    ["Reading", "sensor", { sensor: "s1" }, "Reading:unique:sensor=s1"],
  ])("%s by %s %o", (model, path, where, unique) => {
    expect(keyed(model, where)).toMatchObject({
      tags: [`${model}:by:${path}`, unique],
      absentTags: [`${model}:new:${path}`, unique],
      narrowable: null,
    });
  });
});

describe("a query by a key and more depends on that key", () => {
  test.each([
    ["User", "id", { id: 5, email: "a@x.com", points: { gt: 3 } }, "User:row:5"],
    ["User", "id", { email: "a@x.com", AND: { id: 5 } }, "User:row:5"],
    ["User", "id", { email: "a@x.com", AND: [{ id: { equals: 5 } }] }, "User:row:5"],
    ["User", "id", { AND: { id: 5 } }, "User:row:5"],
    ["User", "id", { id: { equals: 5, gt: 3 } }, "User:row:5"],
    [
      "Post",
      "authorId,title",
      { authorId_title: { authorId: 1, title: "x" }, id: { gt: 3 } },
      "Post:unique:authorId=1,title=x",
    ],
  ])("%s by %s %o", (model, path, where, tag) => {
    expect(keyed(model, where)).toMatchObject({
      tags: [`${model}:by:${path}`, tag],
      // The row may be there, and come to be what it is not.
      absentTags: [`${model}:by:${path}`, `${model}:new:${path}`, tag],
      narrowable: null,
    });
  });
});

describe("what found nothing by a key depends", () => {
  const KEY = ["User:new:id", "User:row:1"];
  const ROW = ["User:by:id", ...KEY];
  const points = { points: { gt: 3 } };
  test.each<[string, object, string[]]>([
    ["on nothing that it would show", { where: { id: 1 }, include: { posts: true, manager: true, orders: true } }, KEY],
    [
      "… nor on filters of that",
      { where: { id: 1 }, select: { posts: { where: { tags: { some: {} } } }, _count: true } },
      KEY,
    ],
    ["… whatever else it filters by", { where: { id: 1, ...points }, include: { posts: true } }, ROW],
    [
      "on the rows that its filter looks at",
      { where: { id: 1, posts: { some: { authorId: 5 } } }, include: { orders: true, cart: true } },
      ["Post:by:authorId", "Post:field:authorId=5", ...ROW],
    ],
    ["… that may be any", { where: { id: 1, posts: { some: { title: "x" } } } }, ["Post:any", ...ROW]],
    ["… within others", { where: { AND: { id: 1, NOT: { cart: null } } } }, ["Cart:any", ...ROW]],
    ["… of its own model", { where: { id: 1, manager: points }, include: { posts: true } }, ["User:any"]],
  ])("%s", (_, args, tags) => {
    for (const operation of ["findUnique", "findFirst", "findUniqueOrThrow", "findFirstOrThrow"]) {
      expect(dependencies(shop, { model: "User", operation, args })).toMatchObject({ absentTags: tags });
    }
  });

  test("on all that leads to it, in a fluent call", () => {
    const query = { model: "Post", operation: "findUnique", args: { where: { id: 1 }, select: { editor: true } } };
    expect(dependencies(shop, { ...query, isUnpacked: true })).toMatchObject({
      tags: ["Post:by:id", "Post:row:1", "User:any"],
      absentTags: ["Post:by:id", "Post:new:id", "Post:row:1", "User:any"],
    });
  });

  test("on volatile columns if its filter looks at one", () => {
    const volatile = tracking(shop, "User", { volatile: ["points"] });
    const twins = ["User.volatile:by:id", "User.volatile:new:id", "User.volatile:row:1"];
    expect(keyed("User", { id: 1 }, volatile)).toMatchObject({
      tags: expect.arrayContaining(["User.volatile:row:1"]),
      absentTags: KEY,
    });
    expect(keyed("User", { id: 1, ...points }, volatile).absentTags).toEqual([...twins, ...ROW]);
  });

  test.each(["findMany", "count", "aggregate", "groupBy"])("as anything else in the result of %s", (operation) => {
    expect(dependencies(shop, { model: "User", operation, args: { where: { id: 1 } } })).toMatchObject({
      absentTags: [],
    });
  });
});

describe("a query by a value that is not certainly comparable depends on all rows", () => {
  test.each([
    [shop, "Reading", { at: new Date(0) }],
    [shop, "User", { nickname: "Änn" }],
    [shop, "User", { id: undefined }],
    [shop, "User", { id: skip }],
    [shop, "User", { NOT: { id: 5 } }],
    [shop, "User", { email: { equals: "a", mode: "insensitive" } }],
    [shop, "User", undefined],
    [dataModelOf(MYSQL), "Account", { login: "Ä" }],
    [dataModelOf(MYSQL), "Account", { born: 1999 }],
  ])("%#", (dataModel, model, where) => {
    expect(keyed(model, where, dataModel)).toMatchObject({ tags: [`${model}:any`], absentTags: [], narrowable: null });
  });
});

test("a value that is not comparable does not spoil another key", () => {
  expect(keyed("Account", { login: "Ä", id: "a1" }, dataModelOf(MYSQL)).tags).toEqual([
    "Account:by:id",
    "Account:row:a1",
  ]);
});

test.each(["findMany", "count", "aggregate", "groupBy"])(
  "%s depends on what its filter names, else on all",
  (operation) => {
    // Whoever adds rows without a word of their keys touches `new`.
    expect(tagsOf("User", operation, { where: { id: 5 } })).toEqual(["User:by:id", "User:new:id", "User:row:5"]);
    expect(tagsOf("User", operation, { where: { points: 5 } })).toEqual(["User:any"]);
    expect(tagsOf("User", operation, undefined)).toEqual(["User:any"]);
  },
);

test.each(["findFirst", "findFirstOrThrow"])(
  "%s depends on its row where a key names it, else on all rows",
  (operation) => {
    expect(tagsOf("User", operation, { where: { id: 5, points: 3 } })).toEqual(["User:by:id", "User:row:5"]);
    expect(tagsOf("User", operation, { where: { OR: [{ id: 5 }] } })).toEqual([
      "User:by:id",
      "User:new:id",
      "User:row:5",
    ]);
    // Where it starts depends on another row.
    expect(tagsOf("User", operation, { where: { id: 5 }, cursor: { id: 3 } })).toEqual(["User:any"]);
    expect(tagsOf("User", operation, undefined)).toEqual(["User:any"]);
  },
);

describe("relations", () => {
  const NARROWED: Readonly<Record<string, string[]>> = {
    "User Post:any": ["Post:by:authorId", "Post:field:authorId=1"],
    "Post Comment:any": ["Comment:by:postId", "Comment:field:postId=1"],
    "Post _PostToTag:any": ["_PostToTag:by:Post.tags", "_PostToTag:field:Post.tags=1"],
    "User _Friends:any": ["_Friends:by:User.friends", "_Friends:field:User.friends=1"],
  };
  const POSTS = ["Post:any"];
  const TAGS = ["Post:any", "Tag:any", "_PostToTag:any"];
  test.each<[string, string, object, string[]]>([
    ["include", "User", { include: { posts: true } }, POSTS],
    ["select", "User", { select: { email: true, posts: true } }, POSTS],
    ["of a relation to one", "Post", { include: { author: true } }, ["User:any"]],
    ["of the same model", "User", { include: { manager: { include: { reports: true } } } }, ["User:any"]],
    ["many to many", "Post", { include: { tags: true } }, ["Tag:any", "_PostToTag:any"]],
    ["many to many with itself", "User", { select: { friends: true } }, ["User:any", "_Friends:any"]],
    ["deep include", "User", { include: { posts: { include: { tags: { select: { name: true } } } } } }, TAGS],
    [
      "deep select",
      "User",
      { select: { posts: { select: { comments: { select: { id: true } } } } } },
      ["Comment:any", "Post:any"],
    ],
    ["not included", "User", { include: { posts: false, orders: undefined, cart: skip, profile: null } }, []],
    ["select nothing", "User", { select: null, include: undefined }, []],
    ["filter within an include", "User", { include: { posts: { where: { tags: { some: {} } } } } }, TAGS],
    [
      "order within an include",
      "User",
      { include: { posts: { orderBy: { comments: { _count: "asc" } } } } },
      ["Comment:any", "Post:any"],
    ],
    // A tag that goes takes its links with it.
    ["_count of all", "Post", { include: { _count: true } }, ["Comment:any", "_PostToTag:any"]],
    ["_count of one", "Post", { select: { _count: { select: { comments: true, tags: false } } } }, ["Comment:any"]],
    [
      "_count with a filter",
      "User",
      { include: { _count: { select: { posts: { where: { tags: { none: {} } } } } } } },
      TAGS,
    ],
    ["some", "User", { where: { posts: { some: { title: "x" } } } }, POSTS],
    [
      "every, none",
      "User",
      { where: { posts: { every: {} }, orders: { none: { lines: { some: {} } } } } },
      ["Order:any", "OrderLine:any", "Post:any"],
    ],
    ["is, isNot", "Post", { where: { author: { is: { cart: { isNot: null } } } } }, ["Cart:any", "User:any"]],
    [
      "short form",
      "Post",
      { where: { author: { cart: null, profile: { bio: "x" } } } },
      ["Cart:any", "Profile:any", "User:any"],
    ],
    [
      "through AND, OR, NOT",
      "User",
      { where: { AND: [{ OR: [{ NOT: { posts: { some: {} } } }] }, { orders: { none: {} } }] } },
      ["Order:any", "Post:any"],
    ],
    ["a filter that is null", "Post", { where: { editor: null } }, ["User:any"]],
    ["no filter", "Post", { where: { editor: undefined, author: skip } }, []],
    ["order by a relation", "Post", { orderBy: { author: { email: "asc" } } }, ["User:any"]],
    ["order by a count", "User", { orderBy: [{ points: "asc" }, { posts: { _count: "desc" } }] }, POSTS],
    [
      "order by a relation of a relation",
      "Comment",
      { orderBy: [{ post: { author: { cart: { note: "asc" } } } }] },
      ["Cart:any", "Post:any", "User:any"],
    ],
  ])("%s", (_, model, args, others) => {
    const own = `${model}:any`;
    expect(tagsOf(model, "findMany", args)).toEqual([...new Set([own, ...others])].sort());
    if ("orderBy" in args) return;
    const where = "where" in args ? { ...(args.where as object), id: 1 } : { id: 1 };
    const keys = [`${model}:by:id`, `${model}:row:1`];
    // Of a row that is known by its key, the rows that reference it are known by their foreign key.
    const isSelection = "include" in args || "select" in args;
    const narrowed = others.flatMap((tag) => (isSelection && NARROWED[`${model} ${tag}`]) || [tag]);
    expect(tagsOf(model, "findUnique", { ...args, where })).toEqual([...keys, ...narrowed].sort());
  });

  test("in counts and groups", () => {
    expect(tagsOf("User", "count", { select: { _all: true, email: true }, where: { posts: { some: {} } } })).toEqual([
      "Post:any",
      "User:any",
    ]);
    expect(
      tagsOf("User", "groupBy", {
        by: ["role"],
        _count: true,
        having: { points: { _avg: { gt: 3 } } },
        orderBy: { _count: { role: "asc" } },
      }),
    ).toEqual(["User:any"]);
    expect(
      tagsOf("User", "aggregate", {
        _sum: { points: true },
        _count: { _all: true },
        cursor: { id: 1 },
        take: 3,
        skip: 1,
      }),
    ).toEqual(["User:any"]);
  });
});

test("columns, compound keys, cursors and the like are understood", () => {
  const args = {
    where: { tenantHandle: { tenant: 1, handle: "a" }, points: { gt: 1 } },
    cursor: { tenantHandle: { tenant: 1, handle: "a" } },
    omit: { email: true },
    distinct: ["role"],
    orderBy: { role: { sort: "asc", nulls: "last" } },
    relationLoadStrategy: "join",
  };
  expect(tagsOf("User", "findMany", args)).toEqual(["User:any"]);
  expect(tagsOf("User", "findMany", { select: { id: true, computedByAnExtension: true } })).toEqual(["User:any"]);
});

describe("not cached", () => {
  test.each<[string, string, string, unknown, RegExp]>([
    ["a view", "Activity", "findMany", {}, /^view$/],
    ["what includes a view", "User", "findUnique", { where: { id: 1 }, include: { activity: true } }, /^view$/],
    ["what filters by a view", "User", "findMany", { where: { activity: { posts: { gt: 3 } } } }, /^view$/],
    ["an unknown model", "Nothing", "findMany", {}, /unknown operation/],
    ["an unknown operation", "User", "findRaw", {}, /unknown operation/],
    ["a write", "User", "update", {}, /unknown operation/],
    ["an unknown argument", "User", "findMany", { lock: true }, /unknown argument lock/],
    ["an unknown field in a filter", "User", "findMany", { where: { nope: 1 } }, /unknown field User\.nope/],
    [
      "an unknown field in a nested filter",
      "User",
      "findMany",
      { where: { posts: { some: { nope: 1 } } } },
      /Post\.nope/,
    ],
    ["an unknown filter of a relation", "User", "findMany", { where: { posts: { most: {} } } }, /Post\.most/],
    ["an unknown selection", "User", "findMany", { select: { nope: { select: { id: true } } } }, /User\.nope/],
    ["an unknown order", "User", "findMany", { orderBy: { nope: "asc" } }, /User\.nope/],
    ["arguments of another type", "User", "findMany", "all", /not an object/],
    ["a filter of another type", "User", "findMany", { where: [1] }, /not an object/],
    ["a relation filter of another type", "User", "findMany", { where: { posts: 5 } }, /not an object/],
    ["an order of another type", "User", "findMany", { orderBy: ["id"] }, /not an object/],
    ["a selection of another type", "User", "findMany", { select: "id" }, /not an object/],
  ])("%s", (_, model, operation, args, reason) => {
    expect(dependencies(shop, { model, operation, args })).toEqual({ uncacheable: expect.stringMatching(reason) });
  });
});

test("without a schema text every query depends on all rows", () => {
  const { dataModel } = readDataModel({ runtimeDataModel: runtimeDataModelOf(SHOP), provider: "postgresql" });
  expect(keyed("User", { id: 1 }, dataModel)).toMatchObject({ tags: ["User:any"], absentTags: [], narrowable: null });
  expect(keyed("OrderLine", { line: { orderId: 1, sku: "a" } }, dataModel)).toMatchObject({
    tags: ["OrderLine:any"],
    absentTags: [],
    narrowable: null,
  });
  expect(tagsOf("Post", "findMany", { include: { tags: true, _count: true } }, dataModel)).toEqual([
    "Comment:any",
    "Post:any",
    "Tag:any",
    "User:any",
  ]);
  expect(
    dependencies(dataModel, { model: "User", operation: "findMany", args: { where: { nope: { id: 1, posts: {} } } } }),
  ).toHaveProperty("uncacheable");
});

test("a join table has a name that a tag can hold", () => {
  expect(tagsOf("Post", "findMany", { include: { likers: true } }, dataModelOf(NASTY))).toEqual([
    "Post:any",
    "User:any",
    "_Likes%20%26%20such:any",
  ]);
});

test("that nothing was found is not certain where Prisma compares keys as text and the database does not", () => {
  const mysql = dataModelOf(MYSQL);
  expect(keyed("Account", { login: "ann" }, mysql).keepsAbsent).toBe(false);
  expect(keyed("User", { email: "ann" }).keepsAbsent).toBe(true);
  const first = dependencies(mysql, { model: "Account", operation: "findFirst", args: { where: { login: "ann" } } });
  expect(first).toMatchObject({ keepsAbsent: true });
});
