import { Decimal } from "@prisma/client/runtime/client";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyArgs } from "../../src/client/copy-args.js";
import { canonicalize } from "../../src/query/canonical.js";

class Ids extends Array<number> {}

const IN_1_2 = { where: { id: { in: [1, 2] } } };

/** Arguments such as nearly all are, with names that objects have by themselves among them. */
const value = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  object: fc.dictionary(fc.constantFrom("where", "id", "AND", "in", "constructor", "toString", "a b"), tie("value"), {
    maxKeys: 4,
    noNullPrototype: false,
  }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.date(),
    fc.integer().map((n) => new Decimal(n).div(8)),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
})).object;

describe("copyArgs", () => {
  test("means the same to Prisma and to keys", () => {
    fc.assert(
      fc.property(value, (args) => {
        const copy = copyArgs(args);
        expect(copy).toEqual(args);
        expect(canonicalize(copy)).toEqual(canonicalize(args));
      }),
    );
  });

  test("shares nothing that the application could change", () => {
    fc.assert(
      fc.property(value, (args) => {
        const copy = copyArgs(args);
        const before = structuredCloneOf(args);
        spoil(args);
        expect(structuredCloneOf(copy)).toEqual(before);
      }),
    );
  });

  test.each([
    ["nothing", undefined, {}],
    ["null", null, undefined],
    ["a text", "where", undefined],
    ["an array", [{ where: { id: 1 } }], undefined],
    ["bytes", { where: { image: new Uint8Array([1]) } }, undefined],
    ["an instance", { where: { id: new URL("https://shop.test") } }, undefined],
    ["a map", { where: new Map() }, undefined],
    ["an own __proto__", JSON.parse('{"where":{"__proto__":{"id":1}}}') as unknown, undefined],
    ["something in an array", { where: { OR: [{ id: 1 }, new Set()] } }, undefined],
    ["an array of its own kind", { where: { id: { in: Ids.of(1, 2) } } }, undefined],
    ["an array with its own slice", { where: { id: { in: Object.assign([1, 2], { slice: () => "no" }) } } }, IN_1_2],
    [
      "an array with a gap",
      { where: { id: { in: Object.assign([], { 0: 1, 2: 2 }) } } },
      { where: { id: { in: [1, undefined, 2] } } },
    ],
    ["a cycle", cycle(), undefined],
    ["a symbol's property", { where: { [Symbol("s")]: 1 } }, { where: {} }],
    ["a function", { where: { id: Object } }, { where: { id: Object } }],
    ["an invalid date", { where: { at: new Date(Number.NaN) } }, { where: { at: new Date(Number.NaN) } }],
  ])("%s", (_, args, expected) => {
    expect(copyArgs(args)).toEqual(expected);
  });

  test("reads each property once, and lets what a getter throws through", () => {
    let reads = 0;
    const args = {
      where: {
        get id() {
          return ++reads;
        },
      },
    };
    expect(copyArgs(args)).toEqual({ where: { id: 1 } });
    const bad = {
      get where(): never {
        throw new Error("mine");
      },
    };
    expect(() => copyArgs(bad)).toThrow("mine");
  });
});

function cycle(): unknown {
  const args: Record<string, unknown> = {};
  args["where"] = args;
  return args;
}

function structuredCloneOf(part: unknown): unknown {
  if (typeof part !== "object" || part === null || part instanceof Decimal) return part;
  if (part instanceof Date) return new Date(part);
  if (Array.isArray(part)) return part.map(structuredCloneOf);
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, structuredCloneOf(one)]));
}

/** Changes everything in it that can be changed. */
function spoil(part: unknown): void {
  if (typeof part !== "object" || part === null || part instanceof Decimal) return;
  if (part instanceof Date) return void part.setTime(0);
  for (const one of Object.values(part)) spoil(one);
  if (Array.isArray(part)) part.push("spoilt");
  else Object.assign(part, { where: "spoilt", spoilt: true });
}
