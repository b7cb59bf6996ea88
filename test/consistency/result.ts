import type { Lagging, Violation, ViolationKind } from "./judge/judge.js";
import type { CallerErrors, Level } from "./messages.js";

/** What one phase has shown. */
export interface PhaseResult {
  readonly phase: string;
  readonly topology: string;
  readonly level: Level;
  /** Under load. */
  readonly seconds: number;
  /** All of it, the judgement too. */
  readonly took: number;
  readonly faults: number;
  readonly reads: number;
  /** As the workers that lived to the end counted them. */
  readonly hits: number;
  readonly misses: number;
  readonly bypasses: number;
  /** Acknowledged. */
  readonly writes: number;
  /** Writes that the cache refused since it could not be told, as `onUnreachable: "reject"` says. */
  readonly refused: number;
  /** Errors that are the database's own, or that the workload asks for. */
  readonly ownErrors: number;
  /** The others: none is expected. */
  readonly callerErrors: CallerErrors;
  readonly violations: Readonly<Record<ViolationKind, number>>;
  readonly samples: readonly Violation[];
  /** What was stuck in the cache, or not cached, when it should have been. */
  readonly problems: readonly string[];
  /** Milliseconds until each query was a hit again in each worker when the phase was over. */
  readonly settledAfter: number;
  /** Milliseconds, at most, until each query had been a hit again after a writer was killed. */
  readonly recachedAfter: number | null;
  /** Of those workers that are told of what others write; null where there are none. */
  readonly lagging: Lagging | null;
  readonly mayExpose: boolean;
  readonly mayLoseLocks: boolean;
  readonly logFolder: string;
}

export interface Summary {
  readonly phases: number;
  readonly reads: number;
  readonly writes: number;
  readonly faults: number;
  readonly hitRatio: number;
  readonly seconds: number;
  readonly readsPerSecond: number;
  readonly violations: Readonly<Record<ViolationKind, number>>;
  readonly problems: number;
  readonly callerErrors: number;
  readonly failed: readonly string[];
}

/** Why a phase fails; nothing if it does not. */
export function failuresOf(result: PhaseResult): string[] {
  const { violations, mayExpose } = result;
  const failures: string[] = [];
  const add = (count: number, what: string) => {
    if (count > 0) failures.push(`${count} ${what}`);
  };
  for (const kind of ["stale", "dirty", "lost", "phantom"] as const) add(violations[kind], kind);
  if (!mayExpose) add(violations.exposed, "exposed");
  if (mustNotGoBack(result)) add(violations.nonMonotonic, "nonMonotonic");
  add(result.problems.length, "stuck or uncached");
  add(errorCount(result), "errors at callers");
  if (result.lagging?.reads === 0) failures.push("nobody had results in memory");
  if (result.reads === 0 || result.writes === 0 || result.hits === 0) failures.push("nothing was tried");
  return failures;
}

/** Whether nobody may read an older value than somebody else has read before. */
export function mustNotGoBack({ level, mayExpose, mayLoseLocks, lagging }: PhaseResult): boolean {
  return level === "strict" && !mayExpose && !mayLoseLocks && lagging === null;
}

export function errorCount({ callerErrors }: PhaseResult): number {
  return Object.values(callerErrors).reduce((sum, { count }) => sum + count, 0);
}

export function hitRatioOf({ hits, misses, bypasses }: Pick<PhaseResult, "hits" | "misses" | "bypasses">): number {
  const all = hits + misses + bypasses;
  return all === 0 ? 0 : hits / all;
}

export function summarize(results: readonly PhaseResult[]): Summary {
  const sum = (of: (result: PhaseResult) => number) => results.reduce((all, result) => all + of(result), 0);
  const violations = { stale: 0, exposed: 0, dirty: 0, nonMonotonic: 0, lost: 0, phantom: 0 };
  for (const result of results) {
    for (const [kind, count] of Object.entries(result.violations)) violations[kind as ViolationKind] += count;
  }
  const seconds = sum((result) => result.seconds);
  const reads = sum((result) => result.reads);
  return {
    phases: results.length,
    reads,
    writes: sum((result) => result.writes),
    faults: sum((result) => result.faults),
    hitRatio: hitRatioOf({
      hits: sum(({ hits }) => hits),
      misses: sum(({ misses }) => misses),
      bypasses: sum(({ bypasses }) => bypasses),
    }),
    seconds,
    readsPerSecond: seconds === 0 ? 0 : reads / seconds,
    violations,
    problems: sum(({ problems }) => problems.length),
    callerErrors: sum(errorCount),
    failed: results.filter((result) => failuresOf(result).length > 0).map(({ phase }) => phase),
  };
}
