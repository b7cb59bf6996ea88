import { QUARANTINED } from "@evercache/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newToken, newTokenLike, readTagText, spellHolder } from "../src/tag-text.js";

const EPOCH = "abcDEF-_";
const TOKEN = `T${EPOCH}0123456789abcdef`;

describe("readTagText", () => {
  it("reads back what newToken made", () => {
    const tokens = Array.from({ length: 500 }, () => newToken(EPOCH));
    expect(new Set(tokens).size).toBe(500);
    for (const token of tokens) expect(readTagText(Buffer.from(token), EPOCH)).toBe(token);
  });

  it("reads what newTokenLike made in the epoch of its model, and in no other", () => {
    const token = newTokenLike(newToken(EPOCH));
    expect(readTagText(Buffer.from(token), EPOCH)).toBe(token);
    expect(readTagText(Buffer.from(token), "ABCdef-_")).toBeNull();
  });

  it("takes a token of another epoch for missing", () => {
    expect(readTagText(Buffer.from(TOKEN), EPOCH)).toBe(TOKEN);
    expect(readTagText(Buffer.from(TOKEN), "abcDEF-A")).toBeNull();
  });

  it.each(["L--|||a@1", "Lcd|||a@1,b@2", `Lc-|${TOKEN}|59999|a@1700000000000`, "L-d||5|%20@1"])(
    "sees a lock: %s",
    (text) => {
      expect(readTagText(Buffer.from(text), EPOCH)).toBe(QUARANTINED);
    },
  );

  it.each([
    "",
    "T",
    "L",
    "Lorem ipsum",
    "L--|||",
    "L--|||a",
    "L--|||@1",
    "L--|||a@1,",
    "L--|||a@1|b@2",
    "Lx-|||a@1",
    `L--|${TOKEN}||a@1`,
    "L--|not a token|5|a@1",
    `${TOKEN}x`,
    TOKEN.slice(0, -1),
    `${TOKEN.slice(0, -1)} `,
    `t${TOKEN.slice(1)}`,
    "7",
    "\u0000",
  ])("takes what evercache did not write for missing: %j", (text) => {
    expect(readTagText(Buffer.from(text), EPOCH)).toBeNull();
  });

  it("takes any bytes whatever for missing, unless they are a token or a lock", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(readTagText(Buffer.from(bytes), EPOCH)).toBeNull();
      }),
    );
    expect(readTagText(null, EPOCH)).toBeNull();
  });
});

describe("spellHolder", () => {
  it("gives each holder a spelling of its own that fits between the marks of a lock", () => {
    const spelled = fc.string({ unit: "grapheme" }).map((holder) => [holder, spellHolder(holder)] as const);
    fc.assert(
      fc.property(spelled, spelled, ([a, spelledA], [b, spelledB]) => {
        expect(spelledA).toMatch(/^[^@,|]+$/);
        expect(spelledA === spelledB).toBe(a === b);
      }),
    );
    expect(spellHolder("")).not.toBe(spellHolder("%"));
  });
});
