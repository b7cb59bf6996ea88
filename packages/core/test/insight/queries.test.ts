import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MOST_SHAPES } from "../../src/insight/counts-by-query.js";
import type { ReadPlan } from "../../src/read-plan.js";
import { parseKeyring } from "../../src/seal/parse-keyring.js";
import { makeCache } from "../support/make-cache.js";
import { bumpPlan, makePlan, POLICY, QUERIES, row } from "../support/plans.js";
import { ToyDatabase } from "../support/toy-database.js";

const SHAPE = "{ where: { id: ? } }";

/** Plans as a front end makes them. */
function shaped() {
  const under = makeCache();
  const { cache } = under;
  const plan = (shape: string, load: () => unknown, changes: Partial<ReadPlan<unknown>> = {}) => {
    const { key, tags, absentTags } = QUERIES.byId(1);
    const counts = cache.counts({ model: "Product", operation: "findUnique", shape }, tags);
    const { source } = counts;
    return makePlan(async () => load(), { key: `${key} ${shape}`, tags, absentTags, source, counts, ...changes });
  };
  return { ...under, plan };
}

test("a shape is counted with its operation, and shows what it depends on", async () => {
  const { cache, plan, of } = shaped();
  const query = plan(SHAPE, () => ({ version: 1 }));
  for (let i = 0; i < 3; i++) await cache.read(query);
  expect(of("hit")).toMatchObject([{ shape: SHAPE }, { shape: SHAPE }]);
  const { queries, models } = cache.statsWithQueries(20);
  const [first, ...others] = queries.byLoads;
  expect(others).toEqual([]);
  expect(first).toEqual({
    model: "Product",
    operation: "findUnique",
    shape: SHAPE,
    tags: ["Product:by:id", "Product:row:?"],
    hit: 2,
    stale: 0,
    miss: 1,
    invalidated: 0,
    needless: 0,
    loads: 1,
    loadMilliseconds: of("load")[0]!.milliseconds,
    savedMilliseconds: of("hit").reduce((sum, { savedMilliseconds }) => sum + savedMilliseconds, 0),
    hitRatio: 2 / 3,
  });
  expect(queries.byNeedless).toEqual([]);
  expect(models["Product"]?.["findUnique"]).toMatchObject({ hit: 2, miss: 1, loads: 1 });
});

test.each<[string, Partial<ReadPlan<unknown>>]>([
  ["in clear", {}],
  ["compressed", { policy: { ...POLICY, compress: { threshold: 1 } } }],
  ["encrypted", { keyring: parseKeyring({ keys: [{ id: "a", key: randomBytes(32).toString("base64") }] }) }],
])("a write that changed nothing of a result was needless, whether that is stored %s", async (_, changes) => {
  const { cache, plan, of } = shaped();
  let value: unknown = { name: "lamp ".repeat(50) };
  const query = plan(SHAPE, () => value, changes);
  const again = async () => {
    await cache.invalidate([row(1)]);
    await cache.read(query);
    await expect.poll(() => of("fill").at(-1)?.outcome).toBe("stored");
  };
  await cache.read(query);
  await again();
  expect(of("needless")).toMatchObject([{ model: "Product", shape: SHAPE, key: query.key, tagCount: 2 }]);
  value = { name: "another" };
  await again();
  value = null;
  await again();
  await again();
  expect(of("needless")).toHaveLength(2);
  const { queries, reads } = cache.statsWithQueries(20);
  expect(queries.byNeedless).toMatchObject([{ shape: SHAPE, invalidated: 4, needless: 2, loads: 5 }]);
  expect(reads.needless).toBe(2);
});

test("what expired, or was never there, is not needless", async () => {
  let now = Date.now();
  const database = new ToyDatabase();
  database.bump(1);
  const { cache, of } = makeCache({ now: () => now });
  const plan = makePlan(async () => ({ version: 1 }), { policy: { ...POLICY, ttl: 1000 } });
  await cache.read(plan);
  now += 2000;
  await cache.read(plan);
  expect(of("miss").map(({ reason }) => reason)).toEqual(["absent", "expired"]);
  await cache.write(bumpPlan(database, 1));
  expect(of("needless")).toEqual([]);
});

