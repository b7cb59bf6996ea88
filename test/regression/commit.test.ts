import { createGate } from "@evercache/testing";
import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

/** Until the commit, readers outside see the old row, and may store it. */
describe("a reader between a transaction's statement and its commit", () => {
  async function scenario(make: MakeSubject) {
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const names = async () => {
      const [one, all] = await Promise.all([
        prisma.user.findUnique({ where: { id: 1 } }),
        prisma.user.findMany({ orderBy: { id: "asc" }, take: 1 }),
      ]);
      return [one?.name, all[0]?.name];
    };
    await prisma.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 1 }, data: { name: "new" } });
      // Whatever a cache does at the statement, it has done.
      await settled();
      expect(await names()).toEqual(["User 1", "User 1"]);
      await settled();
    });
    return names();
  }

  test("does not bring the old row back", async () => {
    expect(await scenario(evercache())).toEqual(["new", "new"]);
  });

  test("brings it back into a naive cache", async () => {
    expect(await scenario(naive())).toEqual(["User 1", "User 1"]);
  });

  test("is not answered from the cache while the commit is under way, and stores nothing", async () => {
    const { plain, hooks } = await hookedDatabase();
    const { prisma, settled } = evercache()(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const read = async () => (await prisma.user.findUnique({ where: { id: 1 } }))?.name;
    await read();
    await settled();
    const commit = createGate();
    hooks.before = (sql) => (sql === "COMMIT" ? commit.pass() : undefined);
    const transaction = prisma.$transaction((tx) => tx.user.update({ where: { id: 1 }, data: { name: "new" } }));
    await commit.arrived;
    expect(await read()).toBe("User 1");
    await settled();
    commit.open();
    await transaction;
    expect(await read()).toBe("new");
  });
});
