import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { stopped } from "../../setup/child-server.js";
import type { Input, Output, Reply, Request, TaskName } from "./messages.js";

const READER = fileURLToPath(new URL("./reader.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("../../faults/support/tsconfig.json", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const PATIENCE = 60_000;

/** A process that reads through the cache, asked one thing after the other. It ends with this one. */
export class ReaderProcess {
  readonly #child: ChildProcess = fork(READER, [], {
    execArgv: ["--import", TSX],
    // Outside production Prisma notes a stack for each call.
    env: { ...process.env, NODE_ENV: "production", TSX_TSCONFIG_PATH: TSCONFIG },
  });

  /** Rejects with the reader's error, and when it dies first. */
  async ask<N extends TaskName>(task: N, input: Input<N>): Promise<Output<N>> {
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      const answer = Promise.race([
        once(this.#child, "message", { signal }).then(([reply]) => reply as Reply),
        once(this.#child, "exit", { signal }).then(() => {
          throw new Error(`a reader died that was to ${task}`);
        }),
      ]);
      this.#child.send({ task, input } satisfies Request);
      const reply = await answer;
      if ("error" in reply) throw new Error(`${task}: ${reply.error}`);
      return reply.output as Output<N>;
    } finally {
      end.abort();
    }
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  /** SIGSTOP. Resolves when the process stands still. */
  async pause(): Promise<void> {
    this.#child.kill("SIGSTOP");
    await stopped(this.#child.pid as number);
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }
}

/** Several of them: to start one takes its time, so that each does for many tests. */
export class ReaderProcesses {
  readonly all: readonly ReaderProcess[];

  constructor(count: number) {
    this.all = Array.from({ length: count }, () => new ReaderProcess());
  }

  askAll<N extends TaskName>(task: N, input: Input<N>): Promise<Output<N>[]> {
    return Promise.all(this.all.map((each) => each.ask(task, input)));
  }

  async end(): Promise<void> {
    await Promise.all(this.all.map((each) => each.kill()));
  }
}
