import { expect, it } from "vitest";
import { admin } from "../../redis/test/kit.js";
import { prepareScratch } from "../src/bench/store-calls.js";
import { summarize, type Latencies } from "../src/bench/latencies.js";
import { testNamespace } from "./namespace-kit.js";

it("measures what the cache asks of Redis, and leaves nothing there", async () => {
  const { json, server, run } = await testNamespace();
  const told = (await json("bench", "--seconds", "0.5", "--size", "5000", "--concurrency", "4")) as {
    calls: Record<"ping" | "read" | "mint" | "fill" | "write", Latencies>;
    costs: { hit: number; miss: number; write: number };
  };
  expect(Object.keys(told.calls)).toEqual(["ping", "read", "mint", "fill", "write"]);
  for (const { count, p50, p99, max, perSecond } of Object.values(told.calls)) {
    expect([count > 0, p50 > 0, p50 <= p99, p99 <= max, perSecond > 0]).toEqual([true, true, true, true, true]);
  }
  const { hit, miss, write } = told.costs;
  expect([hit, write]).toEqual([told.calls.read.p50, told.calls.write.p50]);
  expect(miss).toBeGreaterThan(hit);
  const redis = admin(server);
  // The tags that live for a millisecond.
  await expect.poll(() => redis.dbsize(), { timeout: 10_000 }).toBe(0);
  await redis.quit();
  const { stdout } = await run("bench", "--seconds", "0.2");
  expect(stdout).toMatch(/one call at a time[\s\S]*read +an entry and its 2 tokens[\s\S]*a hit +[\d.]+ ms/);
});

it("takes no more of the server's memory for larger results", async () => {
  const { store, server } = await testNamespace();
  const scratch = await prepareScratch(store, 4 * 1024 ** 2);
  const redis = admin(server);
  const used = Number(/used_memory_dataset:(\d+)/.exec(await redis.info("memory"))![1]);
  expect(used).toBeLessThan(48 * 1024 ** 2);
  for (const i of [0, 7, 8, 99])
    expect((await scratch.calls.read(i)) as object).toMatchObject({ entry: expect.anything() as object });
  await redis.quit();
});

it("summarizes times", () => {
  const times = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(summarize(times, 2_000)).toEqual({ count: 100, perSecond: 50, p50: 50, p99: 99, max: 100 });
  expect(summarize([], 0)).toEqual({ count: 0, perSecond: 0, p50: 0, p99: 0, max: 0 });
});

it.each([
  ["--seconds", "0", /above 0/],
  ["--size", "x", /whole number/],
  ["--size", "33554433", /--size: write 33554432 or less/],
  ["--concurrency", "1.5", /whole number/],
])("refuses %s %s", async (option, value, message) => {
  const { run } = await testNamespace();
  const { code, stderr } = await run("bench", option, value);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});
