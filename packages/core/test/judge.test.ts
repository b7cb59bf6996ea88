import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { frameEntry, type Entry } from "../src/entry.js";
import { judge, type Expectation } from "../src/judge.js";
import { QUARANTINED, type TokenState } from "../src/token.js";

const NOW = 1_700_000_000_000;

const ENTRY: Entry = {
  fingerprint: "schema-1",
  identity: null,
  storedAt: NOW - 1000,
  freshUntil: NOW + 1000,
  absent: false,
  stamps: ["t1", "t2"],
  payload: Buffer.from("{}"),
};
const EXPECTED: Expectation = { fingerprint: "schema-1", identity: null, tagCount: 2, longestAge: 10_000 };
const ABSENT: Entry = { ...ENTRY, absent: true, stamps: ["t1", "t2", "t3"] };

function verdict(
  entry: Entry | null,
  tokens: readonly TokenState[],
  expected: Partial<Expectation> = {},
  now = NOW,
): string {
  const judged = judge({ entry: entry && frameEntry(entry), tokens }, { ...EXPECTED, ...expected }, now);
  return judged.kind === "hit" ? "hit" : `${judged.kind}: ${judged.reason}`;
}

describe("an entry is", () => {
  test.each<[string, string, () => string]>([
    ["served while all is equal", "hit", () => verdict(ENTRY, ["t1", "t2"])],
    ["missing", "miss: absent", () => verdict(null, ["t1", "t2"])],
    ["another schema's", "miss: damaged", () => verdict(ENTRY, ["t1", "t2"], { fingerprint: "schema-2" })],
    ["another query's", "miss: damaged", () => verdict({ ...ENTRY, identity: "b" }, ["t1", "t2"], { identity: "a" })],
    ["a hashed query's", "miss: damaged", () => verdict({ ...ENTRY, identity: "a" }, ["t1", "t2"])],
    ["dead: first token", "miss: invalidated", () => verdict(ENTRY, ["tX", "t2"])],
    ["dead: last token", "miss: invalidated", () => verdict(ENTRY, ["t1", "tX"])],
    ["dead: token lost", "miss: invalidated", () => verdict(ENTRY, ["t1", null])],
    ["dead: tokens swapped", "miss: invalidated", () => verdict(ENTRY, ["t2", "t1"])],
    ["dead: a stamp too few", "miss: invalidated", () => verdict({ ...ENTRY, stamps: ["t1"] }, ["t1", "t2"])],
    [
      "dead: a stamp too many",
      "miss: invalidated",
      () => verdict({ ...ENTRY, stamps: ["t1", "t2", "t3"] }, ["t1", "t2"]),
    ],
    ["dead: no stamp", "miss: invalidated", () => verdict({ ...ENTRY, stamps: [] }, ["t1", "t2"])],
    ["behind a lock", "bypass: quarantined", () => verdict(ENTRY, ["t1", QUARANTINED])],
    ["behind a lock, and missing", "bypass: quarantined", () => verdict(null, [QUARANTINED, null])],
    ["fresh to the last millisecond", "hit", () => verdict(ENTRY, ["t1", "t2"], {}, NOW + 999)],
    ["expired on the next", "miss: expired", () => verdict(ENTRY, ["t1", "t2"], {}, NOW + 1000)],
    ["older than this query takes", "miss: expired", () => verdict(ENTRY, ["t1", "t2"], { longestAge: 1000 })],
    ["just as old as this query takes", "hit", () => verdict(ENTRY, ["t1", "t2"], { longestAge: 1001 })],
    ["from a clock ahead of ours", "hit", () => verdict({ ...ENTRY, storedAt: NOW + 500 }, ["t1", "t2"])],
    ["invalidated rather than expired", "miss: invalidated", () => verdict(ENTRY, ["tX", "t2"], {}, NOW + 1000)],
    ["'not found' and valid", "hit", () => verdict(ABSENT, ["t1", "t2", "t3"])],
    ["'not found', and something was created", "miss: invalidated", () => verdict(ABSENT, ["t1", "t2", "tX"])],
    ["'not found' while something is created", "miss: invalidated", () => verdict(ABSENT, ["t1", "t2", QUARANTINED])],
    [
      "'not found' without its further stamps",
      "miss: invalidated",
      () => verdict({ ...ABSENT, stamps: ["t1", "t2"] }, ["t1", "t2", "t3"]),
    ],
    ["found, whatever is created besides", "hit", () => verdict(ENTRY, ["t1", "t2", QUARANTINED])],
    [
      "found, and stamped as if it were not",
      "miss: invalidated",
      () => verdict({ ...ABSENT, absent: false }, ["t1", "t2", "t3"]),
    ],
  ])("%s: %s", (_, wanted, judged) => {
    expect(judged()).toBe(wanted);
  });

  it("damaged when its bytes are", () => {
    const judged = judge({ entry: frameEntry(ENTRY).subarray(1), tokens: ["t1", "t2"] }, EXPECTED, NOW);
    expect(judged).toEqual({ kind: "miss", reason: "damaged" });
  });
});

it("is served if and only if it is this query's, fresh, and stamped with the very tokens of now, none of them locked", () => {
  const name = fc.constantFrom("a", "b");
  const token = fc.constantFrom<TokenState>("a", "b", null, QUARANTINED);
  fc.assert(
    fc.property(
      fc.record({
        fingerprint: name,
        identity: fc.option(name),
        absent: fc.boolean(),
        stamps: fc.array(name, { maxLength: 3 }),
      }),
      fc.record({
        fingerprint: name,
        identity: fc.option(name),
        tagCount: fc.nat(3),
        longestAge: fc.integer({ min: 1, max: 4 }),
      }),
      fc.array(token, { minLength: 3, maxLength: 3 }),
      fc.record({ age: fc.integer({ min: -2, max: 5 }), left: fc.integer({ min: -2, max: 5 }) }),
      (has, expected, tokens, { age, left }) => {
        const entry: Entry = { ...has, storedAt: NOW - age, freshUntil: NOW + left, payload: new Uint8Array() };
        const relevant = has.absent ? tokens : tokens.slice(0, expected.tagCount);
        const served =
          has.fingerprint === expected.fingerprint &&
          has.identity === expected.identity &&
          left > 0 &&
          age < expected.longestAge &&
          has.stamps.length === relevant.length &&
          relevant.every((state, i) => state === has.stamps[i]);
        const judged = judge({ entry: frameEntry(entry), tokens }, expected, NOW);
        expect(judged.kind === "hit").toBe(served);
        if (tokens.slice(0, expected.tagCount).includes(QUARANTINED)) expect(judged.kind).toBe("bypass");
      },
    ),
    { numRuns: 5000 },
  );
});
