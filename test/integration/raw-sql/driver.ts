import { PrismaLibSql } from "@prisma/adapter-libsql";
import { Client } from "pg";
import type { Provider } from "../../setup/client.js";
import { connectMariadb } from "../../setup/databases.js";

export type Row = Readonly<Record<string, unknown>>;

/** One connection to a database, without Prisma. */
export interface Driver {
  begin(): Promise<unknown>;
  rollback(): Promise<unknown>;
  run(sql: string): Promise<unknown>;
  /** By the names of their columns. */
  rows(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

export async function openDriver(provider: Provider, url: string): Promise<Driver> {
  switch (provider) {
    case "postgresql": {
      const client = new Client(url);
      await client.connect();
      return {
        begin: () => client.query("BEGIN"),
        rollback: () => client.query("ROLLBACK"),
        run: (sql) => client.query(sql),
        rows: async (sql) => (await client.query<Row>(sql)).rows,
        close: () => client.end(),
      };
    }
    case "mysql": {
      const connection = await connectMariadb(url);
      return {
        begin: () => connection.beginTransaction(),
        rollback: () => connection.rollback(),
        run: (sql) => connection.query(sql),
        rows: (sql) => connection.query<Row[]>(sql),
        close: () => connection.end(),
      };
    }
    case "sqlite": {
      const connection = await new PrismaLibSql({ url, intMode: "bigint" }).connect();
      let transaction: Awaited<ReturnType<typeof connection.startTransaction>> | undefined;
      const query = (sql: string) => (transaction ?? connection).queryRaw({ sql, args: [], argTypes: [] });
      return {
        begin: async () => (transaction = await connection.startTransaction()),
        async rollback() {
          await transaction?.rollback();
          transaction = undefined;
        },
        run: query,
        async rows(sql) {
          const { columnNames, rows } = await query(sql);
          return rows.map((values) => Object.fromEntries(columnNames.map((name, i) => [name, values[i]])));
        },
        close: () => connection.dispose(),
      };
    }
    default:
      return provider satisfies never;
  }
}
