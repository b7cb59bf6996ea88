import path from "node:path";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import mariadb from "mariadb";
import { Client } from "pg";
import { scratchFolder } from "../../setup/child-server.js";
import { startMariadb } from "../../setup/mariadb.js";
import { startPostgres } from "../../setup/postgres.js";
import type { Provider } from "../../setup/schema/variants.js";
import { isCounted, type Shape } from "../generate/shape.js";

/** A database of a run's own, and what is done to it without any client of Prisma. */
export interface Database {
  readonly provider: Provider;
  readonly url: string;
  /** No row in any table, and every counter at its start. */
  clear(shape: Shape): Promise<void>;
  /** Counters go on after the rows that there are. */
  settleCounters(shape: Shape): Promise<void>;
  stop(): Promise<void>;
}

const NAME = "differential";

/** Starts a server of `provider`, with the tables that `sql` creates. */
export function startDatabase(provider: Provider, sql: string): Promise<Database> {
  switch (provider) {
    case "postgresql":
      return postgres(sql);
    case "mysql":
      return mysql(sql);
    case "sqlite":
      return sqlite(sql);
    default:
      return provider satisfies never;
  }
}

function tables({ dataModel }: Shape): string[] {
  const names = new Set<string>();
  for (const model of dataModel.models.values()) {
    if (!model.isView) names.add(model.table);
    for (const { joinTable } of model.relations.values()) if (joinTable !== null) names.add(joinTable);
  }
  return [...names];
}

async function postgres(sql: string): Promise<Database> {
  const server = await startPostgres();
  const first = new Client(server.url("postgres"));
  await first.connect();
  await first.query(`CREATE DATABASE "${NAME}"`);
  await first.end();
  const url = server.url(NAME);
  const admin = new Client(url);
  await admin.connect();
  await admin.query(sql);
  return {
    provider: "postgresql",
    url,
    async clear(shape) {
      const list = tables(shape).map((name) => `"${name}"`);
      await admin.query(`TRUNCATE ${list.join(", ")} RESTART IDENTITY CASCADE`);
    },
    async settleCounters({ models }) {
      const counters = [...models.values()].flatMap(({ model, scalars }) =>
        scalars.filter(isCounted).map(({ column }) => ({ table: model.table, column })),
      );
      if (counters.length === 0) return;
      const settled = counters.map(
        ({ table, column }) =>
          `setval(pg_get_serial_sequence('"${table}"', '${column}'), (SELECT coalesce(max("${column}"), 0) + 1 FROM "${table}"), false)`,
      );
      await admin.query(`SELECT ${settled.join(", ")}`);
    },
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}

async function mysql(sql: string): Promise<Database> {
  const server = await startMariadb();
  const { hostname, port, username, password } = new URL(server.url(NAME));
  const admin = await mariadb.createConnection({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    multipleStatements: true,
    allowPublicKeyRetrieval: true,
  });
  await admin.query(`CREATE DATABASE \`${NAME}\`; USE \`${NAME}\`; ${sql}`);
  return {
    provider: "mysql",
    url: server.url(NAME),
    async clear(shape) {
      const each = tables(shape).map((name) => `DELETE FROM \`${name}\`; ALTER TABLE \`${name}\` AUTO_INCREMENT = 1;`);
      await admin.query(`SET FOREIGN_KEY_CHECKS = 0; ${each.join(" ")} SET FOREIGN_KEY_CHECKS = 1;`);
    },
    settleCounters: async () => {},
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}

async function sqlite(sql: string): Promise<Database> {
  const { folder, remove } = scratchFolder("differential");
  const url = `file:${path.join(folder, NAME)}.db`;
  const admin = await new PrismaLibSql({ url }).connect();
  await admin.executeScript(`PRAGMA journal_mode = WAL;\n${sql}`);
  return {
    provider: "sqlite",
    url,
    async clear(shape) {
      const each = tables(shape).map((name) => `DELETE FROM "${name}";`);
      const counters = sql.includes("AUTOINCREMENT") ? "DELETE FROM sqlite_sequence;" : "";
      await admin.executeScript(
        `PRAGMA foreign_keys = OFF;\nBEGIN;\n${each.join("\n")}\n${counters}\nCOMMIT;\nPRAGMA foreign_keys = ON;`,
      );
    },
    settleCounters: async () => {},
    async stop() {
      await admin.dispose();
      remove();
    },
  };
}
