import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { testClient } from "../setup/client.js";
import { adminClient } from "../setup/redis-admin.js";
import { startRedisCluster } from "../setup/redis-cluster.js";
import { cacheBefore, ownRedis, PATIENCE } from "../faults/support/world.js";
import { note, quantiles } from "./support/figures.js";
import { clock, type Options, type Place, type Read } from "./support/messages.js";
import { ReaderProcess, ReaderProcesses } from "./support/process.js";
import { mostAtOnce, slowUsers } from "./support/slow-users.js";

const PROCESSES = 4;
const READERS = 500 / PROCESSES;
const LOAD_MS = 300;
/** What a wait may take longer than it is said to: the read around it, on a busy machine. */
const SLACK_MS = 2_000;

let processes: ReaderProcesses;
beforeAll(() => {
  processes = new ReaderProcesses(PROCESSES);
});
afterAll(() => processes.end());

type Defaults = Exclude<Options["defaults"], false | undefined>;

/** A row that is not in the cache, and four processes that are about to read it. */
async function coldRow(redis: Place["redis"], defaults: Defaults, options: Options = {}) {
  const { prisma: truth, database } = await testClient("postgresql");
  for (const id of [1, 2]) await truth.user.create({ data: { id, email: `u${id}`, name: "old" } });
  const users = await slowUsers(truth, LOAD_MS);
  const place: Place = {
    databaseUrl: database.url,
    redis,
    options: {
      namespace: "flight",
      defaults: { stampede: "distributed", ...defaults },
      deadline: "10s",
      writeDeadline: "10s",
      ...options,
    },
  };
  await processes.askAll("open", place);
  onTestFinished(async () => void (await processes.askAll("close", null)));
  const stampede = () => processes.askAll("stampede", { id: 1, readers: READERS });
  /** One more process, which begins to load before all others. */
  const holder = async () => {
    const one = new ReaderProcess();
    onTestFinished(() => one.kill());
    await one.ask("open", place);
    const reading = one.ask("stampede", { id: 1, readers: 1 });
    await expect.poll(() => users.begun(), PATIENCE).toBe(1);
    return { one, reading };
  };
  return { place, users, truth, stampede, holder };
}

/** Until the lease of a load has been asked for by so many processes besides who has it. */
async function untilWaiting(redis: { readonly host: string; readonly port: number }, count: number): Promise<void> {
  const admin = adminClient(redis);
  try {
    const waiting = async () => {
      const leases = await admin.keys("flight:*lease*");
      return leases.length === 1 ? (await admin.get(leases[0]!))!.split(",").length - 1 : 0;
    };
    await expect.poll(waiting, PATIENCE).toBe(count);
  } finally {
    admin.disconnect();
  }
}

function summary(what: string, found: readonly (readonly Read[])[], loads: number) {
  const reads = found.flat();
  const figures = {
    loads,
    reads: reads.length,
    statuses: [...new Set(reads.map(({ status }) => status))],
    ...quantiles(reads.map(({ milliseconds }) => milliseconds)),
  };
  note(what, figures);
  return {
    ...figures,
    names: [...new Set(reads.map(({ name }) => name))],
    errors: reads.flatMap(({ error }) => error ?? []),
  };
}

const TOLD = { names: ["old"], errors: [] };

