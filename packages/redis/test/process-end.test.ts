import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { startRedis } from "../../../test/setup/redis.js";

const STORE = fileURLToPath(new URL("../bundle/index.js", import.meta.url));

/** Waits for the connection, asks, follows what is invalidated, and forgets to close. */
const FORGETFUL = `
  import { createRedisStore } from ${JSON.stringify(STORE)};
  const store = createRedisStore({ redis: process.argv[1], namespace: "ends" });
  await new Promise((resolve) => store.onStatus((status) => status === "ready" && resolve()));
  await store.quarantine("holder", ["Product:any"], 1000);
  await store.fill("key", Buffer.from("entry"), 60_000);
  // To listen keeps nobody from ending: not even somebody who waits for it.
  const patience = setInterval(() => {}, 1000);
  await new Promise((onFollowing) => {
    const watcher = { onFollowing, onInvalidated() {}, onLost() {}, onHeard() {} };
    store.watch(watcher, 5).follow("Product");
  });
  clearInterval(patience);
  console.log((await store.lookup("key", [])).entry.toString());
`;

it("a program that forgets to close its store ends all the same, and not before its answers are there", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const child = spawn(process.execPath, ["--input-type=module", "--eval", FORGETFUL, redis.url]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number];
  expect({ code, output }).toEqual({ code: 0, output: "entry\n" });
}, 30_000);
