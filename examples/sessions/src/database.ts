import { readFile } from "node:fs/promises";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { hashPassword } from "./password.js";
import { createPrisma } from "./prisma.js";

const SCHEMA = new URL("../prisma/schema.sql", import.meta.url);

/** A new database file with one user: `ada`, whose password is `lovelace`. */
export async function createDatabase(databaseUrl: string): Promise<void> {
  const database = await new PrismaLibSql({ url: databaseUrl }).connect();
  try {
    // Readers do not wait for a writer in this mode. The file remembers it.
    await database.queryRaw({ sql: "PRAGMA journal_mode = WAL", args: [], argTypes: [] });
    await database.executeScript(await readFile(SCHEMA, "utf8"));
  } finally {
    await database.dispose();
  }
  const prisma = createPrisma(databaseUrl);
  await prisma.user.create({ data: { name: "ada", passwordHash: await hashPassword("lovelace") } });
  await prisma.$disconnect();
}
