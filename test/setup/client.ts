import { inject, onTestFinished } from "vitest";
import { type ClientOptions, connectClient, type TestClient } from "./connect.js";
import { createDatabase as createDatabaseAt, type NewDatabase, type TestDatabase } from "./databases.js";
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

/** A database of one's own on the run's server, with the shop's tables. */
export function createDatabase(provider: Provider, options?: NewDatabase): Promise<TestDatabase> {
  return createDatabaseAt(inject("databases"), provider, options);
}

/**
 * A Prisma client of a new database, or of `options.database` where several clients share one. `close()` disconnects,
 * and drops the database if it was made here.
 */
export async function createClient(
  provider: Provider,
  options: ClientOptions & (Pick<NewDatabase, "isSeeded"> | { database: TestDatabase }) = {},
): Promise<TestClient> {
  const { database: shared, isSeeded, ...clientOptions } = { database: undefined, isSeeded: false, ...options };
  const database = shared ?? (await createDatabase(provider, { isSeeded }));
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

/** `testClient()` of a new database that has the rows of `seedShop()`. */
export function testShop(provider: Provider, options: ClientOptions = {}): Promise<TestClient> {
  return testClient(provider, { ...options, isSeeded: true });
}

/** The URL of a Redis for suites that need no more than that: `REDIS_URL`, else one that this run has started. */
export function redisUrl(): string {
  return inject("redisUrl");
}
