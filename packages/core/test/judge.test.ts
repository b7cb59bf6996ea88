import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { frameEntry, type Entry } from "../src/entry.js";
import { judge, type Expectation } from "../src/judge.js";
import { customTag } from "../src/tag.js";
import { QUARANTINED, type TokenState } from "../src/token.js";

const NOW = 1_700_000_000_000;

const TAGS = ["a", "b", "c"].map(customTag);

const ENTRY: Entry = {
  fingerprint: "schema-1",
  identity: null,
  storedAt: NOW - 1000,
  freshUntil: NOW + 1000,
  loadTime: 0,
  sliding: null,
  absent: false,
  names: null,
  stamps: ["t1", "t2"],
  payload: Buffer.from("{}"),
};
const EXPECTED: Expectation = {
  fingerprint: "schema-1",
  identity: null,
  tags: TAGS,
  tagCount: 2,
  absentTags: TAGS.slice(1),
  longestAge: 10_000,
  longestAbsence: 10_000,
  longestIdle: 10_000,
  longestIdleAbsence: 10_000,
  swr: 0,
};
/** It depends on the first tag of the plan, and on one that the plan does not know. */
const OTHER = customTag("d");
const NAMED: Entry = { ...ENTRY, names: [TAGS[0]!, OTHER] };
const ABSENT: Entry = { ...ENTRY, absent: true, stamps: ["t2", "t3"] };

function verdict(
  entry: Entry | null,
  tokens: readonly TokenState[],
  expected: Partial<Expectation> = {},
  now = NOW,
): string {
  const judged = judge({ entry: entry && frameEntry(entry), tokens }, { ...EXPECTED, ...expected }, now);
  return spell(judged);
}

/** `tokens`: of the tags of the plan, and then of `OTHER`, as far as they were looked up. */
function verdictOfNamed(entry: Entry, tokens: readonly TokenState[], now = NOW): string {
  return verdict(entry, tokens, { tags: [...TAGS, OTHER].slice(0, tokens.length) }, now);
}

/** The server holds tokens that are none of its own. */
function foreign(entry: Entry, tokens: readonly TokenState[]): string {
  return spell(judge({ entry: frameEntry(entry), tokens, isForeign: true }, EXPECTED, NOW));
}

