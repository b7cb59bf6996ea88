import { setTimeout as delay } from "node:timers/promises";
import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { PrismaPg } from "@prisma/adapter-pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { adminOf, cacheBefore, ownRedis, PATIENCE } from "../faults/support/world.js";
import { findProgram } from "../setup/child-server.js";
import { createDatabase, testClient, type TestDatabase } from "../setup/client.js";
import type { DatabaseServer } from "../setup/database-server.js";
import { createDatabaseOn } from "../setup/databases.js";
import { PrismaClient as MysqlClient } from "../setup/generated/mysql/client.js";
import { PrismaClient } from "../setup/generated/postgresql/client.js";
import { startMariadb } from "../setup/mariadb.js";
import { startPostgres } from "../setup/postgres.js";
import { note, patternSeconds, quantiles } from "./support/figures.js";

const SECONDS = patternSeconds(4);
const TTL_MS = 1_000;
/** Milliseconds between two reads of one key. */
const PAUSE = 30;
const WARM = Array.from({ length: 20 }, (_, index) => index + 1);
/** Of the warm ones: written to when the database was still there, and not read since. */
const WRITTEN = new Set([1, 2, 3, 4, 5]);
const COLD = [31, 32, 33];

interface Seen {
  readonly id: number;
  readonly began: number;
  readonly milliseconds: number;
  readonly status: string;
  readonly name: string | undefined;
}

function clientOf({ url, provider }: TestDatabase): PrismaClient {
  if (provider === "postgresql") return new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 8 }) });
  // The driver has no errors of its own for a server that is away: its pool waits for a connection, by itself 10 s.
  const address = `${url.replace(/^mysql:/, "mariadb:")}?connectionLimit=8&acquireTimeout=300`;
  return new MysqlClient({ adapter: new PrismaMariaDb(address) as never }) as unknown as PrismaClient;
}

async function away(startServer: () => Promise<DatabaseServer>, provider: "postgresql" | "mysql", ttl = TTL_MS) {
  const [redis, server] = await Promise.all([ownRedis(), startServer()]);
  onTestFinished(() => server.stop());
  const database = await createDatabaseOn(server, provider);
  const another = () => {
    const client = clientOf(database);
    onTestFinished(() => client.$disconnect());
    return client;
  };
  const plain = another();
  const data = [...WARM, ...COLD].map((id) => ({ id, email: `u${id}`, name: "old" }));
  await plain.user.createMany({ data });
  const defaults = { ttl: `${ttl}ms`, jitter: 0, staleIfError: "1h" } as const;
  /** One more process. */
  const start = () => cacheBefore(plain, redis.url, { defaults, deadline: "10s", writeDeadline: "10s" });
  return { plain, another, server, start, ...start() };
}

/** Each warm key is read all the time, by a reader of its own, until `end`. */
function readAlways({ user }: Pick<Awaited<ReturnType<typeof away>>, "user">) {
  const seen: Seen[] = [];
  const failed: unknown[] = [];
  const over = new AbortController();
  const read = async (id: number) => {
    while (!over.signal.aborted) {
      const began = performance.now();
      try {
        const { data, info } = await user(id);
        const milliseconds = performance.now() - began;
        seen.push({ id, began, milliseconds, status: `${info.status}: ${info.reason}`, name: data?.name });
      } catch (error) {
        failed.push(error);
      }
      await delay(PAUSE);
    }
  };
  const done = Promise.all(WARM.map(read));
  return {
    seen,
    failed,
    end: async () => {
      over.abort();
      await done;
    },
  };
}

const errorOf = (act: () => PromiseLike<unknown>) =>
  act().then(
    () => null,
    (error: unknown) => error,
  );

const isMariadbHere = findProgram(["mariadbd", "mysqld"], ["/usr/sbin", "/usr/local/sbin"]) !== null;

