import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../generated/client.js";

export interface Database {
  readonly prisma: PrismaClient;
  /** How many SELECT statements were sent so far. Only counted where that was asked for. */
  readonly selects: () => number;
  readonly close: () => Promise<void>;
}

/** Counting costs a little: leave it out where time is measured against others that count nothing. */
export function openDatabase(url: string, { counting = false } = {}): Database {
  const adapter = new PrismaPg({ connectionString: url });
  if (!counting) {
    const prisma = new PrismaClient({ adapter });
    return { prisma, selects: () => Number.NaN, close: () => prisma.$disconnect() };
  }
  const prisma = new PrismaClient({ adapter, log: [{ emit: "event", level: "query" }] });
  let selects = 0;
  prisma.$on("query", ({ query }) => {
    if (query.startsWith("SELECT")) selects++;
  });
  return { prisma, selects: () => selects, close: () => prisma.$disconnect() };
}
