import type { SentinelPhase } from "../phase.js";

export const SENTINEL_PHASES: readonly SentinelPhase[] = [{ name: "none", topology: "sentinel", healthy: 1_000 }];
