import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromServer, ServerReport, ToServer } from "../server-messages.js";

const SERVER = fileURLToPath(new URL("../server.ts", import.meta.url));
const PATIENCE_MS = 3_000;

/** The API in a process of its own, so that those who ask it do not slow it down. */
export interface ApiProcess {
  readonly url: string;
  report(): Promise<ServerReport>;
  /** Resolves when the process has ended. Safe to call twice. */
  stop(): Promise<void>;
}

export async function startApi(env: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const child = fork(SERVER, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...env, NODE_ENV: "production", PORT: "0" },
  });
  try {
    const port = await portOf(child);
    let asked = 0;
    return {
      url: `http://127.0.0.1:${port}`,
      report: () => askFor(child, (asked += 1)),
      stop: () => stopped(child),
    };
  } catch (error) {
    await stopped(child);
    throw error;
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("message", (message: FromServer) => {
      if (message.type === "listening") resolve(message.port);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the API ended with code ${String(code)} before it answered`)));
  });
}

function askFor(child: ChildProcess, id: number): Promise<ServerReport> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      child.off("message", read).off("exit", exited);
      act();
    };
    const read = (message: FromServer) => {
      if (message.type === "report" && message.id === id) settle(() => resolve(message.report));
    };
    const exited = (code: number | null) => settle(() => reject(new Error(`the API ended with code ${String(code)}`)));
    child.on("message", read).on("exit", exited);
    child.send({ type: "report", id } satisfies ToServer);
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await exit;
  clearTimeout(hard);
}
