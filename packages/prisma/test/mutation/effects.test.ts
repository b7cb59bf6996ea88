import { skip } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { readDataModel } from "../../src/schema/read-data-model.js";
import { dataModelOf, runtimeDataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, NASTY, SHOP } from "../schema/schemas.js";
import { effectsOf, shop } from "./key-effects.js";
import { allOf, tags, USER_PATHS } from "./tags.js";

const all = allOf(shop);

describe("a create changes what depends on all rows", () => {
  const data = { email: "a@x.com", tenant: 1, handle: "a" };
  const keys = ["unique:email=a@x.com", "unique:tenant=1,handle=a"];
  const NEW = ["User:new:id"];

  test.each([
    ["createMany", { data: [data, data], skipDuplicates: true }],
    ["createMany", { data }],
  ])("%s, and whatever was not found by a key that it cannot name", (operation, args) => {
    const result = effectsOf("User", operation, args);
    expect(result).toMatchObject({ changed: tags("User", "any", ...keys), gained: NEW, fenced: [], args });
    expect(result.after({ count: 2 })).toEqual({ changed: [], unchanged: [] });
    const count = { count: 2 };
    expect(result.strip(count)).toBe(count);
  });

  test.each([
    ["create", { data, select: { email: true } }],
    ["createManyAndReturn", { data: [data], select: { email: true } }],
  ])("%s, and learns the key that it cannot name", (operation, args) => {
    const result = effectsOf("User", operation, args);
    expect(result).toMatchObject({ changed: tags("User", "any", ...keys), gained: [], fenced: NEW });
    expect(result.args).toEqual({ ...args, select: { email: true, id: true } });
    expect(result.after({ id: 1 })).toEqual({ changed: ["User:row:1"], unchanged: NEW });
    expect(result.after({})).toEqual({ changed: NEW, unchanged: [] });
  });

  test("with all keys given there is nothing to learn", () => {
    const result = effectsOf("User", "create", { data: { ...data, id: 5, nickname: "Ann" } });
    expect(result).toMatchObject({
      changed: tags("User", "any", "row:5", "unique:nickname=ann", ...keys),
      fenced: [],
    });
  });
});

