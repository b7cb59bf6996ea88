import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { hookedDatabase } from "../regression/support/database.js";
import type { RedisServer } from "../setup/redis.js";
import { LONGEST_CALL, ownRedis, timed } from "./support/world.js";

const PROGRAM = fileURLToPath(new URL("./support/program.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("./support/tsconfig.json", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Runs the program, and what befalls Redis at its steps. */
async function run(befall: { atStart?: Act; afterReading?: Act; afterWriting?: Act }) {
  const redis = await ownRedis();
  onTestFinished(() => redis.resume());
  const { database, plain } = await hookedDatabase();
  await befall.atStart?.(redis);
  const child = spawn(process.execPath, ["--import", TSX, PROGRAM, database.url, redis.url], {
    env: { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const says = (text: string) => expect.poll(() => output, { timeout: 25_000 }).toContain(text);

  await says("has read");
  await befall.afterReading?.(redis);
  child.stdin.write("go on\n");
  await says("has written");
  await befall.afterWriting?.(redis);
  child.stdin.write("go on\n");
  await says("has disconnected");
  const { milliseconds } = await timed(() => exit(child));
  return { output, code: child.exitCode, milliseconds, names: await plain.user.findMany({ distinct: "name" }) };
}

type Act = (redis: RedisServer) => Promise<void>;

async function exit(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, "exit");
}

describe("a program that has disconnected ends by itself", { timeout: 60_000 }, () => {
  test.each<[string, Parameters<typeof run>[0]]>([
    ["is there", {}],
    ["never was there", { atStart: (redis) => redis.stop() }],
    ["was frozen from the start", { atStart: (redis) => redis.pause() }],
    ["is gone before it writes", { afterReading: (redis) => redis.kill() }],
    ["is frozen before it writes", { afterReading: (redis) => redis.pause() }],
    ["is frozen before it disconnects", { afterWriting: (redis) => redis.pause() }],
  ])("where Redis %s", async (_, befall) => {
    const { output, code, milliseconds, names } = await run(befall);
    expect(output).toBe("has read\nhas written\nhas disconnected\n");
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(2 * LONGEST_CALL);
    expect(names.map(({ name }) => name)).toEqual(["by the program"]);
  });
});
