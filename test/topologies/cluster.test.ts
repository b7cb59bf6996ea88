import { QUARANTINED, rowTag } from "@evercache/core";
import { Cluster } from "ioredis";
import { describe, expect, it } from "vitest";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";
import { afterwards, connect, during, eventually, LONG, mint, probing, rows, stateOf, tagKey, World } from "./kit.js";

const unavailable = expect.objectContaining({ name: "StoreUnavailableError" });
const [ONE, TWO] = [rowTag("Product", ["1"]), rowTag("Product", ["2"])];

function instance(cluster: RedisCluster): Cluster {
  const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
  afterwards(() => redis.disconnect());
  return redis;
}

/** The slot of a model's tokens, and the node that serves it. */
async function placeOf(cluster: RedisCluster, model: string): Promise<{ slot: number; owner: number }> {
  const slot = Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", tagKey(model, "1")]));
  return { slot, owner: await cluster.primaryOf(slot) };
}

describe("slots on the move", { timeout: 120_000 }, () => {
  it("keep locks, at every stage and for every process, and make tokens foreign", async () => {
    const cluster = await during(startRedisCluster());
    const [store, other] = [await connect(instance(cluster)), await connect(instance(cluster))];
    const { slot, owner } = await placeOf(cluster, "Product");
    const to = (owner + 1) % 3;
    const token = await mint(store, TWO);
    await store.quarantine("a", [ONE], LONG);

    const move = await cluster.beginMove(slot, to);
    // Neither has moved: both keys here.
    expect((await store.lookup("none", [ONE, TWO])).tokens).toEqual([QUARANTINED, token]);
    expect(await move.migrate(1)).toBe(1);
    // One here, one there: TRYAGAIN for both together.
    const [locked, divided] = (await store.lookup("none", [ONE, TWO])).tokens;
    expect(locked).toBe(QUARANTINED);
    expect([token, null]).toContain(divided);
    expect(await other.mint([ONE], [LONG])).toEqual([QUARANTINED]);
    // Neither here nor there before: made there, seen by all.
    const third = rowTag("Product", ["3"]);
    await other.quarantine("b", [third, ONE], LONG);
    expect((await store.lookup("none", [third, ONE])).tokens).toEqual([QUARANTINED, QUARANTINED]);
    await move.migrate();
    expect((await store.lookup("none", [ONE, TWO])).tokens).toEqual([QUARANTINED, null]);
    await move.finish();
    // By the new owner's word: MOVED.
    expect((await store.lookup("none", [ONE, TWO, third])).tokens).toEqual([QUARANTINED, null, QUARANTINED]);
    const minted = await mint(other, TWO);
    expect(minted).not.toBe(token);
    expect(await stateOf(store, TWO)).toBe(minted);

    await store.release("a", { changed: [ONE], unchanged: [] });
    expect(await stateOf(other, ONE)).toBe(QUARANTINED);
    await other.release("b", { changed: [ONE], unchanged: [third] });
    expect((await store.lookup("none", [ONE, third])).tokens).toEqual([null, null]);

    // And back: what was rotated there is not valid here again.
    await cluster.moveSlots(slot, slot, owner);
    expect((await store.lookup("none", [ONE, TWO])).tokens).toEqual([null, null]);
    expect(store.status).toBe("ready");
  });

  it("may go to a node that had none", async () => {
    const cluster = await during(startRedisCluster({ spares: 1 }));
    const store = await connect(instance(cluster));
    const { slot, owner } = await placeOf(cluster, "Product");
    await store.quarantine("a", [ONE], LONG);
    const move = await cluster.beginMove(slot, 3);
    await store.quarantine("a", [TWO], LONG);
    await move.migrate(1);
    expect((await store.lookup("none", [ONE, TWO])).tokens).toEqual([QUARANTINED, QUARANTINED]);
    await move.finish();
    expect((await store.lookup("none", [ONE, TWO])).tokens).toEqual([QUARANTINED, QUARANTINED]);
    await cluster.moveSlots(slot, slot, owner);
    expect((await store.lookup("none", [ONE, TWO])).tokens).toEqual([QUARANTINED, QUARANTINED]);
  });

  it("let nobody read what was true before, while they move under load", async () => {
    const cluster = await during(startRedisCluster());
    const stores = [await connect(instance(cluster)), await connect(instance(cluster))];
    const models = ["Product", "User", "Order"];
    const world = new World(stores, rows(models));
    world.start();
    for (let round = 0; round < 4; round++) {
      for (const model of models) {
        const { slot, owner } = await placeOf(cluster, model);
        const { hits } = world;
        const move = await cluster.beginMove(slot, (owner + 1) % 3);
        await move.migrate(1);
        await move.finish();
        await eventually(() => expect(world.hits).toBeGreaterThan(hits));
      }
    }
    await world.stop();
    expect(world.stale).toEqual([]);
    expect(world.hits).toBeGreaterThan(12);
  });
});

