import { lookup } from "node:dns";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5 } from "ioredis5";
import { describe, expect, it } from "vitest";
import { parseRedis, type Topology } from "../src/options.js";

type Of<Kind> = Extract<Topology, { kind: Kind }>;
const cluster = (redis: unknown) => (parseRedis(redis) as Of<"cluster">).cluster;
const sentinel = (redis: unknown) => (parseRedis(redis) as Of<"sentinel">).sentinel;
const lazyConnect = true;

describe("a cluster", () => {
  it.each([
    ["6", Cluster],
    ["5", Cluster5 as unknown as typeof Cluster],
  ])("of ioredis %s tells its nodes, however they are written", (_, Class) => {
    const nodes = [{ host: "a", port: 1 }, { port: 2 }, {}, 3, "4", "b:5", "redis://c:6", "rediss://d", "[::1]:7"];
    expect(cluster(new Class(nodes, { lazyConnect })).startupNodes).toEqual([
      { host: "a", port: 1 },
      { host: "127.0.0.1", port: 2 },
      { host: "127.0.0.1", port: 6379 },
      { host: "127.0.0.1", port: 3 },
      { host: "127.0.0.1", port: 4 },
      { host: "b", port: 5 },
      { host: "c", port: 6 },
      { host: "d", port: 6379 },
      { host: "::1", port: 7 },
    ]);
  });

  it("has the options of its nodes, and those of evercache over them", () => {
    const redisOptions = { password: "secret", tls: { servername: "x" }, enableOfflineQueue: true, keyPrefix: "app:" };
    const { open } = parseRedis(new Cluster([1], { redisOptions, lazyConnect }));
    const client = open({ host: "h", port: 9, lazyConnect }) as Redis;
    expect(client.options).toMatchObject({
      host: "h",
      port: 9,
      password: "secret",
      tls: { servername: "x" },
      enableOfflineQueue: false,
      keyPrefix: "",
      maxRetriesPerRequest: 0,
    });
    client.disconnect();
  });

  it("maps addresses by a table or a function", () => {
    const natMap = { "10.0.0.1:1": { host: "out", port: 2 } };
    for (const map of [natMap, (key: string) => natMap[key as keyof typeof natMap] ?? null]) {
      const { natMap: mapped } = cluster(new Cluster([1], { natMap: map, lazyConnect }));
      expect(mapped({ host: "10.0.0.1", port: 1 })).toEqual({ host: "out", port: 2 });
      expect(mapped({ host: "10.0.0.2", port: 1 })).toEqual({ host: "10.0.0.2", port: 1 });
    }
  });

  it("looks names up as it was told to", async () => {
    expect(cluster(new Cluster([1], { lazyConnect })).lookup).toBeNull();
    expect(cluster(new Cluster([1], { lazyConnect, dnsLookup: lookup })).lookup).toBeNull();
    const own = cluster(
      new Cluster([1], {
        lazyConnect,
        dnsLookup: (host, callback) => (host === "a" ? callback(null, "10.0.0.1") : callback(new Error("unknown"), "")),
      }),
    );
    expect(await own.lookup?.("a")).toBe("10.0.0.1");
    await expect(own.lookup?.("b")).rejects.toThrow("unknown");
  });
});

describe("sentinels", () => {
  const sentinels = [{ host: "s", port: 1 }];

  it("have their own name, password and TLS", () => {
    const redis = { sentinels, name: "main", password: "of the server", tls: { servername: "server" } };
    const parsed = sentinel({
      ...redis,
      sentinelUsername: "u",
      sentinelPassword: "p",
      sentinelTLS: { servername: "s" },
    });
    const client = parsed.openSentinel({ host: "s", port: 1, lazyConnect }) as Redis;
    expect(client.options).toMatchObject({ username: "u", password: "p", tls: { servername: "s" } });
    client.disconnect();
    const bare = sentinel(redis).openSentinel({ lazyConnect }) as Redis;
    expect(bare.options.password).toBeNull();
    expect(bare.options.tls).toBeUndefined();
    bare.disconnect();
  });

  it.each([
    [true, { servername: "server" }],
    [false, undefined],
  ])("have TLS to the server, as ioredis has it, where enableTLSForSentinelMode is %s", (enabled, tls) => {
    const redis = new Redis({
      sentinels,
      name: "main",
      tls: { servername: "server" },
      enableTLSForSentinelMode: enabled,
      lazyConnect,
    });
    const { open, sentinel: parsed } = parseRedis(redis) as Of<"sentinel">;
    const client = open({ ...parsed.override, host: "h", port: 2, lazyConnect }) as Redis;
    expect(client.options.tls).toEqual(tls);
    expect(client.options).toMatchObject({ host: "h", port: 2, sentinels: null });
    client.disconnect();
  });
});
