import type { Family } from "../family.js";
import { FILLS } from "./fills.js";
import { READS } from "./reads.js";
import { REDIS } from "./redis.js";
import { STATE } from "./state.js";
import { WRITES } from "./writes.js";

/** Every metric, as docs/prometheus.md lists them. */
export const FAMILIES: readonly Family[] = [...READS, ...FILLS, ...WRITES, ...STATE, ...REDIS];
