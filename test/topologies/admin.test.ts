import { anyTag, frameEntry, pathTag, rowTag } from "@evercache/core";
import { openAdmin } from "@evercache/redis/admin";
import { Cluster } from "ioredis";
import { expect, it } from "vitest";
import { runHere } from "../../packages/cli/test/kit.js";
import { startRedisCluster } from "../setup/redis-cluster.js";
import { afterwards, connect, during, LONG, stateOf } from "./kit.js";

const MODELS = ["Product", "Order", "User", "Review", "Stock", "Tag"];

it("finds, judges and ends what is on every primary of a cluster", { timeout: 120_000 }, async () => {
  const cluster = await during(startRedisCluster());
  const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
  afterwards(() => redis.disconnect());
  const store = await connect(redis);
  const admin = await openAdmin({ redis, namespace: "test" });
  afterwards(() => admin.close());

  const tagsOf = (model: string) => [pathTag(model, ["id"]), rowTag(model, ["1"])];
  const keyOf = (model: string) => `0123456789:${model}:findUnique:where(id:1)`;
  for (const model of MODELS) {
    const stamps = (await store.mint(tagsOf(model), [LONG, LONG])).map(String);
    const now = Date.now();
    const entry = { fingerprint: "0123456789", identity: null, storedAt: now, freshUntil: now + LONG, loadTime: 1 };
    const rest = { sliding: null, absent: false, names: null, stamps, payload: Buffer.from("x") };
    await store.fill(keyOf(model), frameEntry({ ...entry, ...rest }), LONG);
  }
  const verdicts = async () => {
    const found: Record<string, string> = {};
    for (const model of MODELS) {
      found[model] = (await admin.validity((await admin.entry(keyOf(model)))!))!.verdict;
    }
    return found;
  };
  const all = (verdict: string) => Object.fromEntries(MODELS.map((model) => [model, verdict]));

  const kinds: string[] = [];
  const names: string[] = [];
  let last = { examined: 0, total: -1 };
  for await (const page of admin.keys({ pageSize: 3 })) {
    kinds.push(...page.keys.map(({ kind }) => kind));
    names.push(...page.keys.map(({ name }) => name));
    last = page;
  }
  expect(new Set(names).size).toBe(18);
  expect(kinds.filter((kind) => kind === "entry")).toHaveLength(6);
  expect(kinds.filter((kind) => kind === "token")).toHaveLength(12);
  expect(last.examined).toBe(18);
  expect(last.total).toBe(18);
  expect(await admin.ping()).toHaveLength(3);
  expect((await admin.memoryOf(names)).every((bytes) => bytes! > 0)).toBe(true);

  const urls = cluster.startupNodes.map(({ host, port }) => `redis://${host}:${port}`).join();
  const { stdout } = await runHere(["keys", "--cluster", "--redis", urls, "--namespace", "test", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ keys: 18, isComplete: true });

  expect(await verdicts()).toEqual(all("valid"));
  expect(await admin.invalidate({ models: ["Order", "Tag"], tags: ["home"] })).toEqual({
    models: { Order: 1, Tag: 1 },
    tags: ["home"],
    inMemory: "ended",
  });
  expect(await verdicts()).toEqual({ ...all("valid"), Order: "invalidated", Tag: "invalidated" });
  await store.mint([anyTag("Order")], [LONG]);
  expect((await admin.invalidateAll()).models).toMatchObject({ Product: 1, Order: 1, Stock: 1 });
  expect(await verdicts()).toEqual(all("invalidated"));
  expect(await stateOf(store, pathTag("Product", ["id"]))).toBeNull();
});
