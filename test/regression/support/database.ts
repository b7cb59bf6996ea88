import type { SqlDriverAdapter, SqlDriverAdapterFactory, SqlQuery, SqlQueryable } from "@prisma/driver-adapter-utils";
import { PrismaPg } from "@prisma/adapter-pg";
import { onTestFinished } from "vitest";
import { createDatabase, type TestDatabase } from "../../setup/client.js";
import { PrismaClient, type Prisma } from "../../setup/generated/postgresql/client.js";

/** Points at which a test may hold a statement, below Prisma and below every cache. A commit is the statement COMMIT. */
export interface DatabaseHooks {
  /** Awaited before a statement is sent. A rejection is Prisma's, and nothing is sent. */
  before?: ((sql: string) => void | Promise<void>) | undefined;
  /** Awaited when the database has answered and Prisma does not know yet. A rejection is Prisma's all the same. */
  after?: ((sql: string) => void | Promise<void>) | undefined;
}

export interface HookedDatabase {
  /** A client without a cache. */
  readonly plain: PrismaClient;
  readonly database: TestDatabase;
  /** Set and unset by the test as its story goes on. */
  readonly hooks: DatabaseHooks;
  /** What was sent so far. */
  readonly statements: readonly string[];
}

export interface HookedOptions {
  readonly omit?: Prisma.PrismaClientOptions["omit"];
  readonly database?: TestDatabase;
  /** In place of the database's own address: a proxy before it. */
  readonly url?: (address: string) => string;
  readonly transactionOptions?: Prisma.PrismaClientOptions["transactionOptions"];
}

/** A client of PostgreSQL whose statements the test may hold, on a shop of its own unless `database` is given. */
export async function hookedDatabase(options: HookedOptions = {}): Promise<HookedDatabase> {
  const { omit, transactionOptions, url = (address) => address } = options;
  const database = options.database ?? (await ownDatabase());
  const hooks: DatabaseHooks = {};
  const statements: string[] = [];
  const factory = new PrismaPg({ connectionString: url(database.url), max: 8 });
  const adapter = hookFactory(factory, hooks, statements);
  const plain = new PrismaClient({
    adapter,
    ...(omit === undefined ? {} : { omit }),
    ...(transactionOptions === undefined ? {} : { transactionOptions }),
  });
  onTestFinished(() => plain.$disconnect());
  // Before it has a cache: so nothing of that stands between it and its driver.
  if (options.database === undefined) await plain.$connect();
  return { plain, database, hooks, statements };
}

async function ownDatabase(): Promise<TestDatabase> {
  const database = await createDatabase("postgresql", { isSeeded: true });
  onTestFinished(() => database.drop());
  return database;
}

function hookFactory(factory: SqlDriverAdapterFactory, hooks: DatabaseHooks, log: string[]): SqlDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => hookAdapter(await factory.connect(), hooks, log),
  };
}

function hookAdapter(adapter: SqlDriverAdapter, hooks: DatabaseHooks, log: string[]): SqlDriverAdapter {
  return intercept(adapter, hooks, log, {
    startTransaction: async (level: Parameters<SqlDriverAdapter["startTransaction"]>[0]) =>
      intercept(await adapter.startTransaction(level), hooks, log),
  });
}

function intercept<T extends SqlQueryable>(target: T, hooks: DatabaseHooks, log: string[], more: object = {}): T {
  const hooked =
    <R>(send: (query: SqlQuery) => Promise<R>) =>
    async (query: SqlQuery): Promise<R> => {
      log.push(query.sql);
      await hooks.before?.(query.sql);
      const result = await send(query);
      await hooks.after?.(query.sql);
      return result;
    };
  const own: object = {
    queryRaw: hooked((query) => target.queryRaw(query)),
    executeRaw: hooked((query) => target.executeRaw(query)),
    ...more,
  };
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Object.hasOwn(own, name) ? Reflect.get(own, name) : Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