describe("an update by primary key", () => {
  const select = { points: true };
  const args = { where: { id: 1 }, data: { points: 3 }, select };

  test("names its row, fences its other keys, and learns them from the row", () => {
    const result = effectsOf("User", "update", args);
    expect(result.changed).toEqual(tags("User", "any", "row:1"));
    expect(result.fenced).toEqual(tags("User", ...USER_PATHS));
    expect(result.args).toEqual({
      ...args,
      select: { points: true, email: true, nickname: true, tenant: true, handle: true, role: true, managerId: true },
    });
    const row = { points: 3, email: "a@x.com", nickname: "Ann", tenant: 1, handle: "a", role: "USER", managerId: null };
    expect(result.after(row)).toEqual({
      changed: ["User:unique:email=a@x.com", "User:unique:nickname=ann", "User:unique:tenant=1,handle=a"],
      unchanged: tags("User", ...USER_PATHS),
    });
    expect(result.strip(row)).toBe(row);
    expect(row).toEqual({ points: 3 });
    expect(args.select).toBe(select);
    expect(select).toEqual({ points: true });
  });

  test("nobody finds a row by null", () => {
    const row = { email: "a@x.com", nickname: null, tenant: 1, handle: "a", role: "USER", managerId: null };
    expect(effectsOf("User", "update", args).after(row).changed).toEqual([
      "User:unique:email=a@x.com",
      "User:unique:tenant=1,handle=a",
    ]);
  });

  test.each([
    ["a value that may equal others", { email: "a@x.com", nickname: "Änn", tenant: 1, handle: "a" }],
    ["a value that is missing", { email: "a@x.com", tenant: 1, handle: "a" }],
    ["no row", null],
  ])("%s keeps the fence down", (_, row) => {
    expect(effectsOf("User", "update", args).after(row)).toEqual({
      changed: tags("User", ...USER_PATHS),
      unchanged: [],
    });
  });

  test("that touches a key overwrites a value that nobody knows", () => {
    const result = effectsOf("User", "update", { where: { id: 1 }, data: { handle: "b" } });
    expect(result.changed).toEqual(tags("User", "any", "by:tenant,handle", "row:1"));
    expect(result.fenced).toEqual(tags("User", "by:email", "by:managerId", "by:nickname", "by:role"));
  });

  test("that names the old value too knows both", () => {
    const where = { id: 1, nickname: "Ann" };
    const result = effectsOf("User", "update", { where, data: { nickname: { set: "Bob" } } });
    expect(result.changed).toEqual(tags("User", "any", "row:1", "unique:nickname=ann", "unique:nickname=bob"));
    expect(result.fenced).toEqual(tags("User", "by:email", "by:managerId", "by:role", "by:tenant,handle"));
  });

  test("that moves the row names both places", () => {
    const result = effectsOf("Tag", "update", { where: { name: "a" }, data: { name: "b" } });
    expect(result.changed).toEqual([
      ...tags("Tag", "any", "row:a", "row:b"),
      ...tags("_PostToTag", "any", "by:Post.tags"),
    ]);
  });

  test("that moves the row to nobody knows where", () => {
    const result = effectsOf("Post", "update", { where: { id: 1 }, data: { id: { increment: 5 } } });
    expect(result.changed).toEqual(expect.arrayContaining(tags("Post", "any", "by:id")));
    expect(result.fenced).toEqual(tags("Post", "by:authorId", "by:authorId,title", "by:editorEmail", "by:slug"));
  });

  test("through a relation touches the foreign key", () => {
    const where = { id: 1, slug: "s" };
    const result = effectsOf("Post", "update", { where, data: { author: { connect: { id: 2 } } } });
    expect(result.changed).toEqual(tags("Post", "any", "by:authorId", "by:authorId,title", "row:1", "unique:slug=s"));
    // Prisma asks for the row first: that its slug is still the one is certain only behind a fence.
    expect(result.fenced).toEqual(["Post:by:editorEmail", "Post:by:slug"]);
    expect(result.after({ id: 1, editorEmail: null }).unchanged).toEqual(["Post:by:editorEmail", "Post:by:slug"]);
  });

  test("of a model without other keys needs no fence", () => {
    const result = effectsOf("Tag", "update", { where: { name: "a" }, data: { posts: { connect: { id: 1 } } } });
    expect(result).toMatchObject({ changed: [...tags("Tag", "any", "row:a"), "_PostToTag:any"], fenced: [] });
  });

  test("that leaves columns out of its data does not touch them", () => {
    const data = { points: 1, email: undefined, nickname: skip };
    expect(effectsOf("User", "update", { where: { id: 1 }, data }).fenced).toEqual(tags("User", ...USER_PATHS));
  });

  test("in a fluent call returns another row", () => {
    const result = effectsOf("User", "update", { ...args, select: { posts: true } }, { dataPath: ["select", "posts"] });
    expect(result.changed).toEqual(tags("User", "any", "row:1", ...USER_PATHS));
    expect(result.fenced).toEqual([]);
    expect(result.args).toEqual({ ...args, select: { posts: true } });
  });
});

