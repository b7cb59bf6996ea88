import { beforeEach, describe, expect, it, test } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { Codec } from "../src/codec/codec.js";
import { superjsonCodec } from "../src/codec/superjson-codec.js";
import { frameEntry, MOST_STAMPS } from "../src/entry.js";
import { customTag } from "../src/tag.js";
import { makeCache } from "./support/make-cache.js";
import { statusOf } from "./support/status.js";
import { makePlan, POLICY } from "./support/plans.js";

const NOW = 1_700_000_000_000;
const REFUSED = () => Promise.reject(new Error("OOM command not allowed"));

/** A load that answers what `answer` is by then, and counts. */
function countingLoad<T>(answer: () => T): { load: () => Promise<T>; loads: () => number } {
  let loads = 0;
  return {
    load: async () => {
      loads++;
      return answer();
    },
    loads: () => loads,
  };
}

describe("a read", () => {
  let now: number;
  beforeEach(() => void (now = NOW));

  it("asks the database once, and tells where each answer came from", async () => {
    const under = makeCache({ now: () => now });
    const { load, loads } = countingLoad(() => ({ id: 1, at: new Date(5) }));
    const plan = makePlan(load);
    const miss = await under.cache.read(plan);
    now += 1000;
    const hit = await under.cache.read(plan);
    expect(loads()).toBe(1);
    expect(hit.data).toEqual(miss.data);
    expect(miss.info).toEqual({
      status: "miss",
      reason: "absent",
      tier: "database",
      key: plan.key,
      tags: plan.tags,
      storedAt: null,
      expiresAt: null,
    });
    expect(hit.info).toEqual({
      status: "hit",
      reason: null,
      tier: "memory",
      key: plan.key,
      tags: plan.tags,
      storedAt: new Date(NOW),
      expiresAt: new Date(NOW + POLICY.ttl),
    });
    expect(under.events.map(({ type }) => type)).toEqual(["miss", "load", "fill", "hit"]);
  });

  it("asks again when the answer has expired, and not before", async () => {
    const under = makeCache({ now: () => now });
    const plan = makePlan(async () => 1, { policy: { ...POLICY, ttl: 1000 } });
    await under.cache.read(plan);
    now += 999;
    expect(await statusOf(under, plan)).toBe("hit");
    now += 1;
    expect(await statusOf(under, plan)).toBe("miss: expired");
    expect(await statusOf(under, plan)).toBe("hit");
  });

  it("stores for a ttl that varies as its policy says", async () => {
    const ttls: number[] = [];
    const under = makeCache({
      now: () => now,
      random: () => 0,
      hooks: { before: { fill: (_, __, ttl) => void ttls.push(ttl) } },
    });
    await under.cache.read(makePlan(async () => 1, { policy: { ...POLICY, ttl: 1000, jitter: 0.25 } }));
    expect(ttls).toEqual([750]);
  });

  it("does not take an answer that is older than it accepts, though its writer accepted older ones", async () => {
    const under = makeCache({ now: () => now });
    const plan = makePlan(async () => 1, { policy: { ...POLICY, ttl: 10_000 } });
    await under.cache.read(plan);
    now += 1000;
    expect(await statusOf(under, { ...plan, policy: { ...POLICY, ttl: 1000 } })).toBe("miss: expired");
  });

  it("does not take the answer of another schema, nor of a query whose key happens to be the same", async () => {
    const under = makeCache();
    const plan = makePlan(async () => 1, { identity: "a" });
    await under.cache.read(plan);
    expect(await statusOf(under, { ...plan, identity: "b" })).toBe("miss: damaged");
    expect(await statusOf(under, { ...plan, identity: null })).toBe("miss: damaged");
    expect(await statusOf(under, { ...plan, fingerprint: "schema-2" })).toBe("miss: damaged");
  });

  it("that fails is rejected as the database rejected it, and stores nothing", async () => {
    const under = makeCache();
    const failure = new Error("relation does not exist");
    const plan = makePlan(() => Promise.reject(failure));
    await expect(under.cache.read(plan)).rejects.toBe(failure);
    expect(await statusOf(under, { ...plan, load: async () => 1 })).toBe("miss: absent");
    await expect.poll(() => under.of("fill")).toHaveLength(1);
  });

  it("does not wait for its answer to be stored", async () => {
    const gate = createGate();
    const under = makeCache({ hooks: { before: { fill: () => gate.pass() } } });
    expect((await under.cache.read(makePlan(async () => 1))).data).toBe(1);
    expect(under.of("fill")).toEqual([]);
    gate.open();
  });

  test.each(["lookup", "mint"] as const)("whose %s fails asks the database, and is not an error", async (method) => {
    const under = makeCache({ hooks: { before: { [method]: REFUSED } } });
    expect(
      await statusOf(
        under,
        makePlan(async () => 1),
      ),
    ).toBe("bypass: unreachable");
    expect(under.of("fill")).toEqual([]);
  });

  it("whose fill is refused says so, and is not an error", async () => {
    const under = makeCache({ hooks: { before: { fill: REFUSED } } });
    expect((await under.cache.read(makePlan(async () => 1))).data).toBe(1);
    await expect.poll(() => under.of("fill")).toMatchObject([{ outcome: "refused", error: expect.any(Error) }]);
  });
});

