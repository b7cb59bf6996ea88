import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FromServer } from "./server-messages.js";

const SERVER = fileURLToPath(new URL("server.ts", import.meta.url));
const PATIENCE_MS = 3_000;

export interface ApiProcess {
  readonly url: string;
  report(): Promise<Extract<FromServer, { type: "report" }>>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

/** The API in a process of its own, on a free port. */
export async function startApi(env: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const child = fork(SERVER, { execArgv: ["--import", "tsx"], env: { ...process.env, ...env, PORT: "0" } });
  const started = await messageOf(child, "listening");
  return {
    url: `http://127.0.0.1:${started.port}`,
    report: async () => {
      child.send(0);
      return messageOf(child, "report");
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
      await ended;
      clearTimeout(hard);
    },
  };
}

function messageOf<T extends FromServer["type"]>(
  child: ChildProcess,
  type: T,
): Promise<Extract<FromServer, { type: T }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the API ended with code ${String(code)}`));
    child.once("exit", ended);
    child.once("message", (message: FromServer) => {
      child.off("exit", ended);
      if (message.type === type) resolve(message as Extract<FromServer, { type: T }>);
      else reject(new Error(`the API said ${message.type} in the place of ${type}`));
    });
  });
}
