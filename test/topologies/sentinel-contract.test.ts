import { createRedisStore } from "@evercache/redis";
import { storeContract } from "@evercache/testing/store-contract";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { afterAll, beforeAll } from "vitest";
import { startRedisSentinels, type RedisSentinels } from "../setup/redis-sentinel.js";

let set: RedisSentinels;
const applications: { disconnect(): void }[] = [];

beforeAll(async () => {
  set = await startRedisSentinels();
});
afterAll(async () => {
  for (const redis of applications) redis.disconnect();
  await set.stop();
});

storeContract("redis behind sentinels, by options", () =>
  createRedisStore({ redis: { ...set.options }, namespace: "options" }),
);

storeContract("redis behind sentinels, by an instance of ioredis 6", () => {
  const redis = new Redis({ ...set.options, lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "six" });
});

storeContract("redis behind sentinels, by an instance of ioredis 5", () => {
  const redis = new Redis5({ ...set.options, lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "five" });
});
