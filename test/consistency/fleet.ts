import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Assignment, Order, Report } from "./messages.js";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const PATIENCE = 30_000;

/** One worker process, asked one thing after the other. It ends with this process. */
export class WorkerProcess {
  readonly #child: ChildProcess = fork(WORKER, [], {
    execArgv: ["--import", TSX],
    // Outside production Prisma notes a stack for each call.
    env: { ...process.env, NODE_ENV: "production" },
  });

  get isAlive(): boolean {
    return this.#child.connected;
  }

  /** Rejects if the worker dies first, or says nothing for `patience` milliseconds. */
  async ask<T extends Report["type"]>(
    order: Order,
    expected: T,
    patience = PATIENCE,
  ): Promise<Extract<Report, { type: T }>> {
    const child = this.#child;
    if (!child.connected) throw new Error(`a worker is dead that was to ${order.type}`);
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, AbortSignal.timeout(patience)]);
    try {
      const answer = Promise.race([
        once(child, "message", { signal }).then(([report]) => report as Report),
        once(child, "exit", { signal }).then(() => {
          throw new Error(`a worker died that was to ${order.type}`);
        }),
      ]);
      child.send(order);
      const report = await answer;
      if (report.type !== expected) throw new Error(`a worker answered ${report.type} to ${order.type}`);
      return report as Extract<Report, { type: T }>;
    } finally {
      end.abort();
    }
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async end(): Promise<void> {
    if (!this.#child.connected) return;
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
  }
}

/** The nonces that one incarnation of a worker may use. */
const NONCES = 1 << 16;

export type PhaseAssignment = Omit<Assignment, "worker" | "log" | "nonceBase" | "seed" | "redis" | "l1"> & {
  readonly logFolder: string;
  readonly seed: number;
  /** Not all workers need reach Redis by the same way. */
  readonly redisOf: (worker: number) => Assignment["redis"];
  readonly l1Of: (worker: number) => Assignment["l1"];
};

/** All workers, those that were killed replaced. */
export class Fleet {
  readonly #processes: WorkerProcess[];
  readonly #assignments: Assignment[] = [];
  #phase: PhaseAssignment | undefined;
  #incarnations = 0;

  constructor(readonly size: number) {
    this.#processes = Array.from({ length: size }, () => new WorkerProcess());
  }

  /** What every worker of this phase was told, the dead ones too. */
  get assignments(): readonly Assignment[] {
    return this.#assignments;
  }

  async start(phase: PhaseAssignment): Promise<void> {
    this.#phase = phase;
    this.#assignments.length = 0;
    await Promise.all(this.#processes.map((_, index) => this.#assign(index)));
  }

  /** Kills a worker and puts another in its place, which begins to work when `meanwhile` is over. */
  async replace(index: number, meanwhile: (others: readonly number[]) => Promise<void>): Promise<void> {
    await this.#processes[index]!.kill();
    this.#processes[index] = new WorkerProcess();
    await meanwhile([...this.#processes.keys()].filter((other) => other !== index));
    await this.#assign(index);
  }

  ask<T extends Report["type"]>(index: number, order: Order, expected: T, patience?: number) {
    return this.#processes[index]!.ask(order, expected, patience);
  }

  askAll<T extends Report["type"]>(order: Order, expected: T, patience?: number) {
    return Promise.all(this.#processes.map((worker) => worker.ask(order, expected, patience)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((worker) => worker.end()));
  }

  async #assign(index: number): Promise<void> {
    const { logFolder, redisOf, l1Of, seed, ...phase } = this.#phase!;
    const incarnation = ++this.#incarnations;
    const worker = `worker ${index} (${incarnation})`;
    const assignment: Assignment = {
      ...phase,
      worker,
      redis: redisOf(index),
      l1: l1Of(index),
      log: `${logFolder}/${incarnation}`,
      nonceBase: incarnation * NONCES,
      seed: seed + incarnation,
    };
    this.#assignments.push(assignment);
    await this.#processes[index]!.ask({ type: "start", assignment }, "started");
  }
}
