/** How the cases call what they measure; the report looks it up by the same names. */
export function keysScenario(keys: number): string {
  return `${keys.toLocaleString("en")} foreign keys`;
}

/** `0` for a scenario that is none of these. */
export function keysOf(scenario: string): number {
  return Number(scenario.replaceAll(/\D/g, ""));
}

export const STAMPEDE_READS = 500;
export const STAMPEDE_PROCESSES = [1, 4] as const;

export function stampedeScenario(processes: (typeof STAMPEDE_PROCESSES)[number]): string {
  return processes === 1
    ? `${STAMPEDE_READS} reads in 1 process`
    : `${STAMPEDE_READS} reads over ${processes} processes`;
}

export function heapScenario(reads: number): string {
  return `heap after ${reads.toLocaleString("en")} reads`;
}

export const REDIS_SCENARIO = "Redis";

/** After which other modules a module was imported. */
export function importScenario(others: readonly string[]): string {
  return others.length === 0 ? "first" : `after ${others.join(" and ")}`;
}

export const INSTALLED_SCENARIO = "production dependencies";
export const INSTALLED_ALL = "all";
export const INSTALLED_OTHERS = "without evercache's own";

export const OBSERVED_SCENARIO = "two columns of a row, tracked in process memory";

/** Who looks on while the hits of process memory are measured. */
export const OBSERVERS = ["nobody", "a listener", "Prometheus"] as const;

export type Observer = (typeof OBSERVERS)[number];
