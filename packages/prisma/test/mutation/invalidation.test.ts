import { describe, expect, test } from "vitest";
import { invalidationOf } from "../../src/mutation/invalidation.js";
import { readDataModel } from "../../src/schema/read-data-model.js";
import { dataModelOf, runtimeDataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";
import { allOf, tags, USER_PATHS, withoutNew } from "./tags.js";

const shop = dataModelOf(SHOP);
const all = (model: string) => allOf(shop)(model).map((tag) => tag.slice(model.length + 1));

describe("rows that somebody else changed", () => {
  test.each<[string, unknown[], string[]]>([
    ["Product", [{ sku: "a" }, { sku: "b" }], ["any", "row:a", "row:b"]],
    ["User", [{ id: 1 }], ["any", "row:1", ...USER_PATHS]],
    ["User", [{ id: 1, email: "a" }], ["any", "row:1", ...USER_PATHS]],
    ["User", [{ email: "a" }], all("User")],
    ["User", [{ tenantHandle: { tenant: 1, handle: "a" } }], all("User")],
    ["User", [{ points: 3 }], all("User")],
    // A foreign key in the primary key stays what it is, since the row does.
    ["OrderLine", [{ line: { orderId: 1, sku: "a" } }], ["any", "field:orderId=1", "field:sku=a", "row:1,a"]],
    ["OrderLine", [{ orderId: 1, sku: "a" }], ["any", "field:orderId=1", "field:sku=a", "row:1,a"]],
    ["Country", [{ code: "Ä" }], all("Country")],
    ["Reading", [{ at: new Date(0) }], ["any", "by:sensor"]],
    ["Reading", [{ sensor: "s" }], ["any", "by:sensor"]],
    ["Product", [], ["any"]],
    ["Product", Array.from({ length: 101 }, (_, sku) => ({ sku: `${sku}` })), all("Product")],
  ])("%s %o", (model, rows, expected) =>
    expect(withoutNew(invalidationOf(shop, model, rows))).toEqual(tags(model, ...expected)),
  );
});

test.each<[string, unknown, string, unknown]>([
  ["Nobody", { id: 1 }, "UNKNOWN_MODEL", "Nobody"],
  ["User", { nope: 1 }, "UNKNOWN_FIELD", "nope"],
  ["User", { posts: { some: {} } }, "UNKNOWN_FIELD", "posts"],
  ["User", 5, "UNKNOWN_FIELD", 5],
])("%s %o is refused", (model, row, code, value) => {
  expect(() => invalidationOf(shop, model, [row])).toThrow(expect.objectContaining({ code, value }));
});

test("without a schema text, the model", () => {
  const { dataModel } = readDataModel({ runtimeDataModel: runtimeDataModelOf(SHOP), provider: "postgresql" });
  expect(invalidationOf(dataModel, "User", [{ id: 1 }])).toEqual(["User:any"]);
  expect(invalidationOf(dataModel, "OrderLine", [{ line: { orderId: 1, sku: "a" } }])).toEqual(["OrderLine:any"]);
  expect(() => invalidationOf(dataModel, "User", [{ nope: 1 }])).toThrow(
    expect.objectContaining({ code: "UNKNOWN_FIELD" }),
  );
});
