import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testClient } from "../setup/client.js";
import { startRedis, type RedisServer } from "../setup/redis.js";
import { note, patternSeconds, quantiles } from "./support/figures.js";
import type { Options } from "./support/messages.js";
import { ReaderProcesses } from "./support/process.js";
import { mostAtOnce, slowUsers } from "./support/slow-users.js";

const READERS = 50;
/** Whoever waits for a load waits longer than a hit takes on a busy machine. */
const LOAD_MS = 400;
/** Milliseconds between two reads of a reader, on the average. */
const PAUSE = 200;
/** How long the same readers read what does not expire, to compare with. */
const CALM_SECONDS = 2;
const SECONDS = patternSeconds(6);

let redis: RedisServer;
let processes: ReaderProcesses;
beforeAll(async () => {
  processes = new ReaderProcesses(4);
  redis = await startRedis();
});
afterAll(async () => {
  await Promise.all([processes.end(), redis.stop()]);
});

type Defaults = Exclude<Options["defaults"], false | undefined>;

/** Two hundred readers of one row, which is in the cache when they begin. */
async function readUnderLoad(namespace: string, defaults: Defaults) {
  const { prisma, database } = await testClient("postgresql");
  for (const id of [1, 2]) await prisma.user.create({ data: { id, email: `u${id}`, name: "old" } });
  const users = await slowUsers(prisma, LOAD_MS);
  try {
    const read = async (policy: Defaults, name: string, seconds: number) => {
      // These tests are about what is loaded, however slow the machine is.
      const options = { namespace: name, defaults: policy, deadline: "10s", writeDeadline: "10s" } as const;
      await processes.askAll("open", { databaseUrl: database.url, redis: redis.url, options });
      await processes.all[0]!.ask("stampede", { id: 1, readers: 1 });
      await users.forget();
      const task = { id: 1, readers: READERS, milliseconds: seconds * 1000, pause: PAUSE };
      return processes.askAll("readOn", task);
    };
    const calm = await read({ ttl: "1h" }, `${namespace}-calm`, CALM_SECONDS);
    const found = await read(defaults, namespace, SECONDS);
    await expect.poll(async () => (await users.intervals()).length, { timeout: 10_000 }).toBe(await users.begun());
    const intervals = await users.intervals();
    const statuses: Record<string, number> = {};
    for (const each of found) {
      for (const [status, count] of Object.entries(each.statuses)) statuses[status] = (statuses[status] ?? 0) + count;
    }
    const figures = {
      statuses,
      refreshes: found.map((each) => each.refreshes),
      loads: intervals.length,
      mostAtOnce: mostAtOnce(intervals),
      reads: quantiles(found.flatMap(({ milliseconds }) => milliseconds)),
      calm: quantiles(calm.flatMap(({ milliseconds }) => milliseconds)),
    };
    note(namespace, figures);
    return { ...figures, errors: found.flatMap(({ errors }) => errors) };
  } finally {
    await processes.askAll("close", null);
  }
}

describe("a hot row, read by 200 readers in four processes, that lives shorter than they read", () => {
  const patience = { timeout: 60_000 + 2 * SECONDS * 1000 };

  test("swr: one load at a time over all processes, and nobody waits for it", patience, async () => {
    const {
      errors,
      mostAtOnce: most,
      statuses,
      loads,
      reads,
      calm,
    } = await readUnderLoad("swr", { ttl: "500ms", swr: "1m" });
    expect(errors).toEqual([]);
    expect(most).toBe(1);
    expect(Object.keys(statuses).toSorted()).toEqual(["hit", "stale: expired"]);
    // One each 500 ms, and the time until somebody asks, and that the load takes.
    expect(loads).toBeGreaterThanOrEqual(SECONDS / 4);
    expect(loads).toBeLessThanOrEqual((SECONDS * 1000) / (450 + LOAD_MS) + 1);
    expect(reads.p99).toBeLessThan(Math.max(LOAD_MS, 2 * calm.p99));
  });

  // With beta 1 and 1,000 reads a second somebody begins some two seconds before the row expires. With fewer reads, or a quicker
  // load, it is less: beta makes up for that.
  test("earlyRefresh: as with swr, and nothing expires", patience, async () => {
    const found = await readUnderLoad("early", { ttl: "5s", earlyRefresh: { beta: 1 } });
    const { errors, mostAtOnce: most, statuses, loads, reads, calm } = found;
    expect(errors).toEqual([]);
    expect(most).toBe(1);
    expect(Object.keys(statuses)).toEqual(["hit"]);
    expect(loads).toBeGreaterThanOrEqual(Math.floor(SECONDS / 6));
    expect(reads.p99).toBeLessThan(Math.max(LOAD_MS, 2 * calm.p99));
  });
});
