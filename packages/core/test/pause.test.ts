import { expect, it } from "vitest";
import { makeCache } from "./support/make-cache.js";
import { makePlan } from "./support/plans.js";

it("reads go past a cache that is paused, writes drop what they change, and what is stored is true afterwards", async () => {
  const under = makeCache();
  const { cache } = under;
  let version = 1;
  const plan = makePlan(async () => version);
  await cache.read(plan);
  await expect.poll(() => under.of("fill")).toHaveLength(1);
  expect((await cache.read(plan)).status).toBe("hit");

  cache.pause(true);
  cache.pause(true);
  const calls = under.events.length;
  expect((await cache.read(plan)).info).toMatchObject({ status: "bypass", reason: "paused", tier: "database" });
  expect((await cache.ask(plan)).reason).toBe("paused");
  expect(await cache.inspect(plan)).toEqual({ kind: "bypass", reason: "paused" });
  expect(under.events.slice(calls).map(({ type }) => type)).toEqual(["bypass", "bypass"]);
  expect(cache.stats()).toMatchObject({ isPaused: true, reads: { bypassReasons: { paused: 2 } } });
  await cache.write({
    effects: { changed: plan.tags, fenced: [] },
    run: async () => ++version,
    learn: () => ({ changed: [], unchanged: [] }),
    outcomeOf: () => "ambiguous",
  });

  cache.pause(false);
  expect(cache.stats().isPaused).toBe(false);
  const after = await cache.read(plan);
  expect([after.data, after.status]).toEqual([2, "miss"]);
  expect(under.of("pause").map(({ isPaused }) => isPaused)).toEqual([true, false]);
});

it("reads go past the memory of a process that is paused, too", async () => {
  const under = makeCache({ l1: { maxEntries: 10, maxBytes: 10_000, leastStaleness: 1000 } });
  const { cache } = under;
  const plan = makePlan(async () => 1, {
    policy: { ttl: 60_000, jitter: 0, maxEntryBytes: 1000, l1: { mode: "tracked", maxStaleness: 1000, share: false } },
  });
  await expect.poll(async () => (await cache.read(plan)).tier).toBe("l1");
  expect(cache.readNow(plan)).toBe(1);
  cache.pause(true);
  expect(cache.readNow(plan)).toBeUndefined();
  cache.pause(false);
  expect(cache.readNow(plan)).toBe(1);
});
