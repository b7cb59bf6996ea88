import { PrismaPg } from "@prisma/adapter-pg";
import { createFaultProxy } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { PrismaClient } from "../setup/generated/postgresql/client.js";
import {
  commit,
  known,
  outcomeWorld,
  verdictOf,
  WAYS,
  type OutcomeWorld,
  type Way,
  type Writer,
} from "./support/outcome.js";
import { losingProxy } from "./support/losing-proxy.js";
import { PATIENCE } from "./support/world.js";

interface PoolOptions {
  readonly connectionString?: string;
  readonly options?: string;
  readonly connectionTimeoutMillis?: number;
}

/** A client of one connection. */
function writerOf({ database }: OutcomeWorld, options: PoolOptions = {}): PrismaClient {
  const writer = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url, max: 1, ...options }) });
  onTestFinished(() => writer.$disconnect());
  return writer;
}

const rename = (client: Writer, name = "new") => client.user.update({ where: { id: 1 }, data: { name } });

/** Until a backend waits for `event`; resolves to having terminated or cancelled it. */
async function interrupt({ truth }: OutcomeWorld, how: "terminate" | "cancel", event: string): Promise<void> {
  const waiting = () =>
    truth.$queryRawUnsafe<{ pid: number }[]>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND '${event}' IN (wait_event, wait_event_type)`,
    );
  await expect.poll(async () => (await waiting()).length, PATIENCE).toBe(1);
  await truth.$queryRawUnsafe(`SELECT pg_${how}_backend(${(await waiting())[0]?.pid})`);
}

/** While another transaction has the row. */
async function whileLocked<T>({ truth }: OutcomeWorld, act: () => Promise<T>): Promise<T> {
  return truth.$transaction(async (tx) => {
    await tx.$queryRawUnsafe("SELECT id FROM users WHERE id = 1 FOR UPDATE");
    return act();
  });
}

/** Each commit of a renamed user first does what the name says. */
async function deferTrigger({ truth }: OutcomeWorld): Promise<void> {
  await truth.$executeRawUnsafe(`CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.name = 'sleep' THEN PERFORM pg_sleep(20); ELSE RAISE EXCEPTION 'no' USING ERRCODE = NEW.name; END IF;
    RETURN NULL; END $$`);
  await truth.$executeRawUnsafe(`CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION at_commit()`);
}

/** The answer to a COMMIT of its own is the adapter's error; to a statement that commits, Prisma's. */
const answer = (way: Way, code: string, kind: string, originalCode: string) =>
  way === "interactive" ? { name: "DriverAdapterError", kind, originalCode } : known(code, kind, originalCode);

/** One database for all ways in which a write may be committed. */
function testEachWay(
  what: string,
  prepare: (world: OutcomeWorld) => Promise<unknown>,
  act: (world: OutcomeWorld, way: Way) => Promise<void>,
): void {
  test(what, async () => {
    const world = await outcomeWorld("postgresql");
    await prepare(world);
    for (const way of WAYS) await act(world, way);
  });
}

const limitedRole = (url: string) => `limited_${url.split("_").at(-1)}`;

describe("PostgreSQL, however a write is committed", () => {
  testEachWay("the commit is refused", deferTrigger, async (world, way) => {
    const writer = writerOf(world);
    for (const [sqlState, code, kind, outcome] of [
      ["23505", "P2002", "UniqueConstraintViolation", "rolled-back"],
      ["40001", "P2034", "TransactionWriteConflict", "rolled-back"],
      ["P0001", "P2039", "postgres", "rolled-back"],
      ["40003", "P2039", "postgres", "ambiguous"],
      ["58030", "P2039", "postgres", "ambiguous"],
    ] as const) {
      const verdict = await verdictOf(world, () => commit(writer, way, (client) => rename(client, sqlState)));
      // A batch's only statement is its own transaction's COMMIT.
      expect.soft(verdict).toEqual({ error: answer(way, code, kind, sqlState), outcome, written: false });
    }
  });

  testEachWay(
    "a time-out of the database ends the wait for a row, or a cancellation the commit",
    deferTrigger,
    async (world, way) => {
      const cancelled = () => interrupt(world, "cancel", "PgSleep");
      const slow = (client: Writer) => rename(client, "sleep");
      const verdict = await verdictOf(world, () => commit(writerOf(world), way, slow), cancelled);
      const error = answer(way, "P2039", "postgres", "57014");
      expect.soft(verdict).toEqual({ error, outcome: "rolled-back", written: false });
      await whileLocked(world, async () => {
        for (const [setting, sqlState] of [
          ["statement_timeout", "57014"],
          ["lock_timeout", "55P03"],
        ] as const) {
          const writer = writerOf(world, { options: `-c ${setting}=300` });
          const ended = await verdictOf(world, () => commit(writer, way, rename));
          const waited = known("P2039", "postgres", sqlState);
          expect.soft(ended).toEqual({ error: waited, outcome: "rolled-back", written: false });
        }
      });
    },
  );

  testEachWay(
    "the backend is terminated while it waits for a row, and in its commit",
    deferTrigger,
    async (world, way) => {
      const writer = writerOf(world);
      await whileLocked(world, async () => {
        const terminated = () => interrupt(world, "terminate", "Lock");
        const verdict = await verdictOf(world, () => commit(writer, way, rename), terminated);
        const error = known("P2039", "postgres", "57P01");
        expect.soft(verdict).toEqual({ error, outcome: "ambiguous", written: false });
      });
      const committing = () => interrupt(world, "terminate", "PgSleep");
      const verdict = await verdictOf(
        world,
        () => commit(writer, way, (client) => rename(client, "sleep")),
        committing,
      );
      const error = answer(way, "P2039", "postgres", "57P01");
      expect.soft(verdict).toEqual({ error, outcome: "ambiguous", written: false });
    },
  );

  testEachWay(
    "the backend is terminated in its commit, which waits for a standby: it is committed",
    async (world) => {
      // Only who asks for it waits: the server's own setting is not to.
      await world.truth.$executeRawUnsafe("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
      onTestFinished(async () => {
        await world.truth.$executeRawUnsafe("ALTER SYSTEM RESET synchronous_standby_names");
        await world.truth.$queryRawUnsafe("SELECT pg_reload_conf()");
      });
      await world.truth.$queryRawUnsafe("SELECT pg_reload_conf()");
      const configured = () => world.truth.$queryRawUnsafe("SHOW synchronous_standby_names");
      await expect.poll(configured, PATIENCE).toEqual([{ synchronous_standby_names: "nobody" }]);
    },
    async (world, way) => {
      const writer = writerOf(world, { options: "-c synchronous_commit=on" });
      const waiting = () => interrupt(world, "terminate", "SyncRep");
      const verdict = await verdictOf(world, () => commit(writer, way, (client) => rename(client, way)), waiting);
      expect(verdict).toEqual({ error: { name: "Error" }, outcome: "ambiguous", written: true });
    },
  );

  testEachWay(
    "no connection could be had",
    async ({ truth, database }) => {
      const role = limitedRole(database.url);
      await truth.$executeRawUnsafe(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 0`);
      onTestFinished(async () => void (await truth.$executeRawUnsafe(`DROP ROLE ${role}`)));
    },
    async (world, way) => {
      const { database } = world;
      const at = (connectionString: string) => writerOf(world, { connectionString });
      const refusals: [PrismaClient, object][] = [
        [at("postgresql://postgres@127.0.0.1:1/shop"), known("P1001", "DatabaseNotReachable")],
        [at("postgresql://postgres@nowhere.invalid/shop"), known("P1001", "DatabaseNotReachable")],
        [at(`${database.url}_gone`), known("P1003", "DatabaseDoesNotExist", "3D000")],
        [at(database.url.replace("postgres@", "nobody@")), known("P1010", "DatabaseAccessDenied", "28000")],
        [
          at(database.url.replace("postgres@", `${limitedRole(database.url)}@`)),
          known("P2037", "TooManyConnections", "53300"),
        ],
      ];
      const proxy = await createFaultProxy({ target: { port: Number(new URL(database.url).port) } });
      onTestFinished(() => proxy.close());
      proxy.freeze();
      const frozen = `postgresql://postgres@${proxy.host}:${proxy.port}/shop`;
      const silent = writerOf(world, { connectionString: frozen, connectionTimeoutMillis: 200 });
      refusals.push([silent, { name: "Error" }]);
      for (const [writer, error] of refusals) {
        const verdict = await verdictOf(world, () => commit(writer, way, rename));
        expect.soft(verdict).toEqual({ error, outcome: "rolled-back", written: false });
      }
      const writer = writerOf(world, { connectionTimeoutMillis: 200 });
      await writer.$transaction(async () => {
        const verdict = await verdictOf(world, () => commit(writer, way, rename));
        expect.soft(verdict).toEqual({ error: { name: "Error" }, outcome: "rolled-back", written: false });
      });
    },
  );
});

