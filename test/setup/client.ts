import { inject, onTestFinished } from "vitest";
import { type ClientOptions, connectClient, type TestClient } from "./connect.js";
import { createDatabase as createDatabaseAt, type TestDatabase } from "./databases.js";
import { PROVIDERS, type Provider } from "./schema/variants.js";

export type { ClientOptions, Provider, TestClient, TestDatabase };

/**
 * The databases that this run has: for `describe.each(providers())`. In CI that is all of them, but for a second run with
 * other options: `EVERCACHE_TEST_DATABASES` names those that are enough, separated by commas.
 */
export function providers(): Provider[] {
  const addresses = inject("databases");
  const enough = process.env["EVERCACHE_TEST_DATABASES"]?.split(",");
  return PROVIDERS.filter((provider) => addresses[provider] !== null && (enough?.includes(provider) ?? true));
}

/** A database of one's own on the run's server, with the shop's tables and nothing in them. */
export function createDatabase(provider: Provider, name?: string): Promise<TestDatabase> {
  return createDatabaseAt(inject("databases"), provider, name);
}

/**
 * A Prisma client of a new database, or of `options.database` where several clients share one. `close()` disconnects,
 * and drops the database if it was made here.
 */
export async function createClient(
  provider: Provider,
  options: ClientOptions & { database?: TestDatabase } = {},
): Promise<TestClient> {
  const { database: shared, ...clientOptions } = options;
  const database = shared ?? (await createDatabase(provider));
  const client = await connectClient(database, clientOptions);
  return {
    ...client,
    async close() {
      await client.close();
      if (shared === undefined) await database.drop();
    },
  };
}

/** `createClient()` for the running test alone: closed when that test is over, whatever its outcome. */
export async function testClient(...args: Parameters<typeof createClient>): Promise<TestClient> {
  const client = await createClient(...args);
  onTestFinished(() => client.close());
  return client;
}

/** The URL of a Redis for suites that need no more than that: `REDIS_URL`, else one that this run has started. */
export function redisUrl(): string {
  return inject("redisUrl");
}
