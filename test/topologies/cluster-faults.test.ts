import { rowTag } from "@evercache/core";
import { createRedisStore, type RedisStore } from "@evercache/redis";
import { Cluster } from "ioredis";
import { describe, expect, it } from "vitest";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";
import {
  afterwards,
  connect,
  during,
  eventually,
  LONG,
  mint,
  probing,
  proxiedCluster,
  stateOf,
  tagKey,
} from "./kit.js";

const unavailable = expect.objectContaining({ name: "StoreUnavailableError" });

/** A tag of each node. */
async function tagOfEach(cluster: RedisCluster) {
  const tags = cluster.nodes.map(() => rowTag("None", []));
  for (let i = 0; new Set(tags).size < cluster.nodes.length || tags.includes(rowTag("None", [])); i++) {
    const slot = Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", tagKey(`Model${i}`, "1")]));
    tags[await cluster.primaryOf(slot)] = rowTag(`Model${i}`, ["1"]);
  }
  return tags;
}

/** How `store` answers for each tag: a state, or the name of the error. */
const answers = (store: RedisStore, tags: Parameters<RedisStore["rotate"]>[0]) =>
  Promise.all(tags.map((tag) => stateOf(store, tag).catch((error: Error) => error.name)));

describe("a cluster", { timeout: 120_000 }, () => {
  it("is reached by the addresses of natMap alone", async () => {
    const { cluster, proxies, redis } = await proxiedCluster();
    const store = await connect(redis);
    for (const tag of await tagOfEach(cluster)) expect(await mint(store, tag)).toBe(await stateOf(store, tag));
    expect(proxies.map(({ connections }) => connections)).toEqual([1, 1, 1]);
    // Moved keys are found by them too.
    const slot = Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", tagKey("Product", "1")]));
    const tag = rowTag("Product", ["1"]);
    await store.quarantine("a", [tag], LONG);
    const move = await cluster.beginMove(slot, ((await cluster.primaryOf(slot)) + 1) % 3);
    await move.migrate();
    await store.quarantine("b", [tag], LONG);
    await move.finish();
    await store.release("b", { changed: [tag], unchanged: [] });
    await store.release("a", { changed: [tag], unchanged: [] });
    expect(await stateOf(store, tag)).toBeNull();
    await store.close();
    await eventually(() => expect(proxies.map(({ connections }) => connections)).toEqual([0, 0, 0]));
  });

  it("serves on while one node is frozen, refuses what is there once that is known, and takes it back", async () => {
    const { cluster, proxies, redis } = await proxiedCluster();
    const store = await connect(redis);
    const tags = await tagOfEach(cluster);
    const tokens = await Promise.all(tags.map((tag) => mint(store, tag)));
    proxies[1]!.freeze();
    probing(store);
    await eventually(async () =>
      expect(await answers(store, tags)).toEqual([tokens[0], "StoreUnavailableError", tokens[2]]),
    );
    expect(store.status).toBe("ready");
    proxies[1]!.thaw();
    await eventually(async () => expect(await answers(store, tags)).toEqual(tokens));
  });

  it("comes back by itself after all its connections were lost, and refuses meanwhile", async () => {
    const { cluster, proxies, redis } = await proxiedCluster();
    const store = await connect(redis);
    const tags = await tagOfEach(cluster);
    const tokens = await Promise.all(tags.map((tag) => mint(store, tag)));
    for (const proxy of proxies) await proxy.refuse();
    await eventually(() => expect(store.status).toBe("unavailable"));
    await expect(store.lookup("key", tags)).rejects.toEqual(unavailable);
    await expect(store.probe()).rejects.toEqual(unavailable);
    for (const proxy of proxies) await proxy.accept();
    await eventually(async () => expect(await answers(store, tags)).toEqual(tokens));
  });

  it("is not there at first, and is found when it is", async () => {
    const { cluster, proxies, redis } = await proxiedCluster();
    for (const proxy of proxies) await proxy.refuse();
    const store = createRedisStore({ redis, namespace: "test" });
    afterwards(() => store.close());
    await eventually(() => expect(store.status).toBe("unavailable"));
    await proxies[2]!.accept();
    // One node knows all, and serves what it has.
    await eventually(() => expect(store.status).toBe("ready"));
    const tags = await tagOfEach(cluster);
    expect(await answers(store, tags)).toEqual(["StoreUnavailableError", "StoreUnavailableError", null]);
    for (const proxy of proxies.slice(0, 2)) await proxy.accept();
    await eventually(async () => expect(await answers(store, tags)).toEqual([null, null, null]));
  });

  it("serves nothing after a doubt until a node has confirmed the map", async () => {
    const { cluster, proxies, redis } = await proxiedCluster();
    const store = await connect(redis);
    const [tag] = await tagOfEach(cluster);
    const token = await mint(store, tag!);
    for (const proxy of proxies) proxy.freeze();
    store.reconnect();
    expect(store.status).toBe("unavailable");
    await expect(stateOf(store, tag!)).rejects.toEqual(unavailable);
    for (const proxy of proxies) proxy.thaw();
    await eventually(async () => expect(await stateOf(store, tag!)).toBe(token));
  });

  it("is unavailable, and not an unhandled error, where natMap throws", async () => {
    const cluster = await during(startRedisCluster());
    const redis = new Cluster([...cluster.startupNodes], {
      natMap: () => {
        throw new Error("no map");
      },
      lazyConnect: true,
    });
    afterwards(() => redis.disconnect());
    const store = createRedisStore({ redis, namespace: "test" });
    afterwards(() => store.close());
    let reason: unknown;
    store.onStatus((_, error) => (reason ??= error));
    await eventually(() => expect(store.status).toBe("unavailable"));
    expect(String(reason)).toContain("no map");
  });

  it("that has no slots serves nothing, and says so", async () => {
    const cluster = await during(startRedisCluster());
    for (const index of cluster.nodes.keys()) await cluster.admin(index).call("CLUSTER", ["RESET", "HARD"]);
    const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
    afterwards(() => redis.disconnect());
    const store = createRedisStore({ redis, namespace: "test" });
    afterwards(() => store.close());
    await eventually(() => expect(store.status).toBe("unavailable"));
    await expect(store.lookup("key", [])).rejects.toEqual(unavailable);
  });
});
