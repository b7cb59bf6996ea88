import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import getPort from "get-port";

/** Where the cache's entries will be, and why there. */
export interface StoreChoice {
  /** `null`: in the memory of the API's process. */
  readonly redisUrl: string | null;
  readonly reason: string;
  stop(): Promise<void>;
}

const START_MS = 5_000;
const PATIENCE_MS = 2_000;

/** `REDIS_URL`, else a Redis or Valkey server found on PATH and started for the time of the demo, else memory. */
export async function chooseStore(): Promise<StoreChoice> {
  const given = process.env["REDIS_URL"];
  if (given) return { redisUrl: given, reason: "Redis: REDIS_URL names it", stop: async () => {} };

  const program = onPath(["redis-server", "valkey-server"]);
  if (program === null) {
    return {
      redisUrl: null,
      reason: "process memory: no REDIS_URL, and neither redis-server nor valkey-server on PATH",
      stop: async () => {},
    };
  }
  try {
    const { child, port } = await startServer(program);
    return {
      redisUrl: `redis://127.0.0.1:${port}`,
      reason: `Redis: ${program}, started for this demo on port ${port}`,
      stop: () => stopped(child),
    };
  } catch (error) {
    return { redisUrl: null, reason: `process memory: ${String(error)}`, stop: async () => {} };
  }
}

function onPath(names: readonly string[]): string | null {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const files = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function startServer(program: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await getPort({ host: "127.0.0.1" });
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await ready(child);
    return { child, port };
  } catch (error) {
    await stopped(child);
    throw error;
  }
}

/** The server's own log says when it is ready: a connection might reach somebody else's server on that port. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    const late = setTimeout(() => reject(new Error(`${child.spawnfile} was not ready in time`)), START_MS);
    late.unref();
    child.stdout?.on("data", (chunk: Buffer) => {
      if (log.length > 20_000) return;
      log += chunk.toString();
      if (log.includes("Ready to accept connections")) {
        clearTimeout(late);
        resolve();
      }
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${child.spawnfile} ended with code ${String(code)}`)));
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await exit;
  clearTimeout(hard);
}
