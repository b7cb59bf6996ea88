import { readFileSync } from "node:fs";
import { QUARANTINED, rowTag, type Store } from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { storeContract } from "@evercache/testing/store-contract";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";
import { startRedisSentinels } from "../setup/redis-sentinel.js";
import { startRedis, type RedisServer } from "../setup/redis.js";
import { afterwards, during, eventually, LONG, stateOf } from "./kit.js";

// The users as docs/redis.md has them: what is written there is enough, and what is not there is not needed.
const DOCS = readFileSync(new URL("../../docs/redis.md", import.meta.url), "utf8");
const [USER, SENTINEL_USER] = [...DOCS.matchAll(/^ACL (SETUSER .*)$/gm)].map(([, line]) => line!.split(" "));
const IN_A_CLUSTER = [
  "-publish",
  "-subscribe",
  "+spublish",
  "+ssubscribe",
  "+asking",
  "+cluster|slots",
  "+cluster|nodes",
  "+cluster|info",
];
const credentials = { username: "evercache", password: "secret" };

/** Rejects where the server refuses. */
async function follow(store: Store, group: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const watch = store.watch!(
      {
        onFollowing: () => resolve(),
        onLost: (_, error) => reject(error),
        onInvalidated: () => {},
        onHeard: () => {},
      },
      50,
    );
    watch.follow(group);
  });
}

const denied = async (redis: Redis) => ((await redis.call("ACL", ["LOG"])) as unknown[]).map((line) => String(line));

describe("a user with the commands of the docs", () => {
  let server: RedisServer;
  let cluster: RedisCluster;
  let redis: Redis;
  const applications: { disconnect(): void }[] = [];
  beforeAll(async () => {
    server = await startRedis();
    cluster = await startRedisCluster();
    redis = new Redis(server.port);
    applications.push(redis);
    await redis.call("ACL", USER!);
    for (const index of cluster.nodes.keys()) {
      await cluster.admin(index).call("ACL", [...USER!, ...IN_A_CLUSTER]);
    }
  });
  afterAll(async () => {
    for (const application of applications) application.disconnect();
    await Promise.all([server.stop(), cluster.stop()]);
  });

  storeContract("redis, as a user who may do little", () =>
    createRedisStore({ redis: { port: server.port, ...credentials }, namespace: "shop" }),
  );

  storeContract("redis cluster, as a user who may do little", () => {
    const instance = new Cluster([...cluster.startupNodes], { redisOptions: credentials, lazyConnect: true });
    applications.push(instance);
    return createRedisStore({ redis: instance, namespace: "shop" });
  });

  it("was denied nothing but its name in the list of clients", async () => {
    const lines = await Promise.all([redis, ...cluster.nodes.map((_, i) => cluster.admin(i))].map(denied));
    const others = lines.flat().filter((line) => !/client\|(setname|setinfo)/.test(line));
    expect(others).toEqual([]);
  });

  it("may not leave its namespace", async () => {
    const store = createRedisStore({ redis: { port: server.port, ...credentials }, namespace: "other" });
    await eventually(() => expect(store.status).toBe("ready"));
    await expect(store.remove("key")).rejects.toThrow(/NOPERM/);
    await store.close();
  });

  it.each(USER!.filter((rule) => /^\+(?!script)/.test(rule)))("needs %s", async (rule) => {
    const name = `without-${rule.slice(1)}`;
    await redis.call("ACL", ["SETUSER", name, ...USER!.slice(2), `-${rule.slice(1)}`]);
    const store = createRedisStore({
      redis: { port: server.port, username: name, password: "secret" },
      namespace: "shop",
    });
    try {
      await expect(
        (async () => {
          await eventually(() => expect(store.status).not.toBe("connecting"));
          await redis.script("FLUSH");
          const tag = rowTag("Acl", [name]);
          await store.mint([tag], [LONG]);
          await store.quarantine("a", [tag], LONG);
          await store.quarantine("a", [tag], LONG);
          await store.release("a", { changed: [], unchanged: [tag] });
          await store.fill("key", Buffer.from("entry"), LONG);
          await store.lookup("key", [tag]);
          await store.renew!("key", { at: 0, expected: Buffer.from("en"), tail: Buffer.from("y") }, LONG);
          await store.acquire!("load", "a", LONG);
          await store.acquire!("load", "a", LONG);
          await store.free!("load", "a", "");
          await store.remove("key");
          await store.rotate([tag]);
          await follow(store, "Acl");
        })(),
      ).rejects.toThrow();
    } finally {
      await store.close();
    }
  });
});

it("sentinels answer a user with the commands of the docs", { timeout: 120_000 }, async () => {
  const set = await during(startRedisSentinels());
  for (const { host, port } of set.sentinels) {
    const sentinel = new Redis({ host, port });
    afterwards(() => sentinel.disconnect());
    await sentinel.call("ACL", SENTINEL_USER!);
    await sentinel.call("ACL", ["SETUSER", "default", "-subscribe"]);
  }
  for (const index of set.servers.keys()) await set.admin(index).call("ACL", [...USER!, "+wait"]);
  const store = createRedisStore({
    redis: { ...set.options, ...credentials, sentinelUsername: "evercache", sentinelPassword: "secret" },
    namespace: "shop",
  });
  afterwards(() => store.close());
  await eventually(() => expect(store.status).toBe("ready"));
  const before = store.epoch;
  const tag = rowTag("Product", ["1"]);
  await store.quarantine("a", [tag], LONG, 5_000);
  // Told by the sentinels.
  await set.failover();
  await eventually(() => expect([store.status, store.epoch !== before]).toEqual(["ready", true]));
  expect(await stateOf(store, tag)).toBe(QUARANTINED);
});