describe("an update by another key", () => {
  const args = { where: { email: "a@x.com" }, data: { points: 3 } };
  const paths = tags("User", "by:id", ...USER_PATHS.filter((path) => path !== "by:email"));

  test("fences every other path until it knows which row it was", () => {
    const result = effectsOf("User", "update", args);
    expect(result.changed).toEqual(tags("User", "any", "unique:email=a@x.com"));
    expect(result.fenced).toEqual(paths);
    expect(result.args).toEqual(args);
    const row = { id: 7, email: "a@x.com", nickname: null, tenant: 1, handle: "a", role: "USER", managerId: 3 };
    expect(result.after(row)).toEqual({
      changed: ["User:row:7", "User:unique:tenant=1,handle=a"],
      unchanged: paths,
    });
    expect(result.after(undefined)).toEqual({ changed: paths, unchanged: [] });
  });

  test("that touches a third key", () => {
    const result = effectsOf("User", "update", { ...args, data: { handle: "b" }, select: { points: true } });
    expect(result.changed).toEqual(tags("User", "any", "by:tenant,handle", "unique:email=a@x.com"));
    const others = tags("User", "by:id", "by:managerId", "by:nickname", "by:role");
    expect(result.fenced).toEqual(others);
    expect(result.args).toMatchObject({ select: { points: true, id: true } });
    expect(result.after({ points: 3, id: 7, nickname: null, role: "USER", managerId: 3 })).toEqual({
      changed: ["User:row:7"],
      unchanged: others,
    });
  });

  test("that touches the primary key", () => {
    const result = effectsOf("User", "update", { ...args, data: { id: 9 } });
    // What references the old one, which nobody knows, moves along: other users, too.
    expect(result.changed).toEqual(expect.arrayContaining(all("User")));
    expect(result.fenced).toEqual([]);
  });

  test("of a model whose primary key is never named", () => {
    const result = effectsOf("Reading", "update", { where: { sensor: "s" }, data: { value: 1 } });
    expect(result).toMatchObject({ changed: tags("Reading", "any", "unique:sensor=s"), fenced: [] });
    const byMoment = effectsOf("Reading", "update", { where: { at: new Date(0) }, data: { value: 1 } });
    expect(byMoment).toMatchObject({ changed: ["Reading:any"], fenced: ["Reading:by:sensor"] });
  });

  test("whose value may equal any other", () => {
    const dataModel = dataModelOf(MYSQL);
    const result = effectsOf("Account", "update", { where: { login: "Ä" }, data: { born: 1999 } }, { dataModel });
    expect(result.changed).toEqual(["Account:any"]);
    // Nobody finds an account by when it was born: that column is never spelled.
    const accountPaths = tags("Account", "by:code", "by:id", "by:login", "by:plan", "by:plan,code");
    expect(result.fenced).toEqual(accountPaths);
    const row = { id: "a", login: "Ä", code: 1, plan: "FREE" };
    expect(result.after(row)).toEqual({ changed: accountPaths, unchanged: [] });
  });

  test("to a value that may equal any other", () => {
    const dataModel = dataModelOf(MYSQL);
    const result = effectsOf(
      "Account",
      "update",
      { where: { id: "a", login: "ann" }, data: { login: "Änn" } },
      { dataModel },
    );
    expect(result.changed).toEqual(tags("Account", "any", "by:login", "row:a"));
  });

  test("to null", () => {
    const result = effectsOf("User", "update", { where: { nickname: "Ann", id: 1 }, data: { nickname: null } });
    expect(result.changed).toEqual(tags("User", "any", "row:1", "unique:nickname=ann"));
  });
});

test("a column that the database computes changes with every other", () => {
  const text = `datasource db {\n  provider = "postgresql"\n}\nmodel M {\n  id Int @id\n  name String\n  slug String? @unique @default(dbgenerated("lower(name)"))\n}\n`;
  const dataModel = dataModelOf(text);
  const result = effectsOf("M", "update", { where: { id: 1 }, data: { name: "x" } }, { dataModel });
  expect(result).toMatchObject({ changed: tags("M", "any", "by:slug", "row:1"), fenced: [] });
});

describe("an upsert", () => {
  test("is an update, or a create: which of them, only the row tells", () => {
    const create = { email: "a@x.com", tenant: 1, handle: "a" };
    const result = effectsOf("User", "upsert", { where: { email: "a@x.com" }, create, update: { points: 3 } });
    const fenced = tags("User", "new:id", "by:id", ...USER_PATHS.filter((path) => path !== "by:email"));
    expect(result).toMatchObject({
      changed: tags("User", "any", "unique:email=a@x.com", "unique:tenant=1,handle=a"),
      fenced,
    });
    const row = { id: 7, email: "a@x.com", nickname: null, tenant: 2, handle: "b", role: "USER", managerId: 3 };
    expect(result.after(row)).toEqual({
      changed: tags("User", "row:7", "unique:tenant=2,handle=b"),
      unchanged: fenced,
    });
  });

  test("makes the writes nested in either branch", () => {
    const args = {
      where: { id: 1 },
      create: { id: 1, slug: "s", title: "t", authorId: 1, tags: { create: { name: "a" } } },
      update: { comments: { create: { id: 1, text: "x" } } },
    };
    expect(effectsOf("Post", "upsert", args).changed).toEqual(
      expect.arrayContaining(["Comment:any", "Tag:any", "_PostToTag:any", "Post:any", "Post:row:1"]),
    );
  });
});

