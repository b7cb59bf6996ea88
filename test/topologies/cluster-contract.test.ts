import { createRedisStore } from "@evercache/redis";
import { storeContract } from "@evercache/testing/store-contract";
import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis5";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";

let cluster: RedisCluster;
const applications: { disconnect(): void }[] = [];

beforeAll(async () => {
  cluster = await startRedisCluster({ primaries: 3 });
});
afterAll(async () => {
  for (const redis of applications) redis.disconnect();
  await cluster.stop();
});

storeContract("redis cluster, by an instance of ioredis 6", () => {
  const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "six" });
});

storeContract("redis cluster, by an instance of ioredis 5", () => {
  const redis = new Cluster5([...cluster.startupNodes].slice(1), { lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "five" });
});

it("spread its keys over all nodes, each with a time to live", async () => {
  for (const index of cluster.nodes.keys()) {
    const keys = await cluster.admin(index).keys("*");
    expect(keys.length).toBeGreaterThan(20);
    const lives = await Promise.all(keys.map((key) => cluster.admin(index).pttl(key)));
    // -2: it has ended meanwhile.
    expect(lives.filter((life) => life === -1)).toEqual([]);
  }
});
