import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "./database.js";
import type { Fleet } from "./fleet.js";
import { judge } from "./judge/judge.js";
import { readLog } from "./log.js";
import {
  AMBIGUOUS_LEASE,
  LEASE,
  MAX_STALENESS,
  type Assignment,
  type CallerErrors,
  type Level,
  type Report,
} from "./messages.js";
import type { ClusterStage, Phase, SentinelStage, StandaloneStage } from "./phase.js";
import { xorshift } from "./random.js";
import type { PhaseResult } from "./result.js";
import type { Servers } from "./servers.js";
import { QUERIES } from "./workload/queries.js";

export interface RunOptions {
  readonly database: Database;
  readonly servers: Servers;
  readonly fleet: Fleet;
  readonly level: Level;
  readonly cache: Assignment["cache"];
  readonly l1: "some" | "mixed";
  readonly onWrite: "some" | "refill";
  readonly readers: number;
  readonly seed: number;
  /** Where logs go, a folder of its own for each phase. */
  readonly folder: string;
  /** Milliseconds under load. */
  readonly time: number;
}

/** Errors that callers meet in any phase: what the harness asks for, or what a database does under contention. */
const USUAL_ERRORS: ReadonlySet<string> = new Set(["rolled back", "refused by the database", "impatience"]);
const REFUSED = "refused by the cache";

/** One fault again and again under load, then the judgement. */
export async function runPhase(phase: Phase, options: RunOptions): Promise<PhaseResult> {
  const { database, servers, fleet, level } = options;
  const began = performance.now();
  const hasL1 = phase.l1 === true || options.l1 === "mixed";
  const logFolder = path.join(options.folder, phase.name);
  mkdirSync(logFolder, { recursive: true });
  await Promise.all([database.seed(), servers.reset()]);
  await fleet.start({
    logFolder,
    seed: options.seed,
    databaseUrl: database.url,
    namespace: `consistency-${phase.name}`,
    level,
    onUnreachable: phase.onUnreachable ?? "reject",
    readers: options.readers,
    cache: options.cache,
    refills: level !== "eventual" && (phase.refills === true || options.onWrite === "refill"),
    redisOf: (worker) =>
      phase.usesProxy && worker === 0 && servers.topology === "standalone" ? servers.proxied : servers.address,
    l1Of: (worker) => (hasL1 ? (worker % 2 === 0 ? "tracked" : "validated") : null),
  });

  const problems: string[] = [];
  const recached: number[] = [];
  const loadBegan = performance.now();
  const faults = await injectFaults(phase, options, { problems, recached });
  const seconds = (performance.now() - loadBegan) / 1_000;
  const stopped = await fleet.askAll({ type: "stop" }, "stopped");
  await database.quiet(fleet.assignments.map(({ worker }) => worker));
  // So long may be served what was written last.
  if (hasL1) await delay(MAX_STALENESS);

  const logs = fleet.assignments.map(({ log, worker, l1 }) => {
    const { reads, writes: own } = readLog(log, worker);
    return { writes: own, reads: l1 === "tracked" ? { ...reads, lag: MAX_STALENESS * 1e6 } : reads };
  });
  const writes = logs.flatMap((log) => log.writes);
  const isAmbiguous = writes.some(({ outcome, end }) => outcome === "unknown" && Number.isFinite(end));
  const patience = (isAmbiguous ? AMBIGUOUS_LEASE : LEASE) + 1_000 + (phase.recovery ?? 0);
  // What could not be told is old for others until it is: when whoever owes it serves from the cache again.
  if (phase.mayExpose)
    await fleet.askAll({ type: "probe", queries: [...QUERIES.keys()], patience }, "probed", patience + 30_000);
  const settled = await fleet.askAll({ type: "settle", patience }, "settled", patience + 30_000);
  const mayHide = level === "eventual" && phase.killsWriters === true;
  const unsettled = settled.flatMap((report) => report.problems);
  problems.push(...unsettled.filter((problem) => !mayHide || !problem.startsWith("stuck")));
  const history = await database.history();
  await fleet.askAll({ type: "end" }, "ended");

  const judgement = judge({ history, writes, reads: logs.map(({ reads }) => reads) });
  const errors = sortErrors(phase, stopped);
  return {
    phase: phase.name,
    topology: phase.topology,
    level,
    seconds,
    faults,
    reads: logs.reduce((sum, { reads }) => sum + reads.count, 0),
    ...hitsOf(stopped),
    writes: writes.filter(({ outcome }) => outcome === "acknowledged").length,
    ...errors,
    violations: judgement.counts,
    samples: judgement.samples,
    lagging: hasL1 ? judgement.lagging : null,
    problems,
    settledAfter: Math.max(...settled.map(({ milliseconds }) => milliseconds)),
    recachedAfter: recached.length > 0 ? Math.max(...recached) : null,
    mayExpose: phase.mayExpose ?? false,
    mayLoseLocks: phase.mayLoseLocks ?? false,
    took: (performance.now() - began) / 1_000,
    logFolder,
  };
}

