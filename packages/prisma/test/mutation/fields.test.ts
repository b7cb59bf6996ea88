import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { dependencies } from "../../src/query/dependencies.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, SHOP } from "../schema/schemas.js";

const shop = dataModelOf(SHOP);

function reads(model: string, args: object, operation = "findMany", dataModel = shop): readonly string[] {
  const found = dependencies(dataModel, { model, operation, args });
  if ("uncacheable" in found) throw new Error(found.uncacheable);
  return found.tags;
}

const writes = (model: string, operation: string, args: object, dataModel = shop) =>
  effects(dataModel, { model, operation, args });
/** The values named of one field. */
const valuesOf = (tags: readonly string[], field: string) =>
  tags.filter((tag) => tag.includes(`:field:${field}=`)).map((tag) => tag.slice(tag.indexOf("=") + 1));

describe("a list whose filter implies the value of a tracked field depends on the rows that have it", () => {
  const by = (...values: string[]) =>
    [
      ...new Set(values.flatMap((value) => [`Post:by:${value.slice(0, value.indexOf("="))}`, `Post:field:${value}`])),
    ].sort();
  test.each<[object, string[]]>([
    [{ authorId: 5 }, by("authorId=5")],
    [{ authorId: { equals: 5n }, title: { contains: "x" } }, by("authorId=5")],
    [{ editorEmail: null }, by("editorEmail=~")],
    [{ editorEmail: { equals: null } }, by("editorEmail=~")],
    [{ editorEmail: "~" }, by("editorEmail=%7E")],
    [{ authorId: { in: [5, 6, 5] } }, by("authorId=5", "authorId=6")],
    [{ AND: [{ authorId: { in: [5, 6] } }, { editorEmail: "a" }] }, by("editorEmail=a")],
    [{ OR: [{ authorId: 5 }, { editorEmail: "a" }] }, by("authorId=5", "editorEmail=a")],
    [{ OR: [{ authorId: 5 }, { AND: { OR: [{ authorId: 6, NOT: {} }] } }] }, by("authorId=5", "authorId=6")],
    [{ authorId_title: { authorId: 5, title: "x" } }, by("authorId=5")],
    // Nothing passes, whatever is written.
    [{ OR: [] }, []],
    [{ authorId: { in: [] } }, ["Post:by:authorId"]],
  ])("%o", (where, expected) => {
    for (const operation of ["findMany", "count", "aggregate", "groupBy"]) {
      expect(reads("Post", { where, take: 3, orderBy: { id: "asc" } }, operation)).toEqual(expected);
    }
  });

  test.each<[object]>([
    [{ title: "x" }],
    [{ authorId: { gt: 5 } }],
    [{ authorId: { not: 5 } }],
    [{ authorId: { notIn: [5] } }],
    [{ NOT: { authorId: 5 } }],
    [{ OR: [{ authorId: 5 }, { title: "x" }] }],
    [{ OR: [{ authorId: 5 }, {}] }],
    [{ editorEmail: { equals: "a", mode: "insensitive" } }],
    [{ authorId: { in: Array.from({ length: 33 }, (_, id) => id) } }],
    [{ authorId: undefined }],
    [{ authorId: "five" }],
    [{}],
  ])("%o implies none", (where) => expect(reads("Post", { where })).toEqual(["Post:any"]));

  test("a cursor may be any row", () => {
    expect(reads("Post", { where: { authorId: 5 }, cursor: { id: 1 } })).toEqual(["Post:any"]);
    const include = { posts: { cursor: { id: 1 } } };
    expect(reads("User", { where: { id: 5 }, include }, "findUnique")).toEqual([
      "Post:any",
      "User:by:id",
      "User:row:5",
    ]);
  });

  test("enums by every spelling, booleans, and what a collation may take for equal", () => {
    expect(reads("User", { where: { role: "STAFF" } })).toEqual(reads("User", { where: { role: "staff_member" } }));
    const mysql = dataModelOf(MYSQL);
    expect(reads("Account", { where: { plan: "FREE" } }, "findMany", mysql)).toContain("Account:field:plan=FREE");
  });
});

