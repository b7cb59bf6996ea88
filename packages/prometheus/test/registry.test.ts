import { AggregatorRegistry, Counter, Registry, type OpenMetricsContentType } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../../../test/setup/redis.js";
import { parseScrape, valueOf } from "../../../test/setup/scrape.js";
import { cacheMetrics } from "../src/index.js";
import { measured, measuredCache, scrape } from "./kit.js";

const QUERY = { model: "User", operation: "findMany", key: "k" };
const MISS = { type: "miss", ...QUERY, reason: "absent", tagCount: 1 } as const;
const LOAD = { type: "load", ...QUERY, milliseconds: 30, rows: 1 } as const;

test("caches of one registry are told apart by their namespace, and leave one by one", async () => {
  const register = new Registry();
  const [shop, blog] = [measuredCache(), measuredCache()];
  const ofShop = cacheMetrics(shop, { register, namespace: "shop" });
  const ofBlog = cacheMetrics(blog, { register, namespace: "blog" });
  shop.emit(MISS);
  blog.emit(MISS);
  blog.emit(MISS);
  const both = await scrape(register);
  expect(valueOf(both, "evercache_misses_total", { cache: "shop" })).toBe(1);
  expect(valueOf(both, "evercache_misses_total", { cache: "blog" })).toBe(2);

  ofShop.end();
  const one = await scrape(register);
  expect(one.filter(({ labels }) => labels["cache"] === "shop")).toEqual([]);
  expect(valueOf(one, "evercache_misses_total", { cache: "blog" })).toBe(2);

  ofBlog.end();
  ofBlog.end();
  expect(register.getMetricsAsArray()).toEqual([]);
});

test("a name is given once, and again when its cache has left", async () => {
  const { register, metrics } = measured({ namespace: "shop" });
  const again = () => cacheMetrics(measuredCache(), { register, namespace: "shop" });
  expect(again).toThrow(/already.*namespace/);
  metrics.end();
  again();
  expect(valueOf(await scrape(register), "evercache_breaker_open", { cache: "shop" })).toBe(0);
});

test("what has ended counts no more, and does not end who came after it", async () => {
  const { register, metrics, cache, emit } = measured();
  metrics.end();
  emit(MISS);
  cacheMetrics(cache, { register });
  metrics.end();
  emit(MISS);
  expect(valueOf(await scrape(register), "evercache_misses_total")).toBe(1);
});

test("metrics of others stay where they are", async () => {
  const { register, metrics } = measured();
  new Counter({ name: "requests_total", help: "Requests", registers: [register] }).inc();
  metrics.end();
  expect(await register.metrics()).toContain("requests_total 1");
});

test("a registry that was cleared takes them again with the next cache", async () => {
  const { register } = measured({ namespace: "shop" });
  register.clear();
  cacheMetrics(measuredCache(), { register, namespace: "blog" });
  expect((await scrape(register)).filter(({ name }) => name === "evercache_paused")).toHaveLength(2);
});

test("the text, and what workers aggregate, say the same", async () => {
  const { register, emit } = measured();
  emit(LOAD);
  const text = await scrape(register);
  expect(valueOf(text, "evercache_load_seconds_bucket", { le: "0.05" })).toBe(1);
  expect(valueOf(text, "evercache_load_seconds_bucket", { le: "0.025" })).toBe(0);
  expect(valueOf(text, "evercache_model_load_seconds_sum", { model: "User" })).toBe(0.03);
  const json = await register.getMetricsAsJSON();
  expect(json.find(({ name }) => name === "evercache_load_seconds")?.values).toContainEqual({
    metricName: "evercache_load_seconds_bucket",
    labels: { cache: "evercache", le: 0.05 },
    value: 1,
  });
});

test("workers are added up, but for flags and what Redis says, which are the same in each", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const workers = [measured({ redis: redis.url }), measured({ redis: redis.url })];
  const told = [];
  for (const { register, emit } of workers) {
    emit(MISS);
    emit({ type: "breaker", state: "open" });
    emit({ type: "pause", isPaused: true });
    emit({ type: "recovery", outcome: "queued", pending: 3 });
    told.push(await register.getMetricsAsJSON());
  }
  const series = parseScrape(await AggregatorRegistry.aggregate(told).metrics());
  expect(valueOf(series, "evercache_misses_total")).toBe(2);
  expect(valueOf(series, "evercache_recovery_pending")).toBe(6);
  for (const flag of ["breaker_open", "paused", "redis_up"]) expect(valueOf(series, `evercache_${flag}`), flag).toBe(1);
  const clients = told.map((json) => json.find(({ name }) => name === "evercache_redis_connected_clients")?.values[0]);
  const most = Math.max(...clients.map((one) => one?.value ?? 0));
  expect(valueOf(series, "evercache_redis_connected_clients")).toBe(most);
});

test("what strikes the whole cache is told from the beginning: nobody can see the growth of what was not there before", async () => {
  const { register } = measured();
  const of = await scrape(register);
  for (const reason of ["unreachable", "recovering", "paused", "namespace-taken", "inner-extension"]) {
    expect(valueOf(of, "evercache_bypasses_total", { model: "(all)", reason }), reason).toBe(0);
  }
});

test("OpenMetrics is written too", async () => {
  const register = new Registry<OpenMetricsContentType>();
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const cache = measuredCache();
  cacheMetrics(cache, { register });
  cache.emit(MISS);
  const text = 'evercache_misses_total{cache="evercache",model="User",reason="absent"} 1';
  expect(await register.metrics()).toContain(text);
  expect(await register.metrics()).toContain(text);
});

test("of OpenMetrics nothing stays behind either, however often they come and go", async () => {
  const register = new Registry<OpenMetricsContentType>();
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (let times = 0; times < 3; times++) {
    const metrics = cacheMetrics(measuredCache(), { register });
    expect(await register.metrics()).toContain('evercache_joins_total{cache="evercache"} 0');
    metrics.end();
    expect(register.getMetricsAsArray()).toEqual([]);
  }
});

test("a registry that has a metric of one of these names is left as it is", () => {
  const register = new Registry();
  const theirs = new Counter({ name: "evercache_warnings_total", help: "Warnings", registers: [register] });
  const wrong = () => cacheMetrics(measuredCache(), { register });
  expect(wrong).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/register: .*evercache_warnings_total/),
    }),
  );
  expect(register.getMetricsAsArray()).toEqual([theirs]);
});

test("buckets are as they were asked for", async () => {
  const { register, emit } = measured({ buckets: { load: [0.02, 0.2] } });
  emit(LOAD);
  const buckets = (await scrape(register)).filter(({ name }) => name === "evercache_load_seconds_bucket");
  expect(buckets.map(({ labels, value }) => [labels["le"], value])).toEqual([
    ["0.02", 0],
    ["0.2", 1],
    ["+Inf", 1],
  ]);
});
