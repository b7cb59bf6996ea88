import { Cache, type ObservedEvent, type ProcessInfo, type ProcessStats } from "@evercache/core";
import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import { eventLine, EVENT_TYPES } from "../../src/observe/event-line.js";
import { countByModel, countByProcess, NONE } from "../../src/observe/read-counts.js";
import { combine, readFigures } from "../../src/observe/redis-figures.js";
import type { Sample } from "../../src/observe/sample.js";
import { renderStats } from "../../src/observe/stats-view.js";

const colours = picocolors.createColors(false);
const EMPTY = new Cache({} as never).stats();

function answer(id: string, models: Record<string, { hit?: number; miss?: number; l1Hit?: number }>): ProcessStats {
  const process: ProcessInfo = { id, host: "web", pid: 7, startedAt: 0, version: "1.2.3" };
  const counted = Object.entries(models).map(
    ([model, counts]) => [model, { findMany: { ...NONE, ...counts } }] as const,
  );
  const hit = Object.values(models).reduce((sum, counts) => sum + (counts.hit ?? 0), 0);
  const stats = { ...EMPTY, reads: { ...EMPTY.reads, hit }, models: Object.fromEntries(counted) as never };
  return { process, stats, leftOut: 0 };
}

const INFO = readFigures("redis_version:7.2.4\r\nused_memory:1048576\r\nmaxmemory:0\r\nconnected_clients:3\r\n");
const sampleOf = (at: number, answers: ProcessStats[], asked = answers.length): Sample => ({
  at,
  round: { asked, answers },
  redis: INFO,
});
const OPTIONS = {
  namespace: "shop",
  models: null,
  processes: false,
  queries: false,
  colours,
  rows: 10,
  width: Infinity,
};

describe("counts", () => {
  it("are summed by model, and compared with what the same processes counted before", () => {
    const before = [answer("a", { Product: { hit: 10 } }), answer("gone", { Product: { hit: 1000 } })];
    const now = [answer("a", { Product: { hit: 15 }, Order: { miss: 2 } }), answer("new", { Product: { hit: 500 } })];
    const models = countByModel(now, before);
    expect(models.get("Product")).toMatchObject({ total: { hit: 515 }, recent: { hit: 5 } });
    expect(models.get("Order")).toMatchObject({ total: { miss: 2 }, recent: { miss: 2 } });
    expect(countByProcess(now, before).map(({ recent }) => recent?.hit)).toEqual([5, 0]);
    expect(countByModel(now, null).get("Product")).toMatchObject({ recent: null });
  });

  it("are never below 0", () => {
    const [before, now] = [[answer("a", { Product: { hit: 10 } })], [answer("a", { Product: { hit: 1 } })]];
    expect(countByModel(now, before).get("Product")!.recent!.hit).toBe(0);
  });
});

