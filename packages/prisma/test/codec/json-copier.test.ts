import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonCopierOf } from "../../src/codec/json-copier.js";

const text = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "0", "a", "b", "\0", '"'));
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 1, "text"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 5 }).map((object) => JSON.parse(JSON.stringify(object)) as object),
  ),
})).value;

/** All objects that a value leads to, itself among them. */
function objectsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

describe.each([true, false])("by generated code: %s", (isGenerated) => {
  it("makes a copy that shares nothing which can be changed", () => {
    fc.assert(
      fc.property(json, (value) => {
        const copier = jsonCopierOf(value, isGenerated);
        if (copier === null) {
          expect(objectsIn(value)).toEqual([]);
          return;
        }
        const before = JSON.stringify(value);
        const copy = copier(value as never);
        expect(JSON.stringify(copy)).toBe(before);
        const prototypes = (of: unknown) => objectsIn(of).map((object) => Object.getPrototypeOf(object) as unknown);
        expect(prototypes(copy)).toEqual(prototypes(value));
        const own = new Set(objectsIn(value));
        expect(objectsIn(copy).some((object) => own.has(object))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("copies by the same code what is built alike, and no more than that", () => {
    const kinds = [{ a: { b: 1 } }, { a: [1] }, { a: [{ b: 1 }] }, { b: { b: 1 } }, { a: { b: 1 }, b: [2] }, { a: 1 }];
    for (const one of kinds) {
      for (const other of kinds) {
        const copier = jsonCopierOf(structuredClone(one), isGenerated)!;
        if (one === other) expect(copier(other as never)).toStrictEqual(other);
        expect(jsonCopierOf(other, isGenerated)!(other as never)).toStrictEqual(other);
      }
    }
  });
});

it("stops to make code where values come in ever new kinds", () => {
  for (let i = 0; i < 3000; i++) {
    const value = { [`name ${i}`]: { inner: [i] }, list: [{ i }] };
    const copy = jsonCopierOf(value, true)!(value as never) as typeof value;
    expect(copy).toStrictEqual(value);
    expect(copy.list[0]).not.toBe(value.list[0]);
  }
  const copiers = new Set(Array.from({ length: 50 }, (_, i) => jsonCopierOf({ [`late ${i}`]: {} }, true)));
  expect(copiers.size).toBe(1);
});
