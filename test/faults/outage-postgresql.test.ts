import { PrismaPg } from "@prisma/adapter-pg";
import { createFaultProxy } from "@evercache/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDatabaseOn } from "../setup/databases.js";
import { PrismaClient } from "../setup/generated/postgresql/client.js";
import { startPostgres } from "../setup/postgres.js";
import { losingProxy } from "./support/losing-proxy.js";
import { judgementOf, type Judgement } from "./support/outage.js";
import { known, outcomeWorld, type OutcomeWorld } from "./support/outcome.js";
import { PATIENCE } from "./support/world.js";

interface PoolOptions {
  readonly connectionString?: string;
  readonly options?: string;
  readonly connectionTimeoutMillis?: number;
  readonly query_timeout?: number;
}

/** A client of one connection. */
function readerOf(database: { readonly url: string }, options: PoolOptions = {}): PrismaClient {
  const reader = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url, max: 1, ...options }) });
  onTestFinished(() => reader.$disconnect());
  return reader;
}

async function frozenLater({ url }: { readonly url: string }) {
  const { port, pathname } = new URL(url);
  const proxy = await createFaultProxy({ target: { port: Number(port) } });
  onTestFinished(() => proxy.close());
  return { proxy, connectionString: `postgresql://postgres@${proxy.host}:${proxy.port}${pathname}` };
}

type Read = (client: PrismaClient) => PromiseLike<unknown>;

const READS: readonly [what: string, code: string, read: Read][] = [
  ["a row", "P2039", (client) => client.user.findUnique({ where: { id: 1 } })],
  ["raw", "P2010", (client) => client.$queryRawUnsafe("SELECT name FROM users WHERE id = 1")],
];

