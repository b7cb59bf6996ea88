import { hits } from "./hits.js";
import { leftOut } from "./left-out.js";
import { memory } from "./memory.js";
import { misses } from "./misses.js";
import { mixed } from "./mixed.js";
import { observers } from "./observers.js";
import { stampede, stampedeReady } from "./stampede.js";
import { writes } from "./writes.js";

/** What a process can be asked to do. */
export const TASKS = { leftOut, hits, misses, writes, mixed, stampedeReady, stampede, memory, observers };

export type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
export type TaskInput<N extends TaskName> = Parameters<Tasks[N]>[0];
export type TaskOutput<N extends TaskName> = Awaited<ReturnType<Tasks[N]>>;

export interface Request {
  readonly task: TaskName;
  readonly input: unknown;
}

export type Reply = { readonly output: unknown } | { readonly error: string };