describe("PostgreSQL", () => {
  test("the connection is lost on the way there, and on the way back", async () => {
    const world = await outcomeWorld("postgresql");
    const proxy = await losingProxy(world.database.url);
    const writer = writerOf(world, { connectionString: proxy.url });
    const error = known("P1017", "ConnectionClosed");
    for (const what of ["request", "reply"] as const) {
      const verdict = await verdictOf(world, () => {
        proxy.loseNext(what, "UPDATE");
        return rename(writer);
      });
      expect.soft(verdict).toEqual({ error, outcome: "ambiguous", written: what === "reply" });
    }
  });

  test("the backend is terminated while its transaction is idle", async () => {
    const world = await outcomeWorld("postgresql");
    const writer = writerOf(world, { options: "-c idle_in_transaction_session_timeout=200" });
    const sessions = () =>
      world.truth.$queryRawUnsafe(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
      );
    const idle = async (tx: Writer) => {
      await rename(tx);
      await expect.poll(sessions, PATIENCE).toEqual([]);
    };
    const verdict = await verdictOf(world, () => commit(writer, "interactive", idle));
    expect(verdict).toMatchObject({ outcome: "ambiguous", written: false });
  });

  test("transactions that Prisma ends", async () => {
    const world = await outcomeWorld("postgresql");
    const writer = writerOf(world);
    const late = async (tx: Writer) => {
      await rename(tx);
      const isOpen = () =>
        tx.user.count().then(
          () => true,
          () => false,
        );
      await expect.poll(isOpen, PATIENCE).toBe(false);
    };
    const run = (options: object) => () => writer.$transaction((tx) => late(tx as unknown as Writer), options);
    const ended = { error: known("P2028"), outcome: "rolled-back", written: false };
    expect.soft(await verdictOf(world, run({ timeout: 200 }))).toEqual(ended);
    expect.soft(await verdictOf(world, run({ isolationLevel: "Snapshot" }))).toEqual(ended);

    await writer.$transaction(async () => {
      expect.soft(await verdictOf(world, run({ maxWait: 100 }))).toEqual(ended);
    });

    // Used after their end, by code that nobody waits for.
    const leaked: Writer[] = [];
    const leak = (end: () => Promise<unknown>) =>
      writer.$transaction((tx) => {
        leaked.push(tx);
        return end();
      });
    await expect(leak(() => Promise.reject(new Error("undone")))).rejects.toThrow("undone");
    await leak(() => Promise.resolve());
    const [undone, done] = leaked as [Writer, Writer];
    const unknown = { ...ended, outcome: "ambiguous" };
    expect.soft(await verdictOf(world, () => rename(undone))).toEqual(ended);
    expect.soft(await verdictOf(world, () => rename(done))).toEqual(unknown);
    // Prisma remembers a hundred.
    for (let i = 0; i < 100; i++) await leak(() => Promise.resolve());
    expect.soft(await verdictOf(world, () => rename(undone))).toEqual(unknown);
  });

  test("two transactions that update one row", async () => {
    const world = await outcomeWorld("postgresql");
    const writer = writerOf(world);
    const verdict = await verdictOf(world, () =>
      writer.$transaction(
        async (tx) => {
          await tx.user.count();
          await world.truth.user.update({ where: { id: 1 }, data: { name: "old" } });
          await rename(tx);
        },
        { isolationLevel: "RepeatableRead" },
      ),
    );
    const error = known("P2034", "TransactionWriteConflict", "40001");
    expect(verdict).toEqual({ error, outcome: "rolled-back", written: false });
  });

  test("a database that may only be read", async () => {
    const world = await outcomeWorld("postgresql");
    const writer = writerOf(world, { options: "-c default_transaction_read_only=on" });
    const error = known("P2039", "postgres", "25006");
    expect(await verdictOf(world, () => rename(writer))).toEqual({ error, outcome: "rolled-back", written: false });
  });

  test("raw SQL that was refused had committed before", async () => {
    const world = await outcomeWorld("postgresql");
    const writer = writerOf(world);
    await world.truth.$executeRawUnsafe(`CREATE PROCEDURE halfway() LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO "Tag" (name) VALUES ('called'); COMMIT; INSERT INTO "Tag" (name) VALUES ('called'); END $$`);
    for (const sql of [
      `INSERT INTO "Tag" (name) VALUES ('new'); COMMIT; INSERT INTO "Tag" (name) VALUES ('new')`,
      "CALL halfway()",
    ]) {
      const error = known("P2010", "UniqueConstraintViolation", "23505");
      const verdict = await verdictOf(world, () => writer.$executeRawUnsafe(sql));
      expect.soft(verdict).toEqual({ error, outcome: "ambiguous", written: true });
    }
    const unreadable = () => writer.$queryRawUnsafe("UPDATE users SET name = 'new' RETURNING '(1,2)'::point");
    const error = known("P2010", "UnsupportedNativeDataType");
    expect.soft(await verdictOf(world, unreadable)).toEqual({ error, outcome: "ambiguous", written: true });
  });
});
