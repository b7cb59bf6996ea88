import { cacheExtension } from "@evercache/prisma";
import { connectClient, type TestClient } from "../../test/setup/connect.js";
import { createDatabase, startDatabases } from "../../test/setup/databases.js";
import { generateClients } from "../../test/setup/generate.js";
import { startRedis, type RedisServer } from "../../test/setup/redis.js";

export const ROWS = 1000;

export interface Workbench {
  /** Prisma on PostgreSQL without a cache, and its statements counted. */
  readonly database: TestClient;
  readonly redis: RedisServer;
  /** The same client with the cache. */
  readonly cached: ReturnType<typeof withCache>;
}

/** What is measured: a client, with the cache or without. */
export type Client = Pick<TestClient["prisma"], "user">;

type Options = NonNullable<Parameters<typeof cacheExtension>[0]>;

/** `client` with the cache in Redis at `url`. */
export function withCache(client: TestClient["prisma"], url: string, options: Options = {}) {
  return client.$extends(cacheExtension({ redis: url, namespace: "bench", defaults: { ttl: "1h" }, ...options }));
}

/** Runs `measure` on servers of its own: PostgreSQL with a thousand users, an empty Redis. */
export async function onWorkbench(measure: (bench: Workbench) => Promise<void>): Promise<void> {
  await generateClients();
  const [{ addresses, stop }, redis] = await Promise.all([startDatabases({ withoutMysql: "proceed" }), startRedis()]);
  try {
    const database = await connectClient(await createDatabase(addresses, "postgresql"));
    await database.prisma.user.createMany({
      data: Array.from({ length: ROWS }, (_, i) => ({ id: i + 1, email: `u${i + 1}@bench.test`, name: "0" })),
    });
    const cached = withCache(database.prisma, redis.url);
    await measure({ database, redis, cached });
    await cached.$disconnect();
  } finally {
    await Promise.allSettled([redis.stop(), stop()]);
  }
}