describe("a write names what the tracked fields had and get", () => {
  test("a new row by its data, its defaults, and by what it is not given", () => {
    const { changed, fenced } = writes("User", "create", { data: { email: "a", tenant: 1, handle: "a" } });
    expect(valuesOf(changed, "role")).toEqual(["USER"]);
    expect(valuesOf(changed, "managerId")).toEqual(["~"]);
    expect(fenced).toEqual(["User:new:id"]);
  });

  test("a new row whose foreign key is another new row's, by the row that is returned", () => {
    const post = writes("Post", "create", {
      data: { id: 1, slug: "s", title: "t", author: { create: { email: "a", tenant: 1, handle: "a" } } },
      select: { id: true },
    });
    expect(valuesOf(post.changed, "authorId")).toEqual([]);
    // The foreign key is part of a key, too.
    expect(post.fenced).toEqual(["Post:by:authorId", "Post:new:authorId,title"]);
    expect(post.args).toMatchObject({ select: { id: true, authorId: true } });
    expect(post.after({ id: 1, authorId: 9, title: "t" })).toEqual({
      changed: ["Post:field:authorId=9", "Post:unique:authorId=9,title=t"],
      unchanged: ["Post:by:authorId", "Post:new:authorId,title"],
    });
    expect(post.after({ id: 1, title: "t" })).toEqual({
      changed: ["Post:by:authorId", "Post:new:authorId,title"],
      unchanged: [],
    });
  });

  test("several new rows, of which none is returned", () => {
    const data = [
      { id: 1, slug: "a", title: "t", authorId: 5 },
      { id: 2, slug: "b", title: "t", authorId: 6, editorEmail: "a" },
    ];
    const { changed, fenced } = writes("Post", "createMany", { data });
    expect(valuesOf(changed, "authorId")).toEqual(["5", "6"]);
    expect(valuesOf(changed, "editorEmail")).toEqual(["a", "~"]);
    expect(fenced).toEqual([]);
  });

  test("rows that are created below another one, where its key is known", () => {
    const posts = { create: { id: 1, slug: "s", title: "t" } };
    const below = (where: object, data: object) =>
      writes("User", "update", { where, data: { ...data, posts } }).changed;
    expect(valuesOf(below({ id: 5 }, {}), "authorId")).toEqual(["5"]);
    expect(below({ email: "a" }, {})).toEqual(expect.arrayContaining(["Post:by:authorId", "Post:new:authorId,title"]));
    expect(below({ id: 5 }, { id: 6 })).toEqual(
      expect.arrayContaining(["Post:by:authorId", "Post:new:authorId,title"]),
    );
  });

  test("an update that leaves them alone, from the row that is returned", () => {
    const post = writes("Post", "update", { where: { id: 1, slug: "s" }, data: { title: "x" } });
    expect(valuesOf(post.changed, "authorId")).toEqual([]);
    // The title is part of a key.
    expect(post).toMatchObject({
      changed: ["Post:any", "Post:by:authorId,title", "Post:new:authorId,title", "Post:row:1", "Post:unique:slug=s"],
      fenced: ["Post:by:authorId", "Post:by:editorEmail"],
    });
    const comment = writes("Comment", "update", { where: { id: 1 }, data: { text: "x" } });
    expect(comment.fenced).toEqual(["Comment:by:postId"]);
    expect(comment.after({ id: 1, postId: 3 })).toEqual({
      changed: ["Comment:field:postId=3"],
      unchanged: ["Comment:by:postId"],
    });
  });

  test.each([
    ["User", "role", "USER", "ADMIN"],
    ["Comment", "postId", 1, 2],
  ])("an update of %s.%s: the old value is unknown unless the selector says it", (model, field, before, after) => {
    const data = { [field]: after };
    const moved = writes(model, "update", { where: { id: 1 }, data });
    expect(moved.changed).toEqual([`${model}:any`, `${model}:by:${field}`, `${model}:row:1`]);
    expect(moved.fenced).not.toContain(`${model}:by:${field}`);
    const known = writes(model, "update", { where: { id: 1, [field]: before }, data });
    expect([...valuesOf(known.changed, field)].sort()).toEqual([String(before), String(after)].sort());
    expect([...known.changed, ...known.fenced]).not.toContain(`${model}:by:${field}`);
  });

  test.each<[string, object, string[], boolean]>([
    ["delete", { delete: true }, ["5", "~"], true],
    ["disconnect", { disconnect: true }, ["5", "~"], true],
    ["upsert", { upsert: { update: { street: "x" }, create: { id: 9, street: "x" } } }, ["5"], false],
    ["upsert that moves", { upsert: { update: { id: 6 }, create: { id: 9, street: "x" } } }, ["5", "6"], false],
    ["connectOrCreate", { connectOrCreate: { where: { id: 7 }, create: { id: 7 } } }, ["5", "7"], true],
    ["connectOrCreate of two", { connectOrCreate: { where: { id: 7 }, create: { id: 8 } } }, ["5"], false],
  ])("a foreign key that moves by %s of its relation", (_, address, values, isKnown) => {
    const written = writes("Order", "update", { where: { id: 1, addressId: 5 }, data: { address } });
    expect(valuesOf(written.changed, "addressId")).toEqual(values);
    expect(written.fenced).toContain("Order:by:addressId");
    // The new value is learnt from the returned row.
    const { changed, unchanged } = written.after({ userId: 1, addressId: 3 });
    expect(changed.some((tag) => tag.includes("addressId"))).toBe(!isKnown);
    expect(unchanged).toContain("Order:by:addressId");
  });

  test("a key of two columns, one of which may move and the other one does: any key of that path", () => {
    const order = { upsert: { update: { userId: 1 }, create: { id: 9, userId: 1 } } };
    const where = { line: { orderId: 5, sku: "a" } };
    expect(writes("OrderLine", "update", { where, data: { order, sku: "b" } }).changed).toContain(
      "OrderLine:by:orderId,sku",
    );
  });

  test("an upsert: both branches", () => {
    const { changed, fenced } = writes("Comment", "upsert", {
      where: { id: 1 },
      create: { id: 1, text: "x", postId: 4 },
      update: { text: "x" },
    });
    expect(valuesOf(changed, "postId")).toEqual(["4"]);
    expect(fenced).toEqual(["Comment:by:postId"]);
  });

  test("many rows by their keys, and by a filter", () => {
    const byKeys = writes("Comment", "updateMany", { where: { id: { in: [1, 2] } }, data: { text: "x" } });
    expect(byKeys.changed).toEqual(["Comment:any", "Comment:by:postId", "Comment:row:1", "Comment:row:2"]);
    const byFilter = writes("Comment", "updateMany", { where: { postId: 3 }, data: { text: "x" } });
    expect(byFilter.changed).toEqual(["Comment:any", "Comment:by:id", "Comment:field:postId=3"]);
    const byList = writes("Comment", "updateMany", { where: { postId: { in: [3, 4] } }, data: { postId: 5 } });
    expect(byList.changed).toEqual([
      "Comment:any",
      "Comment:by:id",
      "Comment:field:postId=3",
      "Comment:field:postId=4",
      "Comment:field:postId=5",
    ]);
  });
});
