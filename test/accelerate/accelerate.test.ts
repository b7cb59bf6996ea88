// What withAccelerate does beside what the samples show, and that it leaves other clients alone.
import { createMemoryStore, EvercacheError } from "@evercache/core";
import { cacheExtension } from "@evercache/prisma";
import { withAccelerate } from "@evercache/prisma/accelerate";
import { wrapStore } from "@evercache/testing";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { redisUrl } from "../setup/client.js";
import { ERROR_FORMATS, FAST, LOADED, onlooker, shop } from "../integration/fast-path-clients.js";

type Options = NonNullable<Parameters<typeof withAccelerate>[0]>;

async function accelerated(options: Options = {}, clientOptions: Parameters<typeof shop>[0] = {}) {
  const { plain, ...others } = await shop(clientOptions);
  const prisma = plain.$extends(withAccelerate({ store: createMemoryStore(), ...options }));
  onTestFinished(() => prisma.$cache.disconnect());
  return { ...others, plain, prisma };
}

const ID = { id: 1 } as const;
const TTL = { cacheStrategy: { ttl: 60 } } as const;

interface Informed {
  withAccelerateInfo(): PromiseLike<{ info: { cacheStatus: string } | null }>;
}
const statusOf = async (read: Informed) => (await read.withAccelerateInfo()).info?.cacheStatus;

describe("what is cached", () => {
  test("nothing without a strategy", async () => {
    const { prisma, requests } = await accelerated();
    const read = () => prisma.user.findMany();
    await read();
    expect((await requests.of(read)).sent).toBe(1);
    expect(await statusOf(read())).toBe("none");
    expect(await statusOf(prisma.user.findMany({ cacheStrategy: { tags: ["a"] } }))).toBe("none");
    expect(await statusOf(prisma.user.findMany({ cacheStrategy: { ttl: 0 } }))).toBe("none");
    expect(await statusOf(prisma.user.findMany({ cacheStrategy: {} }))).toBe("none");
    expect(prisma.$cache.stats().fills.stored).toBe(0);
  });

  test("also without one, where defaults or models say so", async () => {
    const { prisma } = await accelerated({ models: { User: { ttl: "1m" } } });
    await prisma.user.findMany();
    expect(await statusOf(prisma.user.findMany())).toBe("ttl");
    expect(await statusOf(prisma.product.findMany())).toBe("none");
    expect(await statusOf(prisma.user.findMany({ cacheStrategy: { ttl: 0 } }))).toBe("none");

    const { prisma: other } = await accelerated({ defaults: { ttl: "1m" } });
    await other.product.findMany({ cacheStrategy: { tags: ["a"] } });
    const tagged = () => other.product.findMany({ cacheStrategy: { tags: ["a"] } });
    expect(await statusOf(tagged())).toBe("ttl");
    await other.$accelerate.invalidate({ tags: ["a"] });
    expect(await statusOf(tagged())).toBe("miss");
  });

  test("for exactly so many seconds", async () => {
    const { prisma } = await accelerated({ defaults: { ttl: "1h", jitter: 1 } });
    for (const id of [1, 2, 3, 4]) {
      const read = () => prisma.user.findUnique({ where: { id }, ...TTL });
      await read();
      const { info } = await read().withCacheInfo();
      expect(info.expiresAt!.getTime() - info.storedAt!.getTime()).toBe(60_000);
    }
  });

  test("for longer than those of the options, and what it depends on is remembered as long", async () => {
    const lifetimes: number[] = [];
    const mint = (_: unknown, times: readonly number[]) => void lifetimes.push(...times);
    const { prisma } = await accelerated({ store: wrapStore(createMemoryStore(), { before: { mint } }) });
    const day = 86_400;
    await prisma.user.findMany({ where: { email: "a" }, cacheStrategy: { ttl: 30 * day, swr: day, tags: ["a"] } });
    expect(lifetimes.length).toBeGreaterThan(1);
    for (const lifetime of lifetimes) expect(lifetime).toBeGreaterThan(31 * day * 1000);
  });

  test("until a write, whatever its ttl", async () => {
    const { prisma } = await accelerated();
    const read = () => prisma.user.findUniqueOrThrow({ where: ID, cacheStrategy: { ttl: 3600, swr: 3600 } });
    await read();
    await prisma.user.update({ where: ID, data: { name: "written" } });
    const { data, info } = await read().withAccelerateInfo();
    expect({ name: data.name, status: info?.cacheStatus }).toEqual({ name: "written", status: "miss" });
  });

  test("the cache argument and $cache are there, too", async () => {
    const { prisma } = await accelerated();
    const read = () => prisma.user.count({ cache: { ttl: "1m" } });
    await read();
    expect(await statusOf(read())).toBe("ttl");
    expect((await prisma.user.count(TTL).withCacheInfo()).info.status).toBe("hit");
    expect(await prisma.$cache.explain(prisma.user.count(TTL))).toMatchObject({ verdict: "hit", path: "fast" });
    expect(prisma.$cache.stats().reads).toMatchObject({ hit: 2, miss: 1 });
    await prisma.$cache.invalidate({ models: ["User"] });
    expect(await statusOf(read())).toBe("miss");
  });

  test("what cannot be answered from the cache just now is a miss", async () => {
    const { prisma } = await accelerated();
    await prisma.user.count(TTL);
    prisma.$cache.pause();
    expect(await statusOf(prisma.user.count(TTL))).toBe("miss");
    expect(await statusOf(prisma.user.count())).toBe("none");
    prisma.$cache.resume();
    expect(await statusOf(prisma.user.count(TTL))).toBe("ttl");
  });
});

