import { createServer, type AddressInfo, type Socket } from "node:net";
import { Cluster, Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { expect, onTestFinished, test } from "vitest";
import { startRedis, type RedisServer } from "../../../test/setup/redis.js";
import { startRedisCluster } from "../../../test/setup/redis-cluster.js";
import { startRedisSentinels } from "../../../test/setup/redis-sentinel.js";
import { valueOf, type Series } from "../../../test/setup/scrape.js";
import { measured, scrape } from "./kit.js";

async function server(...args: string[]): Promise<RedisServer> {
  const redis = await startRedis(args);
  onTestFinished(() => redis.stop());
  return redis;
}

function client<T extends Redis | Redis5>(url: string, Driver: new (url: string) => T): T;
function client(url: string): Redis;
function client(url: string, Driver: new (url: string) => Redis | Redis5 = Redis): Redis | Redis5 {
  const redis = new Driver(url);
  redis.on("error", () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

const namesOf = (series: readonly Series[]) => [
  ...new Set(series.filter(({ name }) => name.startsWith("evercache_redis")).map(({ name }) => name)),
];

test("a server tells its memory, keys, commands, clients and replicas", async () => {
  const redis = await server("--maxmemory", "100mb");
  const admin = client(redis.url);
  await admin.set("here", "1");
  await admin.mget("here", "away");
  await admin.set("gone", "1", "PX", 1);
  await expect.poll(() => admin.get("gone")).toBeNull();
  const { register } = measured({ namespace: "shop", redis: redis.url });

  const series = await scrape(register);
  const labels = { cache: "shop", node: `127.0.0.1:${redis.port}` };
  const of = (name: string, more = {}) => valueOf(series, `evercache_redis_${name}`, { ...labels, ...more });
  expect(of("up")).toBe(1);
  expect(of("ping_seconds")).toBeGreaterThan(0);
  expect(of("max_memory_bytes")).toBe(100 * 2 ** 20);
  expect(of("used_memory_bytes")).toBeGreaterThan(100_000);
  expect(of("evicted_keys_total")).toBe(0);
  expect(of("expired_keys_total")).toBe(1);
  expect(of("keyspace_hits_total")).toBeGreaterThanOrEqual(1);
  expect(of("keyspace_misses_total")).toBeGreaterThanOrEqual(2);
  expect(of("connected_clients")).toBe(2);
  expect(of("connected_replicas")).toBe(0);
  expect(of("commands_total", { command: "set" })).toBe(2);
  expect(of("command_seconds_total", { command: "set" })).toBeGreaterThan(0);
  expect(namesOf(series)).toHaveLength(12);
  // Whatever else is sent to a server, there is no series of it.
  expect(valueOf(series, "evercache_redis_commands_total", { command: "client" })).toBeUndefined();
});

test("each scrape has a connection of its own, which leaves with it", async () => {
  const redis = await server();
  const admin = client(redis.url);
  const { register } = measured({ redis: redis.url });
  for (let i = 0; i < 3; i++) await scrape(register);
  // Scrapes that overlap share one.
  await Promise.all([scrape(register), scrape(register), scrape(register)]);
  const connections = async () => (await admin.client("LIST")) as string;
  await expect.poll(connections).not.toContain("evercache-metrics");
  expect(await admin.info("stats")).toMatch(/total_connections_received:5\r/);
});

test("no Redis is asked where none is named", async () => {
  const { register } = measured();
  expect(namesOf(await scrape(register))).toEqual([]);
});

test.each([
  ["a URL", ({ url }: RedisServer) => url],
  ["options", ({ host, port }: RedisServer) => ({ host, port })],
  ["a client", ({ url }: RedisServer) => client(url)],
  ["a client of ioredis 5", ({ url }: RedisServer) => client(url, Redis5)],
])("%s names the server", async (_, redisOf) => {
  const redis = await server();
  const { register } = measured({ redis: redisOf(redis) });
  const node = `127.0.0.1:${redis.port}`;
  expect(valueOf(await scrape(register), "evercache_redis_up", { node })).toBe(1);
});

test("a client that is given is left alone", async () => {
  const redis = await server();
  const given = new Redis(redis.url, { lazyConnect: true, keyPrefix: "app:" });
  const { register } = measured({ redis: given });
  expect(valueOf(await scrape(register), "evercache_redis_up")).toBe(1);
  expect(given.status).toBe("wait");
});

test("a password stays out of the labels", async () => {
  const redis = await server("--requirepass", "secret");
  const { register } = measured({ redis: `redis://:secret@127.0.0.1:${redis.port}/0` });
  const text = await register.metrics();
  expect(text).toContain(`evercache_redis_up{cache="evercache",node="127.0.0.1:${redis.port}"} 1`);
  expect(text).not.toContain("secret");
});

test("a wrong password is a server that is not up", async () => {
  const redis = await server("--requirepass", "secret");
  const { register } = measured({ redis: `redis://:guess@127.0.0.1:${redis.port}` });
  const series = await scrape(register);
  expect(valueOf(series, "evercache_redis_up")).toBe(0);
});

test("a server that is frozen, killed or back again fails no scrape", async () => {
  const redis = await server();
  const { register } = measured({ redis: redis.url, redisTimeout: "200ms" });
  await redis.pause();
  const began = performance.now();
  const frozen = await scrape(register);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(namesOf(frozen)).toEqual(["evercache_redis_up"]);
  expect(valueOf(frozen, "evercache_redis_up")).toBe(0);
  expect(valueOf(frozen, "evercache_breaker_open")).toBe(0);

  await redis.resume();
  await expect.poll(async () => valueOf(await scrape(register), "evercache_redis_up")).toBe(1);
  await redis.kill();
  expect(valueOf(await scrape(register), "evercache_redis_up")).toBe(0);
  await redis.restart();
  await expect.poll(async () => valueOf(await scrape(register), "evercache_redis_up")).toBe(1);
});

test.each([
  ["says nothing", () => {}],
  ["speaks another language", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["refuses everything", (socket: Socket) => socket.on("data", () => socket.write("-NOPERM no\r\n".repeat(9)))],
  ["answers with nonsense", (socket: Socket) => socket.on("data", () => socket.write("+nonsense\r\n".repeat(9)))],
])("a server that %s fails no scrape", async (_, answer) => {
  const sockets = new Set<Socket>();
  const odd = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    odd.close();
  });
  const { port } = odd.address() as AddressInfo;
  const { register } = measured({ redis: { host: "127.0.0.1", port }, redisTimeout: "300ms" });
  const series = await scrape(register);
  expect(namesOf(series)).toEqual(["evercache_redis_up"]);
  expect(valueOf(series, "evercache_redis_up")).toBe(0);
  expect(valueOf(series, "evercache_paused")).toBe(0);
});

test("of a cluster each node is told, replicas too", async () => {
  const cluster = await startRedisCluster({ replicas: 1 });
  onTestFinished(() => cluster.stop());
  const given = new Cluster([...cluster.startupNodes]);
  onTestFinished(() => given.disconnect());
  const { register } = measured({ redis: given, redisTimeout: "500ms" });
  const up = async () => {
    const series = (await scrape(register)).filter(({ name }) => name === "evercache_redis_up");
    return new Map(series.map(({ labels, value }) => [labels["node"], value]));
  };
  await expect.poll(up).toEqual(new Map(cluster.nodes.map(({ port }) => [`127.0.0.1:${port}`, 1])));
}, 60_000);

test("sentinels lead to the primary, which is called by its name", async () => {
  const sentinels = await startRedisSentinels();
  onTestFinished(() => sentinels.stop());
  const { register } = measured({ redis: sentinels.options, redisTimeout: "5s" });
  const series = await scrape(register);
  const labels = { node: sentinels.name };
  expect(valueOf(series, "evercache_redis_up", labels)).toBe(1);
  expect(valueOf(series, "evercache_redis_connected_replicas", labels)).toBe(1);
}, 60_000);

test("a cluster that knows no node yet is not up", async () => {
  const { register } = measured({
    redis: { isCluster: true, duplicate: () => ({}), nodes: () => [] } as { isCluster: boolean; duplicate(): unknown },
  });
  expect(valueOf(await scrape(register), "evercache_redis_up", { node: "cluster" })).toBe(0);
});
