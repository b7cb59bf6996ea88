import { readInternals } from "../../../packages/prisma/src/client/internals.js";
import type { DataModel } from "../../../packages/prisma/src/schema/data-model.js";
import { readDataModel } from "../../../packages/prisma/src/schema/read-data-model.js";
import { createClient, type Provider, type TestClient } from "../../setup/client.js";
import { openDriver, type Row } from "./driver.js";

/** What became of the rows of a model, or a join table. */
export interface Change {
  /** All rows that were there. */
  readonly before: readonly Row[];
  /** Rows that are no longer there, or not as they were. */
  readonly gone: readonly Row[];
  /** Rows that were not there, or not as they are. */
  readonly come: readonly Row[];
}

/** A seeded database whose rows are compared before and after SQL. */
export interface Shop {
  readonly dataModel: DataModel;
  /** By model, and join table, those whose rows are others after `sql`. Nothing of it stays. */
  changedBy(sql: string): Promise<ReadonlyMap<string, Change>>;
  close(): Promise<void>;
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

export function tableOf(dataModel: DataModel, provider: Provider, model: string): string {
  const quote = provider === "mysql" ? "`" : '"';
  return `${quote}${tablesOf(dataModel).get(model)}${quote}`;
}

export async function openShop(provider: Provider): Promise<Shop> {
  let client = await seeded(provider);
  let driver = await openDriver(provider, client.database.url);
  const { runtimeDataModel, schemaText, provider: name } = readInternals(client.prisma);
  const { dataModel } = readDataModel({ runtimeDataModel, schemaText, provider: name });
  const snapshot = async (): Promise<Map<string, Map<string, Row>>> => {
    const models = new Map<string, Map<string, Row>>();
    for (const model of tablesOf(dataModel).keys()) {
      const rows = await driver.rows(`SELECT * FROM ${tableOf(dataModel, provider, model)}`).catch(() => [{ gone: 1 }]);
      models.set(model, new Map(rows.map((row) => [spell(row), row])));
    }
    return models;
  };
  return {
    dataModel,
    async changedBy(sql) {
      const before = await snapshot();
      await driver.begin();
      let changes: ReadonlyMap<string, Change>;
      try {
        await driver.run(sql);
        changes = differences(before, await snapshot());
      } finally {
        await driver.rollback();
      }
      // MySQL commits some statements by themselves.
      if (differences(before, await snapshot()).size > 0) {
        await driver.close();
        await client.close();
        client = await seeded(provider);
        driver = await openDriver(provider, client.database.url);
      }
      return changes;
    },
    async close() {
      await driver.close();
      await client.close();
    },
  };
}

function differences(
  before: ReadonlyMap<string, ReadonlyMap<string, Row>>,
  after: ReadonlyMap<string, ReadonlyMap<string, Row>>,
): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  for (const [model, old] of before) {
    const now = after.get(model) ?? new Map<string, Row>();
    const without = (rows: ReadonlyMap<string, Row>, others: ReadonlyMap<string, Row>) =>
      [...rows].filter(([text]) => !others.has(text)).map(([, row]) => row);
    const change = { before: [...old.values()], gone: without(old, now), come: without(now, old) };
    if (change.gone.length + change.come.length > 0) changes.set(model, change);
  }
  return changes;
}

function seeded(provider: Provider): Promise<TestClient> {
  return createClient(provider, { isSeeded: true });
}

function spell(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