/** While nobody else can read the users. */
async function whileLocked<T>(truth: PrismaClient, act: () => Promise<T>): Promise<T> {
  return truth.$transaction(
    async (tx) => {
      await tx.$executeRawUnsafe("LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
      return act();
    },
    { timeout: 20_000 },
  );
}

/** Until a backend waits for the lock; resolves to having terminated or cancelled it. */
async function interrupt({ truth }: Pick<OutcomeWorld, "truth">, how: "terminate" | "cancel"): Promise<void> {
  const waiting = () =>
    truth.$queryRawUnsafe<{ pid: number }[]>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
  await expect.poll(async () => (await waiting()).length, PATIENCE).toBe(1);
  await truth.$queryRawUnsafe(`SELECT pg_${how}_backend(${(await waiting())[0]?.pid})`);
}

const gone = (error: Judgement["error"]): Judgement => ({ error, outage: true });
const refused = (error: Judgement["error"]): Judgement => ({ error, outage: false });

describe("PostgreSQL", () => {
  test.each(READS)("no connection can be had for %s", async (_, code, read) => {
    const { truth, database } = await outcomeWorld("postgresql");
    const role = `limited_${database.url.split("_").at(-1)}`;
    await truth.$executeRawUnsafe(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 0`);
    onTestFinished(async () => void (await truth.$executeRawUnsafe(`DROP ROLE ${role}`)));
    const at = (connectionString: string, more: PoolOptions = {}) => readerOf(database, { connectionString, ...more });
    const isRaw = code === "P2010";
    const as = (own: string, kind: string, original?: string) => known(isRaw ? code : own, kind, original);
    for (const [reader, judgement] of [
      [at("postgresql://postgres@127.0.0.1:1/shop"), gone(as("P1001", "DatabaseNotReachable"))],
      [at("postgresql://postgres@nowhere.invalid/shop"), gone(as("P1001", "DatabaseNotReachable"))],
      [at(`${database.url}_gone`), refused(as("P1003", "DatabaseDoesNotExist", "3D000"))],
      [at(database.url.replace("postgres@", "nobody@")), refused(as("P1010", "DatabaseAccessDenied", "28000"))],
      [at(database.url.replace("postgres@", `${role}@`)), gone(as("P2037", "TooManyConnections", "53300"))],
    ] as const) {
      expect.soft(await judgementOf(() => read(reader))).toEqual(judgement);
    }
    const proxy = await createFaultProxy({ target: { port: Number(new URL(database.url).port) } });
    onTestFinished(() => proxy.close());
    proxy.freeze();
    const frozen = `postgresql://postgres@${proxy.host}:${proxy.port}/shop`;
    const silent = at(frozen, { connectionTimeoutMillis: 200 });
    expect.soft(await judgementOf(() => read(silent))).toEqual(gone({ name: "Error" }));
    const full = readerOf(database, { connectionTimeoutMillis: 200 });
    await full.$transaction(async () => {
      expect.soft(await judgementOf(() => read(full))).toEqual(gone({ name: "Error" }));
    });
  });

  test.each(READS)("the connection fails under %s", async (_, code, read) => {
    const world = await outcomeWorld("postgresql");
    const proxy = await losingProxy(world.database.url);
    const reader = readerOf(world.database, { connectionString: proxy.url });
    const closed = gone(known(code === "P2010" ? code : "P1017", "ConnectionClosed"));
    for (const what of ["request", "reply"] as const) {
      const judgement = await judgementOf(() => {
        proxy.loseNext(what, "SELECT");
        return read(reader);
      });
      expect.soft(judgement).toEqual(closed);
    }
    await whileLocked(world.truth, async () => {
      const terminated = await judgementOf(
        () => read(reader),
        () => interrupt(world, "terminate"),
      );
      expect.soft(terminated).toEqual(gone(known(code, "postgres", "57P01")));
      const cancelled = await judgementOf(
        () => read(reader),
        () => interrupt(world, "cancel"),
      );
      expect.soft(cancelled).toEqual(refused(known(code, "postgres", "57014")));
    });
  });

  test("the server is shut down, is away, crashes, and recovers", async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const database = await createDatabaseOn(server, "postgresql");
    const truth = readerOf(database);
    await truth.user.create({ data: { id: 1, email: "u1", name: "old" } });
    const [, , read] = READS[0]!;
    const asleep = async (act: () => void | Promise<void>) => {
      const sleeping = () => truth.$queryRawUnsafe("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      await expect.poll(async () => ((await sleeping()) as unknown[]).length, PATIENCE).toBe(1);
      await act();
    };
    const sleep = (client: PrismaClient) => client.$queryRawUnsafe("SELECT pg_sleep(20)::text");

    const reader = readerOf(database);
    await read(reader);
    const halted = await judgementOf(
      () => sleep(reader),
      () => asleep(() => server.halt!()),
    );
    expect.soft(halted).toEqual(gone(known("P2010", "postgres", "57P01")));
    expect.soft(await judgementOf(() => read(reader))).toEqual(gone(known("P1001", "DatabaseNotReachable")));

    await server.resume!();
    await read(reader);
    const [backend] = await truth.$queryRawUnsafe<{ pid: number }[]>("SELECT pg_backend_pid() AS pid");
    const crashed = await judgementOf(
      () => sleep(reader),
      () => asleep(() => void process.kill(backend!.pid, "SIGKILL")),
    );
    // That it is one is only a notice.
    expect.soft(crashed).toEqual(gone({ name: "Error" }));
    const recovering = await judgementOf(async () => {
      for (let turn = 0; turn < 10; turn++) await read(readerOf(database));
    });
    // As long as it lasts, if it is not over already.
    if (recovering.error.name !== "NothingFailed") {
      expect.soft(recovering).toEqual(gone(known("P2039", "postgres", "57P03")));
    }
  });

  test.each(READS)("the server keeps silent about %s", async (...[, , read]) => {
    const { database } = await outcomeWorld("postgresql");
    const { proxy, connectionString } = await frozenLater(database);
    const reader = readerOf(database, { connectionString, query_timeout: 500 });
    await read(reader);
    proxy.freeze();
    expect(await judgementOf(() => read(reader))).toEqual(gone({ name: "Error" }));
  });

  test.each(READS)("the server hangs up on who was idle for too long, as %s is on its way", async (_, code, read) => {
    const { truth, database } = await outcomeWorld("postgresql");
    const { proxy, connectionString } = await frozenLater(database);
    const reader = readerOf(database, {
      connectionString,
      options: "-c idle_session_timeout=500 -c application_name=idle",
    });
    await read(reader);
    proxy.freeze();
    const sessions = () => truth.$queryRawUnsafe("SELECT 1 FROM pg_stat_activity WHERE application_name = 'idle'");
    await expect.poll(sessions, PATIENCE).toEqual([]);
    const reading = judgementOf(() => read(reader));
    setTimeout(() => proxy.thaw(), 100);
    expect(await reading).toEqual(gone(known(code, "postgres", "57P05")));
  });

  test("the database refuses", async () => {
    const world = await outcomeWorld("postgresql");
    const { truth, database } = world;
    const role = `limited_${database.url.split("_").at(-1)}`;
    await truth.$executeRawUnsafe(`CREATE ROLE ${role} LOGIN`);
    onTestFinished(async () => void (await truth.$executeRawUnsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
    const reader = readerOf(database);
    const stranger = readerOf({ url: database.url.replace("postgres@", `${role}@`) });
    const user = (client: PrismaClient) => client.user.findUnique({ where: { id: 1 } });
    for (const [read, error] of [
      [() => user(stranger), known("P2039", "postgres", "42501")],
      [() => stranger.$queryRawUnsafe("SELECT * FROM users"), known("P2010", "postgres", "42501")],
      [() => reader.$queryRawUnsafe("SELECT nothing FROM users"), known("P2010", "ColumnNotFound", "42703")],
      [() => reader.$queryRawUnsafe("SELECT 1 FROM nothing"), known("P2010", "TableDoesNotExist", "42P01")],
      [() => reader.$queryRawUnsafe("SELECT 1 FROM"), known("P2010", "postgres", "42601")],
      [
        () => reader.$queryRawUnsafe("SELECT name FROM users WHERE id = $1 OR id = $2", 1),
        known("P2010", "postgres", "08P01"),
      ],
      [() => reader.$queryRawUnsafe("SELECT 1 / 0"), known("P2010", "postgres", "22012")],
      [() => reader.user.findUniqueOrThrow({ where: { id: 99 } }), known("P2025")],
      [() => reader.user.findMany({ where: { nothing: 1 } as never }), { name: "PrismaClientValidationError" }],
    ] as const) {
      expect.soft(await judgementOf(read as () => PromiseLike<unknown>)).toEqual(refused(error));
    }
    await whileLocked(truth, async () => {
      for (const [setting, sqlState] of [
        ["statement_timeout", "57014"],
        ["lock_timeout", "55P03"],
      ] as const) {
        const waiting = readerOf(database, { options: `-c ${setting}=200` });
        expect.soft(await judgementOf(() => user(waiting))).toEqual(refused(known("P2039", "postgres", sqlState)));
      }
    });
    const late = () =>
      reader.$transaction(
        async (tx) => {
          await tx.$executeRawUnsafe("SELECT pg_sleep(0.4)::text");
          return tx.user.count();
        },
        { timeout: 200 },
      );
    expect.soft(await judgementOf(late)).toEqual(refused(known("P2028")));
  });
});
