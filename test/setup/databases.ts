import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import mariadb from "mariadb";
import { removeFolder, scratchFolder } from "./child-server.js";
import type { DatabaseServer } from "./database-server.js";
import { NoMariadbError, startMariadb } from "./mariadb.js";
import { postgresScript } from "./postgres-script.js";
import { startPostgres } from "./postgres.js";
import { readSql } from "./schema/files.js";
import { PROVIDERS, type Provider } from "./schema/variants.js";

/** Where a test run finds its databases: a URL with `{name}` in the place of the database's name. */
export type Addresses = { readonly [P in Exclude<Provider, "mysql">]: string } & {
  /** `null` where neither a server nor Docker was found, and it was allowed to go on without. */
  readonly mysql: string | null;
};

/** A database of one's own, with the shop's tables. */
export interface TestDatabase {
  readonly provider: Provider;
  readonly url: string;
  /** Removes it. Nothing may be connected to it any more. */
  drop(): Promise<void>;
}

const NAME = "{name}";
/** What new databases are copies of: the one has tables alone, the other the rows of `seedShop()` too. */
const TEMPLATE = "shop_template";
const SEEDED = "shop_seeded";

export interface NewDatabase {
  /** Only to recognise it by. */
  readonly name?: string;
  /** With the rows of `seedShop()`. Default: with none. */
  readonly isSeeded?: boolean | undefined;
}

/**
 * Starts one server of each kind, for a whole test run.
 *
 * @param options.withoutMysql what to do where no MariaDB or MySQL can be started: `"fail"`, or go on without it
 */
export async function startDatabases(options: { withoutMysql: "fail" | "proceed" }): Promise<{
  addresses: Addresses;
  stop: () => Promise<void>;
}> {
  const { folder, remove } = scratchFolder("sqlite");
  const starts = await Promise.allSettled([
    startPostgres(),
    startMariadb().catch((error: unknown) => {
      if (options.withoutMysql === "proceed" && error instanceof NoMariadbError) return null;
      throw error;
    }),
  ]);
  const stop = async () => {
    await Promise.all(starts.map(async (start) => (start.status === "fulfilled" ? start.value?.stop() : undefined)));
    remove();
  };
  try {
    const [postgres, mysql] = starts.map((start) => {
      if (start.status === "rejected") throw start.reason;
      return start.value;
    });
    const addresses: Addresses = {
      postgresql: postgres?.url(NAME) as string,
      mysql: mysql?.url(NAME) ?? null,
      sqlite: `file:${path.join(folder, NAME)}.db`,
    };
    await Promise.all([postgresTemplate(addresses.postgresql), createSqlite(urlOf(addresses, "sqlite", TEMPLATE))]);
    return { addresses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A new database on the server of `provider`. Seeded ones only where `seedTemplates()` was called before. */
export async function createDatabase(
  addresses: Addresses,
  provider: Provider,
  { name = "shop", isSeeded = false }: NewDatabase = {},
): Promise<TestDatabase> {
  return copyTemplate(addresses, provider, `${name}_${randomBytes(6).toString("hex")}`, isSeeded ? SEEDED : TEMPLATE);
}

/** Makes what seeded databases are copies of: `seed` is given one that has tables alone, and nothing is connected to it afterwards. */
export async function seedTemplates(
  addresses: Addresses,
  seed: (database: TestDatabase) => Promise<void>,
): Promise<void> {
  const there = PROVIDERS.filter((provider) => addresses[provider] !== null);
  await Promise.all(there.map(async (provider) => seed(await copyTemplate(addresses, provider, SEEDED, TEMPLATE))));
}

async function copyTemplate(
  addresses: Addresses,
  provider: Provider,
  name: string,
  template: string,
): Promise<TestDatabase> {
  const url = urlOf(addresses, provider, name);
  switch (provider) {
    case "postgresql": {
      const admin = (sql: string) => postgresScript(urlOf(addresses, provider, "postgres"), sql);
      // By its files: a third of what it takes through the log. Known from version 15 on.
      await admin(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY FILE_COPY`);
      return { provider, url, drop: () => admin(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`) };
    }
    case "mysql": {
      const admin = (sql: string) => mysqlScript(urlOf(addresses, provider, "mysql"), sql);
      const rows = template === SEEDED ? mysqlRows(SEEDED) : "";
      // With the checks, each foreign key would have its table written anew.
      const unchecked = "SET foreign_key_checks = 0";
      await admin(`CREATE DATABASE \`${name}\`; USE \`${name}\`; ${unchecked}; ${readSql("mysql")}\n${rows}`);
      return { provider, url, drop: () => admin(`DROP DATABASE IF EXISTS \`${name}\``) };
    }
    case "sqlite": {
      const file = fileOf(url);
      copyFileSync(fileOf(urlOf(addresses, provider, template)), file);
      return {
        provider,
        url,
        drop: async () => {
          for (const suffix of ["", "-wal", "-shm"]) removeFolder(file + suffix);
        },
      };
    }
    default:
      return provider satisfies never;
  }
}

/** Statements that copy all rows from another database with the same tables, where foreign keys are not checked. */
function mysqlRows(from: string): string {
  const tables = [...readSql("mysql").matchAll(/^CREATE TABLE (`\w+`)/gm)].map(([, table]) => table!);
  const copies = tables.map((table) => `INSERT INTO ${table} SELECT * FROM \`${from}\`.${table}`);
  return copies.join("; ");
}

/** A new database on a server that does not belong to the whole run. */
export async function createDatabaseOn(
  server: DatabaseServer,
  provider: Exclude<Provider, "sqlite">,
): Promise<TestDatabase> {
  const address = server.url(NAME);
  if (provider === "postgresql") await postgresTemplate(address);
  return createDatabase({ postgresql: address, mysql: address, sqlite: address }, provider);
}

function urlOf(addresses: Addresses, provider: Provider, name: string): string {
  const address = addresses[provider];
  if (address === null) throw new Error("Install MariaDB or MySQL (mariadbd or mysqld on PATH), or start Docker.");
  return address.replace(NAME, name);
}

const fileOf = (url: string) => url.slice("file:".length);

async function postgresTemplate(address: string): Promise<void> {
  await postgresScript(address.replace(NAME, "postgres"), `CREATE DATABASE "${TEMPLATE}"`);
  await postgresScript(address.replace(NAME, TEMPLATE), readSql("postgresql"));
}

/** A connection that takes several statements at a time. */
export function connectMariadb(url: string): Promise<mariadb.Connection> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return mariadb.createConnection({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    multipleStatements: true,
    allowPublicKeyRetrieval: true,
  });
}

async function mysqlScript(url: string, sql: string): Promise<void> {
  const connection = await connectMariadb(url);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

/** Puts all that was written into a SQLite file itself, which can then be copied. */
export const CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)";

/** The tables of the shop in a new SQLite file. */
export async function createSqlite(url: string): Promise<void> {
  const connection = await new PrismaLibSql({ url }).connect();
  try {
    // Kept in the file, so copies of it have it too: readers and a writer side by side.
    await connection.executeScript(`PRAGMA journal_mode = WAL;\n${readSql("sqlite")}\n${CHECKPOINT}`);
  } finally {
    await connection.dispose();
  }
}
