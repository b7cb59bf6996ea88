import { describe, expect, test } from "vitest";
import { reasonsOfRead } from "../../src/query/reasons.js";
import type { DataModel } from "../../src/schema/data-model.js";
import { readDataModel } from "../../src/schema/read-data-model.js";
import { dataModelOf, runtimeDataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";
import { dependenciesOf, tracking } from "./read-tags.js";

const shop = dataModelOf(SHOP);
const numbers = (count: number) => [...Array.from({ length: count }).keys()];

function reasons(model: string, operation: string, args: object, dataModel: DataModel = shop) {
  const query = { model, operation, args };
  const found = dependenciesOf(dataModel, query);
  return { tags: found.tags, reasons: reasonsOfRead(dataModel, query, [...found.tags, ...found.absentTags]) };
}

describe("why any row matters", () => {
  test.each<[string, object, string]>([
    ["User", {}, "no filter: any row may be in the result"],
    ["User", { where: {} }, "no filter: any row may be in the result"],
    ["User", { where: { AND: [] } }, "no filter: any row may be in the result"],
    ["User", { where: { points: { gt: 3 } } }, "range on points"],
    ["User", { where: { points: { gt: 3, lt: 9 } } }, "range on points"],
    ["User", { where: { email: { contains: "a" } } }, "contains on email"],
    [
      "User",
      { where: { AND: [{ email: { endsWith: "a" } }, { points: { lte: 1 } }] } },
      "endsWith on email; range on points",
    ],
    ["User", { where: { NOT: { id: 1 } } }, "NOT"],
    ["User", { where: { role: { not: "ADMIN" } } }, "not on role"],
    ["User", { where: { id: { notIn: [1] } } }, "notIn on id"],
    ["User", { where: { email: { equals: "a", mode: "insensitive" } } }, "mode: insensitive on email"],
    [
      "User",
      { where: { points: 3 } },
      "equality on points: it is no key, foreign key, enum or boolean; list it in trackBy",
    ],
    ["User", { where: { handle: "ann" } }, "equality on handle: it is only one column of a key; list it in trackBy"],
    ["User", { where: { nickname: null } }, "nickname is null: any number of rows may have no value"],
    ["User", { where: { id: { in: numbers(40) } } }, "in with 40 values on id, more than 32"],
    ["Post", { where: { authorId: { in: numbers(33) } } }, "in with 33 values on authorId, more than 32"],
    [
      "User",
      { where: { OR: [{ id: 1 }, { points: { lt: 3 } }] } },
      "OR with a branch that names no value: { points: { lt: 3 } }",
    ],
    ["User", { where: { OR: numbers(40).map((id) => ({ id })) } }, "OR with more than 32 values"],
    ["Reading", { where: { value: 1.5 } }, "values of value (Float) cannot be told apart for certain"],
    ["User", { where: { profile: { bio: "x" } } }, "filter by profile: rows of another table decide"],
    ["Post", { where: { author: { points: 3 } } }, "filter by author: it names no value of authorId"],
    ["User", { where: { id: 1 }, cursor: { id: 1 } }, "the row of the cursor decides where the page starts"],
  ])("%s %o", (model, args, reason) => {
    expect(reasons(model, "findMany", args).reasons[`${model}:any`]).toBe(reason);
  });

  test("what the options say", () => {
    const tracked = tracking(shop, "User", { trackBy: ["points"] });
    const range = { where: { points: { gt: 3 } } };
    expect(reasons("User", "findMany", range, tracked).reasons).toEqual({
      "User:any": "range on points, on which trackBy has no effect",
    });
    const coarse = tracking(shop, "User", { granularity: "model" });
    expect(reasons("User", "findUnique", { where: { id: 1 } }, coarse).reasons).toEqual({
      "User:any": "granularity: model",
    });
    const { dataModel } = readDataModel({ runtimeDataModel: runtimeDataModelOf(SHOP), provider: "postgresql" });
    expect(reasons("User", "findUnique", { where: { id: 1 } }, dataModel).reasons["User:any"]).toMatch(/schema's text/);
  });
});

describe("why other tags are there", () => {
  test("what stands for one row or value needs no reason, and all else has one", () => {
    const found = reasons("Post", "findMany", {
      where: { authorId: 1, tags: { some: { name: { contains: "x" } } } },
      include: { author: { include: { friends: true, manager: true } }, comments: true, _count: true },
    });
    const coarse = found.tags.filter((tag) => /:(?:any|(?:new|by):.*)$/.test(tag));
    expect(Object.keys(found.reasons).sort()).toEqual(coarse);
    expect(coarse.length).toBeGreaterThan(5);
  });

  test("rows that only the result tells", () => {
    const found = reasons("Post", "findUnique", { where: { id: 1 }, include: { author: true } });
    expect(found.reasons["User:any"]).toBe(
      "Post.author leads to rows that only the result tells; the rows of the result take its place",
    );
    const ordered = reasons("Post", "findMany", { include: { author: true }, orderBy: { author: { points: "asc" } } });
    expect(ordered.reasons["User:any"]).toBe("order by Post.author");
    const own = reasons("User", "findMany", { include: { manager: true } });
    expect(own.reasons["User:any"]).toBe(
      "no filter: any row may be in the result; User.manager leads to rows that only the result tells",
    );
  });

  test("paths, keys that rows come to have, and twins", () => {
    expect(reasons("User", "findUnique", { where: { tenantHandle: { tenant: 1, handle: "a" } } }).reasons).toEqual({
      "User:by:tenant,handle": "writes that cannot say the tenant and handle of the rows that they change",
      "User:new:tenant,handle": "rows that come to have a key which their writer cannot say beforehand",
    });
    const volatile = tracking(shop, "User", { volatile: ["points", "updatedAt"] });
    const found = reasons("User", "findMany", { where: { email: { contains: "a" } } }, volatile).reasons;
    expect(found).toEqual({
      "User:any": "contains on email",
      "User.volatile:any": "it looks at volatile columns (points, updatedAt); contains on email",
    });
  });
});