describe("a primary that dies", { timeout: 120_000 }, () => {
  it("leaves its successor with tokens that are foreign, though they were replicated", async () => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const store = await connect(instance(cluster));
    probing(store);
    const { slot, owner } = await placeOf(cluster, "Product");
    const token = await mint(store, ONE);
    const [replica] = await cluster.replicasOf(owner);
    await cluster.admin(replica!).call("READONLY");
    await eventually(async () => expect(await cluster.admin(replica!).get(tagKey("Product", "1"))).toBe(token));
    await cluster.kill(owner);
    await cluster.waitUntilFailedOver(slot, owner);
    expect(await cluster.admin(replica!).get(tagKey("Product", "1"))).toBe(token);
    await eventually(async () => expect(await stateOf(store, ONE)).toBeNull());
    const minted = await mint(store, ONE);
    expect(minted).not.toBe(token);
    expect(await stateOf(store, ONE)).toBe(minted);
  });

  it("takes a lock that was not replicated with it, and the token that it replaced is not valid again", async () => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const store = await connect(instance(cluster));
    probing(store);
    const { slot, owner } = await placeOf(cluster, "Product");
    const token = await mint(store, ONE);
    const [replica] = await cluster.replicasOf(owner);
    await cluster.admin(replica!).call("READONLY");
    await eventually(async () => expect(await cluster.admin(replica!).get(tagKey("Product", "1"))).toBe(token));
    await cluster.nodes[replica!]!.pause();
    await cluster.admin(owner).call("CLIENT", ["KILL", "TYPE", "replica"]);
    await store.quarantine("a", [ONE], LONG);
    await cluster.kill(owner);
    await cluster.nodes[replica!]!.resume();
    await cluster.waitUntilFailedOver(slot, owner);
    // The lock is lost, the old token is there, and worth nothing.
    expect(await cluster.admin(replica!).get(tagKey("Product", "1"))).toBe(token);
    await eventually(async () => expect(await stateOf(store, ONE)).toBeNull());
  });

  it("does not take a lock with it that a replica has", async () => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const store = await connect(instance(cluster));
    probing(store);
    const { slot, owner } = await placeOf(cluster, "Product");
    const models = ["Product", "User", "Order"];
    await store.quarantine("a", rows(models), LONG, 5_000);
    await cluster.kill(owner);
    await cluster.waitUntilFailedOver(slot, owner);
    await eventually(async () => {
      const { tokens } = await store.lookup("none", rows(models));
      expect(tokens).toEqual(rows(models).map(() => QUARANTINED));
    });
  });

  it("would take a lock with it that no replica has: a write that asks for one is told", async () => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const store = await connect(instance(cluster));
    const { owner } = await placeOf(cluster, "Product");
    const [replica] = await cluster.replicasOf(owner);
    await store.quarantine("a", rows(["Product"]), LONG, 10_000);
    await cluster.nodes[replica!]!.pause();
    await expect(store.quarantine("a", [ONE], LONG, 300)).rejects.toMatchObject({ name: "NotReplicatedError" });
    expect(await stateOf(store, ONE)).toBe(QUARANTINED);
    await cluster.nodes[replica!]!.resume();
    await store.quarantine("a", [ONE], LONG, 10_000);
  });

  it("is not waited for: its slots are refused at once, others are served", async () => {
    const cluster = await during(startRedisCluster({ args: ["--cluster-require-full-coverage", "no"] }));
    const store = await connect(instance(cluster));
    probing(store);
    const { owner } = await placeOf(cluster, "Product");
    const models = Array.from({ length: 20 }, (_, i) => `Model${i}`);
    const places = await Promise.all(models.map(async (model) => ({ model, ...(await placeOf(cluster, model)) })));
    const elsewhere = places.filter((place) => place.owner !== owner);
    expect(elsewhere.length).toBeGreaterThan(0);
    await cluster.kill(owner);
    await eventually(async () => expect(await stateOf(store, ONE).catch(String)).toMatch(/unavailable/i));
    const began = performance.now();
    await expect(store.quarantine("a", [ONE], LONG)).rejects.toEqual(unavailable);
    expect(performance.now() - began).toBeLessThan(200);
    for (const { model } of elsewhere) await store.rotate([rowTag(model, ["1"])]);
    expect(store.status).toBe("ready");
    await cluster.restart(owner);
    await eventually(async () => expect(await stateOf(store, ONE)).toBeNull());
  });

  it("and thaws is not asked any more", async () => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const [store, writer] = [await connect(instance(cluster)), await connect(instance(cluster))];
    probing(store);
    probing(writer);
    const { slot, owner } = await placeOf(cluster, "Product");
    const token = await mint(store, ONE);
    await cluster.pause(owner);
    await cluster.waitUntilFailedOver(slot, owner);
    await eventually(() => writer.rotate([ONE]));
    await eventually(async () => expect(await stateOf(store, ONE)).toBeNull());
    const minted = await mint(writer, ONE);
    await cluster.resume(owner);
    const seen = new Set<unknown>();
    for (let i = 0; i < 300; i++) seen.add(await stateOf(store, ONE).catch(() => null));
    expect(seen).not.toContain(token);
    expect(seen).toContain(minted);
  });
});
