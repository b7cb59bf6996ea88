import * as fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalize } from "../../src/query/canonical.js";
import { isToldApart, soleColumn } from "../../src/query/by-value.js";

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
  { where: [1] },
  [{ where: { id: 1 } }],
  { where: JSON.parse('{"__proto__":1}') as unknown },
  { where: Object.create({ id: 1 }) as unknown },
  Object.create({ where: { id: 1 } }) as unknown,
  Object.assign(Object.create({ cache: false }) as object, { where: { id: 1 } }),
])("names none of others (%#)", (args) => {
  expect(soleColumn(args)).toBeNull();
});

it.each([{ equals: 1 }, null, undefined, true, 0, -0, new Date(0), [1]])(
  "%s is none by which it could be known",
  (value) => {
    expect(isToldApart(value)).toBe(false);
  },
);

it("tells values apart that are different queries", () => {
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double(),
    fc.string({ maxLength: 3 }),
    fc.constant(-0),
    fc.bigInt({ min: -3n, max: 3n }),
  );
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [first, second] = [one, other].map((id) => ({ where: { id } }));
      if (!isToldApart(one) || !isToldApart(other)) return;
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
