import type { BenchResult } from "./result.js";
import type { MakeSection, Section } from "./section.js";
import { hitsSection } from "./sections/hits.js";

const ALL: readonly MakeSection[] = [hitsSection];

/** In the order of the report. */
export function sectionsOf(result: BenchResult): Section[] {
  return ALL.flatMap((make) => make(result) ?? []);
}
