import { createHash } from "node:crypto";
import { UnfitServerError } from "./server-error.js";
import { EPOCH_LENGTH } from "./tag-text.js";

/**
 * The incarnation of the server that answered so to `INFO server` and `INFO replication`. A promoted replica may have
 * missed an invalidation and hold an old token beside an old entry: it has another run_id. A process that is promoted
 * again keeps its run_id, and gets another replication id. Together they name what no other incarnation shares, but for a
 * primary that is promoted again before it has become a replica (see `epochUnder`).
 * @throws UnfitServerError for a replica, and where the answers do not tell
 */
export function readEpoch(server: unknown, replication: unknown): string {
  const runId = field(server, "run_id");
  const replicationId = field(replication, "master_replid");
  const role = field(replication, "role");
  if (!runId || !replicationId || !role) {
    throw new UnfitServerError(
      "INFO did not tell run_id, role and master_replid. Allow the user of evercache's connection to run INFO.",
    );
  }
  if (role !== "master") throw new UnfitServerError("The server is a replica: it may be behind, and takes no writes.");
  return createHash("sha256").update(runId).update(replicationId).digest("base64url").slice(0, EPOCH_LENGTH);
}

/** The incarnation of a server under one configuration of those who watch it. */
export function epochUnder(epoch: string, configuration: number): string {
  return createHash("sha256").update(`${epoch} ${configuration}`).digest("base64url").slice(0, EPOCH_LENGTH);
}

/** Seconds without a word after which a replica counts as gone: Redis' own default of `min-replicas-max-lag`. */
const LONGEST_LAG = 10;

/** How many replicas keep up with the server that answered so to `INFO replication`. */
export function readReplicas(replication: unknown): number {
  if (typeof replication !== "string") return 0;
  const lines = replication.matchAll(/^slave\d+:.*\bstate=online,.*\blag=(\d+)/gm);
  return [...lines].filter(([, lag]) => Number(lag) <= LONGEST_LAG).length;
}

function field(info: unknown, name: string): string | undefined {
  if (typeof info !== "string") return undefined;
  return new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
}
