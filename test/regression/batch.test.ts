import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { outrun } from "./support/outrun.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

/** Prisma sends a batch when each of its members has asked to be sent: a member that is answered from elsewhere never does. */
describe("a batch with a member whose result is cached", () => {
  async function start(make: MakeSubject) {
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const read = () => prisma.user.findUnique({ where: { id: 1 } });
    await read();
    await settled();
    const update = prisma.user.update({ where: { id: 1 }, data: { name: "batched" } });
    return { batch: prisma.$transaction([read(), update, read()]), plain };
  }

  test("settles, and its members see each other", async () => {
    const { batch } = await start(evercache());
    expect((await batch).map((user) => user?.name)).toEqual(["User 1", "batched", "batched"]);
  });

  test("never settles behind a naive cache", async () => {
    const { batch, plain } = await start(naive({ inTransactions: true }));
    expect(await outrun(batch, () => plain.$queryRaw`SELECT 1`)).toBe("pending");
  });
});
