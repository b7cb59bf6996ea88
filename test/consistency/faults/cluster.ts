import type { ClusterPhase } from "../phase.js";

export const CLUSTER_PHASES: readonly ClusterPhase[] = [{ name: "none", topology: "cluster", healthy: 1_000 }];
