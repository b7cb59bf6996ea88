import { expect, test } from "vitest";
import { tagKinds } from "../../src/insight/tag-kinds.js";
import {
  ANY_CUSTOM,
  anyTag,
  customTag,
  fieldTag,
  newTag,
  pathTag,
  rowTag,
  uniqueTag,
  type Tag,
} from "../../src/tag.js";

test.each<[Tag, string]>([
  [anyTag("Product"), "Product:any"],
  [newTag("Product", ["sku"]), "Product:new:sku"],
  [pathTag("Product", ["orderId", "line"]), "Product:by:orderId,line"],
  [rowTag("Product", ["42"]), "Product:row:?"],
  [rowTag("Product", ["a:b=c", "d,e"]), "Product:row:?"],
  [rowTag("Product", ["x".repeat(200)]), "Product:row:?"],
  [uniqueTag("Product", [["sku", "a=b,c:d"]]), "Product:unique:sku=?"],
  [
    uniqueTag("Product", [
      ["orderId", "1"],
      ["line", "2"],
    ]),
    "Product:unique:orderId=?,line=?",
  ],
  [uniqueTag("Product", [["sku", "x".repeat(200)]]), "Product:unique:?"],
  [fieldTag("Product", "categoryId", "7"), "Product:field:categoryId=?"],
  [fieldTag("Product", "categoryId", null), "Product:field:categoryId=?"],
  [customTag("tenant:7"), "#?"],
  [ANY_CUSTOM, "#?"],
])("%s is of the kind %s", (tag, kind) => {
  expect(tagKinds([tag])).toEqual([kind]);
});

test("each is there once, and no more than some", () => {
  expect(tagKinds([rowTag("Product", ["1"]), anyTag("User"), rowTag("Product", ["2"])])).toEqual([
    "Product:row:?",
    "User:any",
  ]);
  const many = tagKinds(Array.from({ length: 50 }, (_, i) => anyTag(`M${i}`)));
  expect(many).toHaveLength(21);
  expect(many.at(-1)).toBe("…");
});
