import type { CaseName } from "../report/result.js";
import type { RunCase } from "./case.js";
import { compilerCost } from "./compiler-cost.js";
import { hits } from "./hits.js";
import { importTime } from "./import-time.js";
import { installedSize } from "./installed-size.js";
import { memory } from "./memory.js";
import { misses } from "./misses.js";
import { mixed } from "./mixed.js";
import { observers } from "./observers.js";
import { stampede } from "./stampede.js";
import { writes } from "./writes.js";

/** In the order in which they are run. */
export const CASES: Readonly<Record<CaseName, RunCase>> = {
  hits,
  misses,
  writes,
  mixed,
  stampede,
  memory,
  observers,
  "import time": importTime,
  "installed size": installedSize,
  "compiler cost": compilerCost,
};
