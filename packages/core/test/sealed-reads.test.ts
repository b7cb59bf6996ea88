import { createSecretKey, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { isSealed, openEntry, frameEntry } from "../src/entry.js";
import type { ReadPlan } from "../src/read-plan.js";
import { Keyring } from "../src/seal/keyring.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import { makeCache, type CacheUnderTest } from "./support/make-cache.js";
import { makePlan, POLICY } from "./support/plans.js";

const OLD = { id: "2025", key: createSecretKey(randomBytes(32)) };
const NEW = { id: "2026", key: createSecretKey(randomBytes(32)) };
const COMPRESSING = { ...POLICY, compress: { threshold: 100 } };
const ROWS = Array.from({ length: 50 }, (_, id) => ({ id, name: `Ann ${id}`, at: new Date(id) }));

const encrypted = <T>(value: T, changes: Partial<ReadPlan<T>> = {}): ReadPlan<T> =>
  makePlan(async () => value, { policy: COMPRESSING, keyring: new Keyring([OLD]), ...changes });

async function see<T>({ cache }: CacheUnderTest, plan: ReadPlan<T>): Promise<[string, T]> {
  const { data, info } = await cache.read(plan);
  return [info.reason ? `${info.status}: ${info.reason}` : info.status, data];
}

const stored = async ({ store }: CacheUnderTest, plan: ReadPlan<unknown>): Promise<Buffer> =>
  Buffer.from((await store.lookup(plan.key, plan.tags)).entry!);

describe("a result that is stored compressed and encrypted", () => {
  it("is a hit of equal value and type, and the store holds nothing of it that can be read", async () => {
    const under = makeCache();
    const plan = encrypted(ROWS);
    expect(await see(under, plan)).toEqual(["miss: absent", ROWS]);
    expect(await see(under, plan)).toEqual(["hit", ROWS]);
    const frame = await stored(under, plan);
    expect(frame.includes("Ann")).toBe(false);
    expect(frame.length).toBeLessThan(plan.codec.encode(ROWS).byteLength / 2);
    expect(under.of("fill")).toMatchObject([{ outcome: "stored", bytes: frame.length }]);
    expect(await under.cache.inspect(plan)).toMatchObject({ kind: "hit" });
  });

  it("may be that nothing was found", async () => {
    const under = makeCache();
    const plan = encrypted<unknown>(null);
    expect(await see(under, plan)).toEqual(["miss: absent", null]);
    expect(isSealed((await under.store.lookup(plan.key, [])).entry!)).toBe(true);
    expect(await see(under, plan)).toEqual(["hit", null]);
  });

  it("is shared by callers that come while it is loaded, each with an object of its own", async () => {
    const under = makeCache();
    const gate = createGate();
    const load = async () => {
      await gate.pass();
      return ROWS;
    };
    const reads = Array.from({ length: 3 }, () => under.cache.read(encrypted(ROWS, { load })));
    await expect.poll(() => under.of("miss").length).toBe(3);
    gate.open();
    const results = await Promise.all(reads);
    expect(under.of("load")).toHaveLength(1);
    for (const { data } of results) expect(data).toEqual(ROWS);
    expect(new Set(results.map(({ data }) => data)).size).toBe(3);
  });

  it("is verified as any other", async () => {
    const under = makeCache({ verify: 1 });
    let answer = ROWS;
    const plan = encrypted(ROWS, { load: async () => answer });
    await under.cache.read(plan);
    expect((await see(under, plan))[0]).toBe("hit");
    await expect.poll(() => under.of("verify").map(({ outcome }) => outcome)).toEqual(["match"]);
    answer = ROWS.slice(1);
    expect((await see(under, plan))[0]).toBe("hit");
    await expect.poll(() => under.of("verify").map(({ outcome }) => outcome)).toEqual(["match", "violation"]);
  });

  it("counts by what is stored, and is not tried beyond eight times that", async () => {
    const bytes = encrypted(ROWS).codec.encode(ROWS).byteLength;
    for (const [limit, outcome] of [
      [Math.ceil(bytes / 2), "stored"],
      [Math.ceil(bytes / 8) - 1, "too-large"],
      [Math.ceil(bytes / 8), "too-large"],
    ] as const) {
      const under = makeCache();
      const noise = { ...COMPRESSING, maxEntryBytes: limit };
      const value = outcome === "stored" ? ROWS : [randomBytes(bytes).toString("latin1")];
      await under.cache.read(encrypted<unknown>(value, { policy: noise }));
      await expect.poll(() => under.of("fill").map((fill) => fill.outcome)).toEqual([outcome]);
    }
  });
});

describe("an entry that does not open is a miss, and is replaced", () => {
  it.each<[string, (frame: Buffer) => Uint8Array]>([
    [
      "in clear",
      (frame) => frameEntry({ ...openEntry(frame)!, payload: makePlan(async () => 0).codec.encode("forged") }),
    ],
    [
      "nothing found, in clear",
      (frame) => frameEntry({ ...openEntry(frame)!, absent: true, payload: new Uint8Array() }),
    ],
    ["later than it was", (frame) => frameEntry({ ...openEntry(frame)!, freshUntil: Date.now() + 9e9 }, true)],
    ["with its seal broken", (frame) => frameEntry({ ...openEntry(frame)!, payload: Buffer.alloc(40, 3) }, true)],
  ])("%s", async (_, forge) => {
    const under = makeCache();
    const plan = encrypted(ROWS, { absentTags: makePlan(async () => 0).tags });
    await under.cache.read(plan);
    await under.store.fill(plan.key, forge(await stored(under, plan)), 60_000);
    expect(await under.cache.inspect(plan)).toEqual({ kind: "miss", reason: "damaged" });
    expect(await see(under, plan)).toEqual(["miss: damaged", ROWS]);
    expect(await see(under, plan)).toEqual(["hit", ROWS]);
  });

  it("put under another key", async () => {
    const under = makeCache();
    const plan = encrypted(["mine"], { key: "mine" });
    const other = encrypted(["theirs"], { key: "theirs", keyring: plan.keyring! });
    await under.cache.read(plan);
    await under.cache.read(other);
    await under.store.fill(plan.key, await stored(under, other), 60_000);
    expect(await see(under, plan)).toEqual(["miss: damaged", ["mine"]]);
  });

  it("given new stamps after a write", async () => {
    const under = makeCache();
    let answer = "old";
    const plan = encrypted("", { load: async () => answer });
    await under.cache.read(plan);
    const old = openEntry(await stored(under, plan))!;
    answer = "new";
    await under.cache.invalidate(plan.tags);
    expect(await see(under, plan)).toEqual(["miss: invalidated", "new"]);
    const { stamps } = openEntry(await stored(under, plan))!;
    await under.store.fill(plan.key, frameEntry({ ...old, stamps }, true), 60_000);
    expect(await see(under, plan)).toEqual(["miss: damaged", "new"]);
  });
});

describe("processes that differ", () => {
  it("in the first of their keys: what either has stored last, both can read before long", async () => {
    const store = createMemoryStore();
    const [old, rotated] = [makeCache({ store }), makeCache({ store })];
    const oldPlan = encrypted(ROWS);
    const newPlan = encrypted(ROWS, { keyring: new Keyring([NEW, OLD]) });
    await rotated.cache.read(newPlan);
    expect((await see(old, oldPlan))[0]).toBe("miss: damaged");
    for (let i = 0; i < 3; i++) {
      expect((await see(rotated, newPlan))[0]).toBe("hit");
      expect((await see(old, oldPlan))[0]).toBe("hit");
    }
    expect((await see(rotated, encrypted(ROWS, { keyring: new Keyring([NEW]) })))[0]).toBe("miss: damaged");
  });

  it("in compression: each reads what the other stores", async () => {
    const store = createMemoryStore();
    const [compressing, plain] = [makeCache({ store }), makeCache({ store })];
    const packed = makePlan(async () => ROWS, { policy: COMPRESSING });
    const unpacked = makePlan(async () => ROWS);
    await compressing.cache.read(packed);
    expect(isSealed(await stored(compressing, packed))).toBe(true);
    expect(await see(plain, unpacked)).toEqual(["hit", ROWS]);
    await plain.cache.invalidate(unpacked.tags);
    await plain.cache.read(unpacked);
    expect(isSealed(await stored(plain, packed))).toBe(false);
    expect(await see(compressing, packed)).toEqual(["hit", ROWS]);
  });

  it("in the algorithms that their Node has: who cannot read an entry replaces it by one that all can read", async () => {
    const store = createMemoryStore();
    const [rich, poor] = [makeCache({ store }), makeCache({ store })];
    const plan = makePlan(async () => ROWS, { policy: COMPRESSING });
    await rich.cache.read(plan);
    const entry = openEntry(await stored(rich, plan))!;
    // As if it had been compressed by what nobody here knows.
    const foreign = Buffer.from(entry.payload);
    foreign[1] = 200;
    await store.fill(plan.key, frameEntry({ ...entry, payload: foreign }, true), 60_000);
    expect(await see(poor, plan)).toEqual(["miss: damaged", ROWS]);
    for (const process of [rich, poor, rich]) expect(await see(process, plan)).toEqual(["hit", ROWS]);
  });
});
