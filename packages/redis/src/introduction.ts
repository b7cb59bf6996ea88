import type { Client } from "./client.js";
import { readEpoch, readReplicas } from "./epoch.js";
import { loadScripts } from "./run-script.js";
import * as generated from "./scripts.generated.js";

/** What a server says of itself. */
export interface Introduction {
  readonly epoch: string;
  /** Replicas that are connected and keep up. */
  readonly replicas: number;
}

/** @throws UnfitServerError for a replica, and where the answers do not tell */
export async function introduce(client: Client): Promise<Introduction> {
  const answers = [client.call("INFO", ["server"]), client.call("INFO", ["replication"])] as const;
  const [server, replication] = await Promise.all(answers);
  return { epoch: readEpoch(server, replication), replicas: readReplicas(replication) };
}

/** Makes a server ready that has just been connected to. */
export async function prepare(client: Client): Promise<void> {
  const scripts = loadScripts(client, Object.values(generated));
  // Refused while the server still reads its data from disk; INFO is not.
  await Promise.all([client.call("PING", []), scripts]);
}
