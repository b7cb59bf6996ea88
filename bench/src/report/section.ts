import type { Chart } from "./chart.js";
import type { BenchResult } from "./result.js";
import type { Table } from "./table.js";

/** A part of the report: one case. */
export interface Section {
  readonly title: string;
  /** What was done, in Markdown. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
}

/** Only called where the case was measured. */
export type MakeSection = (result: BenchResult) => Section;
