import { rowTag } from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { storeContract } from "@evercache/testing/store-contract";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../setup/child-server.js";
import { startRedisCluster, type RedisCluster } from "../setup/redis-cluster.js";
import { makeCertificates, type TestCertificates } from "../setup/redis-tls.js";
import { startRedis, type RedisServer } from "../setup/redis.js";
import { eventually } from "./kit.js";

const TAG = rowTag("Product", ["1"]);

let certificates: TestCertificates;
let server: RedisServer;
let port: number;
let cluster: RedisCluster;
const clusterPorts: number[] = [];
const applications: { disconnect(): void }[] = [];

beforeAll(async () => {
  certificates = makeCertificates();
  port = await freePort();
  server = await startRedis([...certificates.args(port), "--port", "0"]);
  cluster = await startRedisCluster({
    args: async (index) => {
      clusterPorts[index] = await freePort();
      return [...certificates.args(clusterPorts[index]), "--tls-cluster", "yes"];
    },
  });
});
afterAll(async () => {
  for (const redis of applications) redis.disconnect();
  await Promise.all([server.stop(), cluster.stop()]);
  certificates.remove();
});

storeContract("redis over TLS", () =>
  createRedisStore({ redis: { port, tls: { ca: certificates.ca } }, namespace: "options" }),
);

it("is spoken to by an instance's options too", async () => {
  const redis = new Redis({ port, tls: { ca: certificates.ca }, lazyConnect: true });
  applications.push(redis);
  const store = createRedisStore({ redis, namespace: "instance" });
  await eventually(() => expect(store.status).toBe("ready"));
  const tokens = await store.mint([TAG], [60_000]);
  expect(await store.lookup(null, [TAG])).toMatchObject({ tokens });
  await store.close();
});

storeContract("redis cluster over TLS", () => {
  const nodes = clusterPorts.map((nodePort) => ({ host: "127.0.0.1", port: nodePort }));
  const redis = new Cluster(nodes, { redisOptions: { tls: { ca: certificates.ca } }, lazyConnect: true });
  applications.push(redis);
  return createRedisStore({ redis, namespace: "cluster" });
});

it.each([
  ["a certificate that nobody trusts", () => `rediss://127.0.0.1:${port}`, /self-signed|unable to verify|certificate/i],
  ["no TLS", () => `redis://127.0.0.1:${port}`, /./],
])("is not spoken to with %s", async (_, url, message) => {
  const store = createRedisStore({ redis: url(), namespace: "test" });
  let reason: unknown;
  store.onStatus((_status, error) => (reason ??= error));
  await eventually(() => expect(store.status).toBe("unavailable"));
  expect(String(reason)).toMatch(message);
  await store.close();
});
