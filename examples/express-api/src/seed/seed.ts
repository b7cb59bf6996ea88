import { readFile } from "node:fs/promises";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { Prisma } from "../generated/prisma/client.js";
import { createPrisma, type ShopClient } from "../prisma.js";
import { SHOP_SIZE, shopRows, type ShopSize } from "./shop.js";

const SCHEMA = new URL("../../prisma/schema.sql", import.meta.url);
const SEED = 20_250_101;

/** Creates the tables in a new database file and fills them. The same size gives the same rows. */
export async function seedDatabase(databaseUrl: string, size: ShopSize = SHOP_SIZE): Promise<void> {
  await createTables(databaseUrl);
  const prisma = createPrisma(databaseUrl);
  const rows = shopRows(size, SEED);
  await insert(prisma, "Category", rows.categories);
  await insert(prisma, "Customer", rows.customers);
  await insert(prisma, "Product", rows.products);
  await insert(prisma, "Stock", rows.stocks);
  await insert(prisma, "Order", rows.orders);
  await insert(prisma, "OrderLine", rows.lines);
  await insert(prisma, "Review", rows.reviews);
  // All in the one file, so that it can be copied.
  await prisma.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`;
  await prisma.$disconnect();
}

async function createTables(databaseUrl: string): Promise<void> {
  const database = await new PrismaLibSql({ url: databaseUrl }).connect();
  try {
    // Readers do not wait for a writer in this mode. The file remembers it.
    await database.queryRaw({ sql: "PRAGMA journal_mode = WAL", args: [], argTypes: [] });
    await database.executeScript(await readFile(SCHEMA, "utf8"));
  } finally {
    await database.dispose();
  }
}

/** One statement with one parameter a table: `createMany` takes ten times as long for this many rows. */
async function insert(prisma: ShopClient, table: Prisma.ModelName, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return;
  const names = columns.map((column) => `"${column}"`).join(", ");
  const values = columns.map((column) => `value ->> '${column}'`).join(", ");
  const sql = `INSERT INTO "${table}" (${names}) SELECT ${values} FROM json_each(?)`;
  await prisma.$executeRawUnsafe(sql, JSON.stringify(rows.map(stored)));
}

/** A row as the driver adapter writes it to SQLite. */
function stored(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, storedValue(value)]));
}

function storedValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace("Z", "+00:00");
  if (Prisma.Decimal.isDecimal(value)) return value.toNumber();
  return value;
}
