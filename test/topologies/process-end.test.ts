import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startRedisCluster } from "../setup/redis-cluster.js";
import { startRedisSentinels } from "../setup/redis-sentinel.js";
import { afterwards, during } from "./kit.js";

const file = (name: string) => JSON.stringify(fileURLToPath(new URL(`../../packages/redis/${name}`, import.meta.url)));

/** Waits for the connections, asks, waits for a replica, follows what is invalidated, hears what is said, and forgets to close. */
const forgetful = (redis: string) => `
  import { createRequire } from "node:module";
  import { createRedisStore } from ${file("bundle/index.js")};
  const { Cluster } = createRequire(${file("package.json")})("ioredis");
  const store = createRedisStore({ redis: ${redis}, namespace: "ends" });
  await new Promise((resolve) => store.onStatus((status) => status === "ready" && resolve()));
  await store.quarantine("holder", ["Product:any", "User:any", "Order:any"], 1000, 10_000);
  await store.fill("key", Buffer.from("entry"), 60_000);
  await store.probe();
  // To listen keeps nobody from ending: not even somebody who waits for it.
  const patience = setInterval(() => {}, 1000);
  await new Promise((onFollowing) => {
    const watcher = { onFollowing, onInvalidated() {}, onLost() {}, onHeard() {} };
    store.watch(watcher, 5).follow("Product");
  });
  await new Promise((onHearing) => store.hear("topic", { onHearing, onMessage() {}, onLost() {} }));
  clearInterval(patience);
  console.log((await store.lookup("key", [])).entry.toString());
`;

it.each([
  [
    "a cluster",
    async () => {
      const { startupNodes } = await during(startRedisCluster({ replicas: 1 }));
      return `new Cluster(${JSON.stringify(startupNodes)}, { lazyConnect: true })`;
    },
  ],
  ["sentinels", async () => JSON.stringify((await during(startRedisSentinels())).options)],
])("a program that forgets to close its store of %s ends all the same", { timeout: 90_000 }, async (_, start) => {
  const program = forgetful(await start());
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  afterwards(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number];
  expect({ code, output }).toEqual({ code: 0, output: "entry\n" });
});
