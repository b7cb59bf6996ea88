import { rowTag, tagGroup, type Tag } from "@evercache/core";
import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis5";
import { describe, expect, it } from "vitest";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";
import { following, heard, Mirror, watch } from "./channel-kit.js";
import {
  afterwards,
  connect,
  during,
  eventually,
  LONG,
  mint,
  probing,
  proxiedCluster,
  rows,
  stateOf,
  tagKey,
} from "./kit.js";

const VERSIONS = { "ioredis 6": Cluster, "ioredis 5": Cluster5 } as const;
type Version = keyof typeof VERSIONS;

const [ONE, TWO] = [rowTag("Product", ["1"]), rowTag("Product", ["2"])];

function instance(cluster: RedisCluster, version: Version = "ioredis 6"): Cluster | Cluster5 {
  const redis = new VERSIONS[version]([...cluster.startupNodes], { lazyConnect: true });
  afterwards(() => redis.disconnect());
  return redis;
}

async function slotOf(cluster: RedisCluster, model: string): Promise<number> {
  return Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", tagKey(model, "1")]));
}

/** A tag of each node. */
async function tagOfEach(cluster: RedisCluster): Promise<Tag[]> {
  const tags = new Map<number, Tag>();
  for (let i = 0; tags.size < 3; i++) {
    tags.set(await cluster.primaryOf(await slotOf(cluster, `Model${i}`)), rowTag(`Model${i}`, ["1"]));
  }
  return [0, 1, 2].map((index) => tags.get(index)!);
}