describe("swr", () => {
  const past = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  test("alone: what is there is served, and loaded anew each time", async () => {
    const { prisma, plain } = await accelerated();
    const read = () => prisma.user.findUniqueOrThrow({ where: ID, cacheStrategy: { swr: 600 } }).withAccelerateInfo();
    await read();
    await past(5);
    await plain.user.update({ where: ID, data: { name: "unseen" } });
    const stale = await read();
    expect(stale).toMatchObject({ data: { name: "User 1" }, info: { cacheStatus: "swr" } });
    expect(stale.info!.lastModified.getTime()).toBeLessThan(Date.now());
    await expect.poll(async () => (await read()).data.name).toBe("unseen");
  });

  test("after the ttl, and then no longer", async () => {
    const { prisma } = await accelerated();
    const read = () => prisma.user.count({ cacheStrategy: { ttl: 1, swr: 600 } });
    await read();
    expect(await statusOf(read())).toBe("ttl");
    await past(1010);
    expect(await statusOf(read())).toBe("swr");
    const brief = () => prisma.product.count({ cacheStrategy: { swr: 0.05 } });
    await brief();
    await past(100);
    expect(await statusOf(brief())).toBe("miss");
  });

  test("never what a write has touched", async () => {
    const { prisma } = await accelerated();
    const read = () => prisma.user.findUniqueOrThrow({ where: ID, cacheStrategy: { swr: 600 } }).withAccelerateInfo();
    await read();
    await past(5);
    await prisma.user.update({ where: ID, data: { name: "written" } });
    expect(await read()).toMatchObject({ data: { name: "written" }, info: { cacheStatus: "miss" } });
  });
});

describe.each(ERROR_FORMATS)("the way of a read, errors %s", (errorFormat) => {
  test("a hit takes the fast path where those of cacheExtension do", async () => {
    const { prisma, requests } = await accelerated({}, { errorFormat });
    for (const read of [
      () => prisma.user.findUnique({ where: ID, ...TTL }),
      () => prisma.user.findMany({ include: { orders: true }, ...TTL }),
      () => prisma.product.aggregate({ _sum: { stock: true }, ...TTL }),
    ]) {
      expect(await requests.of(read)).toMatchObject({ sent: 1 });
      expect(await requests.of(read)).toEqual(FAST);
    }
    expect(await requests.of(() => prisma.user.findUnique({ where: ID }))).toEqual(LOADED);
  });

  test("an error shows the line of the application", async () => {
    const { prisma } = await accelerated({}, { errorFormat });
    const missing = { where: { id: 99 }, ...TTL };
    const error = await prisma.user.findUniqueOrThrow(missing).then(
      () => null,
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ name: "PrismaClientKnownRequestError", code: "P2025" });
    if (errorFormat !== "minimal") {
      expect(error!.message).toMatch(/accelerate\.test\.ts:\d+:\d+/);
      expect(error!.message).toContain("prisma.user.findUniqueOrThrow(");
    }
  });
});

