import { QUARANTINED, rowTag } from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { createFaultProxy } from "@evercache/testing";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { startRedisSentinels, type RedisSentinels } from "../setup/redis-sentinel.js";
import { afterwards, connect, during, eventually, LONG, mint, probing, stateOf, tagKey } from "./kit.js";

const ONE = rowTag("Product", ["1"]);
const KEY = tagKey("Product", "1");
const ENTRY = Buffer.from("entry");

/** Until a replica has the key as the primary has it. */
async function replicated(set: RedisSentinels, value: string): Promise<void> {
  await eventually(async () => expect(await set.admin(1).get(KEY)).toBe(value));
}

describe("behind sentinels", { timeout: 120_000 }, () => {
  it("a primary that is killed leaves its successor with tokens that are foreign", async () => {
    const set = await during(startRedisSentinels());
    const redis = new Redis({ ...set.options, lazyConnect: true });
    afterwards(() => redis.disconnect());
    const store = await connect(redis);
    const before = store.epoch;
    const token = await mint(store, ONE);
    await store.fill("key", ENTRY, LONG);
    await replicated(set, token);
    await set.kill(0);
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
    const lookup = await store.lookup("key", [ONE]);
    expect(lookup.entry).not.toBeNull();
    expect(lookup.tokens).toEqual([null]);
    expect(await set.admin(1).get(KEY)).toBe(token);
  });

  it("a lock that a replica has outlives the primary, one that it has not is found out", async () => {
    const set = await during(startRedisSentinels());
    const store = await connect({ ...set.options });
    const other = rowTag("Product", ["2"]);
    const token = await mint(store, other);
    await store.quarantine("a", [ONE], LONG, 5_000);
    await set.servers[1]!.pause();
    await set.admin(0).call("CLIENT", ["KILL", "TYPE", "replica"]);
    await store.quarantine("a", [other], LONG);
    const before = store.epoch;
    await set.kill(0);
    await set.servers[1]!.resume();
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
    expect(await set.admin(1).get(tagKey("Product", "2"))).toBe(token);
    expect((await store.lookup("key", [ONE, other])).tokens).toEqual([QUARANTINED, null]);
  });

  it("a primary that is promoted again before it was demoted is another incarnation: what it has of before is foreign", async () => {
    const set = await during(startRedisSentinels());
    const store = await connect({ ...set.options });
    const first = store.epoch;
    const token = await mint(store, ONE);
    await store.fill("key", ENTRY, LONG);
    await replicated(set, token);
    await set.failover();
    await eventually(() => expect([store.status, store.epoch !== first]).toEqual(["ready", true]));
    const second = store.epoch;
    // A writer ends the token, at the successor alone.
    await store.rotate([ONE]);
    // At once, while the first one still takes itself for the primary.
    await set.failover();
    await eventually(() => expect([store.status, store.epoch !== second]).toEqual(["ready", true]));
    expect(store.epoch).not.toBe(first);
    expect((await store.lookup("key", [ONE])).tokens).toEqual([null]);
  });

  it("a failover by command is noticed though the old primary goes on", async () => {
    const set = await during(startRedisSentinels());
    const store = await connect({ ...set.options });
    const before = store.epoch;
    const token = await mint(store, ONE);
    await replicated(set, token);
    // Nobody asks the store for anything meanwhile: the sentinels tell it.
    await set.failover();
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
    expect(await stateOf(store, ONE)).toBeNull();
  });

  it("a primary that froze, was replaced, and thaws is not believed, though it still takes itself for one", async () => {
    const set = await during(startRedisSentinels());
    const store = await connect({ ...set.options });
    const token = await mint(store, ONE);
    await store.fill("key", ENTRY, LONG);
    await replicated(set, token);
    const before = store.epoch;
    await set.pause(0);
    // Nobody asks the store for anything meanwhile.
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
    // Each sentinel that tells of the failover makes the store connect anew.
    await eventually(() => store.rotate([ONE]));
    // Whoever asks the old primary at this point gets an answer as from a primary, with the old token.
    const thawed = new Redis({ host: "127.0.0.1", port: set.servers[0]!.port, lazyConnect: true });
    afterwards(() => thawed.disconnect());
    const old = Promise.all([thawed.role(), thawed.mget("test:key", KEY)]);
    const seen: unknown[] = [];
    const watching = (async () => {
      while (seen.length < 200) {
        const state = await stateOf(store, ONE).catch(() => "unavailable");
        if (state === "unavailable") await eventually(() => expect(store.status).toBe("ready"));
        else seen.push(state);
      }
    })();
    await set.resume(0);
    const [[role], [entry, stale]] = await old;
    expect([role, entry, stale]).toEqual(["master", "entry", token]);
    await watching;
    expect(new Set(seen)).toEqual(new Set([null]));
  });

  it("a process that reconnects asks all sentinels, and believes the newest configuration", async () => {
    const set = await during(startRedisSentinels());
    const writer = await connect({ ...set.options });
    const token = await mint(writer, ONE);
    await replicated(set, token);
    const before = writer.epoch;
    // The first sentinel sleeps through the failover, and so does the old primary.
    set.sentinels[0]!.pause();
    await set.pause(0);
    await eventually(() => expect([writer.status, writer.epoch !== before]).toEqual(["ready", true]));
    await writer.rotate([ONE]);
    set.sentinels[0]!.resume();
    await set.resume(0);
    const reader = await connect({ ...set.options });
    expect(reader.epoch).toBe(writer.epoch);
    expect(await stateOf(reader, ONE)).toBeNull();
  });

  it("a process that missed what the sentinels said asks them when it hears them again", async () => {
    const set = await during(startRedisSentinels());
    const proxies = await Promise.all(set.sentinels.map((target) => createFaultProxy({ target })));
    for (const proxy of proxies) afterwards(() => proxy.close());
    const sentinels = proxies.map(({ port }) => ({ host: "127.0.0.1", port }));
    const store = await connect({ name: set.name, sentinels });
    const before = store.epoch;
    // What the sentinels push is lost, and the old primary does not end its connections.
    for (const proxy of proxies) proxy.blackhole("replies");
    await set.pause(0);
    await set.waitUntilFailedOver(0);
    expect(store.epoch).toBe(before);
    for (const proxy of proxies) proxy.blackhole(null);
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
  });

  it("a process that may not hear the sentinels asks them with every probe", async () => {
    const set = await during(startRedisSentinels());
    for (const { host, port } of set.sentinels) {
      const sentinel = new Redis({ host, port });
      afterwards(() => sentinel.disconnect());
      await sentinel.call("ACL", ["SETUSER", "default", "-subscribe"]);
    }
    const store = await connect({ ...set.options });
    const before = store.epoch;
    const token = await mint(store, ONE);
    await replicated(set, token);
    await set.pause(0);
    await set.waitUntilFailedOver(0);
    expect(store.epoch).toBe(before);
    probing(store);
    await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
    expect(await stateOf(store, ONE)).toBeNull();
  });

  it("the primary is used on while no sentinel answers", async () => {
    const set = await during(startRedisSentinels());
    const store = await connect({ ...set.options });
    for (const sentinel of set.sentinels) sentinel.pause();
    const token = await mint(store, ONE);
    for (let i = 0; i < 3; i++) await store.probe();
    expect(await stateOf(store, ONE)).toBe(token);
    expect(store.status).toBe("ready");
    // But nobody is believed who cannot be confirmed.
    store.reconnect();
    await expect(store.probe()).rejects.toMatchObject({ name: "StoreUnavailableError" });
    for (const sentinel of set.sentinels) sentinel.resume();
    await eventually(() => expect(store.status).toBe("ready"));
  });

  it("one that nobody watches is not found", async () => {
    const set = await during(startRedisSentinels());
    const store = createRedisStore({ redis: { ...set.options, name: "other" }, namespace: "test" });
    afterwards(() => store.close());
    await eventually(() => expect(store.status).toBe("unavailable"));
    await expect(store.probe()).rejects.toMatchObject({
      name: "StoreUnavailableError",
      cause: { message: expect.stringContaining("no sentinel tells where other is") },
    });
  });
});
