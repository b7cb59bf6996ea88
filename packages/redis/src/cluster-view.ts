import type { Address, Commands } from "./client.js";
import { UnfitServerError } from "./server-error.js";

/** What one node of a cluster says of all. */
export interface ClusterView {
  /** The config epoch of each node that it knows. */
  readonly epochs: ReadonlyMap<string, number>;
  readonly ranges: readonly SlotRange[];
}

export interface SlotRange {
  readonly first: number;
  readonly last: number;
  /** The primary's name, for as long as the node exists. */
  readonly owner: string;
  readonly address: Address;
}

/** Asks the node at `asked`, which may be a replica. */
export async function askView(client: Commands, asked: Address): Promise<ClusterView> {
  // The first tells where clients are to go, the second the epochs.
  const [slots, nodes] = await Promise.all([client.call("CLUSTER", ["SLOTS"]), client.call("CLUSTER", ["NODES"])]);
  return readView(slots, nodes, asked);
}

/**
 * A node that has lost sight of most others answers what names no key as ever, and may be replaced any moment.
 * @throws UnfitServerError while the cluster does not work in the eyes of this node
 */
export async function checkState(client: Commands): Promise<void> {
  const info = await client.call("CLUSTER", ["INFO"]);
  if (typeof info === "string" && /^cluster_state:ok\b/m.test(info)) return;
  throw new UnfitServerError("The cluster does not work, as far as this node can see.");
}

/**
 * https://redis.io/docs/latest/commands/cluster-slots/, https://redis.io/docs/latest/commands/cluster-nodes/
 * @throws UnfitServerError where the answers make no sense
 */
export function readView(slots: unknown, nodes: unknown, asked: Address): ClusterView {
  if (!Array.isArray(slots) || typeof nodes !== "string") throw new UnfitServerError("CLUSTER SLOTS was not answered");
  const epochs = new Map<string, number>();
  for (const line of nodes.split("\n")) {
    const [id, , , , , , epoch] = line.split(" ");
    if (id && epoch) epochs.set(id, Number(epoch));
  }
  return { epochs, ranges: slots.map((range: unknown) => readRange(range, asked)) };
}

function readRange(range: unknown, asked: Address): SlotRange {
  const [first, last, primary] = Array.isArray(range) ? (range as unknown[]) : [];
  const [endpoint, port, owner, more] = Array.isArray(primary) ? (primary as unknown[]) : [];
  if (typeof owner !== "string") throw new UnfitServerError("CLUSTER SLOTS told no name of a node");
  return {
    first: Number(first),
    last: Number(last),
    owner,
    address: { host: readHost(endpoint, more) ?? asked.host, port: Number(port) },
  };
}

/** Null: the host that was asked. "?": clients are to go by a name that nobody gave to the node. */
function readHost(endpoint: unknown, more: unknown): string | null {
  if (typeof endpoint === "string" && endpoint !== "" && endpoint !== "?") return endpoint;
  const ip: unknown = Array.isArray(more) ? more[more.indexOf("ip") + 1] : null;
  return endpoint === "?" && typeof ip === "string" ? ip : null;
}