describe("withAccelerateInfo()", () => {
  test("asks when it is awaited, and once", async () => {
    const { prisma, requests } = await accelerated();
    const informed = prisma.user.count().withAccelerateInfo();
    expect(informed[Symbol.toStringTag]).toBe("PrismaPromise");
    expect(requests.counts.sent).toBe(0);
    const first = await informed;
    expect(await informed).toBe(first);
    expect(requests.counts.sent).toBe(1);
  });

  test("asks anew of a read that was awaited before", async () => {
    const { prisma } = await accelerated();
    const read = prisma.user.findUnique({ where: ID, ...TTL });
    expect(await read).toMatchObject({ id: 1 });
    expect(await read.withAccelerateInfo()).toMatchObject({ data: { id: 1 }, info: { cacheStatus: "ttl" } });
  });

  test("has one signature for equal reads, hit or not", async () => {
    const { prisma } = await accelerated();
    const reads = [TTL, TTL, {}, { cache: { ttl: 1 } }].map((how) =>
      prisma.user.findFirst({ where: ID, ...how }).withAccelerateInfo(),
    );
    const infos = [];
    for (const read of reads) infos.push((await read).info!);
    expect(infos.map(({ cacheStatus }) => cacheStatus)).toEqual(["miss", "ttl", "none", "ttl"]);
    expect(new Set(infos.map(({ signature }) => signature)).size).toBe(1);
    expect(infos[1]!.lastModified).toBeInstanceOf(Date);
  });

  test("rejects as the read does", async () => {
    const { prisma } = await accelerated();
    await expect(prisma.user.findUniqueOrThrow({ where: { id: 99 }, ...TTL }).withAccelerateInfo()).rejects.toThrow(
      expect.objectContaining({ code: "P2025" }),
    );
  });

  test("knows nothing of what another extension has answered", async () => {
    const { prisma } = await accelerated();
    const other = prisma.$extends({ query: { user: { findFirst: async () => ({ id: 7 }) } } });
    expect(await other.user.findFirst().withAccelerateInfo()).toMatchObject({ data: { id: 7 }, info: {} });
    const { plain } = await shop();
    const answering = plain
      .$extends({ model: { $allModels: { findFirst: async () => ({ id: 7 }) } } })
      .$extends(withAccelerate({ store: createMemoryStore() }));
    const informed = (answering.user.findFirst as unknown as () => Informed)().withAccelerateInfo();
    expect(await informed).toEqual({ data: { id: 7 }, info: null });
  });

  test("goes into a batch, beside writes, and rolls back with it", async () => {
    const { prisma } = await accelerated();
    const batch = prisma.$transaction([
      prisma.user.update({ where: ID, data: { name: "in the batch" } }),
      prisma.user.findUniqueOrThrow({ where: ID, ...TTL }).withAccelerateInfo(),
      prisma.user.findUniqueOrThrow({ where: { id: 2 }, ...TTL }).orders(),
    ]);
    const [, { data, info }, orders] = await batch;
    expect({ name: data.name, status: info?.cacheStatus }).toEqual({ name: "in the batch", status: "none" });
    expect(orders).toHaveLength(1);
    await expect(
      prisma.$transaction([
        prisma.user.update({ where: ID, data: { name: "lost" } }),
        prisma.user.findUniqueOrThrow({ where: { id: 99 }, ...TTL }).withAccelerateInfo(),
      ]),
    ).rejects.toThrow();
    expect((await prisma.user.findUniqueOrThrow({ where: ID, ...TTL })).name).toBe("in the batch");
  });

  test("tells in an interactive transaction what that sees", async () => {
    const { prisma } = await accelerated();
    await prisma.user.findUnique({ where: ID, ...TTL });
    const rolledBack = prisma.$transaction(async (tx) => {
      await tx.user.update({ where: ID, data: { name: "inside" } });
      const { data, info } = await tx.user.findUnique({ where: ID, ...TTL }).withAccelerateInfo();
      expect({ name: data?.name, status: info?.cacheStatus }).toEqual({ name: "inside", status: "none" });
      const { findUnique } = prisma.user;
      expect((await findUnique({ where: ID, ...TTL }))?.name).toBe("inside");
      throw new Error("back");
    });
    await expect(rolledBack).rejects.toThrow("back");
    expect((await prisma.user.findUnique({ where: ID, ...TTL }))?.name).toBe("User 1");
  });
});

