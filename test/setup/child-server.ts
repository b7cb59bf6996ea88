import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";

/** The first of `names` that is an executable on PATH, or in one of `folders`. */
export function findProgram(names: readonly string[], folders: readonly string[] = []): string | null {
  const places = [...(process.env["PATH"] ?? "").split(path.delimiter), ...folders].filter((place) => place !== "");
  for (const name of names) {
    for (const place of places) {
      const file = path.join(place, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here: the next place.
      }
    }
  }
  return null;
}

/**
 * A port of 127.0.0.1 that is free just now, below the range that the kernel gives to outgoing connections: a client
 * that reconnects to a stopped server inside that range may end up connected to itself, and then holds the port.
 */
export function freePort(): Promise<number> {
  const port = Array.from({ length: 32 }, () => 10_000 + Math.floor(Math.random() * 20_000));
  return getPort({ port, host: "127.0.0.1" });
}

/** A new folder below the system's temporary folder. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(path.join(tmpdir(), `evercache-${name}-`));
}

/** A new temporary folder, and what removes it; it is gone with this process at the latest. */
export function scratchFolder(name: string): { folder: string; remove: () => void } {
  const folder = temporaryFolder(name);
  const callOff = dieWithParent(null, folder);
  const remove = () => {
    callOff();
    removeFolder(folder);
  };
  return { folder, remove };
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * Kills process `pid` (where there is one) and removes `folder` when this process ends, however it ends. The pipe to
 * the watching shell is closed by the kernel, so this holds for SIGKILL too, which no exit handler sees. Call the
 * result to call it off.
 */
export function dieWithParent(pid: number | null, folder: string): () => void {
  const script =
    'trap "" INT TERM HUP; cat >/dev/null; [ -z "$1" ] || kill -KILL "$1" 2>/dev/null; sleep 0.2; rm -rf "$2"';
  const watcher = spawn("sh", ["-c", script, "sh", String(pid ?? ""), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watcher.on("error", () => {});
  watcher.unref();
  // The writable end of a child's pipe is a socket; without this it would keep the event loop alive.
  (watcher.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return () => {
    watcher.kill("SIGKILL");
  };
}

/** True for a process that has not ended. */
export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Resolves when `child` has ended; after `patience` milliseconds it is killed. */
export async function ended(child: ChildProcess, patience: number): Promise<void> {
  if (!isRunning(child)) return;
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const hard = setTimeout(() => child.kill("SIGKILL"), patience);
  await exit;
  clearTimeout(hard);
}

/** Resolves when the kernel has really stopped the process: a signal is sent at once, and acted upon a little later. */
export async function stopped(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const state = processState(pid);
    if (state === null || state === "T") return;
    await delay(1);
  }
}

/** One letter, as `ps` shows it; `null` where there is no such process, or no /proc. */
function processState(pid: number): string | null {
  try {
    // The name in brackets may hold anything, so the state is looked up after the last bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
  } catch {
    return null;
  }
}

export interface Readiness {
  /** What the server's log says once it accepts connections. */
  readonly ready: RegExp;
  /** What it says when another process holds its port. */
  readonly portTaken: RegExp;
  readonly patience: number;
}

/**
 * Resolves to true when the server accepts connections, to false when its port is taken; else rejects with its log.
 * Its own log decides, not a connection: somebody else's server might answer that.
 */
export function untilReady(child: ChildProcess, { ready, portTaken, patience }: Readiness): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let log = "";
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      act();
    };
    const fail = (reason: string) =>
      settle(() => {
        child.kill("SIGKILL");
        reject(new Error(`${child.spawnfile} ${reason}\n${log}`));
      });
    const timer = setTimeout(() => fail(`was not ready after ${patience} ms`), patience);
    // Read on after it is ready: a full pipe would stop the server.
    const read = (chunk: Buffer) => {
      if (settled) return;
      log += chunk.toString();
      if (ready.test(log)) settle(() => resolve(true));
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("error", (error) => fail(`could not be started: ${error.message}`));
    // "close", not "exit": the last lines of the log may arrive after the exit.
    child.on("close", (code) => {
      if (portTaken.test(log)) settle(() => resolve(false));
      else fail(`ended with code ${String(code)}`);
    });
  });
}

/** Runs a program to its end, and resolves to its stdout. What it wrote is in the error, should it fail. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; uid?: number; gid?: number } = {},
): Promise<string> {
  // npx hands its own options down, and an npm or npx that is run here would take them for its own.
  const { npm_config_call: _call, npm_config_package: _package, ...inherited } = process.env;
  const env = { ...inherited, ...options.env };
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, env, maxBuffer: 16 << 20 }, (error, stdout) => {
      if (error) reject(new Error(`${error.message}\n${stdout}`));
      else resolve(stdout);
    });
  });
}
