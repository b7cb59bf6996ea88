import { cacheExtension } from "@evercache/prisma";
import { createInvalidator } from "@evercache/redis";
import type { TagsOf } from "@evercache/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClient, redisUrl, testShop } from "../setup/client.js";
import { cachedShop, type Options, type Plain } from "./fast-path-clients.js";

let namespaces = 0;
const SLOW = { timeout: 20_000 };
const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

const customer = (order: unknown) => `customer:${(order as { userId: number }).userId}`;
const TAGGED = {
  models: { Order: { ttl: "1h", tags: (order) => [customer(order)], list: { tags: tagsOfList } } },
} satisfies Options;

function tagsOfList(result: unknown): string[] {
  return Array.isArray(result) ? result.map(customer) : [];
}

function withRedis(client: Plain, namespace: string, options: Options = TAGGED) {
  const cached = client.$extends(cacheExtension({ redis: redisUrl(), namespace, ...PATIENT, ...options }));
  onTestFinished(() => cached.$cache.disconnect());
  return cached;
}

/** Two processes with one Redis and one database. */
async function pair(options: Options = TAGGED) {
  const { prisma, database } = await testShop("sqlite");
  const other = await createClient("sqlite", { database });
  onTestFinished(() => other.prisma.$disconnect());
  const namespace = `tags-by-result-${process.pid}-${namespaces++}`;
  return {
    plain: prisma,
    namespace,
    one: withRedis(prisma, namespace, options),
    two: withRedis(other.prisma, namespace, options),
  };
}

type Client = ReturnType<typeof withRedis>;
interface Informed {
  withCacheInfo(): Promise<{ info: { status: string; tags: readonly string[] } }>;
}

const orderOf = (client: Client, id: bigint) => client.order.findUnique({ where: { id } });
const statusOf = async (read: Informed) => (await read.withCacheInfo()).info.status;
const untilHit = (read: () => Informed) => expect.poll(() => statusOf(read()), SLOW).toBe("hit");

/** Both processes have both orders. */
async function warmed({ one, two }: { one: Client; two: Client }): Promise<void> {
  for (const client of [one, two]) for (const id of [1n, 2n]) await untilHit(() => orderOf(client, id));
}

/** What is left in the second process of the orders of customers 1 and 2. */
async function left({ two }: { two: Client }): Promise<string[]> {
  return [await statusOf(orderOf(two, 1n)), await statusOf(orderOf(two, 2n))];
}

const DROPPED = ["miss", "hit"];

describe("invalidate({ tags }) drops in every process what shows them, and nothing else", () => {
  test("called by a client", async () => {
    const clients = await pair();
    await warmed(clients);
    await clients.plain.order.update({ where: { id: 1n }, data: { number: "changed elsewhere" } });
    expect(await clients.one.$cache.invalidate({ tags: ["customer:1"] })).toEqual({ applied: true });
    expect(await left(clients)).toEqual(DROPPED);
    expect((await orderOf(clients.one, 1n))?.number).toBe("changed elsewhere");
  });

  test("called in a transaction, when it commits", async () => {
    const clients = await pair();
    await warmed(clients);
    const { one, two } = clients;
    await one.$transaction(async (tx) => {
      await tx.order.count();
      await one.$cache.invalidate({ tags: ["customer:1"] });
      // What is read and stored meanwhile ends with the commit.
      await untilHit(() => orderOf(two, 1n));
    });
    expect(await left(clients)).toEqual(DROPPED);
  });

  test("called by a process without Prisma", async () => {
    const clients = await pair();
    await warmed(clients);
    const invalidator = createInvalidator({ redis: redisUrl(), namespace: clients.namespace });
    onTestFinished(() => invalidator.close());
    await invalidator.invalidate({ tags: ["customer:1"] });
    expect(await left(clients)).toEqual(DROPPED);
  });

  test("from the memory of the processes too", async () => {
    const l1 = { mode: "tracked", maxStaleness: "60s" } as const;
    const clients = await pair({ models: { Order: { ...TAGGED.models.Order, l1 } } });
    const tierOf = async () => (await orderOf(clients.two, 1n).withCacheInfo()).info.tier;
    await expect.poll(tierOf, SLOW).toBe("l1");
    await clients.one.$cache.invalidate({ tags: ["customer:2"] });
    expect(await tierOf()).toBe("l1");
    await clients.one.$cache.invalidate({ tags: ["customer:1"] });
    await expect.poll(tierOf, SLOW).not.toBe("l1");
  });
});

test("lists have the tags of all that they show; counts have those that the function says", async () => {
  const clients = await pair();
  const list = (client: Client, ids: bigint[]) => client.order.findMany({ where: { id: { in: ids } } });
  const reads = (client: Client) => [
    () => list(client, [1n, 2n]),
    () => list(client, [3n]),
    () => client.order.count(),
  ];
  for (const client of [clients.one, clients.two]) for (const read of reads(client)) await untilHit(read);
  await clients.one.$cache.invalidate({ tags: ["customer:2"] });
  const statuses: string[] = [];
  for (const read of reads(clients.two)) statuses.push(await statusOf(read()));
  expect(statuses).toEqual(["miss", "hit", "hit"]);
});

test("a hit says them, explain too, beside the rows that the result shows and the tags of the query", async () => {
  const { one } = await pair();
  const read = () => one.order.findUnique({ where: { id: 1n }, include: { user: true }, cache: { tags: ["home"] } });
  await untilHit(read);
  const { info } = await read().withCacheInfo();
  expect(info.tags).toEqual(expect.arrayContaining(["Order:row:1", "User:row:1", "#home", "#customer:1"]));
  expect(info.tags).not.toContain("#~any");
  const explanation = await one.$cache.explain(read());
  expect(explanation).toMatchObject({ entryTags: info.tags, reasons: { "#~any": expect.stringMatching(/result/) } });
});

test("not found is dropped by any, since nobody knows which it would have", async () => {
  const { one, two } = await pair();
  const read = () => orderOf(two, 99n);
  await untilHit(read);
  await one.$cache.invalidate({ tags: ["customer:99"] });
  expect(await statusOf(read())).toBe("miss");
});

test("a client without the function has entries of its own", async () => {
  const clients = await pair();
  const without = withRedis(clients.plain, clients.namespace, { models: { Order: { ttl: "1h" } } });
  await untilHit(() => orderOf(without, 1n));
  expect(await statusOf(orderOf(clients.one, 1n))).toBe("miss");
});

test.each([true, false])("one that fails leaves its results out, and changes none; fast path: %s", async (fastPath) => {
  const tags: TagsOf = () => {
    throw new Error("no such property");
  };
  const { cached, plain, warnings } = await cachedShop({ fastPath, models: { Order: { tags } } });
  for (let i = 0; i < 3; i++) {
    const { data, info } = await cached.order.findUnique({ where: { id: 1n } }).withCacheInfo();
    expect(info.status).toBe("miss");
    expect(data).toEqual(await plain.order.findUnique({ where: { id: 1n } }));
  }
  expect(warnings).toHaveLength(3);
  expect(warnings[0]).toMatchObject({
    code: "TAGS_FAILED",
    message: expect.stringContaining("Order.findUnique") as string,
  });
});
