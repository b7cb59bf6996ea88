import type { Client } from "./client.js";
import { readEpoch, readReplicas } from "./epoch.js";
import { readEvicts } from "./eviction.js";
import { loadScripts } from "./run-script.js";
import * as generated from "./scripts.generated.js";

/** What a server says of itself. */
export interface Introduction {
  readonly epoch: string;
  /** Replicas that are connected and keep up. */
  readonly replicas: number;
  /** It drops keys to make room for others, or does not say that it never does. */
  readonly evicts: boolean;
}

/** Of a server that is asked for nothing but where others are. */
export const notIntroduced = async (): Promise<Introduction> => ({ epoch: "", replicas: 0, evicts: true });

/** @throws UnfitServerError for a replica, and where the answers do not tell */
export async function introduce(client: Client): Promise<Introduction> {
  const [server, replication, memory] = await Promise.all([
    client.call("INFO", ["server"]),
    client.call("INFO", ["replication"]),
    // Nothing rests on it that cannot do without.
    client.call("INFO", ["memory"]).catch(() => null),
  ]);
  return { epoch: readEpoch(server, replication), replicas: readReplicas(replication), evicts: readEvicts(memory) };
}

/** Makes a server ready that has just been connected to. */
export async function prepare(client: Client): Promise<void> {
  const scripts = loadScripts(client, Object.values(generated));
  // Refused while the server still reads its data from disk; INFO is not.
  await Promise.all([client.call("PING", []), scripts]);
}
