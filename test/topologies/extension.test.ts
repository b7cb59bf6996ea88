import { setImmediate as nextTurn } from "node:timers/promises";
import { cacheExtension } from "@evercache/prisma";
import { Cluster } from "ioredis";
import { describe, expect, it } from "vitest";
import { testClient } from "../setup/client.js";
import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import { adminClient } from "../setup/redis-admin.js";
import { startRedisCluster } from "../setup/redis-cluster.js";
import { startRedisSentinels } from "../setup/redis-sentinel.js";
import { startRedis } from "../setup/redis.js";
import { afterwards, during, eventually } from "./kit.js";

type Options = NonNullable<Parameters<typeof cacheExtension>[0]>;

/** One process with the cache before the database. */
function cacheBefore(plain: PrismaClient, options: Options) {
  const cached = plain.$extends(cacheExtension({ namespace: "shop", ...options }));
  afterwards(() => cached.$cache.disconnect());
  const read = (id: number) => cached.user.findUnique({ where: { id } }).withCacheInfo();
  const write = (id: number, name: string) => cached.user.update({ where: { id }, data: { name } });
  const untilHit = (id: number) => eventually(async () => expect((await read(id)).info.status).toBe("hit"));
  const invalidate = (tags: readonly string[]) => cached.$cache.invalidate({ tags });
  return { read, write, untilHit, invalidate };
}

async function seeded(): Promise<PrismaClient> {
  const { prisma } = await testClient("sqlite");
  for (const id of [1, 2, 3]) await prisma.user.create({ data: { id, email: `${id}@shop.test`, name: "0" } });
  return prisma;
}

/**
 * Two processes write in turn and read each other until `isOver`. Whoever reads what is older than acknowledged is told. A
 * write that is refused, since Redis cannot be told of it, changes nothing.
 */
async function readEachOther(
  pair: readonly ReturnType<typeof cacheBefore>[],
  seen: { readonly stale: string[]; writes: number; refused: number },
  isOver: () => boolean,
): Promise<void> {
  const names = new Map([1, 2, 3].map((id) => [id, "0"]));
  for (let version = 1; !isOver(); version++) {
    const [writer, reader] = version % 2 ? pair : pair.toReversed();
    const id = 1 + (version % 3);
    // The database is in this process, and would leave no time for anything else while Redis is away.
    await nextTurn();
    try {
      await writer!.write(id, `${version}`);
      names.set(id, `${version}`);
      seen.writes += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
      seen.refused += 1;
    }
    for (const process of [reader!, writer!, reader!]) {
      const { data, info } = await process.read(id);
      if (data?.name !== names.get(id)) seen.stale.push(`${names.get(id)}: ${data?.name} as ${info.status}`);
    }
  }
}

/** The same while `act` does its worst, with writes before and after. */
async function readingEachOther(pair: readonly ReturnType<typeof cacheBefore>[], act: () => Promise<void>) {
  for (const { untilHit } of pair) await untilHit(1);
  const seen = { stale: [] as string[], writes: 0, refused: 0 };
  let isOver = false;
  const reading = readEachOther(pair, seen, () => isOver);
  const tenMore = async () => {
    const enough = seen.writes + 10;
    await eventually(() => expect(seen.writes).toBeGreaterThanOrEqual(enough));
  };
  await tenMore();
  await act();
  for (const { untilHit } of pair) await untilHit(3);
  await tenMore();
  isOver = true;
  await reading;
  expect(seen.stale).toEqual([]);
  expect(seen.refused).toBeGreaterThan(0);
}

const onUnreachable = "reject";

describe.each(["bounded", "strict"] as const)("at %s", { timeout: 120_000 }, (consistency) => {
  it("processes see each other's writes through a failover behind sentinels", async () => {
    const set = await during(startRedisSentinels());
    const plain = await seeded();
    const pair = [1, 2].map(() => cacheBefore(plain, { redis: { ...set.options }, consistency, onUnreachable }));
    await readingEachOther(pair, async () => {
      await set.kill(0);
      await set.waitUntilFailedOver(0);
    });
  });

  it("processes see each other's writes through moving slots and a failover of a cluster", async () => {
    const cluster = await during(startRedisCluster({ replicas: 1 }));
    const plain = await seeded();
    const pair = [1, 2].map(() => {
      const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
      afterwards(() => redis.disconnect());
      return cacheBefore(plain, { redis, consistency, onUnreachable });
    });
    await readingEachOther(pair, async () => {
      const slot = Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", "shop:tag:{User}:any"]));
      for (let moves = 0; moves < 6; moves++) {
        await cluster.moveSlots(slot, slot, ((await cluster.primaryOf(slot)) + 1) % 3);
        for (const { untilHit } of pair) await untilHit(2);
      }
      const owner = await cluster.primaryOf(slot);
      await cluster.kill(owner);
      await cluster.waitUntilFailedOver(slot, owner);
    });
  });
});

it(
  "a tag that a result tells drops it in a cluster, on whichever node it and the tag for all are",
  { timeout: 60_000 },
  async () => {
    const cluster = await during(startRedisCluster());
    const plain = await seeded();
    const names = ["a", "b", "c", "d", "e", "f"];
    const owners = await Promise.all(
      names.map(async (name) =>
        cluster.primaryOf(Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", `shop:tag:{#${name}}`]))),
      ),
    );
    expect(new Set(owners).size).toBe(3);
    const [one, two] = [1, 2].map(() => {
      const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
      afterwards(() => redis.disconnect());
      return cacheBefore(plain, {
        redis,
        models: { User: { tags: (user) => [(user as { name: string }).name] } },
        deadline: "10s",
        writeDeadline: "10s",
      });
    });
    for (const name of names) {
      await plain.user.update({ where: { id: 1 }, data: { name } });
      await one!.invalidate(["0", ...names]);
      await two!.untilHit(1);
      expect((await two!.read(1)).info.tags).toContain(`#${name}`);
      await one!.invalidate(names.filter((other) => other !== name));
      expect((await two!.read(1)).info.status).toBe("hit");
      await one!.invalidate([name]);
      expect((await two!.read(1)).info.status).toBe("miss");
      await two!.untilHit(1);
    }
  },
);

it("strict waits for a replica, and does as onUnreachable says where none answers", { timeout: 60_000 }, async () => {
  const set = await during(startRedisSentinels());
  const plain = await seeded();
  const options = { redis: { ...set.options }, consistency: "strict" } as const;
  const [refusing, bounded] = [
    cacheBefore(plain, { ...options, onUnreachable: "reject" }),
    cacheBefore(plain, { ...options, consistency: "bounded" }),
  ];
  await refusing.untilHit(1);
  await refusing.write(1, "a");
  await set.servers[1]!.pause();
  await expect(refusing.write(1, "b")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await bounded.write(1, "c");
  expect((await plain.user.findUnique({ where: { id: 1 } }))?.name).toBe("c");
  await set.servers[1]!.resume();
  await eventually(() => refusing.write(1, "d"));
  expect((await bounded.read(1)).data?.name).toBe("d");
});

it("a primary that must have a replica, and has none, takes no locks: a write is refused", async () => {
  const server = await during(startRedis());
  const plain = await seeded();
  const { untilHit, write, read } = cacheBefore(plain, { redis: server.url, onUnreachable });
  await untilHit(1);
  const admin = adminClient(server);
  afterwards(() => admin.disconnect());
  await admin.config("SET", "min-replicas-to-write", "1");
  await expect(write(1, "a")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect((await read(1)).data?.name).toBe("0");
  expect((await plain.user.findUnique({ where: { id: 1 } }))?.name).toBe("0");
});
