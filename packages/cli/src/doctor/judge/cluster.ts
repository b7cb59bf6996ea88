import { error, ok, warning, type Finding } from "../finding.js";
import type { Info } from "../../connection/info.js";

const ID = "cluster";
const SLOTS = 16_384;
/** Milliseconds. Each process asks about once a second whether its servers are there. */
const SHORTEST_TIMEOUT = 2_000;

export interface ClusterFacts {
  /** `CLUSTER INFO`. */
  readonly info: Info;
  readonly primaries: number;
  /** `cluster-node-timeout`; undefined where CONFIG is refused. */
  readonly nodeTimeout: number | undefined;
}

/** Whether the Cluster serves all slots. */
export function judgeCluster({ info, primaries, nodeTimeout }: ClusterFacts): Finding[] {
  const findings: Finding[] = [];
  const state = info.text("cluster_state");
  const covered = info.number("cluster_slots_ok") ?? SLOTS;
  if (state !== undefined && (state !== "ok" || covered < SLOTS)) {
    findings.push(
      error(
        ID,
        `The Cluster's state is ${state}; ${covered} of ${SLOTS} slots are served.`,
        "Reads and writes whose keys are in the others go to the database, or are refused.",
        "Look at CLUSTER NODES: start the nodes that are away, or assign their slots.",
      ),
    );
  } else {
    findings.push(ok(ID, `All slots are served, by ${primaries} primaries.`));
  }
  if (nodeTimeout !== undefined && nodeTimeout < SHORTEST_TIMEOUT) {
    findings.push(
      warning(
        "failover-time",
        `cluster-node-timeout is ${nodeTimeout} ms.`,
        "A successor can be elected before a process has noticed that its primary is away.",
        "Set cluster-node-timeout to 2000 or more.",
      ),
    );
  }
  return findings;
}
