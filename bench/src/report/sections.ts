import type { BenchResult, CaseName } from "./result.js";
import type { MakeSection, Section } from "./section.js";
import { compilerCostSection } from "./sections/compiler-cost.js";
import { hitsSection } from "./sections/hits.js";
import { importTimeSection } from "./sections/import-time.js";
import { installedSizeSection } from "./sections/installed-size.js";
import { memorySection } from "./sections/memory.js";
import { missesSection } from "./sections/misses.js";
import { mixedSection } from "./sections/mixed.js";
import { observersSection } from "./sections/observers.js";
import { stampedeSection } from "./sections/stampede.js";
import { writesSection } from "./sections/writes.js";

/** In the order of the report. */
const SECTIONS: Readonly<Record<CaseName, MakeSection>> = {
  hits: hitsSection,
  misses: missesSection,
  writes: writesSection,
  mixed: mixedSection,
  stampede: stampedeSection,
  memory: memorySection,
  observers: observersSection,
  "import time": importTimeSection,
  "installed size": installedSizeSection,
  "compiler cost": compilerCostSection,
};

/** One for each case that was measured. */
export function sectionsOf(result: BenchResult): Section[] {
  const measured = new Set(result.measurements.map((measurement) => measurement.case));
  return (Object.keys(SECTIONS) as CaseName[])
    .filter((name) => measured.has(name))
    .map((name) => SECTIONS[name](result));
}
