import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  anyTag,
  customTag,
  fieldTag,
  isModelTag,
  isNewTag,
  newTag,
  pathTag,
  readableOrHash,
  rowTag,
  tagGroup,
  uniqueTag,
  widen,
  type Tag,
} from "../src/tag.js";

const model = fc.constantFrom("Product", "User", "_ProductToTag");
/** Full of the characters that separate, and long enough to be hashed now and then. */
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", ",", "=", "%", "~", ":", "2", "C", "ä") }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
);
const values = fc.array(value, { minLength: 1, maxLength: 3 });
const field = fc.constantFrom("id", "email", "slug");

type Meaning =
  | { readonly kind: "row"; readonly model: string; readonly values: string[] }
  | { readonly kind: "unique"; readonly model: string; readonly fields: [string, string][] }
  | { readonly kind: "any"; readonly model: string }
  | { readonly kind: "path" | "new"; readonly model: string; readonly fields: string[] }
  | { readonly kind: "custom"; readonly name: string };

const meaning: fc.Arbitrary<Meaning> = fc.oneof(
  fc.record({ kind: fc.constant("row" as const), model, values }),
  fc.record({
    kind: fc.constant("unique" as const),
    model,
    fields: fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("any" as const), model }),
  fc.record({
    kind: fc.constantFrom("path" as const, "new" as const),
    model,
    fields: fc.array(field, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("custom" as const),
    name: fc.oneof(value, fc.constantFrom("Product:any", "User:by:id")),
  }),
);

function spell(meant: Meaning): Tag {
  switch (meant.kind) {
    case "row":
      return rowTag(meant.model, meant.values);
    case "unique":
      return uniqueTag(meant.model, meant.fields);
    case "path":
      return pathTag(meant.model, meant.fields);
    case "any":
      return anyTag(meant.model);
    case "new":
      return newTag(meant.model, meant.fields);
    case "custom":
      return customTag(meant.name);
    default:
      return meant satisfies never;
  }
}

describe("a tag's spelling", () => {
  it("is the same for two things only if they are the same thing", () => {
    fc.assert(
      fc.property(meaning, meaning, (one, other) => {
        expect(spell(one) === spell(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 2000 },
    );
  });

  // Random pairs are hardly ever near misses: these are.
  test.each<[Meaning, Meaning]>([
    [row("Product", "a,b"), row("Product", "a", "b")],
    [row("Product", "a%2Cb"), row("Product", "a,b")],
    [row("Product", "a", ""), row("Product", "", "a")],
    [unique("Product", ["a", "1,b=2"]), unique("Product", ["a", "1"], ["b", "2"])],
    [unique("Product", ["email", "x"]), row("Product", "email=x")],
    [row("Product", "any"), { kind: "any", model: "Product" }],
    [
      { kind: "custom", name: "Product:any" },
      { kind: "any", model: "Product" },
    ],
    [
      { kind: "custom", name: "%7Bx" },
      { kind: "custom", name: "{x" },
    ],
  ])("tells %j from %j", (one, other) => {
    expect(spell(one)).not.toBe(spell(other));
  });

  it("tells a hash from a short text that looks like it", () => {
    const long = "x".repeat(500);
    const hashed = readableOrHash(long);
    expect(hashed).toMatch(/^~[\w-]{43}$/);
    expect(rowTag("Product", [hashed])).not.toBe(rowTag("Product", [long]));
    expect(uniqueTag("Product", [["a", "y".repeat(200)]])).not.toBe(uniqueTag("Product", [["a", hashed]]));
    expect(customTag(hashed)).not.toBe(customTag(long));
  });

  it("is readable up to the limit and never longer than the limit and the model's name", () => {
    expect(rowTag("Product", ["x".repeat(96)])).toBe(`Product:row:${"x".repeat(96)}`);
    expect(rowTag("Product", ["x".repeat(97)])).toMatch(/^Product:row:~/);
    fc.assert(
      fc.property(values, (parts) => {
        expect(rowTag("Product", parts).length).toBeLessThanOrEqual("Product:row:".length + 96);
      }),
    );
  });

  it("of an ordinary value is what a person would write", () => {
    expect(rowTag("Product", ["42"])).toBe("Product:row:42");
    expect(uniqueTag("User", [["email", "a@b.c"]])).toBe("User:unique:email=a@b.c");
    expect(customTag("home")).toBe("#home");
  });
});

describe("a tag's group", () => {
  it("is the model for all tags of a model, whatever their values are", () => {
    fc.assert(
      fc.property(values, value, (parts, text) => {
        expect(tagGroup(rowTag("Product", parts))).toBe("Product");
        expect(tagGroup(uniqueTag("Product", [["a", text]]))).toBe("Product");
        expect(tagGroup(pathTag("Product", ["a", "b"]))).toBe("Product");
      }),
    );
  });

  it("is never a model's for a custom tag", () => {
    fc.assert(
      fc.property(value, (name) => {
        expect(tagGroup(customTag(name))).toBe(customTag(name));
        expect(tagGroup(customTag(name))).toMatch(/^#[^{}]*$/);
      }),
    );
  });
});

it("a model's own tags are told from those of its rows and values", () => {
  expect(isModelTag(anyTag("Product"))).toBe(true);
  expect(isModelTag(newTag("Product", ["tenant", "id"]))).toBe(true);
  expect(isModelTag(pathTag("Product", ["tenant", "id"]))).toBe(true);
  fc.assert(
    fc.property(fc.oneof(value, fc.constantFrom("any", "by:id", ":any", "x:new", ":by:id")), (text) => {
      expect(isModelTag(rowTag("Product", [text]))).toBe(false);
      expect(isModelTag(uniqueTag("Product", [["a", text]]))).toBe(false);
    }),
  );
});

it("the tags of keys that rows come to have are told from all others", () => {
  expect(isNewTag(newTag("Product", ["tenant", "id"]))).toBe(true);
  const others = [anyTag("Product"), pathTag("Product", ["new"]), rowTag("Product", ["new:id"])];
  expect([...others, customTag("Product:new:id")].filter(isNewTag)).toEqual([]);
});

it("a tag of a model is widened to what drops all of the model, any other one to everything", () => {
  const product = [anyTag("Product"), pathTag("Product", ["id"])];
  const everything = [...product, anyTag("User")];
  expect(widen(rowTag("Product", ["1"]), everything)).toEqual(product);
  expect(widen(rowTag("Order", ["1"]), everything)).toEqual(everything);
  expect(widen(customTag("Product:any"), everything)).toEqual(everything);
});

function row(of: string, ...parts: string[]): Meaning {
  return { kind: "row", model: of, values: parts };
}

function unique(of: string, ...fields: [string, string][]): Meaning {
  return { kind: "unique", model: of, fields };
}

it("half of a surrogate pair is what stores and databases take it for", () => {
  expect(uniqueTag("Post", [["slug", "a\uD800"]])).toBe(uniqueTag("Post", [["slug", "a\uFFFD"]]));
  expect(fieldTag("Post", "slug", "\uDC00b")).toBe(fieldTag("Post", "slug", "\uFFFDb"));
  expect(customTag("\uD83Dx")).toBe(customTag("\uFFFDx"));
  expect(rowTag("Post", ["\u{1F600}"])).toBe("Post:row:\u{1F600}");
});
