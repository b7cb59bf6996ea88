import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { run } from "../../test/setup/child-server.js";
import type { Reply, Request, TaskInput, TaskName, TaskOutput } from "./child/tasks.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const CHILD = fileURLToPath(new URL("../dist/bench/src/child/main.js", import.meta.url));

/**
 * Compiles the packages, and what measures them. Children run JavaScript as it was built: a loader that compiles the
 * sources on the way would add to each function that is made.
 */
export async function compile(): Promise<void> {
  await run("npm", ["run", "--silent", "build"], { cwd: root });
  await run(`${root}node_modules/.bin/tsc`, ["-p", "bench/tsconfig.build.json"], { cwd: root });
}

/** After so many milliseconds a process is given up. */
const PATIENCE = 600_000;

/** A process of its own, in which nothing else was measured before. */
export class BenchProcess {
  readonly #child: ChildProcess;

  constructor(execArgv: readonly string[] = []) {
    this.#child = fork(CHILD, [], {
      execArgv: [...execArgv],
      // Outside production Prisma notes a stack for each call.
      env: { ...process.env, NODE_ENV: "production" },
    });
  }

  /** Rejects with the child's error, when it ends without an answer, and when it takes ten minutes. */
  async ask<N extends TaskName>(task: N, input: TaskInput<N>): Promise<TaskOutput<N>> {
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, AbortSignal.timeout(PATIENCE)]);
    const answer = Promise.race([
      once(this.#child, "message", { signal }).then(([reply]) => reply as Reply),
      once(this.#child, "exit", { signal }).then(([code]) => {
        throw new Error(`a process ended with code ${String(code)} that was to measure ${task}`);
      }),
    ]);
    try {
      this.#child.send({ task, input } satisfies Request);
      const reply = await answer;
      if ("error" in reply) throw new Error(`${task}: ${reply.error}`);
      return reply.output as TaskOutput<N>;
    } finally {
      end.abort();
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill();
    await gone;
  }
}

/** One task in a process of its own. */
export async function inProcess<N extends TaskName>(
  task: N,
  input: TaskInput<N>,
  execArgv: readonly string[] = [],
): Promise<TaskOutput<N>> {
  const child = new BenchProcess(execArgv);
  try {
    return await child.ask(task, input);
  } finally {
    await child.end();
  }
}
