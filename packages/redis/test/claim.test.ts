import { expect, it } from "vitest";
import { startRedisCluster } from "../../../test/setup/redis-cluster.js";
import { admin, afterwards, connect, LONG, server } from "./kit.js";
import { Cluster } from "ioredis";

it("a claim changes hands only where it is whose the caller believes", async () => {
  const redis = await server();
  const store = await connect({ redis: redis.url });
  expect(await store.claim!("a", "a", LONG)).toEqual({ value: null, remaining: 0 });
  expect(await store.claim!(null, "a", LONG)).toEqual({ value: "a", remaining: LONG });
  const refused = await store.claim!(null, "b", 1);
  expect(refused.value).toBe("a");
  expect(refused.remaining).toBeGreaterThan(LONG / 2);
  expect(await store.claim!("a", "b", 2 * LONG)).toEqual({ value: "b", remaining: 2 * LONG });
  expect(await admin(redis).pttl("test:{database}")).toBeGreaterThan(LONG);
});

it("of many that claim at once, one succeeds", async () => {
  const redis = await server();
  const stores = await Promise.all(Array.from({ length: 4 }, () => connect({ redis: redis.url })));
  const claims = await Promise.all(stores.map((store, i) => store.claim!(null, `database ${i}`, LONG)));
  expect(new Set(claims.map(({ value }) => value)).size).toBe(1);
});

it("other namespaces have claims of their own, and no entry is mistaken for one", async () => {
  const redis = await server();
  const [one, other] = [await connect({ redis: redis.url }), await connect({ redis: redis.url, namespace: "other" })];
  await one.claim!(null, "a", LONG);
  await one.fill("database", Buffer.from("entry"), LONG);
  expect((await other.claim!(null, "b", LONG)).value).toBe("b");
  expect((await one.claim!("a", "a", LONG)).value).toBe("a");
});

it("a server whose memory is full still takes a claim", async () => {
  const redis = await server("--maxmemory", "1mb", "--maxmemory-policy", "noeviction");
  const store = await connect({ redis: redis.url });
  await expect(store.fill("key", Buffer.alloc(1000), LONG)).rejects.toThrow(/OOM/);
  expect((await store.claim!(null, "a", LONG)).value).toBe("a");
});

it("in a cluster too", async () => {
  const cluster = await startRedisCluster();
  afterwards(() => cluster.stop());
  const instance = new Cluster([...cluster.startupNodes], { lazyConnect: true });
  afterwards(() => instance.disconnect());
  const store = await connect({ redis: instance });
  expect((await store.claim!(null, "a", LONG)).value).toBe("a");
  expect((await store.claim!(null, "b", LONG)).value).toBe("a");
});
