import {
  INSTALLED_ALL,
  INSTALLED_OTHERS,
  INSTALLED_SCENARIO,
  importScenario,
  keysOf,
  stampedeScenario,
} from "../scenario-names.js";
import { MISSES_IN_FLIGHT, MIXED_IN_FLIGHT } from "../in-flight.js";
import type { Scenario } from "../queries.js";
import type { SubjectName } from "../subjects/names.js";
import { figureOf, ratio, roundsOf, scenariosOf } from "./figures.js";
import type { BenchResult } from "./result.js";
import { addedPings } from "./sections/writes.js";
import { staleAnswers } from "./sections/mixed.js";
import { shown, type Table } from "./table.js";

/** What evercache is to reach. */
export interface Target {
  readonly what: string;
  /** `undefined`: not measured. */
  readonly figure: number | undefined;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  readonly unit: string;
}

export type Verdict = "holds" | "missed" | "not measured";

export function verdictOf({ figure, bound }: Target): Verdict {
  if (figure === undefined) return "not measured";
  return ("atLeast" in bound ? figure >= bound.atLeast : figure <= bound.atMost) ? "holds" : "missed";
}

/** Medians; of hits, those at 32 in flight. */
export function targetsOf(result: BenchResult): Target[] {
  return [...hitTargets(result), ...costTargets(result), ...mixTargets(result), ...sizeTargets(result)];
}

export function targetsTable(targets: readonly Target[]): Table {
  return {
    title: "targets",
    columns: ["", "figure", "target", ""],
    rows: targets.map((target) => {
      const { what, figure, bound, unit } = target;
      const wanted = "atLeast" in bound ? `≥ ${shown(bound.atLeast, unit)}` : `≤ ${shown(bound.atMost, unit)}`;
      return [what, shown(figure, unit), wanted, verdictOf(target)];
    }),
  };
}

function hitTargets(result: BenchResult): Target[] {
  const speed = (scenario: Scenario, subject: SubjectName) =>
    figureOf(result, { case: "hits", scenario, subject, inFlight: 32 }, "perSecond");
  const times = (scenario: Scenario, subject: SubjectName, other: SubjectName, atLeast: number): Target => ({
    what: `${scenario}: ${subject} beside ${other}`,
    figure: ratio(speed(scenario, subject), speed(scenario, other)),
    bound: { atLeast },
    unit: " ×",
  });
  const fast = (scenario: Scenario, subject: SubjectName, atLeast: number): Target => ({
    what: `${scenario}: ${subject}`,
    figure: speed(scenario, subject),
    bound: { atLeast },
    unit: "/s",
  });
  return [
    times("one row", "L2", "prisma-extension-redis", 2.5),
    times("one row", "L2", "bare", 0.65),
    times("one row", "L2 without fast path", "bare", 0.4),
    times("50 rows", "L2", "prisma-extension-redis", 2),
    times("50 rows", "L2", "bare", 0.9),
    fast("one row", "L1 tracked", 500_000),
    times("one row", "L1 tracked", "prisma-extension-redis", 20),
    fast("50 rows", "L1 tracked", 50_000),
    times("one row", "L1 tracked without fast path", "hook", 0.8),
  ];
}

function costTargets(result: BenchResult): Target[] {
  const cpu = (subject: SubjectName) =>
    figureOf(result, { case: "misses", scenario: "one row", subject, inFlight: MISSES_IN_FLIGHT }, "cpuMicros");
  const byKeys = scenariosOf(result, "writes").sort((one, other) => keysOf(one) - keysOf(other));
  const [fewest, most] = [byKeys[0] ?? "", byKeys.at(-1) ?? ""];
  const p50 = (scenario: string) => figureOf(result, { case: "writes", scenario, subject: "L2", inFlight: 1 }, "p50");
  const growth = ratio(p50(most), p50(fewest));
  return [
    {
      what: "processor time of a miss: L2 beside prisma",
      figure: ratio(cpu("L2"), cpu("prisma")),
      bound: { atMost: 1.6 },
      unit: " ×",
    },
    {
      what: `a write, ${fewest}: what L2 adds to prisma`,
      figure: addedPings(result, fewest, "L2"),
      bound: { atMost: 1.5 },
      unit: " PINGs",
    },
    {
      what: `a write: L2 with ${most}, beside ${fewest}`,
      figure: most === fewest ? undefined : growth,
      bound: { atMost: 1.1 },
      unit: " ×",
    },
  ];
}

function mixTargets(result: BenchResult): Target[] {
  const mix = (subject: SubjectName, name: string) =>
    figureOf(result, { case: "mixed", scenario: "95/5", subject, inFlight: MIXED_IN_FLIGHT }, name);
  const speedBeside = (subject: SubjectName, other: SubjectName): Target => ({
    what: `95/5: ${subject} beside ${other}`,
    figure: ratio(mix(subject, "perSecond"), mix(other, "perSecond")),
    bound: { atLeast: 3 },
    unit: " ×",
  });
  /** The worst of all rounds. */
  const queries = (processes: 1 | 4, atMost: number): Target => {
    const scenario = stampedeScenario(processes);
    const rounds = roundsOf(result, { case: "stampede", scenario, subject: "L2" }, "queries");
    return {
      what: `${scenario}: L2`,
      figure: rounds.length === 0 ? undefined : Math.max(...rounds),
      bound: { atMost },
      unit: " queries",
    };
  };
  return [
    speedBeside("L2", "prisma"),
    speedBeside("L2", "prisma-extension-redis"),
    speedBeside("L2, refilled", "prisma"),
    speedBeside("L2, refilled", "prisma-extension-redis"),
    { what: "95/5: L2", figure: mix("L2", "queriesPerRead"), bound: { atMost: 0.15 }, unit: " queries a read" },
    { what: "95/5: L2", figure: staleAnswers(result, "95/5", "L2"), bound: { atMost: 0 }, unit: " stale answers" },
    {
      what: "95/5: L2, refilled",
      figure: staleAnswers(result, "95/5", "L2, refilled"),
      bound: { atMost: 0 },
      unit: " stale answers",
    },
    queries(1, 1),
    queries(4, 4),
  ];
}

function sizeTargets(result: BenchResult): Target[] {
  const installed = (subject: string, name: string) =>
    figureOf(result, { case: "installed size", scenario: INSTALLED_SCENARIO, subject }, name);
  const packages = installed(INSTALLED_ALL, "packages");
  const bytes = installed(INSTALLED_ALL, "bytes");
  const itself = installed("@evercache/prisma", "bytes");
  const others = installed(INSTALLED_OTHERS, "bytes");
  const imported = figureOf(
    result,
    { case: "import time", scenario: importScenario(["client"]), subject: "evercache" },
    "milliseconds",
  );
  return [
    { what: "import time beside the client's", figure: imported, bound: { atMost: 40 }, unit: " ms" },
    {
      what: "packages that @evercache/prisma brings besides itself, evercache's own too",
      figure: packages === undefined ? undefined : packages - 1,
      bound: { atMost: 5 },
      unit: "",
    },
    {
      what: "installed size of what @evercache/prisma brings besides itself, evercache's own too",
      figure: bytes === undefined || itself === undefined ? undefined : (bytes - itself) / 1000,
      bound: { atMost: 1000 },
      unit: " kB",
    },
    {
      what: "installed size, without evercache's own",
      figure: others === undefined ? undefined : others / 1000,
      bound: { atMost: 1000 },
      unit: " kB",
    },
  ];
}
