import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { StoreUnavailableError } from "../src/errors.js";
import { createGate } from "../../testing/src/gate.js";
import { frameEntry, openEntry } from "../src/entry.js";
import type { Policy } from "../src/policy/policy.js";
import { parseKeyring } from "../src/seal/parse-keyring.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { makeCache } from "./support/make-cache.js";
import { bumpPlan, makePlan, POLICY, QUERIES, readOf, row } from "./support/plans.js";
import { statusOf } from "./support/status.js";
import { ToyDatabase } from "./support/toy-database.js";

const NOW = 1_700_000_000_000;
const TRACKED = { mode: "tracked", maxStaleness: 1000, share: false } as const;
const SLIDING: Policy = { ...POLICY, ttl: 1000, sliding: { cap: 4000 } };

let now: number;
let store: Store;
beforeEach(() => {
  now = NOW;
  store = createMemoryStore({ now: () => now });
});
const clocks = { now: () => now, monotonicNow: () => now };
const start = () => makeCache({ ...clocks, store });
const planOf = (policy: Partial<Policy> = {}) => makePlan(async () => 1, { policy: { ...SLIDING, ...policy } });

describe.each([null, TRACKED, { ...TRACKED, mode: "validated" as const }])("what slides, in memory: %j", (l1) => {
  it("lives for as long as it is asked for, up to its cap", async () => {
    const under = makeCache({
      ...clocks,
      store,
      ...(l1 && { l1: { maxEntries: 10, maxBytes: 1e6, leastStaleness: l1.mode === "tracked" ? 1000 : null } }),
    });
    const plan = planOf({ l1 });
    await under.cache.read(plan);
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      now += 800;
      seen.push(await statusOf(under, plan));
    }
    expect(seen).toEqual(["hit", "hit", "hit", "hit", "miss: absent", "hit"]);
  });

  it("expires when nobody has asked for it for its ttl", async () => {
    const under = start();
    const plan = planOf({ l1 });
    await under.cache.read(plan);
    now += 900;
    expect(await statusOf(under, plan)).toBe("hit");
    now += 999;
    expect(await statusOf(under, plan)).toBe("hit");
    now += 1000;
    expect(await statusOf(under, plan)).toBe("miss: absent");
  });
});

it("is renewed where it is encrypted and compressed too, and is nobody's who does not know the key", async () => {
  const under = start();
  const keyring = parseKeyring({ keys: [{ id: "a", key: randomBytes(32) }] });
  const policy = { ...SLIDING, compress: { threshold: 0 } };
  const plan = makePlan<unknown>(async () => "a".repeat(9999), { policy, keyring });
  await under.cache.read(plan);
  for (let i = 0; i < 4; i++) {
    now += 800;
    expect(await statusOf(under, plan)).toBe("hit");
  }
  expect(await statusOf(under, { ...plan, keyring: undefined })).toBe("miss: damaged");
});

it("is renewed for all processes, at most once per tenth of its ttl, and nobody waits for it", async () => {
  const renewals: number[] = [];
  const never = new Promise<void>(() => {});
  const here = makeCache({
    ...clocks,
    store,
    hooks: { after: { renew: (_, __, ttl) => void renewals.push(ttl) } },
  });
  const there = start();
  const stuck = makeCache({
    ...clocks,
    store,
    deadline: 20,
    writeDeadline: 20,
    hooks: { before: { renew: () => never } },
  });
  const plan = planOf({ swr: 500 });
  await here.cache.read(plan);
  for (let i = 0; i < 20; i++) {
    now += 50;
    await here.cache.read(plan);
  }
  // With the time for which it may be served expired.
  expect(renewals).toEqual(Array.from({ length: 10 }, () => 1500));
  now += 900;
  expect(await statusOf(stuck, plan)).toBe("hit");
  expect(await statusOf(there, plan)).toBe("hit");
});