describe("staleIfError, while readers go on", { timeout: 120_000 + 1000 * SECONDS }, () => {
  test.each([
    ["PostgreSQL", startPostgres, "postgresql" as const],
    ["MariaDB", startMariadb, "mysql" as const],
  ])("%s is stopped, and started again", async (what, startServer, provider) => {
    // In a container it cannot be stopped and started again on the same port.
    if (provider === "mysql" && !isMariadbHere) return;
    const world = await away(startServer, provider);
    const { plain, server, user, rename, seen: events } = world;
    for (const id of WARM) await expect.poll(async () => (await user(id)).info.status, PATIENCE).toBe("hit");
    const reading = readAlways(world);
    await expect.poll(() => reading.seen.length, PATIENCE).toBeGreaterThan(2 * WARM.length);
    await reading.end();

    for (const id of WRITTEN) await rename(id, "new");
    await server.halt!();
    const halted = performance.now();
    const staying = readAlways(world);
    await delay(1000 * SECONDS);
    // So does a process that begins only now.
    const late = await world.start().user(1);
    expect(late).toMatchObject({ data: { name: "old" }, info: { status: "stale", reason: "unreachable" } });
    for (const id of COLD) {
      const [cold, own] = [
        await errorOf(() => user(id)),
        await errorOf(() => plain.user.findUnique({ where: { id } })),
      ];
      expect(cold).toMatchObject({ name: "PrismaClientKnownRequestError", code: (own as { code: string }).code });
    }
    const returning = performance.now();
    await server.resume!();
    const returned = performance.now();
    // The driver of MariaDB waits a while before it tries to connect again.
    await expect.poll(() => plain.user.count().catch(() => 0), PATIENCE).toBe(WARM.length + COLD.length);
    const answering = performance.now();
    await expect
      .poll(() => new Set(staying.seen.filter(isFresh(returned)).map(({ id }) => id)).size, PATIENCE)
      .toBe(WARM.length);
    await staying.end();

    expect(staying.failed).toEqual([]);
    const meanwhile = staying.seen.filter(
      ({ began, milliseconds }) => began > halted && began + milliseconds < returning,
    );
    for (const { id, began, status, name } of meanwhile) {
      // What was true when it was loaded last, and is known not to be, or not known to be.
      expect(name).toBe("old");
      if (WRITTEN.has(id) || began > halted + TTL_MS) expect(status).toBe("stale: unreachable");
    }
    const stale = events("stale");
    expect(stale.length).toBeGreaterThanOrEqual(meanwhile.filter(({ status }) => status.startsWith("stale")).length);
    expect(stale.every(({ reason, error }) => reason === "unreachable" && error instanceof Error)).toBe(true);

    const firstFresh = WARM.map((id) => staying.seen.find((each) => each.id === id && isFresh(returned)(each))!);
    const untilFresh = firstFresh.map(({ began, milliseconds }) => began + milliseconds - returned);
    for (const { id, name } of firstFresh) expect(name).toBe(WRITTEN.has(id) ? "new" : "old");
    note(what, {
      awayFor: Math.round(returned - halted),
      untilItAnswers: Math.round(answering - returned),
      reads: meanwhile.length,
      stale: meanwhile.filter(({ status }) => status.startsWith("stale")).length,
      failed: staying.failed.length,
      milliseconds: quantiles(meanwhile.map(({ milliseconds }) => milliseconds)),
      untilFresh: quantiles(untilFresh),
    });
    expect(Math.max(...untilFresh) - (answering - returned)).toBeLessThan(1_000);
    // From then on there is nothing old any more.
    const lastStale = staying.seen.findLast(({ status }) => status.startsWith("stale"))!;
    expect(lastStale.began - answering).toBeLessThan(1_000);
  });

  /** Until the database has come back, a result may be from before: then it is fresh when it has been loaded anew. */
  function isFresh(returned: number) {
    return ({ began, milliseconds, status }: Seen) => began + milliseconds > returned && !status.startsWith("stale");
  }

  test("PostgreSQL crashes under its readers", async () => {
    // Nearly each read asks the database.
    const world = await away(startPostgres, "postgresql", 20);
    const { plain, user, seen: events } = world;
    // This server may forget in a crash what it has not written yet.
    await plain.$executeRawUnsafe("CHECKPOINT");
    for (const id of WARM) await user(id);
    const reading = readAlways(world);
    await expect.poll(() => reading.seen.length, PATIENCE).toBeGreaterThan(2 * WARM.length);
    // Readers are held in the middle of their queries when a server process dies: the server then throws all out, recovers, and
    // says meanwhile that it is starting.
    const [locker, observer] = [world.another(), world.another()];
    const waiting = () =>
      observer.$queryRawUnsafe<unknown[]>("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    const locking = locker.$transaction(async (tx) => {
      await tx.$executeRawUnsafe("LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
      const [own] = await tx.$queryRawUnsafe<{ pid: number }[]>("SELECT pg_backend_pid() AS pid");
      await expect.poll(async () => (await waiting()).length, PATIENCE).toBeGreaterThan(0);
      process.kill(own!.pid, "SIGKILL");
      await tx.user.count();
    });
    await expect(locking).rejects.toThrow();
    await expect.poll(() => events("stale").length, PATIENCE).toBeGreaterThan(0);
    const { length } = reading.seen;
    await expect
      .poll(
        () =>
          new Set(
            reading.seen
              .slice(length)
              .filter(isFresh(0))
              .map(({ id }) => id),
          ).size,
        PATIENCE,
      )
      .toBe(WARM.length);
    await reading.end();
    expect(reading.failed).toEqual([]);
    expect(new Set(reading.seen.map(({ name }) => name))).toEqual(new Set(["old"]));
    note("crash", { codes: [...new Set(events("stale").map(({ error }) => codeOf(error)))] });
  });
});

