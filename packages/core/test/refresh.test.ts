import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { StoreHooks } from "../../testing/src/wrap-store.js";
import type { Policy } from "../src/policy/policy.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { makeCache } from "./support/make-cache.js";
import { bumpPlan, makePlan, POLICY, QUERIES, readPlan, row } from "./support/plans.js";
import { statusOf } from "./support/status.js";
import { ToyDatabase } from "./support/toy-database.js";

const NOW = 1_700_000_000_000;
const byId = QUERIES.byId(1);
const SWR: Policy = { ...POLICY, ttl: 1000, swr: 5000 };

let now: number;
let store: Store;
let database: ToyDatabase;
let loads: number;
beforeEach(() => {
  now = NOW;
  store = createMemoryStore({ now: () => now });
  database = new ToyDatabase();
  database.bump(1);
  loads = 0;
});

const start = (hooks: StoreHooks = {}) =>
  makeCache({ now: () => now, monotonicNow: () => now, store, hooks, random: () => 0.5 });

/** The row, as the database answers when `pass` lets it. */
function rowPlan(policy: Policy = SWR, pass: () => Promise<void> = async () => {}) {
  const plan = readPlan(byId, async () => {
    loads++;
    const answer = byId.answer(database.now);
    await pass();
    return answer;
  });
  return { ...plan, policy };
}

/** What the database does takes so many milliseconds. */
async function taking(milliseconds: number): Promise<void> {
  now += milliseconds;
}

describe("stale while revalidate", () => {
  it("serves what has expired, and loads it anew in the background, once", async () => {
    const under = start();
    await under.cache.read(rowPlan());
    now += 1000;
    const gate = createGate();
    const reads = Array.from({ length: 20 }, () => under.cache.read(rowPlan(SWR, () => gate.pass())));
    const answers = await Promise.all(reads);
    expect(new Set(answers.map(({ status, reason }) => `${status}: ${reason}`))).toEqual(new Set(["stale: expired"]));
    expect(answers[0]!.info).toMatchObject({
      tier: "memory",
      storedAt: new Date(NOW),
      expiresAt: new Date(NOW + 1000),
    });
    await gate.arrived;
    expect(loads).toBe(2);
    gate.open();
    await expect.poll(() => under.of("refresh")).toMatchObject([{ cause: "expired", outcome: "stored" }]);
    expect(await statusOf(under, rowPlan())).toBe("hit");
    expect(loads).toBe(2);
    expect(under.cache.stats()).toMatchObject({ reads: { stale: 20, miss: 1 }, refreshes: { stored: 1 } });
  });

  it("serves it for its time, and no longer", async () => {
    const under = start({ before: { acquire: () => Promise.reject(new Error("no")) } });
    await under.cache.read(rowPlan());
    now += 5999;
    expect(await statusOf(under, rowPlan())).toBe("stale: expired");
    now += 1;
    expect(await statusOf(under, rowPlan())).toMatch("miss");
  });

  it("never serves what a write has touched, and stores nothing that a write came between", async () => {
    const here = start();
    const there = start();
    await here.cache.read(rowPlan());
    now += 1000;
    const gate = createGate();
    await here.cache.read(rowPlan(SWR, () => gate.pass()));
    await gate.arrived;
    await there.cache.write(bumpPlan(database, 1));
    gate.open();
    await expect.poll(() => here.of("refresh")).toHaveLength(1);
    expect(await statusOf(here, rowPlan())).toBe("miss: invalidated");
    expect((await here.cache.read(rowPlan())).data).toMatchObject({ version: 2 });
  });

  it("loads nothing while a write is under way, nor what another process has loaded meanwhile", async () => {
    const asked = createGate();
    const here = start({ after: { acquire: () => asked.pass() } });
    const there = start();
    await there.cache.read(rowPlan());
    now += 1000;
    expect(await statusOf(here, rowPlan())).toBe("stale: expired");
    await asked.arrived;
    const releasing = createGate();
    const writer = start({ before: { release: () => releasing.pass() } });
    const writing = writer.cache.write(bumpPlan(database, 1));
    await releasing.arrived;
    asked.open();
    await expect.poll(() => here.of("refresh")).toMatchObject([{ outcome: "unneeded" }]);
    releasing.open();
    await writing;
    expect(loads).toBe(1);
  });

  it("is done by one process at a time", async () => {
    const here = start();
    const there = start();
    await here.cache.read(rowPlan());
    now += 1000;
    const gate = createGate();
    await here.cache.read(rowPlan(SWR, () => gate.pass()));
    await gate.arrived;
    expect(await statusOf(there, rowPlan())).toBe("stale: expired");
    await expect.poll(() => there.of("refresh")).toMatchObject([{ outcome: "elsewhere" }]);
    gate.open();
    await expect.poll(() => here.of("refresh")).toMatchObject([{ outcome: "stored" }]);
    expect(await statusOf(there, rowPlan())).toBe("hit");
    expect(loads).toBe(2);
  });

  it("leaves a result alone for a while that could not be loaded, and tells why; readers do not notice", async () => {
    const under = start();
    await under.cache.read(rowPlan());
    now += 1000;
    const failure = new Error("away");
    const failing = { ...rowPlan(), load: () => Promise.reject(failure) };
    expect(await statusOf(under, failing)).toBe("stale: expired");
    await expect.poll(() => under.of("refresh")).toMatchObject([{ outcome: "failed", error: failure }]);
    now += 999;
    expect(await statusOf(under, rowPlan())).toBe("stale: expired");
    expect(under.of("refresh")).toHaveLength(1);
    now += 1;
    expect(await statusOf(under, rowPlan())).toBe("stale: expired");
    await expect.poll(() => under.of("refresh")).toMatchObject([{}, { outcome: "stored" }]);
  });

  it("serves a null for its own time, and then for as long again", async () => {
    const under = start();
    const plan = makePlan(async () => null, {
      absentTags: [],
      policy: { ...SWR, ttl: 9000, negativeTtl: 1000, swr: 500 },
    });
    await under.cache.read(plan);
    now += 1000;
    expect(await statusOf(under, plan)).toBe("stale: expired");
    await expect.poll(() => under.of("refresh")).toHaveLength(1);
    expect(await statusOf(under, plan)).toBe("hit");
    now += 1500;
    expect(await statusOf(under, plan)).toMatch("miss");
  });
});