function spell(judged: ReturnType<typeof judge>): string {
  if (judged.kind === "hit" || judged.kind === "stale") return judged.kind;
  return judged.kind === "unseen" ? `unseen, else ${spell(judged.otherwise)}` : `${judged.kind}: ${judged.reason}`;
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
    [
      "as old as it takes what says that there is nothing",
      "hit",
      () => verdict(ENTRY, ["t1", "t2"], { longestAbsence: 1 }),
    ],
    [
      "nothing, older than it takes that",
      "miss: expired",
      () => verdict(ABSENT, ["t1", "t2", "t3"], { longestAbsence: 1000 }),
    ],
    ["nothing, just as old", "hit", () => verdict(ABSENT, ["t1", "t2", "t3"], { longestAbsence: 1001, longestAge: 1 })],
    ["from a clock ahead of ours", "hit", () => verdict({ ...ENTRY, storedAt: NOW + 500 }, ["t1", "t2"])],
    ["of another incarnation of the server", "miss: foreign", () => foreign(ENTRY, [null, "t2"])],
    ["of another incarnation, in a part that is still so", "hit", () => foreign(ENTRY, ["t1", "t2"])],
    ["invalidated rather than expired", "miss: invalidated", () => verdict(ENTRY, ["tX", "t2"], {}, NOW + 1000)],
    ["'not found' and valid", "hit", () => verdict(ABSENT, ["t1", "t2", "t3"])],
    ["'not found', and something was created", "miss: invalidated", () => verdict(ABSENT, ["t1", "t2", "tX"])],
    ["'not found' while something is created", "miss: invalidated", () => verdict(ABSENT, ["t1", "t2", QUARANTINED])],
    ["'not found', whatever becomes of others", "hit", () => verdict(ABSENT, ["tX", "t2", "t3"])],
    ["'not found' behind a lock on others", "hit", () => verdict(ABSENT, [QUARANTINED, "t2", "t3"])],
    ["'not found' behind a lock", "bypass: quarantined", () => verdict(ABSENT, ["t1", QUARANTINED, "t3"])],
    [
      "'not found' without its further stamps",
      "miss: invalidated",
      () => verdict({ ...ABSENT, stamps: ["t2"] }, ["t1", "t2", "t3"]),
    ],
    [
      "'not found' by a plan that does not say so",
      "miss: invalidated",
      () => verdict({ ...ABSENT, stamps: [] }, ["t1", "t2", "t3"], { absentTags: [] }),
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

  it.each<[string, string, () => string]>([
    ["served while all that it names is equal", "hit", () => verdictOfNamed(NAMED, ["t1", "tX", null, "t2"])],
    [
      "served behind a lock of what it does not name",
      "hit",
      () => verdictOfNamed(NAMED, ["t1", QUARANTINED, null, "t2"]),
    ],
    ["dead: a tag of the plan", "miss: invalidated", () => verdictOfNamed(NAMED, ["tX", "t2", null, "t2"])],
    ["dead: a tag of its own", "miss: invalidated", () => verdictOfNamed(NAMED, ["t1", "t2", null, "tX"])],
    ["dead: a tag of its own is lost", "miss: invalidated", () => verdictOfNamed(NAMED, ["t1", "t2", null, null])],
    ["behind a lock of its own", "miss: invalidated", () => verdictOfNamed(NAMED, ["t1", "t2", null, QUARANTINED])],
    ["dead, and behind a lock", "bypass: quarantined", () => verdictOfNamed(NAMED, ["t1", QUARANTINED, null, "tX"])],
    [
      "behind a lock that it names",
      "bypass: quarantined",
      () => verdictOfNamed(NAMED, [QUARANTINED, "t2", null, "t2"]),
    ],
    ["of unknown tags", "unseen, else miss: invalidated", () => verdictOfNamed(NAMED, ["t1", "t2", null])],
    [
      "of unknown tags, behind a lock",
      "unseen, else bypass: quarantined",
      () => verdictOfNamed(NAMED, ["t1", QUARANTINED, null]),
    ],
    ["of unknown tags, and dead anyhow", "miss: invalidated", () => verdictOfNamed(NAMED, ["tX", "t2", null])],
    ["of unknown tags, and expired", "miss: expired", () => verdictOfNamed(NAMED, ["t1", "t2", null], NOW + 1000)],
    ["expired", "miss: expired", () => verdictOfNamed(NAMED, ["t1", "t2", null, "t2"], NOW + 1000)],
    [
      "named twice, of which one differs",
      "miss: invalidated",
      () => verdictOfNamed({ ...NAMED, names: [TAGS[0]!, TAGS[0]!] }, ["t1"]),
    ],
    ["'not found', and valid", "hit", () => verdictOfNamed({ ...NAMED, absent: true }, ["t1", "t2", null, "t2"])],
    ["of no tags at all", "hit", () => verdictOfNamed({ ...NAMED, names: [], stamps: [] }, [QUARANTINED])],
  ])("of named tags: %s: %s", (_, wanted, judged) => {
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
        names: fc.constant(null),
        stamps: fc.array(name, { maxLength: 3 }),
      }),
      fc.record({
        fingerprint: name,
        identity: fc.option(name),
        tags: fc.constant(TAGS),
        tagCount: fc.nat(3),
        longestAge: fc.integer({ min: 1, max: 4 }),
        longestAbsence: fc.integer({ min: 1, max: 4 }),
        longestIdle: fc.integer({ min: 1, max: 4 }),
        longestIdleAbsence: fc.integer({ min: 1, max: 4 }),
        swr: fc.nat(3),
      }),
      fc.array(token, { minLength: 3, maxLength: 3 }),
      fc.record({ age: fc.integer({ min: -2, max: 5 }), left: fc.integer({ min: -2, max: 5 }) }),
      fc.option(fc.record({ ttl: fc.integer({ min: 1, max: 4 }), capLeft: fc.integer({ min: -2, max: 5 }) })),
      (has, wanted, tokens, { age, left }, slides) => {
        const expected = { ...wanted, absentTags: TAGS.slice(1) };
        const sliding = slides && { ttl: slides.ttl, cappedAt: NOW + slides.capLeft };
        const times = { storedAt: NOW - age, freshUntil: NOW + left, loadTime: 0, sliding };
        const entry: Entry = { ...has, ...times, payload: new Uint8Array() };
        const mayBeOld = has.absent ? expected.longestAbsence : expected.longestAge;
        const mayBeIdle = has.absent ? expected.longestIdleAbsence : expected.longestIdle;
        const freshFor = Math.min(left, mayBeOld - age, ...(slides ? [slides.capLeft] : []));
        const renewedFor = slides ? Math.min(left, slides.capLeft) - slides.ttl + mayBeIdle : Infinity;
        const remaining = Math.min(freshFor, renewedFor);
        const relevant = has.absent ? tokens.slice(1) : tokens.slice(0, expected.tagCount);
        const served =
          has.fingerprint === expected.fingerprint &&
          has.identity === expected.identity &&
          Math.min(remaining + expected.swr, slides ? slides.capLeft : Infinity) > 0 &&
          has.stamps.length === relevant.length &&
          relevant.every((state, i) => state === has.stamps[i]);
        const judged = judge({ entry: frameEntry(entry), tokens }, expected, NOW);
        expect(judged.kind === "hit").toBe(served && remaining > 0);
        expect(judged.kind === "stale").toBe(served && remaining <= 0);
        const isLocked = tokens.slice(0, expected.tagCount).includes(QUARANTINED);
        if (isLocked && !served) expect(judged.kind).toBe("bypass");
      },
    ),
    { numRuns: 5000 },
  );
});
