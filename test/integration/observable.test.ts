import { Observer } from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../setup/redis.js";
import { ROW, shop, withCache, type Options } from "./fast-path-clients.js";

async function observed(options: Options) {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const { plain } = await shop();
  const cached = withCache(plain, { redis: redis.url, namespace: "shop", ...options });
  onTestFinished(() => cached.$cache.disconnect());
  const store = createRedisStore({ redis: redis.url, namespace: "shop" });
  const observer = new Observer(store);
  onTestFinished(async () => {
    await observer.close();
    await store.close();
  });
  await observer.ready();
  await cached.product.findUnique(ROW);
  const admin = new Redis(redis.port);
  onTestFinished(() => admin.disconnect());
  return { cached, observer, admin };
}

test.each<[string, Options]>([
  ["where a model has tracked L1", { models: { Product: { l1: true } } }],
  ["where the option says so", { observable: true }],
])("a client answers tools %s", async (_, options) => {
  const { cached, observer } = await observed(options);
  await expect.poll(async () => (await observer.stats(1000)).answers).toHaveLength(1);
  await cached.product.findUnique(ROW);
  const [answer] = (await observer.stats(1000)).answers;
  expect(answer!.stats).toEqual(JSON.parse(JSON.stringify(cached.$cache.stats())));
  const byQuery = (await observer.stats(1000, 5)).answers[0]!.stats.queries;
  expect(byQuery!.byLoads).toMatchObject([{ model: "Product", operation: "findUnique", loads: 1 }]);
  expect(answer!.process).toMatchObject({ pid: process.pid, version: "unpublished" });
});

test.each<[string, Options]>([
  ["by default", {}],
  ["with L1 that is validated", { defaults: { l1: { mode: "validated" } } }],
  ["where the option says so", { observable: false, defaults: { l1: true } }],
])("a client answers nobody %s", async (_, options) => {
  const { cached, observer, admin } = await observed(options);
  if (options.observable === false) {
    // By then it has asked for all of its channels.
    const channels = () => admin.call("PUBSUB", ["CHANNELS", "*:invalidated:*"]);
    await expect.poll(channels).not.toEqual([]);
  }
  await cached.product.findUnique(ROW);
  expect(await observer.stats(1000)).toEqual({ asked: 0, answers: [] });
});
