import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/memory-store.js";
import type { Watcher } from "../../src/store/store.js";
import { makeCache } from "../support/make-cache.js";
import { makePlan, POLICY, row } from "../support/plans.js";

const TRACKED = { ...POLICY, l1: { mode: "tracked", maxStaleness: 1000, share: false } } as const;
const VALIDATED = { ...POLICY, l1: { mode: "validated", maxStaleness: 1000, share: false } } as const;
const SHARED = { ...POLICY, l1: { mode: "tracked", maxStaleness: 1000, share: true } } as const;
const L1 = { l1: { maxEntries: 10, maxBytes: 1 << 20, leastStaleness: 1000 } };

function counting() {
  let lookups: (string | null)[] = [];
  const made = makeCache({ ...L1, hooks: { before: { lookup: (key) => void lookups.push(key) } } });
  return { ...made, lookups: () => lookups.splice(0) };
}

describe("a result in this process's memory", () => {
  it("is served without asking the store, until a write makes it untrue", async () => {
    const { cache, lookups } = counting();
    let value = 1;
    const plan = makePlan(async () => ({ value }), { policy: TRACKED });
    expect((await cache.read(plan)).status).toBe("miss");
    // The first one asks which groups are told of; nothing of before is trusted.
    expect((await cache.read(plan)).data).toEqual({ value: 1 });
    lookups();
    const hit = await cache.read(plan);
    expect(hit.data).toEqual({ value: 1 });
    expect(hit.info).toMatchObject({ status: "hit", tier: "l1" });
    expect(lookups()).toEqual([]);
    expect(cache.readNow(plan)).toEqual({ value: 1 });
    await cache.write({
      effects: { changed: [row(1)], fenced: [] },
      run: async () => {
        expect(cache.readNow(plan)).toBeUndefined();
        value = 2;
      },
      learn: () => ({ changed: [], unchanged: [] }),
      outcomeOf: () => "rolled-back",
    });
    expect(cache.readNow(plan)).toBeUndefined();
    expect((await cache.read(plan)).data).toEqual({ value: 2 });
    expect(cache.stats().reads).toMatchObject({ hit: 3, l1Hit: 3, miss: 2 });
  });

  it("is validated by the tokens alone", async () => {
    const { cache, lookups } = counting();
    let value = 1;
    const plan = makePlan(async () => ({ value }), { policy: VALIDATED });
    await cache.read(plan);
    lookups();
    const hit = await cache.read(plan);
    expect(hit.info).toMatchObject({ status: "hit", tier: "l1" });
    expect(lookups()).toEqual([null]);
    expect(cache.readNow(plan)).toBeUndefined();
    value = 2;
    await cache.invalidate([row(1)]);
    expect((await cache.read(plan)).data).toEqual({ value: 2 });
  });

  it("is each caller's own, or one for all, frozen", async () => {
    const { cache } = counting();
    const plan = makePlan(async () => ({ at: new Date(0), list: [{ n: 1 }] }), { policy: TRACKED });
    for (let i = 0; i < 4; i++) {
      const { data } = await cache.read(plan);
      expect(data).toEqual({ at: new Date(0), list: [{ n: 1 }] });
      data.at.setTime(1);
      data.list[0]!.n = 2;
      data.list.length = 0;
    }
    const shared = { ...plan, policy: SHARED };
    const [one, other] = [await cache.read(shared), await cache.read(shared)];
    expect(one.data).toBe(other.data);
    expect(() => (one.data.list[0]!.n = 2)).toThrow(TypeError);
    expect((await cache.read(plan)).data).not.toBe(one.data);
  });

  it("is not served again when the store has shown that it is over, although no message of that has come", async () => {
    const store = createMemoryStore();
    let [clock, value] = [0, 1];
    let watcher: Watcher | undefined;
    // Messages do not come; that nothing was missed until some moment is heard all the same.
    store.watch = (listener) => {
      watcher = listener;
      return { follow: (group) => listener.onFollowing(group), close: async () => {} };
    };
    const { cache } = makeCache({ ...L1, store, monotonicNow: () => clock });
    const writer = makeCache({ store }).cache;
    const plan = makePlan(async () => ({ value }), { policy: TRACKED });
    for (let i = 0; i < 3; i++) await cache.read(plan);
    watcher!.onHeard(0);
    expect(cache.readNow(plan)).toEqual({ value: 1 });
    await writer.write({
      effects: { changed: [row(1)], fenced: [] },
      run: async () => {
        value = 2;
        // Nothing was heard for too long: the store is asked, and knows of the lock.
        clock = 1000;
        expect(await cache.read(plan)).toMatchObject({ status: "bypass", data: { value: 2 } });
        watcher!.onHeard(999);
        expect(cache.readNow(plan)).toBeUndefined();
        expect((await cache.read(plan)).data).toEqual({ value: 2 });
      },
      learn: () => ({ changed: [], unchanged: [] }),
      outcomeOf: () => "rolled-back",
    });
  });
});
