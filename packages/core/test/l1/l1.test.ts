import { describe, expect, it } from "vitest";
import { superjsonCodec } from "../../src/codec/superjson-codec.js";
import type { Codec } from "../../src/codec/codec.js";
import type { Entry } from "../../src/entry.js";
import { isCurrent, L1 } from "../../src/l1/l1.js";
import { Mirror } from "../../src/l1/mirror.js";
import type { L1Policy } from "../../src/policy/policy.js";
import type { ReadPlan } from "../../src/read-plan.js";
import { QUARANTINED, type TokenState } from "../../src/token.js";
import { ALL, ANY, makePlan, POLICY, row } from "../support/plans.js";

const TTL = 1000;
const TRACKED: L1Policy = { mode: "tracked", maxStaleness: 1000, share: false };
/** It prepares nothing: each caller's result is decoded anew. */
const codec = superjsonCodec();
const preparing: Codec = {
  name: codec.name,
  encode: (value) => codec.encode(value),
  decode: (bytes) => codec.decode(bytes),
  prepare: (bytes) => {
    const value = codec.decode(bytes);
    return () => structuredClone(value);
  },
};

function open(options: { maxEntries?: number; maxBytes?: number } = {}) {
  const mirror: Mirror = new Mirror(100, (group) => mirror.onFollowing(group));
  // Followed from the beginning.
  mirror.cells([ALL], [""], mirror.now);
  const l1 = new L1({ maxEntries: 10, maxBytes: 1 << 20, ...options }, mirror);
  return { mirror, l1, put: (plan: ReadPlan<unknown>, entry: Entry) => l1.put(plan, entry, mirror.now) };
}

function planOf(l1: Partial<L1Policy> = {}, changes: Partial<ReadPlan<unknown>> = {}): ReadPlan<unknown> {
  return makePlan<unknown>(async () => null, {
    policy: { ...POLICY, ttl: TTL, l1: { ...TRACKED, ...l1 } },
    ...changes,
  });
}

function entryOf(value: unknown, changes: Partial<Entry> = {}): Entry {
  return {
    fingerprint: "schema-1",
    identity: null,
    storedAt: 0,
    freshUntil: TTL,
    loadTime: 0,
    sliding: null,
    absent: false,
    names: null,
    stamps: ["a", "b"],
    payload: codec.encode(value),
    ...changes,
  };
}

