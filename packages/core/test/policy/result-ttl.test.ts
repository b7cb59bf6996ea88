import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/policy/policy.js";
import { customTag } from "../../src/tag.js";
import { makeCache } from "../support/make-cache.js";
import { makePlan, POLICY } from "../support/plans.js";
import { statusOf } from "../support/status.js";

const NOW = 1_700_000_000_000;

describe("a result of null", () => {
  const FOUND = 60_000;
  const policy = { ...POLICY, ttl: FOUND, jitter: 0 };

  it.each([true, false])(
    "is kept for its own ttl, whatever it depends on; as its query has tags for it: %s",
    async (has) => {
      let now = NOW;
      const under = makeCache({ now: () => now });
      const absentTags = has ? [customTag("absent")] : [];
      const plan = makePlan(async () => null, { policy: { ...policy, negativeTtl: 5000 }, absentTags });
      expect(await statusOf(under, plan)).toBe("miss: absent");
      await expect.poll(() => under.of("fill")).toHaveLength(1);
      now += 4999;
      expect(await statusOf(under, plan)).toBe("hit");
      now += 1;
      expect(await statusOf(under, plan)).toMatch(/^miss/);
    },
  );

  it.each([true, false])("may be kept for longer than others; tags for it: %s", async (has) => {
    let now = NOW;
    const under = makeCache({ now: () => now });
    const absentTags = has ? [customTag("absent")] : [];
    const plan = makePlan(async () => null, { policy: { ...policy, negativeTtl: 2 * FOUND }, absentTags });
    await under.cache.read(plan);
    await expect.poll(() => under.of("fill")).toHaveLength(1);
    now += FOUND + 1;
    expect(await statusOf(under, plan)).toBe("hit");
    const found = makePlan(async () => 1, { policy: { ...policy, negativeTtl: 2 * FOUND }, absentTags, key: "found" });
    await under.cache.read(found);
    await expect.poll(() => under.of("fill")).toHaveLength(2);
    now += FOUND;
    expect(await statusOf(under, found)).toMatch(/^miss/);
  });

  it.each([true, false])(
    "leaves what is found to its own ttl, and to that of the query; in memory: %s",
    async (isInMemory) => {
      let now = NOW;
      const under = makeCache({ now: () => now });
      const l1 = isInMemory ? ({ mode: "validated", maxStaleness: 1000, share: false } as const) : null;
      const of = (value: unknown, changes: Partial<Policy>) =>
        makePlan(async () => value, {
          key: `key ${String(value)}`,
          absentTags: [],
          policy: { ...policy, ...changes, l1 },
        });
      const kept = { negativeTtl: 5 * FOUND };
      for (const value of [1, null]) {
        await under.cache.read(of(value, kept));
        await statusOf(under, of(value, kept));
      }
      await expect.poll(() => under.of("fill")).toHaveLength(2);
      now += 30_000;
      expect(await statusOf(under, of(1, { ...kept, ttl: 30_001 }))).toBe("hit");
      expect(await statusOf(under, of(null, { ...kept, ttl: 1000 }))).toBe("hit");
      expect(await statusOf(under, of(null, { negativeTtl: 1000 }))).toBe("miss: expired");
      expect(await statusOf(under, of(1, { ...kept, ttl: 1000 }))).toBe("miss: expired");
    },
  );

  it("is not stored where the policy says so", async () => {
    const under = makeCache();
    const plan = makePlan(async () => null, { policy: { ...policy, negativeTtl: 0 } });
    for (let i = 0; i < 2; i++) expect(await statusOf(under, plan)).toBe("miss: absent");
    expect(under.of("fill").map(({ outcome }) => outcome)).toEqual(["unwanted", "unwanted"]);
    expect(under.cache.stats().fills).toMatchObject({ stored: 0, unwanted: 2 });
    const found = makePlan(async () => 0, { policy: { ...policy, negativeTtl: 0 }, key: "found" });
    expect(await statusOf(under, found)).toBe("miss: absent");
    await expect.poll(() => under.cache.stats().fills.stored).toBe(1);
    expect(await statusOf(under, found)).toBe("hit");
  });
});

describe("a ttl by result", () => {
  const policy = { ...POLICY, ttl: 86_400_000, jitter: 0 };

  it("is that of each result", async () => {
    let now = NOW;
    const under = makeCache({ now: () => now });
    const ttlOf = (result: unknown) => (result === "draft" ? "1s" : "1h");
    const plans = ["draft", "final"].map((key) => makePlan(async () => key, { key, policy: { ...policy, ttlOf } }));
    for (const plan of plans) await under.cache.read(plan);
    await expect.poll(() => under.of("fill")).toHaveLength(2);
    now += 1000;
    expect(await Promise.all(plans.map((plan) => statusOf(under, plan)))).toEqual([
      expect.stringMatching(/^miss/),
      "hit",
    ]);
  });

  it("leaves out what it says false of, or what it fails for, and the caller has the result", async () => {
    const under = makeCache();
    const failure = () => {
      throw new Error("no such property");
    };
    const later = () => Promise.reject(new Error("later")) as never;
    const odd = () => {
      // oxlint-disable-next-line typescript/only-throw-error -- an application may
      throw Object.create(null);
    };
    for (const ttlOf of [() => false as const, failure, () => "soon" as never, later, odd]) {
      const plan = makePlan(async () => "result", { policy: { ...policy, ttlOf } });
      expect((await under.cache.read(plan)).data).toBe("result");
    }
    expect(under.of("fill").map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => "unwanted"));
    expect(under.of("warning").map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => "TTL_FAILED"));
  });
});
