import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis, type RedisServer } from "../../../test/setup/redis.js";
import { checkRedisStoreOptions, createRedisStore } from "../src/index.js";
import { admin, connect, LONG, TAG, TAG_KEY } from "./kit.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describe("redis:", () => {
  it.each([
    ["a URL", () => server.url],
    ["options", () => ({ host: "127.0.0.1", port: server.port })],
    ["options without a prototype", () => Object.assign(Object.create(null) as object, { port: server.port })],
  ])("may be %s", async (_, redis) => {
    const store = await connect({ redis: redis() });
    await store.fill("key", Buffer.from("entry"), LONG);
    expect(await admin(server).get("test:key")).toBe("entry");
  });

  it.each([
    ["ioredis 6", (options: object) => new Redis(server.port, options)],
    ["ioredis 5", (options: object) => new Redis5(server.port, options)],
  ])("may be an instance of %s that never connects, and stays as it is", async (_, open) => {
    const redis = open({ lazyConnect: true, keyPrefix: "app:", commandTimeout: 1, db: 3 });
    const events: unknown[] = [];
    for (const event of ["connect", "ready", "error", "close"]) redis.on(event, () => events.push(event));
    const store = await connect({ redis });
    await store.mint([TAG], [LONG]);
    expect(redis.status).toBe("wait");
    expect(redis.options).toMatchObject({ keyPrefix: "app:", enableOfflineQueue: true, maxRetriesPerRequest: 20 });
    await store.close();
    expect(redis.status).toBe("wait");
    expect(events).toEqual([]);
    // Its database is taken over, its key prefix is not.
    const other = admin(server);
    await other.select(3);
    expect(await other.exists(TAG_KEY)).toBe(1);
    await other.del(TAG_KEY);
  });

  it("may be an instance that the application is using, and goes on using when the store is closed", async () => {
    const redis = admin(server);
    await redis.set("mine", "1");
    const store = await connect({ redis });
    await store.close();
    expect(await redis.get("mine")).toBe("1");
    await redis.del("mine");
  });

  it("may be an instance that has ended", async () => {
    const redis = new Redis(server.port, { lazyConnect: true });
    redis.disconnect();
    await connect({ redis });
    expect(redis.status).toBe("end");
  });

  it.each([
    ["a port", 6379],
    ["nothing", undefined],
    ["null", null],
    ["a URL object", new URL("redis://localhost:6379")],
    ["a list", ["redis://localhost"]],
    ["a function", () => {}],
    ["an object of another class", new Map()],
    ["no text", ""],
    ["a host", "localhost"],
    ["a web address", "https://redis.example.com:6379"],
    ["a port that cannot be", "redis://localhost:99999"],
    ["sentinels without a name", { sentinels: [{ port: 1 }] }],
    [
      "a cluster without nodes",
      Object.assign(new Redis.Cluster([{ port: 1 }], { lazyConnect: true }), { startupNodes: [] }),
    ],
    ["a cluster behind SRV records", new Redis.Cluster(["none"], { lazyConnect: true, useSRVRecords: true })],
  ])("may not be %s", (_, redis) => {
    const refusal = expect.objectContaining({
      name: "EvercacheError",
      code: "INVALID_OPTION",
      value: redis,
      message: expect.stringMatching(/^redis: .*\. Write a/s),
    });
    const options = { redis: redis as string, namespace: "test" };
    expect(() => createRedisStore(options)).toThrow(refusal);
    expect(() => checkRedisStoreOptions(options)).toThrow(refusal);
  });

  it("tells no password when it is refused", () => {
    try {
      createRedisStore({ redis: "http://user:secret@host", namespace: "test" });
      expect.unreachable();
    } catch (error) {
      const { message, value } = error as Error & { value: unknown };
      expect(`${message} ${String(value)}`).not.toContain("secret");
    }
  });

  it("is refused together with a bad namespace before anything is opened", () => {
    const before = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
    expect(() => createRedisStore({ redis: server.url, namespace: "a b" })).toThrow("namespace");
    expect(() => checkRedisStoreOptions({ redis: server.url, namespace: "a b" })).toThrow("namespace");
    checkRedisStoreOptions({ redis: server.url, namespace: "test" });
    expect(process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length).toBeLessThanOrEqual(
      before,
    );
  });

  it("separates applications by namespace", async () => {
    const [one, two] = [
      await connect({ redis: server.url, namespace: "one" }),
      await connect({ redis: server.url, namespace: "two" }),
    ];
    await one.fill("key", Buffer.from("entry"), LONG);
    const [token] = await one.mint([TAG], [LONG]);
    expect(await two.lookup("key", [TAG])).toEqual({ entry: null, tokens: [null] });
    await two.rotate([TAG]);
    await two.remove("key");
    expect((await one.lookup("key", [TAG])).tokens).toEqual([token]);
  });
});

it("reports the epoch each time the server tells it", async () => {
  const epochs: string[] = [];
  const store = await connect({ redis: server.url, onProbe: (epoch) => epochs.push(epoch) });
  expect(epochs).toEqual([store.epoch]);
  await store.probe();
  expect(epochs).toEqual([store.epoch, store.epoch]);
});