describe("what is held", () => {
  it("is found until it is no longer fresh, or older than the plan lets it be", () => {
    const { l1, put } = open();
    put(planOf(), entryOf(1, { freshUntil: 700 }));
    expect(l1.get(planOf(), 699)).toBeDefined();
    expect(l1.get(planOf(), 700)).toBeUndefined();
    const shorter = planOf({}, { policy: { ...POLICY, ttl: 500, l1: TRACKED } });
    expect(l1.get(shorter, 499)).toBeDefined();
    expect(l1.get(shorter, 500)).toBeUndefined();
  });

  it("is another schema's or another identity's for nobody else", () => {
    const { l1, put } = open();
    put(planOf(), entryOf(1, { identity: "tenant 1" }));
    expect(l1.get(planOf(), 0)).toBeUndefined();
    expect(l1.get(planOf({}, { identity: "tenant 1" }), 0)).toBeDefined();
    expect(l1.get(planOf({}, { identity: "tenant 1", fingerprint: "schema-2" }), 0)).toBeUndefined();
    expect(l1.get(planOf({}, { identity: "tenant 1", key: "another" }), 0)).toBeUndefined();
  });

  it("is no view of the message that it came in", () => {
    const { l1, put } = open();
    const message = Buffer.alloc(1000);
    message.set(codec.encode("text"), 500);
    const payload = message.subarray(500, 500 + codec.encode("text").byteLength);
    put(planOf(), entryOf(null, { payload }));
    message.fill(0);
    const held = l1.get(planOf(), 0)!;
    expect(held.payload.buffer.byteLength).toBe(payload.byteLength);
    expect(l1.valueOf(planOf(), held)).toBe("text");
  });

  it("depends on the tags that its entry says: its own, those of nothing found, or those of the plan", () => {
    const { l1, put } = open();
    put(planOf(), entryOf(1));
    expect(l1.get(planOf(), 0)!.tags).toEqual([ALL, row(1)]);
    put(planOf(), entryOf(1, { names: [row(7)], stamps: ["n"] }));
    expect(l1.get(planOf(), 0)!.tags).toEqual([row(7)]);
    put(planOf(), entryOf(null, { absent: true, stamps: ["b", "c"], payload: new Uint8Array() }));
    const held = l1.get(planOf(), 0)!;
    expect(held.tags).toEqual([row(1), ANY]);
    expect(l1.valueOf(planOf(), held)).toBeNull();
  });

  it("is bounded by entries and by bytes", () => {
    const few = open({ maxEntries: 2 });
    for (const key of ["1", "2", "3"]) few.put(planOf({}, { key }), entryOf(key));
    expect(["1", "2", "3"].map((key) => few.l1.get(planOf({}, { key }), 0) !== undefined)).toEqual([false, true, true]);

    const small = open({ maxBytes: 5000 });
    const large = (key: string) => small.put(planOf({}, { key }), entryOf("x".repeat(700)));
    large("1");
    large("2");
    expect(["1", "2"].map((key) => small.l1.get(planOf({}, { key }), 0) !== undefined)).toEqual([false, true]);
    // What does not fit at all takes nobody's place, but its own.
    small.put(planOf({}, { key: "3" }), entryOf("x".repeat(5000)));
    small.put(planOf({}, { key: "2" }), entryOf("x".repeat(5000)));
    expect(["2", "3"].map((key) => small.l1.get(planOf({}, { key }), 0))).toEqual([undefined, undefined]);
  });
});

describe("whether it may be served without asking", () => {
  it("is known for tracked plans alone", () => {
    const { l1, put } = open();
    put(planOf(), entryOf(1));
    expect(isCurrent(l1.get(planOf(), 0)!.cells)).toBe(true);
    const validated = planOf({ mode: "validated" });
    put(validated, entryOf(2, { stamps: ["a", "c"] }));
    expect(isCurrent(l1.get(validated, 0)!.cells)).toBe(true);
    put({ ...validated, key: "new" }, entryOf(2));
    expect(l1.get({ ...validated, key: "new" }, 0)!.cells).toBeNull();
  });

  it("ends with any of its tags", () => {
    for (const tag of [ALL, row(1)]) {
      const { l1, put, mirror } = open();
      put(planOf(), entryOf(1));
      mirror.onInvalidated([row(2)]);
      expect(isCurrent(l1.get(planOf(), 0)!.cells)).toBe(true);
      mirror.onInvalidated([tag]);
      expect(isCurrent(l1.get(planOf(), 0)!.cells)).toBe(false);
    }
  });

  it("is not known of what a write may have overtaken", () => {
    const { l1, mirror } = open();
    const since = mirror.now;
    mirror.onInvalidated([row(1)]);
    l1.put(planOf(), entryOf(1), since);
    const held = l1.get(planOf(), 0)!;
    expect(held.cells).toBeNull();
    // The tokens, asked for later, say that it is as it was.
    expect(l1.confirm(planOf(), held, ["a", "b"], since)).toBe(true);
    expect(held.cells).toBeNull();
    expect(l1.confirm(planOf(), held, ["a", "b"], mirror.now)).toBe(true);
    expect(isCurrent(held.cells)).toBe(true);
  });

  it("is not said by other tokens, by none, or by a lock", () => {
    const { l1, put, mirror } = open();
    put(planOf(), entryOf(1));
    const held = l1.get(planOf(), 0)!;
    const others: readonly (readonly TokenState[])[] = [
      ["a", "c"],
      ["c", "b"],
      ["a", null],
      ["a", QUARANTINED],
      ["a"],
      ["a", "b", "c"],
    ];
    for (const tokens of others) {
      expect(l1.confirm(planOf(), held, tokens, mirror.now)).toBe(false);
    }
    expect(l1.confirm(planOf(), held, ["a", "b"], mirror.now)).toBe(true);
  });

  it("a late answer does not take the place of what is known to be current", () => {
    const { l1, put, mirror } = open();
    const since = mirror.now;
    mirror.onInvalidated([row(1)]);
    put(planOf(), entryOf("new", { stamps: ["a", "c"] }));
    l1.put(planOf(), entryOf("old"), since);
    expect(l1.valueOf(planOf(), l1.get(planOf(), 0)!)).toBe("new");
    // But of what is known to be over.
    mirror.onInvalidated([row(1)]);
    l1.put(planOf(), entryOf("old"), since);
    expect(l1.valueOf(planOf(), l1.get(planOf(), 0)!)).toBe("old");
  });

  it("what a message ended can be validated again by plans that are validated", () => {
    const { l1, put, mirror } = open();
    put(planOf(), entryOf(1));
    mirror.onInvalidated([row(1)]);
    const held = l1.get(planOf(), 0)!;
    expect(held.cells).not.toBeNull();
    const validated = planOf({ mode: "validated" });
    expect(l1.confirm(validated, held, ["a", "b"], mirror.now)).toBe(true);
    expect(held.cells).toBeNull();
  });
});

