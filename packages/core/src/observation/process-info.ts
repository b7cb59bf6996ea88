import { hostname } from "node:os";
import { randomTokenBits } from "../token.js";

/** Who answers: one client of the cache in one process. */
export interface ProcessInfo {
  /** Told apart by it: a process may have several caches. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** When the process started: milliseconds since 1970. */
  readonly startedAt: number;
  /** Of evercache. */
  readonly version: string;
}

export function thisProcess(version: string): ProcessInfo {
  const startedAt = Math.round(Date.now() - process.uptime() * 1000);
  return { id: randomTokenBits(), host: hostname(), pid: process.pid, startedAt, version };
}