describe("a result that is loaded anew and not stored", () => {
  it.each<[string, Partial<Policy>, unknown]>([
    ["null, where none is kept", { negativeTtl: 0 }, null],
    ["one that its policy does not keep", { ttl: 1000, ttlOf: (result) => (result === "new" ? false : 1) }, "new"],
    ["one that is too large", { maxEntryBytes: 100 }, "a".repeat(200)],
  ])("ends what was there: %s", async (_, changes, result) => {
    for (const absentTags of [[], [row(1)]]) {
      const under = start();
      const policy = { ...SWR, ...changes };
      const plan = makePlan<unknown>(async () => "old", { policy, absentTags });
      await under.cache.read(plan);
      now += 1000;
      const anew = { ...plan, load: async () => result };
      expect(await statusOf(under, anew)).toBe("stale: expired");
      await expect.poll(() => under.of("refresh")).toMatchObject([{ outcome: "not-stored" }]);
      expect(await statusOf(under, anew)).toBe("miss: absent");
    }
  });
});

it("serves a null no longer than whoever asks takes one, whoever stored it", async () => {
  const under = start();
  const plan = makePlan(async () => null, { absentTags: [], policy: { ...SWR, ttl: 9000, swr: 9000 } });
  await under.cache.read(plan);
  const stricter = { ...plan, policy: { ...plan.policy, negativeTtl: 1000, swr: 500 } };
  now += 1400;
  expect((await under.cache.inspect(stricter)).kind).toBe("stale");
  now += 200;
  expect((await under.cache.inspect(stricter)).kind).toBe("miss");
  expect(await statusOf(under, stricter)).toBe("miss: expired");
});

