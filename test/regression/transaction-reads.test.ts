import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

describe("a read in an interactive transaction", () => {
  /** What is read after the rollback of a transaction that read its own write. */
  async function afterRollback(make: MakeSubject) {
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const undone = prisma.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 1 }, data: { name: "undone" } });
      expect(await tx.user.findUnique({ where: { id: 1 } })).not.toBeNull();
      throw new Error("rolled back");
    });
    await expect(undone).rejects.toThrow("rolled back");
    await settled();
    return (await prisma.user.findUnique({ where: { id: 1 } }))?.name;
  }

  /** What a transaction reads that begins with `SELECT … FOR UPDATE`, while another program's write is not yet known. */
  async function underRowLock(make: MakeSubject) {
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    await prisma.user.findUnique({ where: { id: 1 } });
    await settled();
    await plain.user.update({ where: { id: 1 }, data: { name: "by another program" } });
    return prisma.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT id FROM users WHERE id = 1 FOR UPDATE`;
      return (await tx.user.findUnique({ where: { id: 1 } }))?.name;
    });
  }

  test("is not stored: nothing of it outlives a rollback", async () => {
    expect(await afterRollback(evercache())).toBe("User 1");
  });

  test("outlives the rollback in a naive cache", async () => {
    expect(await afterRollback(naive({ inTransactions: true }))).toBe("undone");
  });

  test("is not served: a locked row is read as it is", async () => {
    expect(await underRowLock(evercache())).toBe("by another program");
  });

  test("is served by a naive cache", async () => {
    expect(await underRowLock(naive({ inTransactions: true }))).toBe("User 1");
  });
});