describe("the table", () => {
  it("has rates of what happened between two samples", () => {
    const text = renderStats(
      sampleOf(4000, [answer("a", { Product: { hit: 30, l1Hit: 10, miss: 10 } })]),
      sampleOf(2000, [answer("a", { Product: { hit: 10, l1Hit: 0, miss: 5 } })]),
      OPTIONS,
    );
    expect(text).toContain('1 process of namespace "shop", in the last 2 s');
    expect(text).toMatch(/\nProduct +80 % +10 +50 % +2\.5 +0 +0 +– +–\n/);
  });

  it("shows the most asked for where there is no room, and the sum of all", () => {
    const models = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`Model${i}`, { hit: i }]));
    const text = renderStats(sampleOf(0, [answer("a", models)]), null, { ...OPTIONS, rows: 3 });
    expect(text.match(/^Model\d+/gm)).toEqual(["Model29", "Model28", "Model27"]);
    expect(text).toMatch(/\nall +100 % +435 /);
    expect(text).toContain("and 27 more models");
  });

  it("has the queries of all processes, those first that the database works for longest", () => {
    const query = {
      ...NONE,
      model: "Product",
      operation: "findMany",
      tags: [],
      invalidated: 0,
      needless: 1,
      hitRatio: 0.5,
    };
    const slow = { ...query, shape: "{ where: { name:\n ? } }", hit: 4, miss: 4, loads: 4, loadMilliseconds: 400 };
    const quick = { ...query, shape: "{}", hit: 1, miss: 1, loads: 1, loadMilliseconds: 10 };
    const queries = { byLoads: [quick, slow], byLoadMilliseconds: [slow], bySavedMilliseconds: [], byNeedless: [slow] };
    const of = (id: string): ProcessStats => {
      const one = answer(id, {});
      return { ...one, stats: { ...one.stats, queries } };
    };
    const text = renderStats(sampleOf(0, [of("a"), of("b")]), null, { ...OPTIONS, queries: true });
    const [first, second] = text.split("\n").filter((line) => line.startsWith("Product.findMany"));
    expect(first).toMatch(/^Product\.findMany \{ where: \{ name: \? \} \} +50 % +8 +2 +100 ms +800 ms +–$/);
    expect(second).toMatch(/^Product\.findMany \{\} +50 % +2 +2 +10 ms +20 ms +–$/);
  });

  it("leaves out columns that have no room", () => {
    const sample = sampleOf(0, [answer("a", { Product: { hit: 20, miss: 5 } })]);
    const at = (width: number) => renderStats(sample, null, { ...OPTIONS, processes: true, width }).split("\n");
    expect(at(60).find((line) => line.startsWith("model"))).toMatch(
      /^model +hit ratio +hits +misses +bypasses +loads +saved$/,
    );
    expect(at(30).find((line) => line.startsWith("Product"))).toMatch(/^Product +80 % +20 +–$/);
    for (const line of at(60)) expect(line.length, line).toBeLessThanOrEqual(60);
  });

  it("says who did not answer, and whose reads go past the cache", () => {
    const one = answer("a", { Product: { hit: 1 } });
    const paused = { ...one, stats: { ...one.stats, isPaused: true } };
    const text = renderStats(sampleOf(0, [paused], 3), null, OPTIONS);
    expect(text).toContain("2 did not answer in time");
    expect(text).toContain("web:7: paused: its reads go past the cache");
  });

  it("is of the models that are asked for", () => {
    const sample = sampleOf(0, [answer("a", { Product: { hit: 1 }, Order: { hit: 1 } })]);
    expect(renderStats(sample, null, { ...OPTIONS, models: ["Order"] })).not.toContain("Product");
    expect(renderStats(sample, null, { ...OPTIONS, models: ["None"] })).toContain("No reads were counted.");
  });

  it("says why nobody answers", () => {
    expect(renderStats(sampleOf(0, [], 0), null, OPTIONS)).toMatch(/^No process answers in the namespace "shop"/);
    expect(renderStats(sampleOf(0, [], 2), null, OPTIONS)).toMatch(/^2 processes have heard the question, and none/);
  });
});

it("Redis' figures are those of all primaries", () => {
  const one = readFigures("redis_version:7.2.4\nused_memory:10\nmaxmemory:100\nevicted_keys:1\nconnected_clients:2\n");
  expect(combine([one, one])).toMatchObject({ servers: 2, usedMemory: 20, maxMemory: 200, evicted: 2, clients: 4 });
  expect(combine([one, { ...one, maxMemory: 0 }]).maxMemory).toBe(0);
  expect(readFigures("redis_version:7.2.4\r\nvalkey_version:8.1.0\r\n").version).toBe("Valkey 8.1.0");
});

describe("an event in a line", () => {
  const process: ProcessInfo = { id: "a", host: "web", pid: 7, startedAt: 0, version: "1" };
  const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();

  it.each<[ObservedEvent, string]>([
    [
      {
        type: "hit",
        at,
        model: "Product",
        operation: "findMany",
        tier: "redis",
        key: "k",
        milliseconds: 0.5,
        bytes: 100,
      },
      "03:04:05.006  web:7  hit         Product.findMany  redis  0.5 ms  100 B  k",
    ],
    [
      { type: "invalidate", at, applied: false, cause: "call", tags: ["a", "b"] },
      "03:04:05.006  web:7  invalidate  call  not applied  tags a, b",
    ],
    [
      { type: "store", at, status: "unavailable", error: "Error: no" },
      "03:04:05.006  web:7  store       unavailable  Error: no",
    ],
    [{ type: "of-a-later-version", at, reason: "new" }, "03:04:05.006  web:7  of-a-later-version  new"],
  ])("%j", (event, line) => {
    expect(eventLine(event, process, colours)).toBe(line);
  });

  it("cannot steer the terminal", () => {
    const event = { type: "hit", at, key: "k\n\u001B[2Jx\u0007\u009B31m", model: "M\r" };
    // oxlint-disable-next-line no-control-regex
    expect(eventLine(event, null, colours)).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
  });

  it("is known for each type", () => {
    expect(EVENT_TYPES.length).toBeGreaterThan(20);
  });
});
