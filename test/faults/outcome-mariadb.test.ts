import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { describe, expect, onTestFinished, test } from "vitest";
import { providers } from "../setup/client.js";
import { PrismaClient as MysqlClient } from "../setup/generated/mysql/client.js";
import type { PrismaClient } from "../setup/generated/postgresql/client.js";
import { commit, known, outcomeWorld, verdictOf, WAYS, type OutcomeWorld, type Writer } from "./support/outcome.js";
import { losingProxy } from "./support/losing-proxy.js";
import { PATIENCE } from "./support/world.js";

/** A client of one connection. */
function writerOf({ database }: OutcomeWorld, url = database.url, patience = 10_000): PrismaClient {
  const address = `${url.replace(/^mysql:/, "mariadb:")}?connectionLimit=1&acquireTimeout=${patience}`;
  const writer = new MysqlClient({ adapter: new PrismaMariaDb(address) as never });
  onTestFinished(() => writer.$disconnect());
  return writer as unknown as PrismaClient;
}

const rename = (client: Writer) => client.user.updateMany({ where: { id: 1 }, data: { name: "new" } });

/** While another transaction has the row. */
async function whileLocked({ truth }: OutcomeWorld, act: () => Promise<void>): Promise<void> {
  const locked = async (tx: Pick<Writer, "$queryRawUnsafe">) => {
    await tx.$queryRawUnsafe("SELECT id FROM users WHERE id = 1 FOR UPDATE");
    await act();
  };
  await truth.$transaction(locked, { timeout: 25_000 });
}

/** Until one connection runs an UPDATE; resolves to having killed that, or the connection. */
async function kill({ truth }: OutcomeWorld, what: "QUERY" | "CONNECTION"): Promise<void> {
  const updating = () =>
    truth.$queryRawUnsafe<{ id: bigint }[]>(
      "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'UPDATE%'",
    );
  await expect.poll(async () => (await updating()).length, PATIENCE).toBe(1);
  await truth.$executeRawUnsafe(`KILL ${what} ${(await updating())[0]?.id}`);
}

describe.runIf(providers().includes("mysql"))("MariaDB", () => {
  test("a wait for a row ends: by time-out, by KILL QUERY, by KILL CONNECTION", async () => {
    const world = await outcomeWorld("mysql");
    const writer = writerOf(world);
    await whileLocked(world, async () => {
      for (const way of WAYS) {
        const act = () => commit(writer, way, rename);
        const killed = await verdictOf(world, act, () => kill(world, "QUERY"));
        const interrupted = known("P2039", "mysql", "1317");
        expect.soft(killed).toEqual({ error: interrupted, outcome: "ambiguous", written: false });

        await writer.$executeRawUnsafe("SET innodb_lock_wait_timeout = 0");
        const timedOut = await verdictOf(world, act);
        const waited = known("P2039", "mysql", "1205");
        expect.soft(timedOut).toEqual({ error: waited, outcome: "rolled-back", written: false });

        await writer.$executeRawUnsafe("SET innodb_lock_wait_timeout = 50");
        const cut = await verdictOf(world, act, () => kill(world, "CONNECTION"));
        const lost = known("P2039", "mysql", "45009");
        expect.soft(cut).toEqual({ error: lost, outcome: "ambiguous", written: false });
      }
    });
  });

  test("no connection could be had", async () => {
    const world = await outcomeWorld("mysql");
    const writer = writerOf(world, world.database.url, 200);
    const refused = { error: known("P2039", "mysql", "45028"), outcome: "rolled-back", written: false };
    const addresses = ["mysql://a:b@127.0.0.1:1/shop", `${world.database.url}_gone`];
    const strangers = addresses.map((address) => writerOf(world, address, 200));
    // Connected: only its pool is small.
    await expect.poll(() => writer.user.count().catch(() => 0), PATIENCE).toBe(2);
    for (const way of WAYS) {
      await writer.$transaction(async () => {
        expect.soft(await verdictOf(world, () => commit(writer, way, rename))).toEqual(refused);
      });
      for (const stranger of strangers) {
        expect.soft(await verdictOf(world, () => commit(stranger, way, rename))).toEqual(refused);
      }
    }
  });

  test("the connection is killed before the COMMIT", async () => {
    const world = await outcomeWorld("mysql");
    const idle = async (tx: Writer) => {
      await rename(tx);
      const [row] = await tx.$queryRawUnsafe<{ id: bigint }[]>("SELECT CONNECTION_ID() AS id");
      await world.truth.$executeRawUnsafe(`KILL CONNECTION ${row?.id}`);
    };
    const verdict = await verdictOf(world, () => commit(writerOf(world), "interactive", idle));
    expect(verdict).toMatchObject({ outcome: "ambiguous", written: false });
  });

  test("a deadlock", async () => {
    const world = await outcomeWorld("mysql");
    const update = (client: Writer, id: number) => client.user.updateMany({ where: { id }, data: { name: "old" } });
    const victim = writerOf(world);
    await world.truth.$transaction(async (winner) => {
      // The one that has written less is rolled back.
      await winner.tag.createMany({ data: [{ name: "1" }, { name: "2" }, { name: "3" }] });
      await update(winner, 1);
      let waits: Promise<unknown> = Promise.resolve();
      const crossing = async (tx: Writer) => {
        await update(tx, 2);
        waits = update(winner, 2).then((result) => result);
        await rename(tx);
      };
      const verdict = await verdictOf({ ...world, rows: async () => "" }, () =>
        commit(victim, "interactive", crossing),
      );
      const error = known("P2034", "TransactionWriteConflict", "1213");
      expect.soft(verdict).toMatchObject({ error, outcome: "rolled-back" });
      await waits;
    });
    expect(await world.truth.user.findMany({ where: { name: "new" } })).toEqual([]);
  });

  test("the connection is lost on the way there, on the way back, and in the commit", async () => {
    const world = await outcomeWorld("mysql");
    const proxy = await losingProxy(world.database.url);
    const writer = writerOf(world, proxy.url);
    const lose = (what: "request" | "reply", text: string, act: () => PromiseLike<unknown>) =>
      verdictOf(world, () => {
        proxy.loseNext(what, text);
        return act();
      });
    const lost = { error: { code: "ECONNRESET" }, outcome: "ambiguous" };
    const there = await lose("request", "UPDATE", () => rename(writer));
    expect.soft(there).toMatchObject({ ...lost, written: false });
    const back = await lose("reply", "UPDATE", () => rename(writer));
    expect.soft(back).toMatchObject({ ...lost, written: true });
    const change = (tx: Writer) => tx.user.updateMany({ where: { id: 2 }, data: { name: "new" } });
    const inCommit = await lose("reply", "COMMIT", () => commit(writer, "interactive", change));
    expect.soft(inCommit).toMatchObject({ ...lost, written: true });
  });

  test("a procedure that was refused had written before", async () => {
    const world = await outcomeWorld("mysql");
    await world.truth.$executeRawUnsafe(`CREATE PROCEDURE halfway() BEGIN
      INSERT INTO Tag (name) VALUES ('called'); INSERT INTO Tag (name) VALUES ('called'); END`);
    const verdict = await verdictOf(world, () => writerOf(world).$executeRawUnsafe("CALL halfway()"));
    const error = known("P2010", "UniqueConstraintViolation", "1062");
    expect(verdict).toEqual({ error, outcome: "ambiguous", written: true });
  });
});
