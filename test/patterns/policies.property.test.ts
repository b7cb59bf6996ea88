import { setTimeout as delay } from "node:timers/promises";
import type { Policy } from "@evercache/core";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEntry } from "../../packages/core/src/entry.js";
import { xorshift } from "../consistency/random.js";
import { adminClient } from "../setup/redis-admin.js";
import { startRedis, type RedisServer } from "../setup/redis.js";
import { note } from "./support/figures.js";
import { NAMESPACE, PoliciesWorld } from "./support/policies-world.js";

let redis: RedisServer;
let admin: ReturnType<typeof adminClient>;
let world: PoliciesWorld;
beforeAll(async () => {
  redis = await startRedis();
  admin = adminClient(redis);
  world = new PoliciesWorld(redis.url, admin);
});
afterAll(async () => {
  await world.close();
  admin.disconnect();
  await redis.stop();
});

/** Long for the clock of Redis, which this test does not move, and short for its own. */
const SECOND = 1_000;
const OWN = { jitter: 0, maxEntryBytes: 1 << 20, l1: null } as const;

const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const seconds = (least: number, most: number) => fc.integer({ min: least, max: most }).map((count) => count * SECOND);

const policies: fc.Arbitrary<Policy> = fc
  .record({
    ttl: seconds(20, 100),
    jitter: fc.constantFrom(0, 0.1, 0.5, 1),
    cap: optional(fc.constantFrom(1, 1.5, 4)),
    swr: optional(seconds(1, 200)),
    earlyRefresh: optional(fc.constantFrom(1, 1_000, 1_000_000)),
    staleIfError: optional(seconds(10, 600)),
    negativeTtl: optional(fc.oneof(fc.constant(0), seconds(10, 150))),
    l1: fc.constantFrom(null, "tracked" as const, "validated" as const),
    stampede: optional(fc.constant({ wait: 2_000 })),
  })
  .map(({ cap, l1, ...others }) => ({
    ...OWN,
    ...others,
    sliding: cap === undefined ? undefined : { cap: cap * Math.max(others.ttl, others.negativeTtl ?? 0) },
    l1: l1 && { mode: l1, maxStaleness: 100, share: false },
  }));

const client = fc.constantFrom(0, 1);
const key = fc.constantFrom("a", "b");
/** Of the ttl. */
const share = fc.constantFrom(0.01, 0.3, 0.6, 0.95, 1.2, 3);

type Step =
  | { readonly type: "read"; readonly client: number; readonly key: string }
  | { readonly type: "write"; readonly client: number; readonly key: string; readonly isNull: boolean }
  | { readonly type: "pass"; readonly share: number }
  | { readonly type: "finish" }
  | { readonly type: "away"; readonly isAway: boolean };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant("read" as const), client, key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      client,
      key,
      isNull: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("pass" as const), share }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("finish" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("away" as const), isAway: fc.boolean() }) },
);

const RUNS = Number(process.env["PATTERN_RUNS"] ?? 100);

test(
  "whatever the policy, nothing invalidated is served, nothing outlives its times, and Redis keeps it as long",
  async () => {
    let runs = 0;
    const property = fc.asyncProperty(
      policies,
      fc.array(steps, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 1 }),
      async (policy, given, seed) => {
        const run = ++runs;
        world.begin(policy, xorshift(seed));
        for (const name of ["a", "b"]) await world.write(0, `${run}${name}`, false);
        for (const step of given) {
          if (step.type === "read") await world.read(step.client, `${run}${step.key}`);
          else if (step.type === "write") await world.write(step.client, `${run}${step.key}`, step.isNull);
          else if (step.type === "pass") world.now += Math.round(step.share * policy.ttl);
          else if (step.type === "finish") await world.finish();
          else world.away(step.isAway);
          await world.settle();
        }
        await world.finish();
        await world.checkTimes();
        world.away(false);
        if (policy.l1?.mode === "tracked") await delay(world.longestStaleness);
        for (const name of ["a", "b"]) for (const each of [0, 1]) await world.read(each, `${run}${name}`);
        await world.finish();
        world.expectNoProblems();
      },
    );
    await fc.assert(property, { numRuns: RUNS, endOnFailure: Boolean(process.env["PATTERN_RUNS"]) });
    note("policies", { runs, ...world.seen });
    // All of it was come by.
    for (const what of [
      "hit redis",
      "hit l1",
      "stale: expired",
      "stale: unreachable",
      "refresh",
      "renewal",
      "failed",
    ]) {
      expect(world.seen[what], what).toBeGreaterThan(0);
    }
  },
  60_000 + 500 * RUNS,
);

/** Beyond it, one run in a million has a worse one by chance: nine degrees of freedom. */
const WORST_CHI_SQUARE = 45;

test("jitter is uniform", async () => {
  const [ttl, jitter, swr, count] = [600 * SECOND, 0.2, 30 * SECOND, 2_000];
  world.begin({ ...OWN, ttl, jitter, swr }, Math.random);
  const names = Array.from({ length: count }, (_, index) => `jitter${index}`);
  for (let from = 0; from < count; from += 100) {
    await Promise.all(names.slice(from, from + 100).map((name) => world.read(0, name)));
  }
  await world.settle();
  world.expectNoProblems();

  const shares: number[] = [];
  for (const name of names) {
    const bytes = await admin.getBuffer(`${NAMESPACE}:Thing:${name}`);
    const { storedAt, freshUntil } = openEntry(bytes!)!;
    shares.push(((freshUntil - storedAt) / ttl - 1) / jitter);
  }
  await world.checkTimes();
  world.expectNoProblems();
  const bins = Array.from({ length: 10 }, () => 0);
  for (const each of shares) bins[Math.min(9, Math.floor(5 * (each + 1)))]! += 1;
  const expected = count / bins.length;
  const chiSquare = bins.reduce((sum, found) => sum + (found - expected) ** 2 / expected, 0);
  const mean = shares.reduce((sum, each) => sum + each, 0) / count;
  note("jitter", { bins, chiSquare, mean, least: Math.min(...shares), most: Math.max(...shares) });
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  expect(chiSquare).toBeLessThan(WORST_CHI_SQUARE);
});
