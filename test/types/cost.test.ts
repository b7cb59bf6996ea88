import { beforeAll, describe, expect, it } from "vitest";
import { Application, type Cost } from "./application.js";

describe("what the types cost the compiler", () => {
  // A ring is the longest way that TypeScript can go from relation to relation: it gives up at a certain depth.
  const ring = new Application("ring", 60, (model) => [(model + 1) % 60, (model + 7) % 60]);
  const tree = new Application("tree", 30, (model) => (model === 0 ? [] : [model >> 1, (model * 7) % model]));

  let extended: Cost;

  beforeAll(async () => {
    await ring.generate();
    await tree.generate();
    extended = await ring.compile("extended", "plain.$extends({})");
  }, 120_000);

  it("a client with the cache costs hardly more than Prisma's own extended client", async () => {
    const cached = await ring.compile("cached", "plain.$extends(cacheExtension({ models: { M1: false } }))");
    expect(cached.instantiations / extended.instantiations).toBeLessThan(1.1);
    expect(cached.types / extended.types).toBeLessThan(1.2);
  }, 120_000);

  it("nor does one with withAccelerate", async () => {
    const accelerated = await ring.compile("accelerated", "plain.$extends(withAccelerate({ models: { M1: false } }))");
    expect(accelerated.instantiations / extended.instantiations).toBeLessThan(1.1);
    expect(accelerated.types / extended.types).toBeLessThan(1.25);
  }, 120_000);

  it("later extensions of a client with the cache cost no more than those of Prisma's own", async () => {
    const later = ".$extends({ client: { $one: () => 1 } }).$extends({ model: { $allModels: { two: () => 2 } } })";
    const plainly = await ring.compile("extended-later", `plain.$extends({})${later}`);
    const cached = await ring.compile("cached-later", `plain.$extends(cacheExtension({}))${later}`);
    expect(cached.instantiations / plainly.instantiations).toBeLessThan(1.1);
  }, 120_000);

  it("a helper that takes Prisma.TransactionClient costs each model once", async () => {
    const without = await tree.compile("no-helper", "plain.$extends(cacheExtension({}))", "");
    const one = "await helper(client);";
    const once = await tree.compile("helper", "plain.$extends(cacheExtension({}))", one);
    const many = `${one.repeat(3)} await client.$transaction(helper); await client.$transaction((tx) => helper(tx));`;
    const often = await tree.compile("helpers", "plain.$extends(cacheExtension({}))", many);
    expect((once.instantiations - without.instantiations) / tree.count).toBeLessThan(40_000);
    expect(often.instantiations / once.instantiations).toBeLessThan(1.15);
  }, 120_000);
});
