import type { RunCase } from "./case.js";
import { hits } from "./hits.js";

/** In the order in which they are run. */
export const CASES = { hits } as const satisfies Readonly<Record<string, RunCase>>;