describe("an entry that cannot be used is a miss, and is replaced", () => {
  const plan = makePlan(async () => ({ id: 1 }));

  it("because its bytes are damaged", async () => {
    const under = makeCache();
    await under.cache.read(plan);
    await expect.poll(() => under.of("fill")).toHaveLength(1);
    await under.store.fill(plan.key, Buffer.from("another program's"), 60_000);
    expect(await statusOf(under, plan)).toBe("miss: damaged");
    expect(await statusOf(under, plan)).toBe("hit");
  });

  it("because its codec cannot read the payload", async () => {
    const under = makeCache();
    await under.cache.read(plan);
    await expect.poll(() => under.of("fill")).toHaveLength(1);
    const { tokens } = await under.store.lookup(plan.key, plan.tags);
    const frame = frameEntry({
      fingerprint: plan.fingerprint,
      identity: null,
      storedAt: Date.now(),
      freshUntil: Date.now() + 60_000,
      loadTime: 0,
      sliding: null,
      absent: false,
      names: null,
      stamps: tokens as string[],
      payload: Buffer.from("{"),
    });
    await under.store.fill(plan.key, frame, 60_000);
    expect(await statusOf(under, plan)).toBe("miss: damaged");
    expect(await statusOf(under, plan)).toBe("hit");
  });
});

describe("readers of the same at the same time", () => {
  it("ask the database once, and never share an object", async () => {
    const under = makeCache();
    const gate = createGate();
    const { load, loads } = countingLoad(() => ({ list: [1], at: new Date(1), bytes: new Uint8Array([1]) }));
    const plan = makePlan(async () => {
      await gate.pass();
      return load();
    });
    const reading = Array.from({ length: 5 }, () => under.cache.read(plan));
    await gate.arrived;
    gate.open();
    const results = await Promise.all(reading);
    expect(loads()).toBe(1);
    expect(new Set(results.map(({ data }) => data)).size).toBe(5);
    for (const { data, info } of results) {
      expect(data).toEqual({ list: [1], at: new Date(1), bytes: new Uint8Array([1]) });
      expect(info.status).toBe("miss");
      data.list.push(2);
      data.at.setTime(2);
      data.bytes[0] = 2;
    }
    expect((await under.cache.read(plan)).data).toEqual({ list: [1], at: new Date(1), bytes: new Uint8Array([1]) });
  });

  it("ask it once, too, where one of them has yet to mint when the entry of another is stored", async () => {
    const gate = createGate();
    let mints = 0;
    const filled = createGate();
    const under = makeCache({
      hooks: {
        before: { mint: () => (++mints === 2 ? gate.pass() : undefined) },
        after: { fill: () => void filled.pass() },
      },
    });
    const { load, loads } = countingLoad(() => [1]);
    const plan = makePlan(load);
    const first = under.cache.read(plan);
    const late = under.cache.read(plan);
    await Promise.all([first, gate.arrived, filled.arrived]);
    // All that the fill set off has run.
    await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    expect((await late).data).toEqual([1]);
    expect(loads()).toBe(1);
    expect(await statusOf(under, plan)).toBe("hit");
  });

  it("are all told that there is nothing", async () => {
    const { cache } = makeCache();
    const gate = createGate();
    const plan = makePlan(async () => gate.pass().then(() => null));
    const reading = [cache.read(plan), cache.read(plan)];
    gate.open();
    expect((await Promise.all(reading)).map(({ data }) => data)).toEqual([null, null]);
  });

  it("fail together, and the next one asks again", async () => {
    const under = makeCache();
    const failure = new Error("deadlock");
    const plan = makePlan<number>(() => Promise.reject(failure));
    const reading = [under.cache.read(plan), under.cache.read(plan)];
    for (const read of reading) await expect(read).rejects.toBe(failure);
    expect((await under.cache.read({ ...plan, load: async () => 7 })).data).toBe(7);
  });

  it("whose answer cannot be copied ask each for itself", async () => {
    const under = makeCache();
    const unencodable: Codec = {
      ...superjsonCodec(),
      encode: () => {
        throw new TypeError("a function");
      },
    };
    const gate = createGate();
    const { load, loads } = countingLoad(() => ({ id: 1 }));
    const plan = makePlan(
      async () => {
        await gate.pass();
        return load();
      },
      { codec: unencodable },
    );
    const reading = [under.cache.read(plan), under.cache.read(plan), under.cache.read(plan)];
    gate.open();
    const results = await Promise.all(reading);
    expect(new Set(results.map(({ data }) => data)).size).toBe(3);
    expect(loads()).toBe(3);
    expect(under.cache.stats().loads.count).toBe(3);
    expect(under.of("load")).toHaveLength(3);
  });
});

