import { afterEach, describe, expect, it } from "vitest";
import { startRedisCluster, type RedisCluster, type RedisClusterOptions } from "./redis-cluster.js";
import { startRedisSentinels, type RedisSentinels } from "./redis-sentinel.js";

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((servers) => servers.stop()));
});

async function cluster(options?: RedisClusterOptions): Promise<RedisCluster> {
  const started = await startRedisCluster(options);
  running.push(started);
  return started;
}

async function sentinels(): Promise<RedisSentinels> {
  const started = await startRedisSentinels();
  running.push(started);
  return started;
}

describe("startRedisCluster", { timeout: 120_000 }, () => {
  it("moves slots with their keys", async () => {
    const nodes = await cluster();
    const admin = (index: number) => nodes.admin(index);
    const slot = Number(await admin(0).call("CLUSTER", ["KEYSLOT", "{moving}"]));
    const from = await nodes.primaryOf(slot);
    const to = (from + 1) % 3;
    await admin(from).mset("{moving}1", "a", "{moving}2", "b");
    const move = await nodes.beginMove(slot, to);
    expect(await move.migrate(1)).toBe(1);
    await expect(admin(from).get("{moving}none")).rejects.toThrow(/^ASK/);
    await expect(admin(from).mget("{moving}1", "{moving}2")).rejects.toThrow(/^TRYAGAIN/);
    await move.finish();
    expect(await nodes.primaryOf(slot)).toBe(to);
    await expect(admin(from).get("{moving}1")).rejects.toThrow(/^MOVED/);
    expect(await admin(to).mget("{moving}1", "{moving}2")).toEqual(["a", "b"]);
    await nodes.moveSlots(slot, slot + 2, from);
    expect(await nodes.primaryOf(slot + 2)).toBe(from);
    expect(await admin(from).mget("{moving}1", "{moving}2")).toEqual(["a", "b"]);
  });

  it("fails over by itself and by command, and takes a killed node back", async () => {
    const nodes = await cluster({ replicas: 1 });
    expect(await nodes.replicasOf(0)).toEqual([3]);
    await nodes.kill(0);
    await nodes.waitUntilFailedOver(0, 0);
    expect(await nodes.primaryOf(0)).toBe(3);
    await nodes.restart(0);
    await nodes.waitForState();
    expect(await nodes.replicasOf(3)).toEqual([0]);
    await nodes.failover(0);
    expect(await nodes.primaryOf(0)).toBe(0);
  });
});

describe("startRedisSentinels", { timeout: 120_000 }, () => {
  it("fail over when the primary is killed, and by command", async () => {
    const set = await sentinels();
    expect(await set.primary()).toBe(0);
    await set.kill(0);
    await set.waitUntilFailedOver(0);
    expect(await set.primary()).toBe(1);
    await set.restart(0);
    await set.waitForState();
    await set.failover();
    expect(await set.primary()).toBe(0);
  });
});
