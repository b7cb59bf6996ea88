import { describe, expect, test } from "vitest";
import { rowTurner } from "../../src/codec/row-turner.js";

describe.each([true, false])("by generated code: %s", (isGenerated) => {
  const turn = rowTurner(["a", "constructor"], isGenerated);
  const row = { a: 1, constructor: "x" };

  test("rows become columns", () => {
    expect(turn([row])).toEqual([[1], ["x"]]);
    const second = { a: 0.5, constructor: null };
    expect(turn([row, second, row])).toEqual([
      [1, 0.5, 1],
      ["x", null, "x"],
    ]);
  });

  test.each<[string, unknown]>([
    ["other properties", { a: 1, b: "x" }],
    ["one more", { ...row, b: 1 }],
    ["one less", { a: 1 }],
    ["another order", { constructor: "x", a: 1 }],
    ["a prototype of its own", Object.assign(Object.create({}) as object, row)],
    ["no prototype", Object.assign(Object.create(null) as object, row)],
    ["nothing", null],
    ["a list", [1, "x"]],
    ["a text", "ax"],
  ])("not those with %s", (_, misfit) => {
    expect(turn([misfit])).toBeNull();
    expect(turn([row, misfit])).toBeNull();
    expect(turn([misfit, row])).toBeNull();
  });
});