async function injectFaults(
  phase: Phase,
  { database, servers, fleet, seed, time }: RunOptions,
  found: { problems: string[]; recached: number[] },
): Promise<number> {
  const deadline = performance.now() + time;
  let kills = 0;
  const left = () => Math.max(0, deadline - performance.now());
  const common = {
    database,
    random: xorshift(seed),
    workers: fleet.size,
    workerName: (index: number) =>
      fleet.assignments.findLast(({ worker }) => worker.startsWith(`worker ${index} `))!.worker,
    replaceWorker: (index: number) =>
      fleet.replace(index, async (others) => {
        // Every other time the writers go on at once.
        if (others.length === 0 || kills++ % 2 === 1) return;
        const death = performance.now();
        await Promise.all(others.map((other) => fleet.ask(other, { type: "hold" }, "held")));
        const order = { type: "probe", queries: [...QUERIES.keys()], patience: LEASE + 1_000 } as const;
        const { problems } = await fleet.ask(others[0]!, order, "probed");
        found.recached.push(performance.now() - death);
        found.problems.push(...problems.map((problem) => `after a kill: ${problem}`));
        await Promise.all(others.map((other) => fleet.ask(other, { type: "resume" }, "resumed")));
      }),
    wait: (milliseconds: number) => delay(Math.min(milliseconds, left())),
  };
  let faults = 0;
  for (;;) {
    await common.wait(phase.healthy);
    if (left() === 0) return faults;
    if (phase.inject) {
      await injectOne(phase, { ...common, ...servers });
      faults++;
    }
  }
}

function injectOne(phase: Phase, stage: unknown): Promise<void> | undefined {
  switch (phase.topology) {
    case "standalone":
      return phase.inject?.(stage as StandaloneStage);
    case "sentinel":
      return phase.inject?.(stage as SentinelStage);
    case "cluster":
      return phase.inject?.(stage as ClusterStage);
    default:
      return phase satisfies never;
  }
}

type Stopped = Extract<Report, { type: "stopped" }>;

function hitsOf(reports: readonly Stopped[]): { hits: number; misses: number; bypasses: number } {
  const sum = (of: (report: Stopped) => number) => reports.reduce((all, report) => all + of(report), 0);
  return {
    hits: sum(({ stats }) => stats.reads.hit),
    misses: sum(({ stats }) => stats.reads.miss),
    bypasses: sum(({ stats }) => stats.reads.bypass),
  };
}

function sortErrors(
  phase: Phase,
  reports: readonly Stopped[],
): Pick<PhaseResult, "callerErrors" | "ownErrors" | "refused"> {
  const callerErrors: Record<string, { count: number; example: string }> = {};
  let [ownErrors, refused] = [0, 0];
  const add = (name: string, { count, example }: CallerErrors[string]) => {
    const known = (callerErrors[name] ??= { count: 0, example });
    known.count += count;
  };
  for (const { errors } of reports) {
    for (const [where, error] of Object.entries(errors)) {
      const [kind, name = ""] = where.split(": ", 2);
      // Reads are never refused by the cache, and none of the workload's is by the database.
      const isUsual = kind === "write" ? USUAL_ERRORS.has(name) : name === "impatience";
      if (isUsual || phase.databaseErrors?.includes(name)) ownErrors += error.count;
      else if (kind === "write" && name === REFUSED) refused += error.count;
      else add(where, error);
    }
  }
  return { callerErrors, ownErrors, refused };
}
