import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";
import { readTags, tracking } from "./read-tags.js";

const VOLATILE = ["points", "updatedAt"];
const shop = tracking(dataModelOf(SHOP), "User", { volatile: VOLATILE });

/** Whether an update of these columns of user 1 drops what was read with these arguments. */
function drops(data: object, [model, operation, args]: readonly [string, string, object]): boolean {
  const { tags } = readTags(shop, model, operation, args);
  const written = effects(shop, { model: "User", operation: "update", args: { where: { id: 1 }, data } });
  const row = { id: 1, email: "a@x", nickname: "n", tenant: 1, handle: "ann", role: "USER", managerId: null };
  const touched = new Set<string>([...written.changed, ...written.after(row).changed]);
  return tags.some((tag) => touched.has(tag));
}

const BY_ID = { where: { id: 1 } };

describe("what looks at volatile columns is dropped by an update of these alone", () => {
  test.each<[string, string, string, object]>([
    ["shows all columns", "User", "findUnique", BY_ID],
    ["selects one", "User", "findUnique", { ...BY_ID, select: { points: true } }],
    ["omits but one", "User", "findUnique", { ...BY_ID, omit: { updatedAt: true } }],
    ["includes something", "User", "findUnique", { ...BY_ID, include: { profile: true } }],
    ["filters", "User", "findMany", { select: { id: true }, where: { points: { gt: 3 } } }],
    ["filters deep", "User", "findMany", { select: { id: true }, where: { OR: [{ NOT: { points: 3 } }] } }],
    ["filters by key", "User", "findUnique", { select: { id: true }, where: { id: 1, points: 3 } }],
    ["orders", "User", "findMany", { select: { id: true }, orderBy: [{ points: "asc" }] }],
    ["is distinct", "User", "findMany", { select: { id: true }, distinct: ["points"] }],
    ["is distinct by one", "User", "findMany", { select: { id: true }, distinct: "points" }],
    ["compares with one", "User", "findMany", { select: { id: true }, where: { id: { gt: { _ref: "points" } } } }],
    ["counts where", "User", "count", { where: { points: 3 } }],
    ["counts values", "User", "count", { select: { points: true } }],
    ["sums", "User", "aggregate", { _sum: { points: true } }],
    ["groups by", "User", "groupBy", { by: ["points"] }],
    ["groups by one", "User", "groupBy", { by: "points" }],
    ["groups having", "User", "groupBy", { by: ["role"], having: { points: { _avg: { gt: 3 } } } }],
    ["groups in order", "User", "groupBy", { by: ["role"], orderBy: { _sum: { points: "asc" } } }],
    ["shows the owner", "Post", "findUnique", { ...BY_ID, include: { author: true } }],
    ["selects the owner", "Post", "findUnique", { ...BY_ID, select: { author: true } }],
    ["shows the owner of what it shows", "Comment", "findMany", { select: { post: { include: { author: true } } } }],
    ["shows the row of the same model", "User", "findUnique", { ...BY_ID, select: { manager: true } }],
    ["shows friends", "User", "findMany", { select: { friends: true } }],
    [
      "filters what it shows",
      "User",
      "findMany",
      { select: { reports: { select: { id: true }, where: { points: 3 } } } },
    ],
    ["filters by the owner", "Post", "findMany", { where: { author: { points: 3 } } }],
    ["filters by is", "Post", "findMany", { where: { author: { is: { id: 1, points: 3 } } } }],
    ["filters by isNot", "Post", "findMany", { where: { author: { isNot: { points: 3 } } } }],
    ["filters by some of some", "Comment", "findMany", { where: { post: { author: { points: 3 } } } }],
    ["filters by every", "User", "findMany", { select: { id: true }, where: { reports: { every: { points: 3 } } } }],
    ["orders by the owner", "Post", "findMany", { orderBy: { author: { points: "asc" } } }],
    ["orders by the owner's owner", "Comment", "findMany", { orderBy: { post: { author: { points: "asc" } } } }],
    [
      "counts what it shows",
      "User",
      "findMany",
      { select: { _count: { select: { reports: { where: { points: 3 } } } } } },
    ],
  ])("%s", (_, model, operation, args) => {
    expect(drops({ points: { increment: 1 } }, [model, operation, args])).toBe(true);
    // Whoever changes another column too drops it as ever.
    expect(drops({ points: 1, role: "STAFF" }, [model, operation, args])).toBe(true);
  });
});

describe("what does not look at volatile columns stays", () => {
  test.each<[string, string, string, object]>([
    ["selects others", "User", "findUnique", { ...BY_ID, select: { email: true } }],
    ["omits them all", "User", "findUnique", { ...BY_ID, omit: { points: true, updatedAt: true } }],
    ["lists", "User", "findMany", { select: { email: true }, where: { role: "USER" }, orderBy: { id: "asc" } }],
    ["counts", "User", "count", {}],
    ["counts values of others", "User", "count", { select: { nickname: true } }],
    ["groups", "User", "groupBy", { by: ["role"], _count: true }],
    [
      "selects columns of the owner",
      "Post",
      "findUnique",
      { ...BY_ID, include: { author: { select: { email: true } } } },
    ],
    ["filters by the owner", "Post", "findMany", { where: { author: { role: "USER" } } }],
    ["orders by the owner", "Post", "findMany", { orderBy: { author: { email: "asc" } } }],
    ["counts what it shows", "User", "findMany", { select: { _count: { select: { reports: true } } } }],
  ])("%s", (_, model, operation, args) => {
    expect(drops({ points: { increment: 1 } }, [model, operation, args])).toBe(false);
    expect(drops({ points: 1, email: "b@x" }, [model, operation, args])).toBe(true);
    expect(drops({ points: 1, role: "STAFF" }, [model, operation, args])).toBe(true);
  });
});

test("rows that the result tells are told for their volatile columns too", () => {
  expect(readTags(shop, "Post", "findUnique", { ...BY_ID, include: { author: true } })).toEqual({
    tags: ["Post:by:id", "Post:row:1", "User.volatile:any", "User:any"],
    narrowable: ["User", "User.volatile"],
  });
  expect(readTags(shop, "Post", "findUnique", { ...BY_ID, include: { author: { select: { email: true } } } })).toEqual({
    tags: ["Post:by:id", "Post:row:1", "User:any"],
    narrowable: ["User"],
  });
  expect(readTags(shop, "Order", "findMany", { where: { userId: 5 }, include: { user: true } })).toEqual({
    tags: [
      "Order:by:userId",
      "Order:field:userId=5",
      "User.volatile:by:id",
      "User.volatile:row:5",
      "User:by:id",
      "User:row:5",
    ],
    narrowable: [],
  });
});
