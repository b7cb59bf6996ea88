import { Observer, type Cache, type ObservedEvent, type ProcessInfo } from "@evercache/core";
import { createRedisStore, type RedisStoreOptions } from "@evercache/redis";
import { createFaultProxy } from "@evercache/testing";
import { Cluster, Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventHub } from "../../packages/core/src/event-hub.js";
import { makeCache, type CacheUnderTest } from "../../packages/core/test/support/make-cache.js";
import { POLICY, QUERIES, readOf } from "../../packages/core/test/support/plans.js";
import { ToyDatabase } from "../../packages/core/test/support/toy-database.js";
import { startRedisCluster } from "../setup/redis-cluster.js";
import { startRedisSentinels } from "../setup/redis-sentinel.js";
import { startRedis } from "../setup/redis.js";
import { afterwards, during, eventually } from "./kit.js";

type Where = RedisStoreOptions["redis"];

const WISHES = { perSecond: 100, models: null, types: null };
const byId = QUERIES.byId(1);

/** How often caches are listened to for tools: what is paid for observation. */
let listeners = 0;
beforeEach(() => {
  listeners = 0;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { on: add } = EventHub.prototype;
  vi.spyOn(EventHub.prototype, "on").mockImplementation(function (this: EventHub, listener, options) {
    const stop = add.call(this, listener, options);
    // Those of tools count.
    if (options?.takesWarnings !== false) return stop;
    listeners++;
    return () => {
      listeners--;
      stop();
    };
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Process extends CacheUnderTest {
  readonly cache: Cache;
  read(): Promise<string>;
}

/** A process that has read once. */
async function start(redis: Where, { namespace = "shop", l1 = true } = {}): Promise<Process> {
  const database = new ToyDatabase();
  database.bump(1);
  const made = makeCache({
    openStore: () => createRedisStore({ redis, namespace }),
    observable: { version: "1.2.3" },
    ...(l1 && { l1: { maxEntries: 100, maxBytes: 100_000, leastStaleness: 1000 } }),
  });
  const policy = l1 ? { ...POLICY, l1: { mode: "tracked", maxStaleness: 1000, share: false } as const } : POLICY;
  const read = async () => {
    const plan = { ...readOf(database, byId), policy };
    if (made.cache.readNow(plan) !== undefined) return "l1";
    return (await made.cache.read(plan)).info.status;
  };
  await eventually(async () => expect(await read()).toMatch(/hit|l1/));
  return { ...made, read };
}

async function observe(redis: Where, namespace = "shop") {
  const store = createRedisStore({ redis, namespace });
  const observer = new Observer(store);
  afterwards(async () => {
    await observer.close();
    await store.close();
  });
  await observer.ready();
  return { store, observer };
}

/** Processes take a moment to hear what they are asked. */
async function untilAnswered(observer: Observer, count: number): Promise<ProcessInfo[]> {
  let processes: ProcessInfo[] = [];
  await eventually(async () => {
    const { answers } = await observer.stats(500);
    processes = answers.map(({ process: one }) => one);
    expect(processes).toHaveLength(count);
  });
  return processes;
}

class Seen {
  readonly events: ObservedEvent[] = [];
  telling: readonly ProcessInfo[] = [];
  onEvents = (_: ProcessInfo, events: readonly ObservedEvent[]): void => void this.events.push(...events);
  onProcesses = (telling: readonly ProcessInfo[]): void => void (this.telling = telling);
  onError = (): void => {};

  untilTelling(count: number): Promise<void> {
    return eventually(() => expect(this.telling).toHaveLength(count));
  }

  untilHit(): Promise<void> {
    return eventually(() => expect(this.events.map(({ type }) => type)).toContain("hit"));
  }
}

/** Stats and events of one process come; then nobody listens any more. */
async function asksAndListens(redis: Where, process: Process): Promise<void> {
  const { observer } = await observe(redis);
  await untilAnswered(observer, 1);
  expect(listeners).toBe(0);
  const seen = new Seen();
  const stream = observer.events(WISHES, seen);
  await seen.untilTelling(1);
  await process.read();
  await seen.untilHit();
  await stream.close();
  await eventually(() => expect(listeners).toBe(0));
}

describe("two processes", () => {
  it("answer what they count, each for itself, and only within their namespace", async () => {
    const { url } = await during(startRedis());
    const [a] = await Promise.all([start(url), start(url), start(url, { namespace: "other" })]);
    const { observer } = await observe(url);
    await untilAnswered(observer, 2);
    for (let i = 0; i < 5; i++) await a.read();
    const { asked, answers: all } = await observer.stats(5000);
    expect(asked).toBe(2);
    expect(all.map(({ stats }) => stats)).toContainEqual(
      expect.objectContaining({ reads: expect.objectContaining({ hit: a.cache.stats().reads.hit }) }),
    );
    expect(all[0]!.process).toMatchObject({ pid: process.pid, version: "1.2.3" });
    expect(all[0]!.process.id).not.toBe(all[1]!.process.id);
  });

  it("tell what happens to whoever asks, and listen to nothing before and after", async () => {
    const { url } = await during(startRedis());
    const [a, b] = await Promise.all([start(url), start(url)]);
    const { observer } = await observe(url);
    await untilAnswered(observer, 2);
    expect(listeners).toBe(0);
    const seen = new Seen();
    const stream = observer.events({ ...WISHES, types: ["hit"] }, seen);
    await seen.untilTelling(2);
    expect(listeners).toBe(2);
    await Promise.all([a.read(), b.read()]);
    await eventually(() => expect(seen.events).toHaveLength(2));
    expect(seen.events[0]).toMatchObject({ type: "hit", model: "Product", key: byId.key });
    await stream.close();
    await eventually(() => expect(listeners).toBe(0));
  });
});

it("a tool that is gone without a goodbye is told nothing more", async () => {
  const { url } = await during(startRedis());
  const reader = await start(url);
  const { store, observer } = await observe(url);
  await untilAnswered(observer, 1);
  const seen = new Seen();
  observer.events(WISHES, seen);
  await seen.untilTelling(1);
  // As if the tool was killed: its connections end, and nothing is said.
  await store.close();
  await eventually(async () => {
    await reader.read();
    expect(listeners).toBe(0);
  });
});

it("goes on after the connections of a process, and then of the tool, were lost", async () => {
  const { url, port } = await during(startRedis());
  const [ofProcess, ofTool] = await Promise.all([
    createFaultProxy({ target: { port } }),
    createFaultProxy({ target: { port } }),
  ]);
  afterwards(() => Promise.all([ofProcess.close(), ofTool.close()]));
  const reader = await start(`redis://127.0.0.1:${ofProcess.port}`);
  const { observer } = await observe(`redis://127.0.0.1:${ofTool.port}`);
  await untilAnswered(observer, 1);
  const seen = new Seen();
  observer.events(WISHES, seen);
  await seen.untilTelling(1);
  for (const proxy of [ofProcess, ofTool]) {
    proxy.dropConnections();
    seen.events.length = 0;
    await eventually(async () => {
      await reader.read();
      expect(seen.events.map(({ type }) => type)).toContain("hit");
    });
  }
  const redis = new Redis(url);
  afterwards(() => redis.disconnect());
  await eventually(() => expect(listeners).toBe(1));
});

it("is not disturbed by what others publish on its channel", async () => {
  const { url } = await during(startRedis());
  const reader = await start(url);
  const redis = new Redis(url);
  afterwards(() => redis.disconnect());
  const { observer } = await observe(url);
  await untilAnswered(observer, 1);
  for (const text of ["", "{", '{"evercache":1}', '{"evercache":1,"ask":"stats","reply":"x"}', "x".repeat(100_000)]) {
    expect(await redis.publish("shop:said:{requests}", text)).toBe(1);
  }
  expect((await observer.stats(5000)).answers).toHaveLength(1);
  expect(reader.of("warning")).toEqual([]);
});

it("shares the connection by which a process hears what others invalidate", async () => {
  const { url } = await during(startRedis());
  const redis = new Redis(url);
  afterwards(() => redis.disconnect());
  const connections = async () => String(await redis.call("CLIENT", ["LIST"])).match(/name=evercache /g)?.length;
  await start(url);
  await eventually(async () => {
    expect(await redis.call("PUBSUB", ["NUMSUB", "shop:said:{requests}"])).toEqual(["shop:said:{requests}", 1]);
    expect(await connections()).toBe(2);
  });
  await start(url, { namespace: "without", l1: false });
  await eventually(async () => expect(await connections()).toBe(4));
});

it("where the user may not use the channel there is a warning, and nothing else suffers", async () => {
  const server = await during(startRedis());
  const redis = new Redis(server.port);
  afterwards(() => redis.disconnect());
  await redis.call("ACL", [
    "SETUSER",
    "narrow",
    "on",
    ">secret",
    "~*",
    "+@all",
    "resetchannels",
    "&shop:invalidated:*",
  ]);
  const reader = await start({ port: server.port, username: "narrow", password: "secret" });
  await eventually(() => expect(reader.of("warning")).toHaveLength(1));
  expect(reader.of("warning")[0]).toMatchObject({
    code: "NOT_OBSERVABLE",
    message: expect.stringMatching(/\+subscribe \+ping and the channels &shop:said:\{\*.*observable: false/) as string,
  });
  await eventually(() => expect(reader.of("channel")).toMatchObject([{ status: "following" }]));
  await eventually(async () => expect(await reader.read()).toBe("l1"));
  const { observer } = await observe(server.url);
  expect(await observer.stats(100)).toEqual({ asked: 0, answers: [] });
  await redis.call("ACL", ["SETUSER", "narrow", "&shop:*"]);
  await untilAnswered(observer, 1);
  expect(reader.of("channel")).toHaveLength(1);
});

it("works in a cluster, wherever the channel is served", { timeout: 90_000 }, async () => {
  const cluster = await during(startRedisCluster());
  const instance = () => {
    const redis = new Cluster([...cluster.startupNodes], { lazyConnect: true });
    afterwards(() => redis.disconnect());
    return redis;
  };
  const reader = await start(instance());
  await asksAndListens(instance(), reader);
  const slot = Number(await cluster.admin(0).call("CLUSTER", ["KEYSLOT", "shop:said:{requests}"]));
  await cluster.moveSlots(slot, slot, ((await cluster.primaryOf(slot)) + 1) % 3);
  await asksAndListens(instance(), reader);
});

it("works behind sentinels, after a failover too", { timeout: 90_000 }, async () => {
  const set = await during(startRedisSentinels());
  const reader = await start(set.options);
  await asksAndListens(set.options, reader);
  await set.failover();
  await eventually(async () => expect(await reader.read()).toMatch(/hit|l1/));
  await asksAndListens(set.options, reader);
});
