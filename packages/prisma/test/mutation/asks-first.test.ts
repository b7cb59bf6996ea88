import { describe, expect, test } from "vitest";
import { asksFirst } from "../../src/mutation/asks-first.js";
import { effects } from "../../src/mutation/effects.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, SHOP } from "../schema/schemas.js";

const shop = dataModelOf(SHOP);

describe("Prisma asks for the rows first, and changes them by their primary key", () => {
  const post = { id: 1, slug: "s", title: "t" };
  test.each<[boolean, string, string, object]>([
    [false, "Post", "update", { where: { id: 1, authorId: 5 }, data: { title: "x" } }],
    [true, "Post", "update", { where: { id: 1 }, data: { author: { update: { points: 1 } } } }],
    [true, "User", "update", { where: { id: 1 }, data: { posts: { connect: { id: 2 } } } }],
    [true, "User", "upsert", { where: { id: 1 }, create: {}, update: { posts: { deleteMany: {} } } }],
    [false, "User", "upsert", { where: { id: 1 }, create: { posts: { create: post } }, update: {} }],
    [false, "User", "create", { data: { email: "a", posts: { create: post, connect: { id: 2 } } } }],
    [true, "User", "create", { data: { email: "a", cart: { connect: { id: 2 } } } }],
    [true, "Post", "create", { data: { ...post, author: { create: { cart: { create: {} } } } } }],
    [false, "User", "updateMany", { where: { role: "ADMIN" }, data: {} }],
    [true, "User", "updateMany", { where: { role: "ADMIN" }, data: {}, limit: 1 }],
    [true, "User", "deleteMany", { limit: 1 }],
    [false, "Post", "delete", { where: { id: 1 }, select: { id: true } }],
    [true, "Post", "delete", { where: { id: 1 }, include: { author: true } }],
    [true, "Post", "delete", { where: { id: 1 }, select: { _count: true } }],
  ])("%s: %s.%s %o", (isAsked, name, operation, args) => {
    const model = shop.models.get(name)!;
    expect(asksFirst(shop, model, operation, args as Record<string, unknown>)).toBe(isAsked);
  });

  test("before each delete of a database whose DELETE returns no row", () => {
    const mysql = dataModelOf(MYSQL);
    expect(asksFirst(mysql, mysql.models.get("Note")!, "delete", { where: { id: 1 } })).toBe(true);
  });
});

test("the paths of values that others may have changed in between are locked, and given back", () => {
  const posts = { update: { where: { id: 2 }, data: { title: "x" } } };
  const written = effects(shop, {
    model: "User",
    operation: "update",
    args: { where: { id: 1 }, data: { posts } },
  });
  expect(written.changed).toContain("Post:field:authorId=1");
  expect(written.fenced).toContain("Post:by:authorId");
  expect(written.after({ id: 1 }).unchanged).toContain("Post:by:authorId");
});
