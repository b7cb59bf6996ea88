import { createGate } from "@evercache/testing";
import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache, hookedStore } from "./support/evercache.js";
import { outrun } from "./support/outrun.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

const isLoad = (sql: string) => /^SELECT .*"users"/s.test(sql);

/** A reader that has its answer from the database, and is held before it may store it. */
async function heldReader(make: MakeSubject) {
  const { plain, hooks } = await hookedDatabase();
  const subject = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
  const read = async () => (await subject.prisma.user.findUnique({ where: { id: 1 } }))?.name;
  const gate = createGate();
  hooks.after = (sql) => (isLoad(sql) ? gate.pass() : undefined);
  const slow = read();
  await gate.arrived;
  hooks.after = undefined;
  return { ...subject, read, slow, gate };
}

describe("a slow reader", () => {
  async function scenario(make: MakeSubject) {
    const { prisma, settled, read, slow, gate } = await heldReader(make);
    await prisma.user.update({ where: { id: 1 }, data: { name: "new" } });
    // Others have read since, so that the cache has gone on from the write.
    expect(await read()).toBe("new");
    await settled();
    gate.open();
    expect(await slow).toBe("User 1");
    await settled();
    return read();
  }

  test("that stores what it read before a write does no harm", async () => {
    expect(await scenario(evercache())).toBe("new");
  });

  test("brings the old row back into a naive cache", async () => {
    expect(await scenario(naive())).toBe("User 1");
  });

  test("does no harm either when the write was a whole transaction, or SQL", async () => {
    const writes: ((prisma: Awaited<ReturnType<typeof heldReader>>["prisma"]) => PromiseLike<unknown>)[] = [
      (prisma) => prisma.$transaction((tx) => tx.user.update({ where: { id: 1 }, data: { name: "new" } })),
      (prisma) => prisma.$transaction([prisma.user.updateMany({ data: { name: "new" } })]),
      (prisma) => prisma.$executeRaw`UPDATE users SET name = 'new' WHERE id = 1`,
    ];
    for (const write of writes) {
      const { prisma, settled, read, slow, gate } = await heldReader(evercache());
      await write(prisma);
      expect(await read()).toBe("new");
      await settled();
      gate.open();
      expect(await slow).toBe("User 1");
      await settled();
      expect(await read()).toBe("new");
    }
  });

  test("may be held on its way to Redis, too", async () => {
    const { plain } = await hookedDatabase();
    const place = { redisUrl: redisUrl(), namespace: ownNamespace() };
    const gate = createGate();
    const store = hookedStore(place, { before: { fill: () => gate.pass() } });
    const { prisma, settled } = evercache({ store })(plain, place);
    const read = async () => (await prisma.user.findUnique({ where: { id: 1 } }))?.name;
    expect(await read()).toBe("User 1");
    await gate.arrived;
    await prisma.user.update({ where: { id: 1 }, data: { name: "new" } });
    await settled();
    gate.open();
    await settled();
    expect(await read()).toBe("new");
  });
});

describe("a reader who starts after its own write", () => {
  async function scenario(make: MakeSubject) {
    const { prisma, read, slow, gate } = await heldReader(make);
    await prisma.user.update({ where: { id: 1 }, data: { name: "mine" } });
    const own = read();
    // The older load must not be over before the newer reader has looked for company.
    await outrun(own, () => prisma.$queryRaw`SELECT 1`);
    gate.open();
    await slow;
    return own;
  }

  test("does not join a load that began before it", async () => {
    expect(await scenario(evercache())).toBe("mine");
  });

  test("joins it in a naive cache", async () => {
    expect(await scenario(naive({ coalesce: true }))).toBe("User 1");
  });

  test("still shares a load with those who start beside it", async () => {
    const { plain, hooks, statements } = await hookedDatabase();
    const { prisma } = evercache()(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const gate = createGate();
    hooks.before = (sql) => (isLoad(sql) ? gate.pass() : undefined);
    const query = { where: { role: "CUSTOMER" } } as const;
    const before = statements.length;
    const first = prisma.user.findMany(query).then((users) => users.length);
    await gate.arrived;
    const others = Array.from({ length: 20 }, () => prisma.user.findMany(query).then((users) => users.length));
    // They have looked into the cache by the time that another query has been through it.
    await prisma.tag.findMany();
    gate.open();
    expect(await Promise.all([first, ...others])).toEqual(Array.from({ length: 21 }, () => 4));
    expect(statements.slice(before).filter(isLoad)).toHaveLength(1);
  });
});
