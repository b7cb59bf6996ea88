import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  dieWithParent,
  ended,
  findProgram,
  freePort,
  isRunning,
  removeFolder,
  stopped,
  temporaryFolder,
  untilReady,
} from "./child-server.js";
import { startRedisContainer } from "./redis-container.js";

/** A Redis server of one's own, on a free port of 127.0.0.1, with nothing in it and nothing kept on disk. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Of the running server; changes with `restart()`. */
  readonly pid: number;
  /** The server's own process; `null` where it runs in a container. */
  readonly process: ChildProcess | null;
  /** SIGSTOP: connections stay, nothing is answered. Resolves when the server has really stopped. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
  /** Ends the server, as SIGTERM does, and resolves when it is gone. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL: no goodbye to its clients. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends the server where it still runs, then starts it again: same port, same arguments, empty. */
  restart(): Promise<void>;
}

const HOST = "127.0.0.1";
const START_MS = 15_000;

/**
 * Starts a Redis server. Looked up in this order: `redis-server` or `valkey-server` on PATH, then Docker.
 * It ends with this process, however that ends.
 *
 * @param args more arguments for `redis-server`, for example `["--maxmemory", "2mb"]`
 */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const program = findProgram(["redis-server", "valkey-server"]);
  if (program === null) return startRedisContainer(args);

  const folder = temporaryFolder("redis");
  let callOff: (() => void) | undefined;
  let child: ChildProcess;
  let port: number;

  const start = async (wanted: number) => {
    const started = await launch(program, wanted, folder, args).catch((error: unknown) => {
      removeFolder(folder);
      throw error;
    });
    if (started === null) return false;
    child = started;
    callOff = dieWithParent(started.pid as number, folder);
    return true;
  };

  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (isRunning(child)) {
      const gone = ended(child, 3_000);
      child.kill(signal);
      // A stopped process acts on SIGTERM only after it goes on.
      if (signal === "SIGTERM") child.kill("SIGCONT");
      await gone;
    }
    callOff?.();
    removeFolder(folder);
  };

  // Another process may take the port between the look-up and the bind.
  let attempts = 0;
  do {
    attempts += 1;
    if (attempts > 20) throw new Error("startRedis: no free port after 20 attempts");
    port = await freePort();
  } while (!(await start(port)));

  return {
    host: HOST,
    port,
    url: `redis://${HOST}:${port}`,
    get pid() {
      return child.pid as number;
    },
    get process() {
      return child;
    },
    async pause() {
      child.kill("SIGSTOP");
      await stopped(child.pid as number);
    },
    async resume() {
      child.kill("SIGCONT");
    },
    async stop() {
      await end("SIGTERM");
    },
    async kill() {
      await end("SIGKILL");
    },
    async restart() {
      await end("SIGTERM");
      for (const deadline = Date.now() + START_MS; !(await start(port)); await delay(20)) {
        if (Date.now() > deadline) throw new Error(`startRedis: port ${port} was taken by another process`);
      }
    },
  };
}

/** Resolves to the process when it accepts connections, to `null` when the port is taken. */
async function launch(
  program: string,
  port: number,
  folder: string,
  args: readonly string[],
): Promise<ChildProcess | null> {
  mkdirSync(folder, { recursive: true });
  const fixed = ["--port", String(port), "--bind", HOST, "--dir", folder, "--save", "", "--appendonly", "no"];
  const child = spawn(program, [...fixed, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ready = /Ready to accept connections/;
  return (await untilReady(child, { ready, portTaken: /in use/i, patience: START_MS })) ? child : null;
}
