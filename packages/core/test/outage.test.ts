import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { superjsonCodec } from "../src/codec/superjson-codec.js";
import type { Policy } from "../src/policy/policy.js";
import type { ReadPlan } from "../src/read-plan.js";
import { parseKeyring } from "../src/seal/parse-keyring.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { makeCache } from "./support/make-cache.js";
import { bumpPlan, POLICY, QUERIES, readPlan, row } from "./support/plans.js";
import { statusOf } from "./support/status.js";
import { ToyDatabase } from "./support/toy-database.js";

const NOW = 1_700_000_000_000;
const byId = QUERIES.byId(1);
const AWAY = new Error("away");
const REFUSED = new Error("no such column");
const POLICY_OF_OUTAGES: Policy = { ...POLICY, ttl: 1000, staleIfError: 60_000 };

let now: number;
let store: Store;
let database: ToyDatabase;
beforeEach(() => {
  now = NOW;
  store = createMemoryStore({ now: () => now });
  database = new ToyDatabase();
  database.bump(1);
});

const start = () => makeCache({ now: () => now, store });

function planOf(failure: Error | null = null, changes: Partial<ReadPlan<unknown>> = {}): ReadPlan<unknown> {
  const load = async () => {
    if (failure) throw failure;
    return byId.answer(database.now);
  };
  return { ...readPlan(byId, load), policy: POLICY_OF_OUTAGES, isOutage: (error) => error === AWAY, ...changes };
}

describe("while the database cannot be reached", () => {
  it("what has expired is served, and says so", async () => {
    const under = start();
    await under.cache.read(planOf());
    now += 59_999;
    const { data, info } = await under.cache.read(planOf(AWAY));
    expect(data).toMatchObject({ version: 1 });
    expect(info).toMatchObject({ status: "stale", reason: "unreachable", tier: "memory", storedAt: new Date(NOW) });
    expect(under.of("stale")).toMatchObject([{ reason: "unreachable", error: AWAY }]);
    expect(await statusOf(under, planOf())).toMatch("miss");
  });

  it("what a write has touched is served too, and so is what is locked", async () => {
    const under = start();
    await under.cache.read(planOf());
    await under.cache.write(bumpPlan(database, 1));
    expect(await statusOf(under, planOf(AWAY))).toBe("stale: unreachable");
    await store.quarantine("somebody", [row(1)], 9000);
    expect(await statusOf(under, planOf(AWAY))).toBe("stale: unreachable");
    expect(await statusOf(under, planOf())).toBe("bypass: quarantined");
  });

  it("and neither can the store, what is in memory is served", async () => {
    let isAway = false;
    const l1 = { mode: "tracked", maxStaleness: 1000, share: false } as const;
    const under = makeCache({
      now: () => now,
      store,
      hooks: { before: { lookup: () => (isAway ? Promise.reject(new Error("gone")) : undefined) } },
      l1: { maxEntries: 10, maxBytes: 1e6, leastStaleness: 1000 },
    });
    const plan = planOf(null, { policy: { ...POLICY_OF_OUTAGES, l1 } });
    for (let i = 0; i < 3; i++) await under.cache.read(plan);
    isAway = true;
    now += 2000;
    const away = planOf(AWAY, { policy: plan.policy });
    const { data, info } = await under.cache.read(away);
    expect([data, info.status, info.tier]).toEqual([{ id: 1, name: "name-1", version: 1 }, "stale", "l1"]);
    now += 58_000;
    await expect(under.cache.read(away)).rejects.toBe(AWAY);
  });

  it("nothing older than the policy says is served, nor what is not this query's", async () => {
    const under = start();
    await expect(under.cache.read(planOf(AWAY))).rejects.toBe(AWAY);
    await under.cache.read(planOf());
    await expect(under.cache.read(planOf(AWAY, { fingerprint: "another schema" }))).rejects.toBe(AWAY);
    const keyring = parseKeyring({ keys: [{ id: "a", key: randomBytes(32) }] });
    await expect(under.cache.read(planOf(AWAY, { keyring }))).rejects.toBe(AWAY);
    now += 60_000;
    await expect(under.cache.read(planOf(AWAY))).rejects.toBe(AWAY);
  });

  it("nothing is served to queries whose policy does not say so", async () => {
    const under = start();
    await under.cache.read(planOf());
    now += 1000;
    await expect(under.cache.read(planOf(AWAY, { policy: POLICY }))).rejects.toBe(AWAY);
    await expect(under.cache.read(planOf(AWAY, { isOutage: undefined }))).rejects.toBe(AWAY);
  });
});

it("what the database refuses is refused", async () => {
  const under = start();
  await under.cache.read(planOf());
  await under.cache.write(bumpPlan(database, 1));
  await expect(under.cache.read(planOf(REFUSED))).rejects.toBe(REFUSED);
});

it("a null is the last known result like any other", async () => {
  const under = start();
  const missing = QUERIES.byId(9);
  const plan = { ...readPlan(missing, async () => null), policy: POLICY_OF_OUTAGES, isOutage: () => true };
  await under.cache.read(plan);
  now += 1000;
  const { data, info } = await under.cache.read({ ...plan, load: () => Promise.reject(AWAY) });
  expect([data, info.status]).toEqual([null, "stale"]);
});

it("damaged entries are not served, whoever is away", async () => {
  const under = start();
  await under.cache.read(planOf());
  const bytes = Buffer.from((await store.lookup(byId.key, [])).entry!);
  bytes[bytes.length - 1]! ^= 1;
  await store.fill(byId.key, bytes, 60_000);
  await expect(under.cache.read(planOf(AWAY))).rejects.toBe(AWAY);
  const codec = {
    ...superjsonCodec(),
    decode: () => {
      throw new Error("not mine");
    },
  };
  await under.cache.read(planOf());
  await expect(under.cache.read(planOf(AWAY, { codec }))).rejects.toBe(AWAY);
});