describe("the result", () => {
  const value = { at: new Date(0), bytes: new Uint8Array([1]), list: [{ n: 1 }] };

  it.each([
    ["that prepares copies", preparing],
    ["that does not", codec],
  ])("is each caller's own, by a codec %s", (_, each) => {
    const { l1, put } = open();
    const plan = planOf({}, { codec: each });
    put(plan, entryOf(value));
    for (let i = 0; i < 3; i++) {
      const copy = l1.valueOf(plan, l1.get(plan, 0)!) as typeof value;
      expect(copy).toEqual(value);
      copy.at.setTime(1);
      copy.bytes[0] = 2;
      copy.list[0]!.n = 2;
      copy.list.push({ n: 3 });
    }
  });

  it.each([
    ["that prepares copies", preparing],
    ["that does not", codec],
  ])("is one for those who promise to leave it alone, and no part of it for others, by a codec %s", (_, each) => {
    const { l1, put } = open();
    const [own, shared] = [planOf({}, { codec: each }), planOf({ share: true }, { codec: each })];
    put(own, entryOf(value));
    const held = l1.get(own, 0)!;
    const before = l1.valueOf(own, held) as typeof value;
    const one = l1.valueOf(shared, held) as typeof value;
    expect(l1.valueOf(shared, held)).toBe(one);
    expect(one).toEqual(value);
    expect([one, one.list, one.list[0]].every((part) => Object.isFrozen(part))).toBe(true);
    for (const copy of [before, l1.valueOf(own, held) as typeof value]) {
      expect(copy).toEqual(value);
      expect([copy, copy.list, copy.list[0]].some((part) => Object.isFrozen(part))).toBe(false);
      copy.list[0]!.n = 2;
      copy.at.setTime(1);
    }
    expect(one).toEqual(value);
  });

  it("is decoded once where the codec prepares copies", () => {
    const { l1, put } = open();
    let decoded = 0;
    const counting: Codec = { ...preparing, prepare: (bytes) => (decoded++, preparing.prepare!(bytes)) };
    const plan = planOf({}, { codec: counting });
    put(plan, entryOf(value));
    const held = l1.get(plan, 0)!;
    for (let i = 0; i < 3; i++) l1.valueOf(plan, held);
    expect(decoded).toBe(1);
    expect(held.payload.byteLength).toBe(0);
  });

  it("of bytes that the codec did not write is an error, as often as it is asked for", () => {
    const { l1, put } = open();
    put(planOf(), entryOf(null, { payload: new Uint8Array([1, 2, 3]) }));
    const held = l1.get(planOf(), 0)!;
    expect(() => l1.valueOf(planOf(), held)).toThrow();
    expect(() => l1.valueOf(planOf(), held)).toThrow();
    l1.delete(planOf().key);
    expect(l1.get(planOf(), 0)).toBeUndefined();
  });
});
