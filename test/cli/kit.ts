import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Finding } from "../../packages/cli/src/doctor/finding.js";
import { runHere } from "../../packages/cli/test/kit.js";
import { afterwards } from "../setup/afterwards.js";

export { admin, afterwards, server } from "../setup/afterwards.js";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const HERE = fileURLToPath(new URL("..", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly env?: Record<string, string>;
  /** Modules that are loaded before it. */
  readonly imports?: readonly string[];
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `evercache` as a process of its own. */
export function evercache(
  argv: readonly string[],
  { env = {}, imports = [], onStart }: ProcessOptions = {},
): Promise<Ran> {
  const { REDIS_URL: _url, NODE_OPTIONS: _options, ...inherited } = process.env;
  const loaded = [TSX, ...imports].flatMap((url) => ["--import", url]);
  const child = spawn(process.execPath, [...loaded, MAIN, ...argv], {
    cwd: HERE,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  afterwards(() => void child.kill("SIGKILL"));
  onStart?.(child);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

export interface Diagnosis {
  readonly code: number | null;
  readonly redis: string;
  readonly namespace: string;
  readonly passed: boolean;
  readonly summary: Record<Finding["severity"], number>;
  readonly findings: readonly Finding[];
  /** The finding of that name; undefined where there is none. */
  readonly find: (id: string) => Finding | undefined;
}

/** `evercache doctor --json` in this process, and what it printed. */
export async function doctor(argv: readonly string[], env: Record<string, string> = {}): Promise<Diagnosis> {
  return doctorOf(await runHere(["doctor", "--json", ...argv], { env, cwd: HERE }));
}

/** What `evercache doctor --json` has printed. */
export function doctorOf({ code, stdout, stderr }: Ran): Diagnosis {
  let printed: Omit<Diagnosis, "code" | "find">;
  try {
    printed = JSON.parse(stdout) as typeof printed;
  } catch (error) {
    throw new Error(`doctor printed no JSON: ${stdout}${stderr}`, { cause: error });
  }
  return { ...printed, code, find: (id) => printed.findings.find((finding) => finding.id === id) };
}