describe("the channel of a cluster", { timeout: 120_000 }, () => {
  it.each(Object.keys(VERSIONS) as Version[])(
    "tells of what has gone ahead of its slot, and follows the slot (%s)",
    async (version) => {
      const cluster = await during(startRedisCluster());
      const [store, writer] = [await connect(instance(cluster, version)), await connect(instance(cluster))];
      const slot = await slotOf(cluster, "Product");
      const owner = await cluster.primaryOf(slot);
      const recorder = watch(store, "Product");
      await following(recorder, "Product");
      await mint(store, ONE);
      await mint(store, TWO);

      const move = await cluster.beginMove(slot, (owner + 1) % 3);
      await move.migrate(1);
      // One here, one there, in one call.
      await writer.quarantine("w", [ONE, TWO], LONG);
      await heard(recorder);
      expect(new Set(recorder.invalidated)).toEqual(new Set([ONE, TWO]));
      await move.migrate();
      await writer.release("w", { changed: [ONE, TWO], unchanged: [] });
      await heard(recorder);
      recorder.told.length = 0;
      // What is nowhere is made there.
      await writer.rotate([ONE, TWO]);
      await heard(recorder);
      expect(recorder.invalidated).toEqual([ONE, TWO]);

      await move.finish();
      await eventually(() => expect(recorder.told.map(({ kind }) => kind)).toContain("lost"));
      await following(recorder, "Product");
      recorder.told.length = 0;
      await writer.rotate([ONE]);
      await heard(recorder);
      expect(recorder.invalidated).toEqual([ONE]);
    },
  );

  it.each(Object.keys(VERSIONS) as Version[])("misses nothing silently while slots move (%s)", async (version) => {
    const cluster = await during(startRedisCluster());
    const [store, writer] = [await connect(instance(cluster, version)), await connect(instance(cluster))];
    probing(store);
    probing(writer);
    const models = ["Product", "Order"];
    const tags = rows(models);
    const mirror = Mirror.of(store, models);
    await following(mirror, ...models);
    const slots = await Promise.all(models.map((model) => slotOf(cluster, model)));
    let moves = 0;
    const over = new AbortController();
    const moving = (async () => {
      for (; !over.signal.aborted; moves++) {
        const slot = slots[moves % 2]!;
        await cluster.moveSlots(slot, slot, (moves + Math.floor(moves / 2)) % 3);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const ignoring = (call: Promise<unknown>) => call.catch(() => {});
    let compared = 0;
    for (let i = 0; i < 150; i++) {
      await ignoring(writer.mint(tags, [LONG, LONG, LONG, LONG]));
      await ignoring(mirror.read(store, tags));
      const tag = tags[i % 4]!;
      const done = await writer.rotate([tag]).then(
        () => true,
        () => false,
      );
      if (!done) continue;
      // Told, or lost, in a moment; not held any longer than a process needs to hear that the slot was handed over.
      await eventually(() => expect(mirror.tokens.has(tag)).toBe(false), 3_000);
      compared++;
    }
    over.abort();
    await moving;
    expect(moves).toBeGreaterThan(3);
    expect(compared).toBeGreaterThan(50);
    await following(mirror, ...models);
  });

  it("loses what is at one node when that is frozen, and goes on hearing of the others", async () => {
    const cluster = await during(startRedisCluster());
    const store = await connect(instance(cluster));
    const tags = await tagOfEach(cluster);
    const groups = tags.map((tag) => tagGroup(tag));
    const recorder = watch(store, ...groups);
    await following(recorder, ...groups);
    await cluster.pause(1);
    const frozen = performance.now();
    await eventually(() => expect(recorder.following).toEqual(new Set([groups[0], groups[2]])));
    await eventually(() => expect(recorder.heard).toBeGreaterThan(frozen));
    await store.rotate([tags[0]!]);
    await heard(recorder);
    expect(recorder.invalidated).toContain(tags[0]);
    await cluster.resume(1);
    await following(recorder, ...groups);
    await heard(recorder);
  });

  it.each(["kill", "consent"] as const)("follows at the successor after a failover: %s", async (kind) => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const [store, writer] = [await connect(instance(cluster)), await connect(instance(cluster))];
    probing(store);
    probing(writer);
    const slot = await slotOf(cluster, "Product");
    const owner = await cluster.primaryOf(slot);
    const recorder = watch(store, "Product");
    await following(recorder, "Product");
    if (kind === "kill") await cluster.kill(owner);
    else await cluster.failover((await cluster.replicasOf(owner))[0]!);
    await cluster.waitUntilFailedOver(slot, owner);
    await eventually(() => expect(recorder.told.map(({ kind: told }) => told)).toContain("lost"));
    await following(recorder, "Product");
    await eventually(() => writer.rotate([TWO]));
    await eventually(async () => {
      await writer.rotate([ONE]);
      await heard(recorder);
      expect(recorder.invalidated).toContain(ONE);
    });
  });

  it("is lost where the node has lost sight of the others", async () => {
    const cluster = await during(startRedisCluster());
    const tags = await tagOfEach(cluster);
    const store = await connect(instance(cluster));
    probing(store);
    const group = tagGroup(tags[2]!);
    const recorder = watch(store, group);
    await following(recorder, group);
    await Promise.all([cluster.kill(0), cluster.kill(1)]);
    // It still answers what names no key.
    await eventually(() => expect(recorder.following.size).toBe(0));
    expect(await cluster.admin(2).ping()).toBe("PONG");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(recorder.following.size).toBe(0);
  });

  it("listens at the addresses of natMap, opens what it needs, and ends all of it", async () => {
    const { cluster, proxies, redis } = await proxiedCluster();
    const store = await connect(redis);
    const tags = await tagOfEach(cluster);
    const groups = tags.map((tag) => tagGroup(tag));
    const recorder = watch(store, groups[0]!, groups[1]!);
    await following(recorder, groups[0]!, groups[1]!);
    const open = () => proxies.map(({ connections }) => connections);
    await eventually(() => expect(open()).toEqual([2, 2, 1]));
    proxies[0]!.dropConnections();
    await eventually(() => expect(recorder.told.some((told) => told.kind === "lost")).toBe(true));
    await following(recorder, groups[0]!, groups[1]!);
    await store.rotate([tags[0]!]);
    await heard(recorder);
    expect(recorder.invalidated).toEqual([tags[0]]);
    expect(await stateOf(store, tags[0]!)).toBeNull();
    await store.close();
    expect(recorder.following.size).toBe(0);
    await eventually(() => expect(open()).toEqual([0, 0, 0]));
  });
});
