import { cacheExtension } from "@evercache/prisma";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { type Prisma, PrismaClient } from "./generated/prisma/client.js";

/** What the API is written against. It cannot tell whether there is a cache. */
export type ShopClient = Prisma.TransactionClient & Pick<PrismaClient, "$transaction">;

export interface CacheSettings {
  /** Where the entries are; left out, or empty: in the memory of this process. */
  redisUrl?: string | undefined;
  /** The first part of every key in Redis. Two shops that share a server need two of them. Default `shop`. */
  namespace?: string | undefined;
}

const BUSY_TIMEOUT_MS = 5_000;

/** @param databaseUrl a SQLite file, for example `file:./shop.db` */
export function createPrisma(databaseUrl: string) {
  // libsql opens a new connection after every transaction: a PRAGMA would be forgotten, an option is not.
  const adapter = new PrismaLibSql({ url: databaseUrl, timeout: BUSY_TIMEOUT_MS });
  return new PrismaClient({ adapter, log: [{ emit: "event", level: "query" }] });
}

/** The one line. */
export function withCache(prisma: ReturnType<typeof createPrisma>, { redisUrl, namespace = "shop" }: CacheSettings) {
  return prisma.$extends(
    cacheExtension({
      ...(redisUrl ? { redis: redisUrl } : {}),
      namespace,
      // libsql runs its queries on the event loop. Under load the loop is busy for longer than the default deadlines,
      // and Redis, which answered long ago, would be taken for slow.
      deadline: "1s",
      writeDeadline: "3s",
      // `npx evercache stats` and `npx evercache monitor` ask through Redis what happens here.
      observable: true,
      defaults: { ttl: "1m" },
      models: { Category: { ttl: "1h" }, Product: { ttl: "10m", list: { ttl: "1m" } } },
    }),
  );
}