function codeOf(error: unknown): string {
  const { code, meta } = error as {
    code?: string;
    meta?: { driverAdapterError?: { cause?: { originalCode?: string } } };
  };
  return `${code} ${meta?.driverAdapterError?.cause?.originalCode}`;
}

describe("staleIfError is not for what the database refuses:", () => {
  async function refused() {
    const redis = await ownRedis();
    const database = await createDatabase("postgresql");
    onTestFinished(() => database.drop());
    const { prisma: truth } = await testClient("postgresql", { database });
    await truth.user.create({ data: { id: 1, email: "u1", name: "old" } });
    const role = `limited_${database.url.split("_").at(-1)}`;
    await truth.$executeRawUnsafe(`CREATE ROLE ${role} LOGIN`);
    onTestFinished(async () => void (await truth.$executeRawUnsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
    await truth.$executeRawUnsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const connectionString = database.url.replace("postgres@", `${role}@`);
    const plain = new PrismaClient({
      adapter: new PrismaPg({ connectionString, options: "-c statement_timeout=300" }),
    });
    onTestFinished(() => plain.$disconnect());
    const cache = cacheBefore(plain, redis.url, {
      defaults: { staleIfError: "1h" },
      deadline: "10s",
      writeDeadline: "10s",
    });
    const { cached } = cache;
    const readers = {
      row: () => cached.user.findUnique({ where: { id: 1 } }),
      raw: () => cached.$cache.queryRaw({ models: ["User"] })`SELECT name FROM users`,
    };
    await cache.untilHit(1);
    await readers.raw();
    return { truth, role, admin: adminOf(redis), ...cache, readers };
  }

  test.each<[string, (world: Awaited<ReturnType<typeof refused>>, act: () => Promise<void>) => Promise<void>, string]>([
    [
      "a column is gone",
      async ({ truth }, act) => {
        await truth.$executeRawUnsafe("ALTER TABLE users RENAME COLUMN name TO called");
        await act();
      },
      "42703",
    ],
    [
      "it takes longer than the database allows",
      async ({ truth }, act) => {
        await truth.$transaction(async (tx) => {
          await tx.$executeRawUnsafe("LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
          await act();
        });
      },
      "57014",
    ],
    [
      "it is not allowed any more",
      async ({ truth, role }, act) => {
        await truth.$executeRawUnsafe(`REVOKE SELECT ON users FROM ${role}`);
        await act();
      },
      "42501",
    ],
  ])("%s", async (_, during, code) => {
    const world = await refused();
    const { cached, readers, seen } = world;
    await during(world, async () => {
      await cached.$cache.invalidate({ models: ["User"] });
      for (const read of Object.values(readers)) expect(codeOf(await errorOf(read as never))).toContain(code);
    });
    expect(seen("stale")).toEqual([]);
  });
});
