import { expect, it } from "vitest";
import { createGate } from "../../../testing/src/gate.js";
import type { ReadPlan } from "../../src/read-plan.js";
import { makeCache } from "../support/make-cache.js";
import { makePlan, POLICY } from "../support/plans.js";

const TRACKED = { ...POLICY, l1: { mode: "tracked", maxStaleness: 1000, share: false } } as const;
const VALIDATED = { ...POLICY, l1: { mode: "validated", maxStaleness: 1000, share: false } } as const;

/** A cache, a plan of it, and what is told of how its reads fare. */
function setUp(changes: Partial<ReadPlan<number>> = {}, load: () => Promise<number> = async () => 1) {
  let now = 1_000_000;
  const under = makeCache({
    now: () => now,
    l1: { maxEntries: 10, maxBytes: 10_000, leastStaleness: 1000 },
  });
  const told: (string | number)[] = [];
  const adaptive = {
    hit: () => void told.push("hit"),
    dropped: (age: number) => void told.push(age),
  };
  const plan = makePlan(load, { adaptive, ...changes });
  const { cache } = under;
  return {
    ...under,
    cache,
    plan,
    told,
    pass: (milliseconds: number) => void (now += milliseconds),
    read: () => cache.read(plan),
    stored: async () => {
      await cache.read(plan);
      await expect.poll(() => under.of("fill").length).toBeGreaterThan(0);
      told.length = 0;
    },
  };
}

it("a query that was never asked before says nothing", async () => {
  const { read, told } = setUp();
  expect((await read()).reason).toBe("absent");
  expect(told).toEqual([]);
});

it.each([
  ["of the store", POLICY, "memory"],
  ["of this process's memory", TRACKED, "l1"],
  ["of this process's memory, validated", VALIDATED, "l1"],
])("a hit %s counts once", async (_, policy, tier) => {
  const { read, told, stored, cache, plan } = setUp({ policy });
  await stored();
  expect((await read()).tier).toBe(tier);
  expect(told).toEqual(["hit"]);
  if (policy === TRACKED) expect(cache.readNow(plan)).toBe(1);
  expect(told).toEqual(policy === TRACKED ? ["hit", "hit"] : ["hit"]);
});

it("what a write has ended counts, with its age", async () => {
  const { read, told, stored, cache, plan, pass } = setUp();
  await stored();
  pass(1234);
  await cache.invalidate(plan.tags);
  expect((await read()).reason).toBe("invalidated");
  expect(told).toEqual([1234]);
});

it("what has expired says nothing", async () => {
  const { read, told, stored, pass } = setUp();
  await stored();
  pass(POLICY.ttl);
  expect((await read()).reason).toBe("expired");
  expect(told).toEqual([]);
});

it("what is served although it has expired was a hit", async () => {
  const { read, told, stored, pass } = setUp({ policy: { ...POLICY, swr: 10_000 } });
  await stored();
  pass(POLICY.ttl);
  expect((await read()).status).toBe("stale");
  expect(told).toEqual(["hit"]);
});

it("a read that a writer keeps from the cache counts, whatever is stored", async () => {
  const { read, told, cache, plan } = setUp();
  const gate = createGate();
  const write = cache.write({
    effects: { changed: plan.tags, fenced: [] },
    run: () => gate.pass(),
    learn: () => ({ changed: [], unchanged: [] }),
    outcomeOf: () => "ambiguous",
  });
  await gate.arrived;
  expect((await read()).reason).toBe("quarantined");
  expect(told).toEqual([0]);
  gate.open();
  await write;
});

it("a read that shares another's query was spared its own", async () => {
  const gate = createGate();
  let isHeld = false;
  const { read, told, stored, cache, plan } = setUp({}, async () => {
    if (isHeld) await gate.pass();
    return 1;
  });
  await stored();
  await cache.invalidate(plan.tags);
  isHeld = true;
  const reads = [read(), read(), read()];
  await gate.arrived;
  gate.open();
  expect((await Promise.all(reads)).map(({ reason }) => reason)).toEqual(["invalidated", "invalidated", "invalidated"]);
  expect(told.toSorted((one, other) => String(one).localeCompare(String(other)))).toEqual([0, "hit", "hit"]);
});
