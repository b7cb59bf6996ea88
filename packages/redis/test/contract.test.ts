import { storeContract } from "@evercache/testing/store-contract";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRedis, type RedisServer } from "../../../test/setup/redis.js";
import { createRedisStore } from "../src/index.js";

let server: RedisServer;
const applications: { disconnect(): void }[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  for (const redis of applications) redis.disconnect();
  await server.stop();
});

storeContract("redis, by a URL", () => createRedisStore({ redis: server.url, namespace: "url" }));

storeContract("redis, by an instance of ioredis 6", () => {
  const redis = new Redis(server.port, { lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "six" });
});

storeContract("redis, by an instance of ioredis 5", () => {
  const redis = new Redis5(server.port, { lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "five" });
});

it("every key that the contract left behind has a time to live", async () => {
  const redis = new Redis(server.port);
  applications.push(redis);
  const keys = await redis.keys("*");
  expect(keys.length).toBeGreaterThan(100);
  const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
  // -2: it has ended meanwhile.
  expect(lives.filter((life) => life === -1)).toEqual([]);
});