describe("a delete", () => {
  test("is an update of its row, and what the database does with it", () => {
    const result = effectsOf("Post", "delete", { where: { id: 1 } });
    expect(result.changed).toEqual([
      ...tags("Comment", "any", "by:id"),
      ...tags("Post", "any", "row:1"),
      ...tags("_PostToTag", "any", "by:Tag.posts"),
    ]);
    const paths = tags("Post", "by:authorId", "by:authorId,title", "by:editorEmail", "by:slug");
    expect(result.fenced).toEqual(paths);
    expect(result.after({ id: 1, slug: "s", authorId: 2, title: "t", editorEmail: null })).toEqual({
      changed: ["Post:unique:authorId=2,title=t", "Post:unique:slug=s"],
      unchanged: paths,
    });
  });

  test("whose key holds any character", () => {
    const result = effectsOf("OrderLine", "delete", { where: { line: { orderId: 1, sku: "a,b=~%" } } });
    expect(result).toMatchObject({ changed: ["OrderLine:any", "OrderLine:row:1,a%2Cb%3D%7E%25"], fenced: [] });
  });
});

describe("what is not understood changes more", () => {
  test.each([
    ["an unknown operation", "User", "updateSome", {}],
    ["an unknown model", "Nobody", "update", {}],
    ["arguments of another type", "User", "update", "x"],
    ["an update without data", "User", "update", { where: { id: 1 } }],
    ["an unknown column", "User", "update", { where: { id: 1 }, data: { nope: 1 } }],
    ["an unknown nested operation", "User", "update", { where: { id: 1 }, data: { posts: { swap: {} } } }],
    ["a relation of another type", "User", "create", { data: { posts: 5 } }],
  ])("%s: everything", (_, model, operation, args) => {
    const result = effectsOf(model, operation, args);
    expect(result.fenced).toEqual([]);
    for (const { name, isView } of shop.models.values()) {
      if (!isView) expect(result.changed).toEqual(expect.arrayContaining(all(name)));
    }
    expect(result.changed).toEqual(expect.arrayContaining(all("_PostToTag", "_Friends", "_ProductToUser")));
    expect(result.args).toBe(args);
  });

  test("a selector of another type: all rows", () => {
    const result = effectsOf("Comment", "update", { where: null, data: { text: "x" } });
    expect(result).toMatchObject({ changed: ["Comment:any"], fenced: tags("Comment", "by:id", "by:postId") });
  });

  test("without a schema text: every model that relations connect", () => {
    const { dataModel } = readDataModel({ runtimeDataModel: runtimeDataModelOf(SHOP), provider: "postgresql" });
    const result = effectsOf("Comment", "create", { data: { id: 1, text: "x", postId: 1 } }, { dataModel });
    const connected = [...shop.models.keys()].filter((name) => name !== "Reading");
    expect(result.changed).toEqual(connected.map((name) => `${name}:any`).sort());
    expect(result.fenced).toEqual([]);
  });
});

test("a delete reaches through models that no query can name", () => {
  const result = effectsOf("User", "delete", { where: { id: 1 } }, { dataModel: dataModelOf(NASTY) });
  expect(result.changed).toEqual(expect.arrayContaining(tags("Audit", "any", "by:id")));
});

test("a row that is known to have no value in a key is found by none, before it gets one", () => {
  const where = { id: 5, nickname: null };
  const { fenced } = effectsOf("User", "update", { where, data: { points: 1 } });
  expect(fenced).toContain("User:by:email");
  expect(fenced).not.toContain("User:by:nickname");
  const named = effectsOf("User", "update", { where, data: { nickname: "Ann" } });
  expect(named.changed).toContain("User:unique:nickname=ann");
  expect([...named.changed, ...named.fenced]).not.toContain("User:by:nickname");
});
