/** The value below which `share` of the numbers lie (nearest rank). */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(numbers: readonly number[]): number {
  return percentile(numbers, 0.5);
}

/** Prints rows as a table, and the same as one line of JSON for programs. */
export function report(name: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  console.table(rows);
  console.log(JSON.stringify({ benchmark: name, node: process.version, rows }));
}

export function rounded(number: number, digits = 2): number {
  return Number(number.toFixed(digits));
}
