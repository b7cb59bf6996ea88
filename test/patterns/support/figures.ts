/** Seconds of the long runs: `PATTERN_SECONDS`, else few, since there are many tests. */
export function patternSeconds(usual: number): number {
  return Number(process.env["PATTERN_SECONDS"] ?? usual);
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round(10 * (sorted[Math.ceil(share * sorted.length) - 1] ?? 0)) / 10;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** With `PATTERN_FIGURES` set, what was measured is printed. */
export function note(what: string, figures: unknown): void {
  if (process.env["PATTERN_FIGURES"]) console.info(`${what}: ${JSON.stringify(figures)}`);
}
