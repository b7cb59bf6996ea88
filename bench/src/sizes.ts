import { cacheExtension } from "@evercache/prisma";
import { openDatabase } from "./database.js";
import { report, rounded } from "./figures.js";
import { inParallel } from "./in-parallel.js";
import { queriesOf, SCENARIOS, shopOf, type Scenario } from "./queries.js";
import { sampleKeys, usedMemory } from "./redis-memory.js";
import { startServers, type Servers } from "./servers.js";
import { createShop } from "./shop.js";
import { TTL_SECONDS, toJson } from "./subjects/subject.js";

/*
 * How much of Redis' memory a result takes: the entry, the tokens that it depends on, and what the server needs for each
 * key besides, in its tables of keys and of times to live.
 */
const READS = 1000;
const SHOP = shopOf(READS);
/** Milliseconds until the server has let go of what connections took that have ended. */
const SETTLED = 200;

await main();

async function main(): Promise<void> {
  const servers = await startServers();
  try {
    const databaseUrl = await createShop(servers.postgresUrl, "sizes", SHOP);
    // The server keeps buffers and scripts since its first clients.
    await sizesOf(servers, databaseUrl, "one row", false);
    const rows: Record<string, string | number>[] = [];
    for (const compress of [false, true]) {
      for (const scenario of SCENARIOS) rows.push(await sizesOf(servers, databaseUrl, scenario, compress));
    }
    report("sizes", rows);
  } finally {
    await servers.stop();
  }
}

async function sizesOf(
  { redis, redisUrl }: Servers,
  databaseUrl: string,
  scenario: Scenario,
  compress: boolean,
): Promise<Record<string, string | number>> {
  await redis.flushall();
  const before = await usedMemory(redis);
  const database = openDatabase(databaseUrl);
  const cached = database.prisma.$extends(
    cacheExtension({ redis: redisUrl, namespace: "bench", deadline: "10s", defaults: { ttl: TTL_SECONDS, compress } }),
  );
  const filled: number[] = [];
  cached.$cache.on("event", (event) => event.type === "fill" && event.outcome === "stored" && filled.push(event.bytes));
  const results: unknown[] = [];
  await inParallel(queriesOf(scenario, READS), 32, async (query) => {
    results.push(await query.run(cached));
  });
  await cached.$cache.disconnect();
  await database.close();
  await new Promise((resolve) => setTimeout(resolve, SETTLED));

  const keys = await redis.dbsize();
  const used = (await usedMemory(redis)) - before;
  const { bytesPerEntry = 0, bytesPerToken = 0 } = await sampleKeys(redis);
  if (filled.length !== READS) throw new Error(`${scenario}: ${filled.length} of ${READS} results were stored`);
  const tokens = keys - READS;
  return {
    result: scenario,
    compress: String(compress),
    "as JSON": rounded(results.reduce<number>((sum, result) => sum + toJson(result).length, 0) / READS, 0),
    "bytes of its fill": rounded(filled.reduce((sum, bytes) => sum + bytes, 0) / filled.length, 0),
    entry: rounded(bytesPerEntry, 0),
    token: rounded(bytesPerToken, 0),
    "tokens a read": rounded(tokens / READS),
    "beside, a key": rounded((used - READS * bytesPerEntry - tokens * bytesPerToken) / keys, 0),
    "all told, a read": rounded(used / READS, 0),
  };
}
