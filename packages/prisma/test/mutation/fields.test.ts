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
    ["Post:all", ...values.map((value) => `Post:field:${value}`), "Post:lookup"].sort();
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
    [{ OR: [] }, ["Post:all", "Post:lookup"]],
    [{ authorId: { in: [] } }, ["Post:all", "Post:lookup"]],
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
    expect(reads("User", { where: { id: 5 }, include }, "findUnique")).toEqual(["Post:any", "User:all", "User:row:5"]);
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
    expect(fenced).toEqual([]);
  });

  test("a new row whose foreign key is another new row's, by the row that is returned", () => {
    const post = writes("Post", "create", {
      data: { id: 1, slug: "s", title: "t", author: { create: { email: "a", tenant: 1, handle: "a" } } },
      select: { id: true },
    });
    expect(valuesOf(post.changed, "authorId")).toEqual([]);
    expect(post.fenced).toEqual(["Post:lookup"]);
    expect(post.args).toMatchObject({ select: { id: true, authorId: true } });
    expect(post.after({ id: 1, authorId: 9 })).toEqual({
      changed: ["Post:field:authorId=9"],
      unchanged: ["Post:lookup"],
    });
    expect(post.after({ id: 1 })).toEqual({ changed: ["Post:lookup"], unchanged: [] });
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
    expect(below({ email: "a" }, {})).toContain("Post:lookup");
    expect(below({ id: 5 }, { id: 6 })).toContain("Post:all");
  });

  test("an update that leaves them alone, from the row that is returned", () => {
    const post = writes("Post", "update", { where: { id: 1, slug: "s" }, data: { title: "x" } });
    expect(valuesOf(post.changed, "authorId")).toEqual([]);
    // The title is part of a key.
    expect(post).toMatchObject({
      changed: ["Post:any", "Post:lookup", "Post:row:1", "Post:unique:slug=s"],
      fenced: [],
    });
    const comment = writes("Comment", "update", { where: { id: 1 }, data: { text: "x" } });
    expect(comment.fenced).toEqual(["Comment:lookup"]);
    expect(comment.after({ id: 1, postId: 3 })).toEqual({
      changed: ["Comment:field:postId=3"],
      unchanged: ["Comment:lookup"],
    });
  });

  test("an update of a field with few values: all of them, since nobody knows the old one", () => {
    const { changed } = writes("User", "update", { where: { id: 1 }, data: { role: "ADMIN" } });
    expect(valuesOf(changed, "role")).toEqual(["ADMIN", "STAFF", "USER"]);
    expect(changed).not.toContain("User:lookup");
    const known = writes("User", "update", { where: { id: 1, role: "USER" }, data: { role: "ADMIN" } });
    expect(valuesOf(known.changed, "role")).toEqual(["ADMIN", "USER"]);
  });

  test("an update of a foreign key: the old one is unknown unless the selector says it", () => {
    const moved = writes("Comment", "update", { where: { id: 1 }, data: { postId: 2 } });
    expect(moved.changed).toEqual(["Comment:any", "Comment:field:postId=2", "Comment:lookup", "Comment:row:1"]);
    const known = writes("Comment", "update", { where: { id: 1, postId: 1 }, data: { postId: 2 } });
    expect(known).toMatchObject({
      changed: ["Comment:any", "Comment:field:postId=1", "Comment:field:postId=2", "Comment:row:1"],
      fenced: [],
    });
  });

  test("an upsert: both branches", () => {
    const { changed, fenced } = writes("Comment", "upsert", {
      where: { id: 1 },
      create: { id: 1, text: "x", postId: 4 },
      update: { text: "x" },
    });
    expect(valuesOf(changed, "postId")).toEqual(["4"]);
    expect(fenced).toEqual(["Comment:lookup"]);
  });

  test("many rows by their keys, and by a filter", () => {
    const byKeys = writes("Comment", "updateMany", { where: { id: { in: [1, 2] } }, data: { text: "x" } });
    expect(byKeys.changed).toEqual(["Comment:any", "Comment:lookup", "Comment:row:1", "Comment:row:2"]);
    const byFilter = writes("Comment", "updateMany", { where: { postId: 3 }, data: { text: "x" } });
    expect(byFilter.changed).toEqual(["Comment:all", "Comment:any"]);
  });
});
