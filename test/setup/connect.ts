import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { PrismaPg } from "@prisma/adapter-pg";
import type { Prisma, PrismaClient } from "./generated/postgresql/client.js";
import type { TestDatabase } from "./databases.js";

/** A Prisma client, and what it has asked its database. */
export interface TestClient {
  /** Typed as PostgreSQL's, whatever the database: it has all that the others have. */
  readonly prisma: PrismaClient;
  readonly database: TestDatabase;
  /** How many SQL statements ran so far. BEGIN, COMMIT and the like are not counted. */
  readonly queries: () => number;
  /** Those statements, oldest first. */
  readonly statements: () => readonly string[];
  /** Runs `act`, and resolves to the number of SQL statements that ran meanwhile, with what it resolved to. */
  readonly counting: <T>(act: () => PromiseLike<T>) => Promise<{ result: T; queries: number }>;
  readonly close: () => Promise<void>;
}

export type ClientOptions = Pick<Prisma.PrismaClientOptions, "omit" | "transactionOptions" | "errorFormat">;

/** A client of `database`. Generated clients must be there (see generate.ts). */
export async function connectClient(database: TestDatabase, options: ClientOptions = {}): Promise<TestClient> {
  const prisma = await makeClient(database, options);
  const statements: string[] = [];
  prisma.$on("query", ({ query }) => {
    if (!CONTROL.test(query)) statements.push(query);
  });
  const queries = () => statements.length;
  return {
    prisma: prisma as unknown as PrismaClient,
    database,
    queries,
    statements: () => statements,
    async counting(act) {
      const before = queries();
      const result = await act();
      return { result, queries: queries() - before };
    },
    close: () => prisma.$disconnect(),
  };
}

// A driver that ends a transaction by itself is logged as a comment: -- Implicit "COMMIT" query via underlying driver
const CONTROL =
  /^\s*(-- Implicit|\/\* evercache: which database is this\? \*\/ SELECT|BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET TRANSACTION|PRAGMA)\b/i;

type LoggingClient = PrismaClient<"query">;

async function makeClient({ provider, url }: TestDatabase, given: ClientOptions): Promise<LoggingClient> {
  // As in production, where Prisma does not note for each query where the application called.
  const isMinimal = process.env["EVERCACHE_TEST_FAST_PATH"] === "production";
  const options: ClientOptions = { ...(isMinimal && { errorFormat: "minimal" }), ...given };
  const log: [{ emit: "event"; level: "query" }] = [{ emit: "event", level: "query" }];
  switch (provider) {
    case "postgresql": {
      const generated = await import("./generated/postgresql/client.js");
      return new generated.PrismaClient({ ...options, log, adapter: new PrismaPg({ connectionString: url, max: 8 }) });
    }
    case "mysql": {
      const generated = await import("./generated/mysql/client.js");
      const adapter = new PrismaMariaDb(`${url.replace(/^mysql:/, "mariadb:")}?connectionLimit=8`);
      return new generated.PrismaClient({ ...options, log, adapter } as never) as unknown as LoggingClient;
    }
    case "sqlite": {
      const generated = await import("./generated/sqlite/client.js");
      // In its usual mode the driver refuses integers beyond 2^53.
      const adapter = new PrismaLibSql({ url, intMode: "bigint" });
      return new generated.PrismaClient({ ...options, log, adapter } as never) as unknown as LoggingClient;
    }
    default:
      return provider satisfies never;
  }
}