describe("relations of one row", () => {
  test("are cached by the strategy of the first call", async () => {
    const { prisma, requests } = await accelerated();
    const orders = () => prisma.user.findUniqueOrThrow({ where: ID, ...TTL }).orders({ select: { id: true } });
    expect(await orders()).toEqual([{ id: 1n }]);
    expect((await requests.of(orders)).sent).toBe(0);
    expect((await orders().withCacheInfo()).info.status).toBe("hit");
  });
});

describe("mistakes", () => {
  test("are said when the read is awaited", async () => {
    const { prisma } = await accelerated();
    const read = prisma.user.findMany({ cacheStrategy: { ttl: "60s" } as never });
    await expect(read).rejects.toThrow(expect.objectContaining({ name: "EvercacheError", code: "INVALID_DURATION" }));
    await expect(read.withAccelerateInfo()).rejects.toThrow(/^cacheStrategy\.ttl: "60s"/);
    await expect(
      prisma.$transaction([prisma.user.count(), prisma.user.count({ cacheStrategy: 60 as never })]),
    ).rejects.toThrow(/^cacheStrategy: 60/);
  });

  test("of writes are Prisma's to say", async () => {
    const { prisma } = await accelerated();
    await expect(prisma.user.deleteMany({ cacheStrategy: { ttl: 1 } } as never)).rejects.toThrow(/cacheStrategy/);
    expect(await prisma.user.count()).toBe(4);
  });

  test.each([
    [undefined, /^\$accelerate\.invalidate: undefined is not valid here: write \$accelerate\.invalidate\(\{ tags:/],
    [{}, /^\$accelerate\.invalidate: tags must be an array of names/],
    [{ tags: "home" }, /^\$accelerate\.invalidate: tags must be/],
    [{ tags: ["a"], models: ["User"] }, /^\$accelerate\.invalidate: there is no option "models"/],
  ])("$accelerate.invalidate(%j)", async (input, message) => {
    const { prisma } = await accelerated();
    await expect(prisma.$accelerate.invalidate(input as never)).rejects.toThrow(message);
    await expect(prisma.$accelerate.invalidate(input as never)).rejects.toBeInstanceOf(EvercacheError);
  });

  test("of options are said at once, by the name of the function", () => {
    expect(() => withAccelerate({ redsi: "" } as never)).toThrow(
      /^withAccelerate: there is no option "redsi". Did you mean redis/,
    );
    expect(() => withAccelerate(60 as never)).toThrow(/^withAccelerate\(options\): 60/);
    expect(() => withAccelerate({ redis: undefined })).toThrow(/^redis: undefined is not a server/);
  });

  test("twice the cache", async () => {
    const { prisma } = await accelerated();
    expect(() =>
      (prisma as unknown as { $extends(part: unknown): void }).$extends(withAccelerate({ store: createMemoryStore() })),
    ).toThrow(expect.objectContaining({ code: "UNSUPPORTED_CLIENT" }));
  });
});

describe("where results are kept", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("without a word of it: in process memory, with a warning", async () => {
    const { plain } = await shop();
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    withAccelerate({ store: createMemoryStore() });
    withAccelerate({ redis: redisUrl() });
    expect(() => withAccelerate({ lease: 0.1 })).toThrow(/^lease/);
    expect(warned).not.toHaveBeenCalled();
    const prisma = plain.$extends(withAccelerate());
    plain.$extends(withAccelerate());
    expect(warned.mock.calls).toEqual([
      [expect.stringMatching(/EVERCACHE_REDIS_URL/), { type: "EvercacheWarning", code: "PROCESS_MEMORY" }],
    ]);
    warned.mockRestore();
    await prisma.user.count(TTL);
    expect((await prisma.user.count(TTL).withCacheInfo()).info.tier).toBe("memory");
  });

  test("in the Redis of the environment", async () => {
    const { plain } = await shop();
    vi.stubEnv("EVERCACHE_REDIS_URL", redisUrl());
    const prisma = plain.$extends(withAccelerate({ namespace: `accelerate-${process.pid}`, deadline: "10s" }));
    onTestFinished(() => prisma.$cache.disconnect());
    await expect.poll(async () => (await prisma.user.count(TTL).withCacheInfo()).info.tier).toBe("redis");
    expect(await prisma.$accelerate.invalidateAll()).toEqual({ requestId: expect.any(String) });
    expect(await statusOf(prisma.user.count(TTL))).toBe("miss");
  });
});

describe("other extensions", () => {
  test("a query extension sees the strategy, and may give one, wherever it stands", async () => {
    const { plain, prisma } = await accelerated();
    const strategies: unknown[] = [];
    interface Call {
      readonly args: { readonly cacheStrategy?: unknown };
      readonly query: (args: unknown) => unknown;
    }
    const findMany = ({ args, query }: Call) => {
      strategies.push(args.cacheStrategy);
      return query({ cacheStrategy: { ttl: 60 }, ...args });
    };
    const giving = { query: { $allModels: { findMany } } };
    const after = prisma.$extends(giving as never);
    const before = plain.$extends(giving as never).$extends(withAccelerate({ store: createMemoryStore() }));
    for (const client of [after, before] as unknown as (typeof prisma)[]) {
      await client.user.findMany();
      expect(await statusOf(client.user.findMany())).toBe("ttl");
      expect(await statusOf(client.user.findMany({ cacheStrategy: { ttl: 0 } }))).toBe("none");
    }
    expect(strategies).toEqual([undefined, undefined, { ttl: 0 }, undefined, undefined, { ttl: 0 }]);
  });

  test("a method that a later one puts in the place of a read meets the cache", async () => {
    const { prisma, requests } = await accelerated();
    const later = prisma.$extends({
      model: { user: { newest: () => prisma.user.findFirst({ orderBy: { id: "desc" }, ...TTL }) } },
    });
    await later.user.newest();
    expect((await requests.of(() => later.user.newest())).sent).toBe(0);
    expect((await requests.of(() => later.user.findFirst({ orderBy: { id: "desc" }, ...TTL }))).sent).toBe(0);
    expect(await statusOf(later.user.newest())).toBe("ttl");
  });
});

describe("a client with cacheExtension beside", () => {
  test("has nothing of it, and learns of its writes", async () => {
    const { plain, seen } = { ...(await shop()), seen: onlooker() };
    const store = createMemoryStore();
    const beside = plain.$extends(cacheExtension({ store, defaults: { ttl: "1m" } }));
    const prisma = plain.$extends(withAccelerate({ store }));
    expect("$accelerate" in beside).toBe(false);
    expect("withAccelerateInfo" in beside.user.findUnique({ where: ID })).toBe(false);
    expect((beside.user.findMany() as { withAccelerateInfo?: unknown }).withAccelerateInfo).toBe(undefined);
    await expect(beside.user.findMany(TTL as never)).rejects.toThrow(/cacheStrategy/);
    await expect(beside.user.findUnique({ where: ID, ...TTL } as never)).rejects.toThrow(/cacheStrategy/);

    const names = async () =>
      Promise.all([beside, prisma].map(async ({ user }) => (await user.findUnique({ where: ID }))?.name));
    await beside.user.findUnique({ where: ID });
    await prisma.user.findUnique({ where: ID, ...TTL });
    await prisma.user.update({ where: ID, data: { name: "by the one" } });
    expect(await names()).toEqual(["by the one", "by the one"]);
    await prisma.user.findUnique({ where: ID, ...TTL });
    await beside.user.update({ where: ID, data: { name: "by the other" } });
    expect((await prisma.user.findUnique({ where: ID, ...TTL }))?.name).toBe("by the other");
    expect(seen.seen).toEqual([]);
  });
});
