import { expect, it } from "vitest";
import { randomTokenBits } from "../src/token.js";

it("tokens are 16 characters of base64url and never the same, across many fillings of the pool", () => {
  const tokens = Array.from({ length: 20_000 }, () => randomTokenBits());
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(tokens.every((token) => /^[\w-]{16}$/.test(token))).toBe(true);
});

it("every bit of a token varies", () => {
  const ones = Array.from({ length: 96 }, () => 0);
  const rounds = 2000;
  for (let i = 0; i < rounds; i++) {
    const bytes = Buffer.from(randomTokenBits(), "base64url");
    for (let bit = 0; bit < 96; bit++) ones[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
  // Eight standard deviations: a right generator fails once in 10^13 runs of this test.
  const margin = 8 * Math.sqrt(rounds / 4);
  for (const count of ones) expect(Math.abs(count - rounds / 2)).toBeLessThan(margin);
});
