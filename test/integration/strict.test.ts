import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { createGate } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers, redisUrl, testClient, testShop, type Provider } from "../setup/client.js";
import { Prisma, type PrismaClient } from "../setup/generated/postgresql/client.js";

let namespaces = 0;

async function shop(provider: Provider, prepare: (client: PrismaClient) => PrismaClient = (client) => client) {
  const { prisma, counting, database } = await testShop(provider);
  const namespace = `strict-${process.pid}-${namespaces++}`;
  const cached = prepare(prisma).$extends(
    cacheExtension({ redis: redisUrl(), namespace, consistency: "strict", deadline: "10s", writeDeadline: "10s" }),
  );
  const events: CacheEvent[] = [];
  cached.$cache.on("event", (event) => events.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  const locked = () => events.flatMap((event) => (event.type === "quarantine" ? [event.tags] : []));
  return { plain: prisma, cached, counting, events, locked, database };
}

describe.each(providers())("at strict, on %s", (provider) => {
  test("a write by itself locks exactly what it changed: rows that it can only learn are learnt before the commit", async () => {
    const { cached, locked } = await shop(provider);
    await cached.user.update({ where: { id: 1 }, data: { name: "Ada" } });
    const [tags, ...more] = locked();
    expect(more).toEqual([]);
    expect(tags).toEqual(expect.arrayContaining(["User:any", "User:row:1", "User:unique:email=u1@shop.test"]));
    expect(
      locked()
        .flat()
        .filter((tag) => tag.includes(":by:")),
    ).toEqual([]);
  });

  test('a row that is added needs no transaction to learn its key: each "not found" is dropped', async () => {
    const { cached, locked } = await shop(provider);
    await cached.auditLog.create({ data: { action: "new" } });
    expect(locked()).toEqual([["AuditLog:any", "AuditLog:new:id"]]);
  });

  test("returns what Prisma returns: the row, a selection, a relation, an error", async () => {
    const { plain, cached } = await shop(provider);
    const where = { id: 1 };
    expect(await cached.user.update({ where, data: { name: "Ada" } })).toEqual(await plain.user.findUnique({ where }));
    expect(await cached.user.update({ where, data: { name: "Bo" }, select: { name: true } })).toEqual({ name: "Bo" });
    expect(await cached.user.update({ where, data: { name: "Cy" } }).orders()).toEqual(
      await plain.user.findUnique({ where }).orders(),
    );
    const wrong = cached.user.update({ where: { id: 999_999 }, data: { name: "Nobody" } });
    await expect(wrong).rejects.toMatchObject({ code: "P2025", message: expect.stringContaining("user.update()") });
    await expect(wrong).rejects.toBeInstanceOf(Prisma.PrismaClientKnownRequestError);
  });

  test("a write that the database refuses changes nothing, and leaves nothing locked", async () => {
    const { plain, cached } = await shop(provider);
    const read = () => cached.user.findUnique({ where: { id: 2 } }).withCacheInfo();
    await read();
    const { email } = await plain.user.findUniqueOrThrow({ where: { id: 1 } });
    await expect(cached.user.update({ where: { id: 2 }, data: { email, name: "Twin" } })).rejects.toMatchObject({
      code: "P2002",
    });
    const { data, info } = await read();
    expect({ name: data?.name === "Twin", status: info.status }).toEqual({ name: false, status: "hit" });
  });

  test("other extensions see the write once", async () => {
    const seen: string[] = [];
    const { cached } = await shop(
      provider,
      (client) =>
        client.$extends({
          query: {
            $allOperations({ operation, args, query }) {
              seen.push(operation);
              return query(args);
            },
          },
        }) as unknown as PrismaClient,
    );
    await cached.user.update({ where: { id: 1 }, data: { name: "Ada" } });
    expect(seen.filter((operation) => operation === "update")).toEqual(["update"]);
  });

  test("nobody reads the old value from the cache once anybody can read the new one from the database", async () => {
    const { plain, cached } = await shop(provider);
    const where = { id: 1 };
    await cached.user.findUnique({ where });
    const committing = createGate();
    const writing = cached.$transaction(async (tx) => {
      await tx.user.update({ where, data: { name: "Ada" } });
      await committing.pass();
    });
    await committing.arrived;
    // Not locked before the commit is due: readers are served until then.
    expect((await cached.user.findUnique({ where }).withCacheInfo()).info.status).toBe("hit");
    committing.open();
    await writing;
    expect((await plain.user.findUnique({ where }))?.name).toBe("Ada");
    expect((await cached.user.findUnique({ where }))?.name).toBe("Ada");
  });

  test("keeps the isolation of a write by itself, whatever the client asks for transactions", async () => {
    const { database } = await shop(provider);
    const client = await testClient(provider, { database, transactionOptions: { isolationLevel: "Serializable" } });
    const cached = client.prisma.$extends(
      cacheExtension({ redis: redisUrl(), namespace: `strict-${process.pid}-${namespaces++}`, consistency: "strict" }),
    );
    onTestFinished(() => cached.$cache.disconnect());
    // Of overlapping serializable increments the database refuses all but one.
    const increments = Array.from({ length: 8 }, () =>
      cached.product.update({ where: { id: 1 }, data: { stock: { increment: 1 } } }),
    );
    const before = await client.prisma.product.findUniqueOrThrow({ where: { id: 1 } });
    await Promise.all(increments);
    const after = await client.prisma.product.findUniqueOrThrow({ where: { id: 1 } });
    expect(after.stock - before.stock).toBe(8);
  });

  test("a statement of a transaction that nobody awaited is locked as far as it may reach", async () => {
    const { cached, locked } = await shop(provider);
    let late: Promise<unknown> | undefined;
    await cached.$transaction(async (tx) => {
      await tx.user.count();
      late = tx.user.update({ where: { email: "u2@shop.test" }, data: { name: "Late" } }).then(
        () => "written",
        () => "refused",
      );
      // Long enough for the statement to be on its way, and not for its answer.
      await Promise.resolve();
    });
    expect(locked().flat()).toContain("User:by:id");
    await late;
    const name = (await cached.user.findUnique({ where: { id: 2 } }))?.name;
    expect(name).toBe((await late) === "written" ? "Late" : "User 2");
  });

  test("works within transactions and batches as everywhere", async () => {
    const { cached } = await shop(provider);
    const where = { id: 1 };
    await cached.$transaction([
      cached.user.update({ where, data: { name: "Ada" } }),
      cached.user.update({ where: { email: "u2@shop.test" }, data: { name: "Bo" } }),
    ]);
    expect((await cached.user.findUnique({ where }))?.name).toBe("Ada");
    expect((await cached.user.findUnique({ where: { id: 2 } }))?.name).toBe("Bo");
    const failed = cached.$transaction(async (tx) => {
      await tx.user.update({ where, data: { name: "Cy" } });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect((await cached.user.findUnique({ where }))?.name).toBe("Ada");
  });
});
