import { cacheExtension } from "@evercache/prisma";
import { cacheMetrics } from "@evercache/prometheus";
import { Registry } from "prom-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { redisUrl, testClient } from "../setup/client.js";
import { startRedis } from "../setup/redis.js";
import { parseScrape, valueOf } from "../setup/scrape.js";
import { settled } from "../setup/settled.js";

type Options = NonNullable<Parameters<typeof cacheExtension>[0]>;
type Labels = Readonly<Record<string, string>>;

let namespaces = 0;

/** A cache with its metrics, and how these change. */
async function shop(options: Options = {}) {
  const { prisma: plain } = await testClient("sqlite");
  await plain.country.createMany({ data: ["AT", "FR", "IT"].map((code) => ({ code, name: code })) });
  const namespace = `metrics-${process.pid}-${namespaces++}`;
  const patient = { deadline: "10s", writeDeadline: "10s" } as const;
  const defaults = { ttl: "1h" } as const;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, ...patient, defaults, ...options }));
  onTestFinished(() => cached.$cache.disconnect());
  const register = new Registry();
  const metrics = cacheMetrics(cached.$cache, { register });
  onTestFinished(() => metrics.end());
  const value = async (name: string, labels: Labels = {}) =>
    valueOf(parseScrape(await register.metrics()), `evercache_${name}`, { cache: namespace, ...labels }) ?? 0;
  return { plain, cached, register, value };
}

const AT = { where: { code: "AT" } };
const COUNTRY = { model: "Country" };

describe("reads", () => {
  it("are told by model, operation and result", async () => {
    const { cached, value } = await shop();
    await cached.country.findUnique(AT);
    await settled(cached);
    await cached.country.findUnique(AT);
    await cached.country.findUniqueOrThrow(AT);
    await settled(cached);
    await cached.country.findUniqueOrThrow(AT);
    await cached.country.count();
    const of = (operation: string, result: string) => value("reads_total", { ...COUNTRY, operation, result });
    const unique = [await of("findUnique", "redis"), await of("findUnique", "miss"), await of("findUnique", "l1")];
    expect(unique[0]! + unique[1]!).toBe(4);
    expect(unique[0]).toBeGreaterThanOrEqual(2);
    expect(unique[2]).toBe(0);
    expect(await of("aggregate", "miss")).toBe(1);
    expect(await value("misses_total", { ...COUNTRY, reason: "absent" })).toBe(unique[1]! + 1);
    expect(await value("model_load_seconds_count", COUNTRY)).toBe(unique[1]! + 1);
    expect(await value("load_seconds_count")).toBe(unique[1]! + 1);
    expect(await value("saved_seconds_total", COUNTRY)).toBeGreaterThan(0);
    expect(await value("lookup_seconds_count")).toBe(5);
    expect(await value("decode_seconds_count")).toBe(unique[0]);
  });

  it("in process memory are told as such", async () => {
    const { cached, value } = await shop({ models: { Country: { l1: true } } });
    const read = () => cached.country.findUnique(AT);
    await expect.poll(async () => (await read().withCacheInfo()).info.tier).toBe("l1");
    const before = await value("reads_total", { ...COUNTRY, result: "l1" });
    for (let i = 0; i < 100; i++) await read();
    expect(await value("reads_total", { ...COUNTRY, result: "l1" })).toBe(before + 100);
    expect(await value("l1_entries")).toBe(1);
    expect(await value("l1_bytes")).toBeGreaterThan(100);
  });

  it("in process memory that ask the store say how long that took", async () => {
    const { cached, value } = await shop({ models: { Country: { l1: { mode: "validated" } } } });
    const read = () => cached.country.findUnique(AT);
    await expect.poll(async () => (await read().withCacheInfo()).info.tier).toBe("l1");
    const before = await value("lookup_seconds_count");
    for (let i = 0; i < 10; i++) await read();
    expect(await value("lookup_seconds_count")).toBe(before + 10);
    expect(await value("reads_total", { ...COUNTRY, result: "l1" })).toBeGreaterThanOrEqual(11);
  });

  it("of a cache without Redis are of the tier memory", async () => {
    const { prisma: plain } = await testClient("sqlite");
    const cached = plain.$extends(cacheExtension({}));
    onTestFinished(() => cached.$cache.disconnect());
    const register = new Registry();
    cacheMetrics(cached.$cache, { register });
    await cached.country.findMany();
    await settled(cached);
    await cached.country.findMany();
    const series = parseScrape(await register.metrics());
    expect(valueOf(series, "evercache_reads_total", { operation: "findMany", result: "memory" })).toBe(1);
  });

  it("past the cache are told by reason", async () => {
    const { cached, value } = await shop({ models: { User: false } });
    const of = (model: string, reason: string) => value("bypasses_total", { model, reason });
    await cached.country.findUnique({ ...AT, cache: false });
    await cached.user.findMany();
    await cached.$transaction(async (transaction) => transaction.country.findUnique(AT));
    expect(await of("Country", "policy")).toBe(1);
    expect(await of("User", "policy")).toBe(1);
    expect(await of("Country", "transaction")).toBe(1);
    cached.$cache.pause();
    await cached.country.findUnique(AT);
    expect(await of("(all)", "paused")).toBe(1);
    expect(await value("paused")).toBe(1);
  });

  it("that wait for each other are joined", async () => {
    const { cached, value } = await shop();
    await Promise.all(Array.from({ length: 10 }, () => cached.country.findMany()));
    expect(await value("joins_total")).toBe(9);
    expect(await value("load_seconds_count")).toBe(1);
  });

  it("that come to an expired result are stale, and have it loaded anew", async () => {
    const { cached, value } = await shop({ defaults: { ttl: "1ms", swr: "1h" } });
    await cached.country.findMany();
    await settled(cached);
    await cached.country.findMany();
    expect(await value("reads_total", { operation: "findMany", result: "stale" })).toBe(1);
    await expect.poll(() => value("refreshes_total", { outcome: "stored" })).toBe(1);
  });
});