it("does not keep the cache from closing, nor begins once it is closed", async () => {
  const gate = createGate();
  const asking = createGate();
  const here = start();
  await here.cache.read(rowPlan());
  now += 1000;
  await here.cache.read(rowPlan(SWR, () => gate.pass()));
  await gate.arrived;
  await here.cache.close();
  gate.open();
  // It was the store's end, too.
  store = createMemoryStore({ now: () => now });
  const there = start({ after: { acquire: () => asking.pass() } });
  await there.cache.read(rowPlan());
  now += 1000;
  await there.cache.read(rowPlan());
  await asking.arrived;
  await there.cache.close();
  const before = loads;
  asking.open();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(loads).toBe(before);
});

describe("early refresh", () => {
  // With a chance of 0.5 it is due 0.69 load times before the end.
  const EARLY: Policy = { ...POLICY, ttl: 1000, earlyRefresh: 1 };
  const L1 = { mode: "tracked", maxStaleness: 1000, share: false } as const;

  it.each([null, L1])(
    "loads anew before anything expires, while all are served what there is; in memory: %j",
    async (l1) => {
      const under = makeCache({
        now: () => now,
        monotonicNow: () => now,
        store,
        random: () => 0.5,
        ...(l1 && { l1: { maxEntries: 10, maxBytes: 1e6, leastStaleness: 1000 } }),
      });
      const gate = createGate();
      const slow = rowPlan({ ...EARLY, l1 }, () => taking(40));
      await under.cache.read(slow);
      if (l1) for (let i = 0; i < 3; i++) await under.cache.read(slow);
      const [load] = under.of("load");
      const lead = load!.milliseconds * Math.LN2;
      now += 1000 - Math.ceil(lead) - 1;
      const plan = rowPlan({ ...EARLY, l1 }, () => gate.pass());
      expect(await statusOf(under, plan)).toBe("hit");
      now += 2;
      const seen = await Promise.all(Array.from({ length: 10 }, () => statusOf(under, plan)));
      expect(new Set(seen)).toEqual(new Set(["hit"]));
      await gate.arrived;
      gate.open();
      await expect.poll(() => under.of("refresh")).toMatchObject([{ cause: "early", outcome: "stored" }]);
      expect(loads).toBe(2);
      now += 900;
      expect(await statusOf(under, plan)).toBe("hit");
    },
  );

  it("by another process is noticed by who has the old one in memory", async () => {
    const l1Options = { l1: { maxEntries: 10, maxBytes: 1e6, leastStaleness: 1000 } };
    const times = { now: () => now, monotonicNow: () => now, random: () => 0.5, store };
    const [here, there] = [makeCache({ ...times, ...l1Options }), makeCache({ ...times, ...l1Options })];
    const policy: Policy = { ...EARLY, earlyRefresh: 100, l1: L1 };
    const slow = rowPlan(policy, () => taking(5));
    for (const { cache } of [here, there]) for (let i = 0; i < 3; i++) await cache.read(slow);
    now += 950;
    await here.cache.read(slow);
    await expect.poll(() => here.of("refresh")).toMatchObject([{ outcome: "stored" }]);
    for (let i = 0; i < 20; i++) {
      await there.cache.read(slow);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(there.of("refresh").length).toBeLessThanOrEqual(1);
    now += 60;
    expect(await statusOf(there, slow)).toBe("hit");
    expect(loads).toBe(2);
  });

  it("of what slides comes before its cap, which nothing renews", async () => {
    const under = start();
    const policy: Policy = { ...EARLY, earlyRefresh: 1000, sliding: { cap: 10_000 } };
    const slow = rowPlan(policy, () => taking(5));
    await under.cache.read(slow);
    for (let i = 0; i < 12; i++) {
      if (loads > 1) break;
      now += 900;
      expect(await statusOf(under, slow)).toBe("hit");
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => under.of("refresh")).toMatchObject([{ cause: "early", outcome: "stored" }]);
    expect(now - NOW).toBeGreaterThan(3000);
  });
});
