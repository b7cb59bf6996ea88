import type { Exploration } from "./explore.js";
import { PROPERTIES } from "./protocol-model.js";
import type { Variant } from "./variants.js";

/** One line: the variant, states, seconds, each property. A property that is not as it should be is marked. */
export function lineOf({ name, breaks }: Variant, { states, seconds, complete, violations }: Exploration): string {
  const verdicts = PROPERTIES.map((property) => {
    const verdict = violations.has(property) ? "violated" : "holds";
    return `${property} ${verdict}${violations.has(property) === breaks.includes(property) ? "" : " (!)"}`.padEnd(12);
  });
  const count = `${states.toLocaleString("en")}${complete ? " " : "+"}`;
  return `${name.padEnd(74)}${count.padStart(12)} ${seconds.toFixed(1).padStart(6)} s   ${verdicts.join("")}`.trimEnd();
}

/** A shortest way to each violation. */
export function tracesOf({ violations }: Exploration): string[] {
  return [...violations].map(([property, steps]) => `      ${property}: ${steps.join(" -> ")}`);
}

export const LEGEND = [
  "S: an answer is as new as what was committed when its read began",
  "R: an answer is as new as what was acknowledged when its read began",
  "O: an answer is as new as what its own process had acknowledged",
  "Q: at rest, no entry that would be served is old",
].join("\n");