describe("writes", () => {
  it("are told by the models they touch, and by what they were", async () => {
    const { cached, value } = await shop();
    const of = (cause: string, model = "Country") => value("invalidations_total", { model, cause });
    await cached.country.create({ data: { code: "ES", name: "Spain" } });
    await cached.country.update({ where: { code: "ES" }, data: { name: "España" } });
    await cached.country.upsert({ where: { code: "ES" }, create: { code: "ES", name: "" }, update: { name: "Spain" } });
    await cached.country.deleteMany({ where: { code: "ES" } });
    await cached.$transaction(async (transaction) => {
      await transaction.country.update({ ...AT, data: { name: "Austria" } });
      await transaction.supplier.create({ data: { name: "Supplier" } });
    });
    await cached.$executeRaw`UPDATE "Country" SET "name" = 'x' WHERE "code" = 'AT'`;
    await cached.$cache.invalidate({ models: ["Country"], tags: ["home", "start"] });
    const causes = { create: 1, update: 2, delete: 1, transaction: 1, sql: 1, call: 1 };
    for (const [cause, times] of Object.entries(causes)) expect(await of(cause), cause).toBe(times);
    expect(await of("transaction", "Supplier")).toBe(1);
    expect(await of("call", "(tags)")).toBe(1);
    expect(await value("releases_total", { outcome: "changed" })).toBe(6);
    expect(await value("quarantines_total", { outcome: "refused" })).toBe(0);
    expect(await value("quarantine_seconds_count")).toBe(await value("quarantines_total", { outcome: "locked" }));
    expect(await value("release_seconds_count")).toBe(6);
  });

  it("that are rolled back invalidate nothing", async () => {
    const { cached, value } = await shop();
    const failing = cached.$transaction(async (transaction) => {
      await transaction.country.update({ ...AT, data: { name: "Austria" } });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    expect(await value("invalidations_total")).toBe(0);
  });
});

it("fills tell their size, time and outcome", async () => {
  const { cached, value } = await shop();
  await cached.country.findMany();
  await settled(cached);
  expect(await value("fills_total", { outcome: "stored" })).toBe(1);
  expect(await value("result_bytes_count")).toBe(1);
  expect(await value("result_bytes_sum")).toBeGreaterThan(10);
  expect(await value("encode_seconds_count")).toBe(1);
  expect(await value("store_seconds_count")).toBe(1);
});

it("what verify finds is told", async () => {
  const { plain, cached, value } = await shop({ verify: 1 });
  await cached.country.findUnique(AT);
  await settled(cached);
  await plain.country.update({ ...AT, data: { name: "Changed past the cache" } });
  await cached.country.findUnique(AT);
  await expect.poll(() => value("verifications_total", { outcome: "violation" })).toBe(1);
  await expect.poll(() => value("invalidations_total", { ...COUNTRY, cause: "verify" })).toBe(1);
  expect(await value("verified_fills_total", { outcome: "dead" })).toBe(0);
});

it("a Redis that is gone shows in refusals, bypasses and recovery queue, and so does its return", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const { cached, value } = await shop({ redis: redis.url, deadline: "2s", writeDeadline: "2s" });
  await cached.country.findMany();
  await redis.kill();
  await cached.country.update({ ...AT, data: { name: "Austria" } });
  expect(await value("quarantines_total", { outcome: "refused" })).toBeGreaterThanOrEqual(1);
  expect(await value("recovery_pending")).toBeGreaterThan(0);
  await cached.country.findMany();
  const past = ["unreachable", "recovering"].map((reason) => value("bypasses_total", { model: "(all)", reason }));
  expect((await Promise.all(past)).reduce((sum, count) => sum + count, 0)).toBe(1);
  await redis.restart();
  await expect.poll(() => value("recovery_pending"), { timeout: 20_000 }).toBe(0);
});

it("warnings are told by code, and printed all the same", async () => {
  const printed: string[] = [];
  const note = (warning: Error & { code?: string }) => void printed.push(warning.code ?? "");
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const failing = () => {
    throw new Error("no ttl today");
  };
  const { cached, value } = await shop({ models: { Country: { ttl: failing } } });
  await cached.country.findMany();
  expect(await value("warnings_total", { code: "TTL_FAILED" })).toBe(1);
  await expect.poll(() => printed).toContain("TTL_FAILED");
});