describe("what a hit returned", () => {
  it("is the caller's own: changing it changes no other answer", async () => {
    const { cache } = makeCache();
    const plan = makePlan(async () => ({ list: [1], bytes: new Uint8Array([1]) }));
    for (let i = 0; i < 3; i++) {
      const { data } = await cache.read(plan);
      expect(data).toEqual({ list: [1], bytes: new Uint8Array([1]) });
      data.list.push(2);
      data.bytes[0] = 2;
    }
  });
});

describe("a result is not stored", () => {
  it("if it cannot be encoded", async () => {
    const under = makeCache();
    const value = JSON.parse('{"settings":{"__proto__":1}}') as unknown;
    const plan = makePlan(async () => value);
    expect((await under.cache.read(plan)).data).toBe(value);
    expect(await statusOf(under, plan)).toBe("miss: absent");
    expect(under.of("fill").map(({ outcome }) => outcome)).toEqual(["unencodable", "unencodable"]);
  });

  it("if it is larger than its policy allows, to the byte", async () => {
    const codec = superjsonCodec();
    const value = "x".repeat(100);
    const bytes = codec.encode(value).byteLength;
    for (const [limit, outcome] of [
      [bytes, "stored"],
      [bytes - 1, "too-large"],
    ] as const) {
      const under = makeCache();
      const plan = makePlan(async () => value, { codec, policy: { ...POLICY, maxEntryBytes: limit } });
      expect((await under.cache.read(plan)).data).toBe(value);
      await expect.poll(() => under.of("fill").map((fill) => fill.outcome)).toEqual([outcome]);
      expect(await statusOf(under, plan)).toBe(outcome === "stored" ? "hit" : "miss: absent");
    }
  });

  it("if it depends on more tags than an entry carries", async () => {
    const tags = Array.from({ length: MOST_STAMPS + 1 }, (_, i) => customTag(String(i)));
    const under = makeCache();
    const wide = makePlan(async () => 1, { tags, absentTags: [] });
    expect(await statusOf(under, wide)).toBe("bypass: uncacheable");
    expect(under.of("bypass")).toMatchObject([{ detail: expect.stringContaining(String(MOST_STAMPS)) }]);
    const fitting = makePlan(async () => 1, { tags: tags.slice(1), absentTags: [] });
    expect(await statusOf(under, fitting)).toBe("miss: absent");
    expect(await statusOf(under, fitting)).toBe("hit");
  });
});

describe("`inspect`", () => {
  it("tells what a read would find, asks no database and changes nothing", async () => {
    const under = makeCache();
    const { load, loads } = countingLoad(() => 1);
    const plan = makePlan(load);
    expect(await under.cache.inspect(plan)).toEqual({ kind: "miss", reason: "absent" });
    expect((await under.store.lookup("", plan.tags)).tokens).toEqual([null, null]);
    await under.cache.read(plan);
    expect(await under.cache.inspect(plan)).toMatchObject({ kind: "hit" });
    await under.cache.invalidate(plan.tags);
    expect(await under.cache.inspect(plan)).toEqual({ kind: "miss", reason: "invalidated" });
    expect(loads()).toBe(1);
    expect(under.of("hit")).toEqual([]);
  });

  it("says that the store cannot be asked", async () => {
    const { cache } = makeCache({ hooks: { before: { lookup: REFUSED } } });
    expect(await cache.inspect(makePlan(async () => 1))).toEqual({ kind: "bypass", reason: "unreachable" });
  });
});