it("keeps its age: whoever takes no old ones does not take it, and whoever does not let it slide neither", async () => {
  const under = start();
  await under.cache.read(planOf());
  for (let i = 0; i < 3; i++) {
    now += 800;
    await under.cache.read(planOf());
  }
  expect(await statusOf(under, planOf({ sliding: { cap: 2000 } }))).toBe("miss: expired");
  expect(await statusOf(under, planOf({ sliding: undefined, ttl: 2000 }))).toBe("hit");
  now = NOW + 10_000;
  await under.cache.read(planOf());
  now += 600;
  expect(await statusOf(under, planOf({ ttl: 500 }))).toBe("miss: expired");
});

it("of a null keeps its own time, where it has one", async () => {
  const under = start();
  const policy: Policy = { ...SLIDING, negativeTtl: 1000 };
  for (const absentTags of [[], [row(1)]]) {
    const plan = makePlan(async () => null, { policy, absentTags, key: `Product:${absentTags.length}` });
    await under.cache.read(plan);
    now += 900;
    expect(await statusOf(under, plan)).toBe("hit");
    now += 100;
    expect(await statusOf(under, plan)).toMatch("miss");
  }
  const plan = makePlan(async () => null, { policy: SLIDING });
  await under.cache.read(plan);
  now += 900;
  expect(await statusOf(under, plan)).toBe("hit");
  now += 900;
  expect(await statusOf(under, plan)).toBe("hit");
});

it("is asked for once by hits that come before the answer, and not again for a while where it is refused", async () => {
  const renewing = createGate();
  let tries = 0;
  const under = makeCache({
    ...clocks,
    store,
    hooks: { before: { renew: () => (tries++, renewing.pass().then(() => Promise.reject(new Error("NOPERM")))) } },
  });
  const plan = planOf({ ttl: 100_000, sliding: { cap: 9_000_000 } });
  await under.cache.read(plan);
  now += 20_000;
  for (let i = 0; i < 5; i++) await under.cache.read(plan);
  expect(tries).toBe(1);
  renewing.open();
  await expect.poll(() => under.of("warning")).toHaveLength(1);
  now += 30_000;
  for (let i = 0; i < 5; i++) await under.cache.read(plan);
  expect(tries).toBe(1);
  now += 31_000;
  await under.cache.read(plan);
  expect(tries).toBe(2);
});

it("says so once the store refuses renewals, and not when it is away", async () => {
  let failure: Error = new StoreUnavailableError("away");
  const under = makeCache({ ...clocks, store, hooks: { before: { renew: () => Promise.reject(failure) } } });
  const plan = planOf();
  await under.cache.read(plan);
  now += 200;
  await under.cache.read(plan);
  failure = new Error("NOPERM");
  now += 200;
  await under.cache.read(plan);
  await expect.poll(() => under.of("warning")).toMatchObject([{ code: "RENEWAL_REFUSED" }]);
  expect(under.of("warning")[0]!.message).toContain("NOPERM");
});

it("never renews another entry than the one that was asked for", async () => {
  let swap: (() => Promise<void>) | undefined;
  const under = makeCache({ ...clocks, store, hooks: { before: { renew: async () => swap?.() } } });
  const plan = planOf();
  await under.cache.read(plan);
  const { entry } = await store.lookup(plan.key, []);
  const other = { ...openEntry(entry!)!, storedAt: now + 1, freshUntil: now + 950, payload: Buffer.from("{}") };
  swap = () => store.fill(plan.key, frameEntry(other), 950);
  now += 900;
  await under.cache.read(plan);
  expect(openEntry((await store.lookup(plan.key, [])).entry!)).toEqual(openEntry(frameEntry(other)));
});

it("is dropped by writes as any other, however often it was renewed", async () => {
  const database = new ToyDatabase();
  database.bump(1);
  const under = start();
  const plan = () => ({ ...readOf(database, QUERIES.byId(1)), policy: SLIDING });
  await under.cache.read(plan());
  now += 900;
  await under.cache.read(plan());
  await under.cache.write(bumpPlan(database, 1));
  expect(await statusOf(under, plan())).toBe("miss: invalidated");
  expect((await under.cache.read(plan())).data).toMatchObject({ version: 2 });
});
