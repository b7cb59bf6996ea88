import { PrismaLibSql } from "@prisma/adapter-libsql";
import mariadb from "mariadb";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInternals } from "../../../packages/prisma/src/client/internals.js";
import { rawEffects } from "../../../packages/prisma/src/mutation/raw-sql.js";
import type { DataModel } from "../../../packages/prisma/src/schema/data-model.js";
import { readDataModel } from "../../../packages/prisma/src/schema/read-data-model.js";
import { createClient, providers, type Provider, type TestClient } from "../../setup/client.js";
import { seedShop } from "../shop-queries.js";
import { CORPUS } from "./corpus.js";

describe.each(providers())("what SQL changes on %s is among what it is read to change", (provider) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(provider);
  });
  afterAll(() => shop.close());

  const samples = CORPUS.filter(({ on }) => on.includes(provider)).map(({ sql, expected }) => ({
    sql: provider === "mysql" ? sql.replaceAll('"', "`") : sql,
    expected,
  }));
  test.each(samples)("$sql", async ({ sql, expected }) => {
    const { dataModel } = shop;
    const read = modelsOf(dataModel, sql);
    const changed = await shop.changedBy(sql);
    if (expected === "reads") {
      expect(read).toBe("reads-only");
      expect(changed).toEqual([]);
      return;
    }
    expect(changed.filter((model) => !read.includes(model))).toEqual([]);
    const all = [...dataModel.models.keys()];
    if (expected === "everything") return expect(all.filter((model) => !read.includes(model))).toEqual([]);
    // No more than the targets, and what the database may change along with them.
    const targets = expected.flatMap((model) =>
      modelsOf(dataModel, `DELETE FROM ${tableOf(dataModel, provider, model)}`),
    );
    expect(new Set(read)).toEqual(new Set(targets));
    return expect(read).not.toHaveLength(all.length);
  });
});

interface Shop {
  readonly dataModel: DataModel;
  /** The models, and join tables, with rows that are others after `sql`. Nothing of it stays. */
  changedBy(sql: string): Promise<string[]>;
  close(): Promise<void>;
}

function modelsOf(dataModel: DataModel, sql: string): readonly string[] | "reads-only" {
  const effects = rawEffects(dataModel, sql);
  return effects === "reads-only" ? effects : [...new Set(effects.map((tag) => tag.slice(0, tag.indexOf(":"))))];
}

/** By their names in tags: the models' tables, and those of implicit relations. */
function tablesOf(dataModel: DataModel): Map<string, string> {
  const tables = new Map<string, string>();
  for (const model of dataModel.models.values()) {
    tables.set(model.name, model.table);
    for (const { joinTable, joinModel } of model.relations.values()) {
      if (joinTable !== null && joinModel !== null) tables.set(joinModel, joinTable);
    }
  }
  return tables;
}

function tableOf(dataModel: DataModel, provider: Provider, model: string): string {
  const quote = provider === "mysql" ? "`" : '"';
  return `${quote}${tablesOf(dataModel).get(model)}${quote}`;
}

async function openShop(provider: Provider): Promise<Shop> {
  let client = await seeded(provider);
  let driver = await openDriver(provider, client.database.url);
  const { runtimeDataModel, schemaText, provider: name } = readInternals(client.prisma);
  const { dataModel } = readDataModel({ runtimeDataModel, schemaText, provider: name });
  const snapshot = async (): Promise<Map<string, string>> => {
    const rows = new Map<string, string>();
    for (const model of tablesOf(dataModel).keys()) {
      const all = await driver
        .rows(`SELECT * FROM ${tableOf(dataModel, provider, model)}`)
        .catch(() => ["no such table"]);
      rows.set(model, all.map(spell).sort().join("\n"));
    }
    return rows;
  };
  const differences = (before: Map<string, string>, after: Map<string, string>) =>
    [...before.keys()].filter((model) => before.get(model) !== after.get(model));
  return {
    dataModel,
    async changedBy(sql) {
      const before = await snapshot();
      await driver.begin();
      let changed: string[];
      try {
        await driver.run(sql);
        changed = differences(before, await snapshot());
      } finally {
        await driver.rollback();
      }
      // MySQL commits some statements by themselves.
      if (differences(before, await snapshot()).length > 0) {
        await driver.close();
        await client.close();
        client = await seeded(provider);
        driver = await openDriver(provider, client.database.url);
      }
      return changed;
    },
    async close() {
      await driver.close();
      await client.close();
    },
  };
}

async function seeded(provider: Provider): Promise<TestClient> {
  const client = await createClient(provider);
  await seedShop(client.prisma);
  return client;
}

interface Driver {
  begin(): Promise<unknown>;
  rollback(): Promise<unknown>;
  run(sql: string): Promise<unknown>;
  rows(sql: string): Promise<unknown[]>;
  close(): Promise<void>;
}

async function openDriver(provider: Provider, url: string): Promise<Driver> {
  switch (provider) {
    case "postgresql": {
      const client = new Client(url);
      await client.connect();
      return {
        begin: () => client.query("BEGIN"),
        rollback: () => client.query("ROLLBACK"),
        run: (sql) => client.query(sql),
        rows: async (sql) => (await client.query<object>(sql)).rows,
        close: () => client.end(),
      };
    }
    case "mysql": {
      const { hostname, port, username, password, pathname } = new URL(url);
      const connection = await mariadb.createConnection({
        host: hostname,
        port: Number(port),
        user: username,
        password,
        database: pathname.slice(1),
        multipleStatements: true,
        allowPublicKeyRetrieval: true,
      });
      return {
        begin: () => connection.beginTransaction(),
        rollback: () => connection.rollback(),
        run: (sql) => connection.query(sql),
        rows: (sql) => connection.query<unknown[]>(sql),
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
        rows: async (sql) => (await query(sql)).rows,
        close: () => connection.dispose(),
      };
    }
    default:
      return provider satisfies never;
  }
}

function spell(row: unknown): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