test("in each list stands what has most of something, and it is as long as it is asked for", async () => {
  const { cache, plan } = shaped();
  for (let i = 1; i <= 5; i++) {
    const query = plan(`shape ${i}`, () => i);
    for (let n = 0; n < i; n++) {
      await cache.read(query);
      await cache.invalidate([row(1)]);
    }
  }
  const { queries } = cache.statsWithQueries(3);
  expect(queries.byLoads.map(({ shape }) => shape)).toEqual(["shape 5", "shape 4", "shape 3"]);
  expect(queries.byNeedless.map(({ needless }) => needless)).toEqual([4, 3, 2]);
  expect(queries.byLoadMilliseconds).toHaveLength(3);
});

test("a shape that is asked all the time is not forgotten for any number of others", async () => {
  const { cache, plan } = shaped();
  const steady = plan("steady", () => 1);
  await cache.read(steady);
  for (let i = 0; i < 20 * MOST_SHAPES; i++) {
    await cache.read(plan(`once ${i}`, () => i));
    if (i % 10 === 0) {
      await cache.invalidate([row(1)]);
      await cache.read(steady);
    }
  }
  const { queries } = cache.statsWithQueries(MOST_SHAPES);
  expect(queries.byLoads[0]).toMatchObject({ shape: "steady", loads: 1 + 2 * MOST_SHAPES });
  expect(queries.byLoads).toHaveLength(MOST_SHAPES);
});

test("one that was forgotten counts again from its next hit on", async () => {
  const { cache, plan } = shaped();
  const old = plan("old", () => "a");
  await cache.read(old);
  for (let i = 0; i < 20 * MOST_SHAPES; i++) {
    const source = { model: "Product", operation: "findMany", shape: `other ${i}` };
    const counts = cache.counts(source, []);
    counts.loads += 2;
    counts.loadMilliseconds += 10_000;
  }
  expect(old.counts!.isForgotten).toBe(true);
  expect(old.counts!.loads).toBe(0);
  await cache.read(old);
  await cache.read(old);
  expect(old.counts).toMatchObject({ isForgotten: false, hit: 2, miss: 0 });
  // Another that asks the same meanwhile, and they are counted as one.
  const same = plan("old", () => "a");
  expect(same.counts).toBe(old.counts);
  expect(cache.stats().models["Product"]?.["findUnique"]).toMatchObject({ hit: 2, miss: 1 });
});

test("one that was the last before it was forgotten is counted anew", async () => {
  const { cache, plan } = shaped();
  const old = plan("old", () => "a");
  const ask = async () => {
    await cache.invalidate([row(1)]);
    await cache.read(old);
  };
  await ask();
  for (let i = 0; i < 20 * MOST_SHAPES; i++) {
    const counts = cache.counts({ model: "Product", operation: "findMany", shape: `other ${i}` }, []);
    counts.loads += 2;
    counts.loadMilliseconds += 10_000;
  }
  expect(old.counts!.isForgotten).toBe(true);
  await ask();
  expect(old.counts).toMatchObject({ isForgotten: false, miss: 1, loads: 1 });
});

test("shapes that take turns are counted each by itself", async () => {
  const { cache, plan } = shaped();
  const plans = ["one", "two"].map((shape) => plan(shape, () => shape));
  for (let i = 0; i < 3; i++) {
    await cache.invalidate([row(1)]);
    for (const each of plans) for (let k = 0; k < 2; k++) await cache.read(each);
  }
  for (const each of plans) expect(each.counts).toMatchObject({ miss: 3, loads: 3, hit: 3 });
});

test("of an event whose shape is not counted yet, its name is kept and nothing else", () => {
  const { cache } = shaped();
  const source = { model: "Product", operation: "findMany", shape: SHAPE };
  cache.report({ type: "load", ...source, key: "secret", milliseconds: 3, rows: null, error: new Error("secret") });
  const counts = cache.counts(source, [row(1)]);
  expect(counts.source).toEqual(source);
  expect(counts).toMatchObject({ loads: 1, loadMilliseconds: 3, tags: ["Product:row:?"] });
});
