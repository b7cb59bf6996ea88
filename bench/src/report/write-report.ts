import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { svg } from "./chart.js";
import { page } from "./page.js";
import type { BenchResult } from "./result.js";
import { sectionsOf } from "./sections.js";

const CHARTS = "performance";

/** Writes `performance.md` into `folder`, and its charts below that. Charts of before that it no longer has are removed. */
export function writeReport(result: BenchResult, folder: string): string {
  const charts = path.join(folder, CHARTS);
  mkdirSync(charts, { recursive: true });
  for (const name of readdirSync(charts)) if (name.endsWith(".svg")) rmSync(path.join(charts, name));
  for (const chart of sectionsOf(result).flatMap((section) => section.charts)) {
    writeFileSync(path.join(charts, `${chart.name}.svg`), svg(chart));
  }
  const file = path.join(folder, "performance.md");
  writeFileSync(file, page(result, CHARTS));
  return file;
}
