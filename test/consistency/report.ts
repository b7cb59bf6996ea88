import type { Lagging } from "./judge/judge.js";
import { errorCount, failuresOf, hitRatioOf, mustNotGoBack, type PhaseResult } from "./result.js";

const PROBLEMS = 5;

/** One line while the run goes on, and under it what went wrong. */
export function tellPhase(result: PhaseResult): string {
  const failures = failuresOf(result);
  const rate = Math.round(result.reads / result.seconds);
  const lines = [
    `${failures.length === 0 ? "ok    " : "FAILED"} ${result.topology} ${result.phase}: ${result.reads} reads (${rate}/s), ` +
      `${percent(hitRatioOf(result))} hits, ${result.writes} writes, ${result.faults} faults, ${result.took.toFixed(1)} s`,
  ];
  if (result.lagging) lines.push(`  ${tellLagging(result.lagging)}`);
  if (failures.length > 0) lines.push(`  ${failures.join(", ")}; logs in ${result.logFolder}`);
  const failing = result.samples.filter(({ kind }) => failures.some((failure) => failure.endsWith(` ${kind}`)));
  for (const { kind, text } of failing) lines.push(`  ${kind}: ${text.replaceAll("\n", "\n  ")}`);
  for (const problem of result.problems.slice(0, PROBLEMS)) lines.push(`  ${problem}`);
  for (const [name, { count, example }] of Object.entries(result.callerErrors)) {
    lines.push(`  ${count} × ${name}: ${example.replaceAll(/\s+/g, " ")}`);
  }
  return lines.join("\n");
}

function tellLagging({ reads, late, p999, longest }: Lagging): string {
  const milliseconds = (nanoseconds: number) => `${(nanoseconds / 1e6).toFixed(1)} ms`;
  return (
    `told by messages: ${late} of ${reads} reads showed what others had ended before, ` +
    `p99.9 ${milliseconds(p999)}, at most ${milliseconds(longest)}`
  );
}

const COLUMNS: readonly (readonly [string, (result: PhaseResult) => string | number])[] = [
  ["phase", ({ topology, phase }) => (topology === "standalone" ? phase : `${topology} ${phase}`)],
  ["reads", ({ reads }) => reads],
  ["hits", (result) => percent(hitRatioOf(result))],
  ["writes", ({ writes }) => writes],
  ["faults", ({ faults }) => faults],
  ["stale", ({ violations }) => violations.stale],
  ["exposed", ({ violations, mayExpose }) => (mayExpose ? `(${violations.exposed})` : violations.exposed)],
  ["dirty", ({ violations }) => violations.dirty],
  [
    "non-mon.",
    (result) => {
      const { nonMonotonic } = result.violations;
      return mustNotGoBack(result) ? nonMonotonic : `(${nonMonotonic})`;
    },
  ],
  ["lost", ({ violations }) => violations.lost + violations.phantom],
  ["stuck", ({ problems }) => problems.length],
  ["errors", errorCount],
  ["refused", ({ refused }) => refused],
  [
    "settled",
    ({ settledAfter, recachedAfter }) => `${(Math.max(settledAfter, recachedAfter ?? 0) / 1_000).toFixed(1)} s`,
  ],
];

/** All phases. What is in brackets is reported and is no failure. */
export function table(results: readonly PhaseResult[]): string {
  const rows = [COLUMNS.map(([name]) => name), ...results.map((result) => COLUMNS.map(([, of]) => String(of(result))))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => row.map(pad).join("  ")).join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
