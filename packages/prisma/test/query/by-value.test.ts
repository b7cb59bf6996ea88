import * as fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalize } from "../../src/query/canonical.js";
import { soleColumn } from "../../src/query/by-value.js";

it("names the column of arguments that ask for one value of it, and for nothing else", () => {
  expect(soleColumn({ where: { id: 1 } })).toBe("id");
  expect(soleColumn({ where: { email: "ann@example.com" } })).toBe("email");
});

it.each([
  undefined,
  null,
  "where",
  {},
  { where: undefined },
  { where: {} },
  { where: 1 },
  { where: { id: 1, sku: "a" } },
  { where: { id: 1 }, select: { id: true } },
  { where: { id: 1 }, cache: false },
  { select: { id: true }, where: { id: 1 } },
  { where: { id: { equals: 1 } } },
  { where: { id: null } },
  { where: { id: undefined } },
  { where: { id: true } },
  { where: { id: 0 } },
  { where: { id: -0 } },
  { where: { id: 1n } },
  { where: { at: new Date(0) } },
  { where: [1] },
  [{ where: { id: 1 } }],
  { where: JSON.parse('{"__proto__":1}') as unknown },
  { where: Object.create({ id: 1 }) as unknown },
  Object.create({ where: { id: 1 } }) as unknown,
  Object.assign(Object.create({ cache: false }) as object, { where: { id: 1 } }),
])("names none of others (%#)", (args) => {
  expect(soleColumn(args)).toBeNull();
});

it("tells values apart that are different queries", () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double(), fc.string({ maxLength: 3 }), fc.constant(-0));
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [first, second] = [one, other].map((id) => ({ where: { id } }));
      if (soleColumn(first) === null || soleColumn(second) === null) return;
      const isOne = new Map([[one, true]]).has(other);
      expect(canonicalize(first) === canonicalize(second)).toBe(isOne);
    }),
  );
});

it("sees what all objects were given", () => {
  const spoilt = Object.prototype as unknown as Record<string, unknown>;
  spoilt["cache"] = false;
  try {
    expect(soleColumn({ where: { id: 1 } })).toBeNull();
  } finally {
    delete spoilt["cache"];
  }
});
