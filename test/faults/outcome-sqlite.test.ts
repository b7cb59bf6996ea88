import { describe, expect, test } from "vitest";
import { testClient } from "../setup/client.js";
import { commit, known, outcomeWorld, verdictOf, WAYS, type Writer } from "./support/outcome.js";

const rename = (client: Writer) => client.user.update({ where: { id: 1 }, data: { name: "new" } });

describe("SQLite", () => {
  test.each(WAYS)("another writer has the lock: %s", async (way) => {
    const world = await outcomeWorld("sqlite");
    const { prisma } = await testClient("sqlite", { database: world.database });
    const { prisma: other } = await testClient("sqlite", { database: world.database });
    await other.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 2 }, data: { name: "old" } });
      const error = known("P1008", "SocketTimeout", "5");
      const verdict = await verdictOf(world, () => commit(prisma, way, rename));
      expect(verdict).toEqual({ error, outcome: "rolled-back", written: false });
    });
  });

  test("another wrote since the transaction's first read", async () => {
    const world = await outcomeWorld("sqlite");
    const { prisma } = await testClient("sqlite", { database: world.database });
    const late = async (tx: Writer) => {
      await tx.user.count();
      await world.truth.user.update({ where: { id: 2 }, data: { name: "old" } });
      await rename(tx);
    };
    const error = known("P1008", "SocketTimeout", "517");
    const verdict = await verdictOf(world, () => commit(prisma, "interactive", late));
    expect(verdict).toEqual({ error, outcome: "rolled-back", written: false });
  });

  test("the commit is refused: the adapter passes on the driver's error as it is", async () => {
    const world = await outcomeWorld("sqlite");
    const { prisma } = await testClient("sqlite", { database: world.database });
    const orphan = async (tx: Writer) => {
      await tx.$executeRawUnsafe("PRAGMA defer_foreign_keys = ON");
      await tx.profile.create({ data: { userId: 99 } });
    };
    const error = { name: "LibsqlError", code: "SQLITE_CONSTRAINT" };
    const verdict = await verdictOf(world, () => commit(prisma, "interactive", orphan));
    expect(verdict).toEqual({ error, outcome: "ambiguous", written: false });
  });

  test("a level of isolation that it does not have", async () => {
    const world = await outcomeWorld("sqlite");
    const { prisma } = await testClient("sqlite", { database: world.database });
    const act = () => prisma.$transaction((tx) => rename(tx as unknown as Writer), { isolationLevel: "ReadCommitted" });
    const error = known("P2023", "InvalidIsolationLevel");
    expect(await verdictOf(world, act)).toEqual({ error, outcome: "rolled-back", written: false });
  });

  test("a number that the driver refuses", async () => {
    const world = await outcomeWorld("sqlite");
    const { prisma } = await testClient("sqlite", { database: world.database });
    const act = () => prisma.auditLog.create({ data: { id: 2n ** 63n, action: "new" } });
    expect(await verdictOf(world, act)).toEqual({
      error: { name: "RangeError" },
      outcome: "ambiguous",
      written: false,
    });
  });

  test("what was refused, or could not be read, was written all the same", async () => {
    const world = await outcomeWorld("sqlite");
    const { prisma } = await testClient("sqlite", { database: world.database });
    const orFail = () => prisma.$executeRawUnsafe("INSERT OR FAIL INTO Tag (name) VALUES ('new'), ('new')");
    const raw = known("P2010", "UniqueConstraintViolation", "2067");
    expect.soft(await verdictOf(world, orFail)).toEqual({ error: raw, outcome: "ambiguous", written: true });

    await world.truth.$executeRawUnsafe(
      "CREATE TRIGGER halfway BEFORE UPDATE ON users WHEN OLD.id = 2 BEGIN SELECT RAISE(FAIL, 'no'); END",
    );
    const halfway = () => prisma.user.updateMany({ data: { name: "half" } });
    const foreign = known("P2003", "ForeignKeyConstraintViolation", "1811");
    expect.soft(await verdictOf(world, halfway)).toEqual({ error: foreign, outcome: "ambiguous", written: true });

    await world.truth.$executeRawUnsafe("UPDATE users SET role = 'NOBODY' WHERE id = 1");
    const unreadable = { error: known("P2023"), outcome: "ambiguous", written: true };
    expect.soft(await verdictOf(world, () => rename(prisma))).toEqual(unreadable);
  });
});
