import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { usageError } from "../../cli-error.js";
import type { DatabaseFacts } from "../judge/namespace.js";
import type { DatabaseTimeouts } from "../judge/timeouts.js";

export interface Database {
  readonly facts: DatabaseFacts;
  readonly timeouts: DatabaseTimeouts | undefined;
  /** Why the database was not asked; undefined: it was, or there is nothing to ask it. */
  readonly unasked: string | undefined;
}

type Ask = (sql: string) => Promise<Record<string, unknown>>;

interface Connected {
  readonly ask: Ask;
  close(): Promise<void>;
}

const PATIENCE = 5_000;

/**
 * What `url` tells of the database, and the database itself where the application has installed its driver.
 * @throws CliError for a URL of no database that evercache knows
 */
export async function readDatabase(url: string, cwd: string): Promise<Database> {
  const provider = providerOf(url);
  if (provider === "sqlite") return { facts: await sqliteFacts(url, cwd), timeouts: undefined, unasked: undefined };
  const told = factsOf(provider, url);
  const driver = { postgresql: "pg", mysql: "mariadb" }[provider];
  let connected: Connected;
  try {
    const module = await importFrom(cwd, driver);
    connected = provider === "postgresql" ? await connectPostgres(module, url) : await connectMysql(module, url);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
    const unasked = isMissing
      ? `the package ${driver} is not installed here`
      : String((error as Error).message || code);
    return { facts: told, timeouts: undefined, unasked };
  }
  try {
    const read = provider === "postgresql" ? readPostgres : readMysql;
    return { ...(await read(connected.ask, told)), unasked: undefined };
  } finally {
    await connected.close();
  }
}

/** What a URL tells without asking. @throws CliError */
export function providerOf(url: string): "postgresql" | "mysql" | "sqlite" {
  const protocol = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase();
  if (protocol === "postgresql" || protocol === "postgres") return "postgresql";
  if (protocol === "mysql" || protocol === "mariadb") return "mysql";
  if (protocol === "file") return "sqlite";
  throw usageError("--database-url: write a URL that begins with postgresql://, mysql://, mariadb:// or file:.");
}

function factsOf(provider: "postgresql" | "mysql", url: string): DatabaseFacts {
  let name: string;
  try {
    name = decodeURIComponent(new URL(url).pathname.slice(1));
  } catch {
    throw usageError("--database-url: it is not a URL.");
  }
  if (name === "") return { provider };
  return { provider, database: provider === "mysql" ? name.toLowerCase() : name };
}

async function sqliteFacts(url: string, cwd: string): Promise<DatabaseFacts> {
  const file = url.startsWith("file://") ? fileURLToPath(url) : path.resolve(cwd, url.slice("file:".length));
  const found = await stat(file, { bigint: true }).catch(() => null);
  if (!found) throw usageError(`--database-url: there is no file ${file}.`);
  return { provider: "sqlite", database: `${found.dev}:${found.ino}` };
}

async function importFrom(cwd: string, name: string): Promise<Record<string, unknown>> {
  const resolved = createRequire(path.join(cwd, "package.json")).resolve(name);
  return (await import(pathToFileURL(resolved).href)) as Record<string, unknown>;
}

interface PgClient {
  connect(): Promise<void>;
  query(sql: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  end(): Promise<void>;
}

async function connectPostgres(module: Record<string, unknown>, url: string): Promise<Connected> {
  const { Client } = (module["default"] ?? module) as { Client: new (options: object) => PgClient };
  const client = new Client({ connectionString: url, connectionTimeoutMillis: PATIENCE, query_timeout: PATIENCE });
  await client.connect();
  return { ask: async (sql) => (await client.query(sql)).rows[0] ?? {}, close: () => client.end() };
}

async function readPostgres(ask: Ask, told: DatabaseFacts) {
  // All of these are kept in milliseconds. An older server does not have some of them.
  const setting = (name: string) => `(SELECT setting FROM pg_settings WHERE name = '${name}')`;
  const row = await ask(
    `SELECT current_database()::text AS database, ${setting("statement_timeout")} AS statement, ` +
      `${setting("lock_timeout")} AS lock, ${setting("client_connection_check_interval")} AS client, ` +
      `${setting("idle_in_transaction_session_timeout")} AS idle`,
  );
  const { server } = await ask("SELECT system_identifier::text AS server FROM pg_control_system()").catch(
    // Not everybody may ask.
    (): Record<string, unknown> => ({}),
  );
  const facts: DatabaseFacts = {
    ...told,
    database: String(row["database"]),
    server: typeof server === "string" ? server : null,
  };
  const [statement, lock, clientCheck, idleInTransaction] = ["statement", "lock", "client", "idle"].map((name) =>
    typeof row[name] === "string" ? Number(row[name]) : undefined,
  );
  const timeouts: DatabaseTimeouts = { provider: "postgresql", statement, lock, clientCheck, idleInTransaction };
  return { facts, timeouts };
}

interface MysqlConnection {
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<void>;
}

async function connectMysql(module: Record<string, unknown>, url: string): Promise<Connected> {
  const { createConnection } = (module["default"] ?? module) as {
    createConnection: (options: string) => Promise<MysqlConnection>;
  };
  const separator = url.includes("?") ? "&" : "?";
  const connection = await createConnection(
    `${url.replace(/^mysql:/, "mariadb:")}${separator}connectTimeout=${PATIENCE}`,
  );
  return { ask: async (sql) => (await connection.query(sql))[0] ?? {}, close: () => connection.end() };
}

async function readMysql(ask: Ask, told: DatabaseFacts) {
  const { lock, idle } = await ask("SELECT @@innodb_lock_wait_timeout AS `lock`, @@wait_timeout AS idle");
  const timeouts: DatabaseTimeouts = {
    provider: "mysql",
    statement: undefined,
    lock: Number(lock) * 1000,
    clientCheck: undefined,
    idleInTransaction: Number(idle) * 1000,
  };
  return { facts: told, timeouts };
}
