import { hits } from "./hits.js";
import { leftOut } from "./left-out.js";

/** What a process can be asked to do. */
export const TASKS = { leftOut, hits };

export type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
export type TaskInput<N extends TaskName> = Parameters<Tasks[N]>[0];
export type TaskOutput<N extends TaskName> = Awaited<ReturnType<Tasks[N]>>;

export interface Request {
  readonly task: TaskName;
  readonly input: unknown;
}

export type Reply = { readonly output: unknown } | { readonly error: string };
