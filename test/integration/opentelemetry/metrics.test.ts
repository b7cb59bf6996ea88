import { expect, test } from "vitest";
import { settled } from "../../setup/settled.js";
import { telemetry, tracedShop, untilInMemory } from "./telemetry.js";

const ROW = { where: { id: 1 } } as const;
const IN_MEMORY = { models: { Product: { l1: true } } } as const;
const OPERATION = { "evercache.model": "Product", "db.operation.name": "findUnique" } as const;

test("reads are counted by how they were answered", async () => {
  const { cached, namespace } = await tracedShop();
  const { points } = telemetry();
  for (let reads = 0; reads < 3; reads++) {
    await cached.product.findUnique(ROW);
    await settled(cached);
  }
  await cached.product.findUnique({ ...ROW, cache: false });
  await cached.product.findMany();
  const miss = { "evercache.status": "miss", "evercache.reason": "absent", value: 1 };
  expect(await points("evercache.reads", namespace)).toEqual([
    { ...OPERATION, ...miss },
    { ...OPERATION, "evercache.status": "hit", "evercache.tier": "redis", value: 2 },
    { ...OPERATION, "evercache.status": "bypass", "evercache.reason": "query", value: 1 },
    { ...OPERATION, "db.operation.name": "findMany", ...miss },
  ]);
  expect(await points("evercache.fills", namespace)).toEqual([
    { ...OPERATION, "evercache.outcome": "stored", value: 1 },
  ]);
  const [saved] = await points("evercache.saved_time", namespace);
  expect(saved).toMatchObject({ ...OPERATION, value: expect.any(Number) });
});

test("durations are in seconds", async () => {
  const { cached, namespace } = await tracedShop();
  const { points } = telemetry();
  const began = performance.now();
  await cached.product.findUnique(ROW);
  await settled(cached);
  await cached.product.findUnique(ROW);
  await cached.product.update({ ...ROW, data: { name: "new" } });
  // Its release may still be under way.
  await settled(cached);
  const passed = (performance.now() - began) / 1000;

  const value = (count: number) => ({ count, sum: expect.any(Number) as number });
  const expected: [name: string, labels: object, count: number][] = [
    ["evercache.read.duration", { ...OPERATION, "evercache.status": "miss" }, 1],
    ["evercache.read.duration", { ...OPERATION, "evercache.status": "hit", "evercache.tier": "redis" }, 1],
    ["evercache.load.duration", OPERATION, 1],
    ["evercache.quarantine.duration", { "db.operation.name": "update", "evercache.outcome": "locked" }, 1],
    ["evercache.release.duration", { "db.operation.name": "update", "evercache.outcome": "changed" }, 1],
  ];
  for (const [name, labels, count] of expected) {
    const found = await points(name, namespace);
    expect(found).toContainEqual(expect.objectContaining({ ...labels, value: expect.objectContaining(value(count)) }));
    for (const point of found) {
      const { sum, min } = point.value as { sum: number; min: number };
      expect(min).toBeGreaterThan(0);
      expect(sum).toBeLessThan(passed);
    }
  }
  const [size] = await points("evercache.fill.size", namespace);
  expect((size!.value as { min: number }).min).toBeGreaterThan(10);
});

test("a query that failed is told apart by its error", async () => {
  const { cached, plain, namespace } = await tracedShop();
  const { points } = telemetry();
  await plain.$executeRawUnsafe('ALTER TABLE "Review" RENAME TO "Elsewhere"');
  const { code } = await cached.review.findMany().then(
    () => expect.unreachable(),
    (error: { code: string }) => error,
  );
  expect(code).toMatch(/^P\d{4}$/);
  expect(await points("evercache.load.duration", namespace)).toMatchObject([
    { "evercache.model": "Review", "error.type": code },
  ]);
});

test("a cache that is observed says what it holds", async () => {
  const { cached, namespace } = await tracedShop(IN_MEMORY);
  const { points, instrumentation } = telemetry();
  let asked = 0;
  const observed = { stats: () => (asked++, cached.$cache.stats()) };
  const end = instrumentation.observe(observed, { namespace });
  await untilInMemory(cached, () => cached.product.findUnique(ROW));
  const { l1 } = cached.$cache.stats();
  expect(l1.entries).toBeGreaterThan(0);
  expect(await points("evercache.l1.entries", namespace)).toEqual([{ value: l1.entries }]);
  expect(await points("evercache.l1.size", namespace)).toEqual([{ value: l1.bytes }]);
  expect(await points("evercache.paused", namespace)).toEqual([{ value: 0 }]);
  cached.$cache.pause();
  expect(await points("evercache.paused", namespace)).toEqual([{ value: 1 }]);
  expect(await points("evercache.breaker.open", namespace)).toEqual([{ value: 0 }]);
  expect(await points("evercache.recovering", namespace)).toEqual([{ value: 0 }]);
  expect(await points("evercache.adaptive.off", namespace)).toEqual([{ value: 0 }]);
  const before = asked;
  end();
  // What the SDK had last it goes on to say.
  await points("evercache.paused", namespace);
  expect(asked).toBe(before);
});