describe("500 readers in four processes, of a row that is not in the cache", { timeout: 60_000 }, () => {
  test("the database is asked once", async () => {
    const redis = await ownRedis();
    const { stampede, users } = await coldRow(redis.url, {});
    const found = summary("stampede", await stampede(), await users.begun());
    expect(found).toMatchObject({ ...TOLD, loads: 1, reads: 500 });
  });

  test("process by process where it is not asked for: four times", async () => {
    const redis = await ownRedis();
    const { stampede, users } = await coldRow(redis.url, { stampede: "process" });
    const found = summary("stampede, process", await stampede(), await users.begun());
    expect(found).toMatchObject({ ...TOLD, loads: 4, reads: 500 });
  });

  test("the same in a cluster, where waiting processes are told by sharded messages", async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.stop());
    const { stampede, users } = await coldRow([...cluster.startupNodes], {});
    const found = summary("stampede, cluster", await stampede(), await users.begun());
    expect(found).toMatchObject({ ...TOLD, loads: 1, reads: 500 });
    // Told, and not asked again and again until the lease is over.
    expect(found.max).toBeLessThan(LOAD_MS + SLACK_MS);
  });

  test.each(["killed", "frozen"] as const)("who loads is %s: another does, within the bound", async (fate) => {
    const redis = await ownRedis();
    const { stampede, users, holder } = await coldRow(redis.url, { stampede: { mode: "distributed", wait: "2s" } });
    const { one, reading } = await users.holding(async () => {
      const held = await holder();
      const stampeding = stampede();
      await untilWaiting(redis, PROCESSES);
      if (fate === "killed") await held.one.kill();
      else await held.one.pause();
      return { ...held, reading: stampeding, own: held.reading.catch(() => null) };
    });
    const found = summary(`stampede, ${fate}`, await reading, await users.begun());
    expect(found).toMatchObject({ ...TOLD, loads: 2, reads: 500 });
    expect(found.max).toBeLessThan(2_000 + LOAD_MS + SLACK_MS);
    one.resume();
  });

  test("who loads takes longer than others are to wait: they ask the database", async () => {
    const redis = await ownRedis();
    const { stampede, users, holder } = await coldRow(redis.url, { stampede: { mode: "distributed", wait: "1s" } });
    const reading = await users.holding(async () => {
      const own = (await holder()).reading;
      const stampeding = stampede();
      // All of them, while the first has no answer yet.
      await expect.poll(() => users.begun(), PATIENCE).toBe(1 + PROCESSES);
      return [own, stampeding] as const;
    });
    const [own, found] = await Promise.all(reading);
    expect(summary("stampede, slow", [...found, own], await users.begun())).toMatchObject({ ...TOLD, loads: 5 });
  });

  test.each(["ends", "freezes"] as const)("Redis %s while they wait: all ask the database at once", async (fate) => {
    const redis = await ownRedis();
    onTestFinished(() => redis.resume());
    const policy = { stampede: { mode: "distributed", wait: "30s" } } as const;
    const { stampede, users, holder } = await coldRow(redis.url, policy, { deadline: "300ms" });
    const { began, own, stampeding } = await users.holding(async () => {
      const reads = { own: (await holder()).reading, stampeding: stampede() };
      await untilWaiting(redis, PROCESSES);
      const moment = clock();
      await (fate === "ends" ? redis.kill() : redis.pause());
      await expect.poll(() => users.begun(), PATIENCE).toBe(1 + PROCESSES);
      return { ...reads, began: clock() - moment };
    });
    const found = summary(`stampede, Redis ${fate}`, [...(await stampeding), await own], await users.begun());
    note("until all ask the database", Math.round(began));
    expect(found).toMatchObject({ ...TOLD, loads: 5, reads: 501 });
    expect(began).toBeLessThan(1_000 + SLACK_MS);
  });

  test("a result that is too large to be stored: they do not wait one after the other", async () => {
    const redis = await ownRedis();
    const { stampede, users, holder } = await coldRow(redis.url, { maxEntryBytes: 10 });
    const reads = await users.holding(async () => {
      const own = (await holder()).reading;
      const stampeding = stampede();
      await untilWaiting(redis, PROCESSES);
      return [own, stampeding] as const;
    });
    const [own, found] = await Promise.all(reads);
    expect(summary("stampede, too large", [...found, own], await users.begun())).toMatchObject({ ...TOLD, loads: 5 });
    const [, ...others] = await users.intervals();
    expect(mostAtOnce(others)).toBe(PROCESSES);
  });

  test("a write while they wait: who waits, and who comes after it, gets what it wrote", async () => {
    const redis = await ownRedis();
    const { place, truth, stampede, users, holder } = await coldRow(redis.url, {});
    const { cached: writer } = cacheBefore(truth, redis.url, place.options);
    const later = new ReaderProcess();
    onTestFinished(() => later.kill());
    await later.ask("open", place);
    const reads = await users.holding(async () => {
      const own = (await holder()).reading;
      const stampeding = stampede();
      await untilWaiting(redis, PROCESSES);
      await writer.user.update({ where: { id: 1 }, data: { name: "new" } });
      const after = later.ask("stampede", { id: 1, readers: READERS });
      await expect.poll(() => users.begun(), PATIENCE).toBe(2);
      return [own, stampeding, after] as const;
    });
    const [own, found, after] = await Promise.all(reads);
    const loads = await users.begun();
    // That of whoever read before it, and one for all others.
    expect(loads).toBe(2);
    expect(own.map(({ name }) => name)).toEqual(["old"]);
    expect(summary("stampede, write: who waited", found, loads)).toMatchObject({ names: ["new"], errors: [] });
    expect(summary("stampede, write: who came later", [after], loads)).toMatchObject({ names: ["new"], errors: [] });
  });
});
