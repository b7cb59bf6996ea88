import { describe, expect, test } from "vitest";
import { redisUrl } from "../setup/client.js";
import { naive } from "./naive/naive-cache.js";
import { hookedDatabase } from "./support/database.js";
import { evercache } from "./support/evercache.js";
import { outrun } from "./support/outrun.js";
import { ownNamespace, type MakeSubject } from "./support/subject.js";

/** Prisma sends a batch when each of its members has asked to be sent: a member that is answered from elsewhere never does. */
describe("a batch with a member whose result is cached", () => {
  async function scenario(make: MakeSubject) {
    const { plain } = await hookedDatabase();
    const { prisma, settled } = make(plain, { redisUrl: redisUrl(), namespace: ownNamespace() });
    const read = () => prisma.user.findUnique({ where: { id: 1 } });
    await read();
    await settled();
    const batch = prisma.$transaction([
      read(),
      prisma.user.update({ where: { id: 1 }, data: { name: "batched" } }),
      read(),
    ]);
    const outcome = await outrun(batch, () => plain.$queryRaw`SELECT 1`);
    return outcome === "resolved" ? (await batch).map((user) => user?.name) : outcome;
  }

  test("settles, and its members see each other", async () => {
    expect(await scenario(evercache())).toEqual(["User 1", "batched", "batched"]);
  });

  test("never settles behind a naive cache", async () => {
    expect(await scenario(naive({ inTransactions: true }))).toBe("pending");
  });
});
