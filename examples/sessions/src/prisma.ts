import { cacheExtension } from "@evercache/prisma";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaClient } from "./generated/prisma/client.js";

export interface CacheSettings {
  /** Where the entries are; left out, or empty: in the memory of this process, which then must be the only one. */
  redisUrl?: string | undefined;
  /** The first part of every key in Redis. */
  namespace: string;
  /** 32 random bytes in base64, the same in all processes: `openssl rand -base64 32`. */
  cacheKey: string;
}

export type CachedClient = ReturnType<typeof withCache>;

const BUSY_TIMEOUT_MS = 5_000;

/** @param databaseUrl a SQLite file, for example `file:./sessions.db` */
export function createPrisma(databaseUrl: string) {
  // libsql opens a new connection after every transaction: a PRAGMA would be forgotten, an option is not.
  const adapter = new PrismaLibSql({ url: databaseUrl, timeout: BUSY_TIMEOUT_MS });
  return new PrismaClient({ adapter, log: [{ emit: "event", level: "query" }] });
}

export function withCache(prisma: ReturnType<typeof createPrisma>, { redisUrl, namespace, cacheKey }: CacheSettings) {
  return prisma.$extends(
    cacheExtension({
      ...(redisUrl ? { redis: redisUrl } : {}),
      namespace,
      consistency: "strict",
      encryption: { keys: [{ id: "1", key: cacheKey }] },
      // libsql runs its queries on the event loop. When the loop is busy, Redis, which answered long ago, would be taken for slow.
      deadline: "1s",
      writeDeadline: "3s",
      models: {
        Session: { ttl: "30m", sliding: { cap: "12h" }, negativeTtl: "10s", encrypt: true, list: false },
        User: { exclude: ["passwordHash"] },
      },
    }),
  );
}
