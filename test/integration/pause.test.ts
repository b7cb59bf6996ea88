import type { CacheEvent } from "@evercache/prisma";
import { expect, onTestFinished, test, vi } from "vitest";
import { cachedShop, LOADED, ROW, shop, withCache } from "./fast-path-clients.js";

test.each([true, false])("pause() sends every read past the cache, until resume(); fast path: %s", async (fastPath) => {
  const { cached, requests } = await cachedShop({ fastPath, defaults: { l1: true } });
  const read = () => cached.product.findUnique(ROW);
  for (let i = 0; i < 4; i++) await read();
  expect((await requests.of(read)).sent).toBe(0);

  cached.$cache.pause();
  expect((await requests.of(read)).sent).toBe(1);
  expect((await cached.product.findUnique(ROW).withCacheInfo()).info).toMatchObject({
    status: "bypass",
    reason: "paused",
  });
  expect(await cached.$cache.explain(cached.product.findUnique(ROW))).toMatchObject({
    verdict: "bypass",
    reason: "paused",
  });
  const raw = cached.$cache.queryRaw({ models: ["Product"] });
  expect((await raw`SELECT 1 FROM "Product"`.withCacheInfo()).info.reason).toBe("paused");
  await cached.product.update({ ...ROW, data: { name: "Written while it was paused" } });
  expect((await read())?.name).toBe("Written while it was paused");

  cached.$cache.resume();
  expect((await read())?.name).toBe("Written while it was paused");
  expect((await requests.of(read)).sent).toBe(0);
});

test.each([
  ["1", true],
  ["true", true],
  ["yes please", true],
  ["0", false],
  ["False", false],
  ["", false],
])("EVERCACHE_DISABLED=%s", async (value, isDisabled) => {
  vi.stubEnv("EVERCACHE_DISABLED", value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { plain, requests } = await shop();
  const cached = withCache(plain);
  onTestFinished(() => cached.$cache.disconnect());
  const warnings: CacheEvent[] = [];
  cached.$cache.on("event", (event) => event.type === "warning" && warnings.push(event));
  const read = () => cached.product.findUnique(ROW);
  await read();
  expect(await requests.of(read)).toEqual(isDisabled ? LOADED : { taken: 0, sent: 0 });
  expect(cached.$cache.stats().isPaused).toBe(isDisabled);
  await expect.poll(() => warnings.length).toBe(isDisabled ? 1 : 0);
  cached.$cache.resume();
  await read();
  expect((await requests.of(read)).sent).toBe(0);
});
