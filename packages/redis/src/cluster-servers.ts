import { StoreUnavailableError, type StoreStatus } from "@evercache/core";
import type { Address } from "./client.js";
import { ClusterSubscriptions } from "./cluster-subscriptions.js";
import { ClusterNodes, type ClusterNodesOptions } from "./cluster-nodes.js";
import { asking, readRedirection, type Redirection } from "./redirection.js";
import type { Server } from "./server.js";
import { isReply } from "./server-error.js";
import { allSettled, type Command, type OneServer, type Servers, type Session } from "./servers.js";
import { keySlot } from "./slot.js";
import type { ChannelListener, Subscriptions } from "./subscriptions.js";

/** Keys of one slot that go into one command. */
interface Part {
  readonly slot: number;
  readonly places: readonly number[];
}

interface Run {
  readonly command: Command;
  readonly replicaTimeout: number | undefined;
}

/** How often a command is sent on before it is given up. */
const REDIRECTIONS = 5;

/**
 * The primaries of a cluster. Not over ioredis' Cluster, which does not tell who answered: a token is worth something only
 * together with the epoch of the node that has it. A token that has moved to another node is foreign there and counts as
 * missing; a lock carries no epoch, and stays one.
 */
export class ClusterServers implements Servers {
  /** Each node has its own. */
  readonly epoch = null;
  /** Slots move, and what is on its way nobody can tell. */
  readonly tenure = null;
  readonly sharding = "sharded";
  readonly one = null;
  readonly #nodes: ClusterNodes;

  constructor(options: ClusterNodesOptions) {
    this.#nodes = new ClusterNodes(options);
  }

  get status(): StoreStatus {
    return this.#nodes.status;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.#nodes.onStatus(listener);
  }

  async run(
    keys: readonly string[],
    groups: readonly (readonly number[])[],
    command: Command,
    replicaTimeout?: number,
  ): Promise<void> {
    const run = { command, replicaTimeout };
    const parts = groups.flatMap((places) => divide(keys, places));
    await allSettled(parts.map((part) => this.#runPart(part, run)));
  }

  all(): Promise<readonly OneServer[]> {
    return this.#nodes.owners();
  }

  subscribe(listener: ChannelListener, heartbeat: number): Subscriptions {
    return new ClusterSubscriptions(this.#nodes, listener, heartbeat);
  }

  probe(): Promise<void> {
    return this.#nodes.probe();
  }

  reconnect(): void {
    this.#nodes.reconnect();
  }

  close(): Promise<void> {
    return this.#nodes.close();
  }

  /**
   * Each key by itself is in one place. In the order that was asked for, as `Store` promises: whoever looks at a wide tag
   * after exact ones must not be told of it before.
   */
  async #runInTurn({ slot, places }: Part, run: Run): Promise<void> {
    const calls: Promise<void>[] = [];
    for (const place of places) {
      const call = this.#runPart({ slot, places: [place] }, run);
      calls.push(call);
      await call.catch(() => {});
    }
    return allSettled(calls);
  }

  async #runPart(part: Part, run: Run): Promise<void> {
    let target: Address | null = null;
    /** Who serves the slot of keys that are at `target` already. */
    let owner: Server | null = null;
    for (let sent = 0; sent < REDIRECTIONS; sent++) {
      const address: Address = target ?? this.#nodes.owner(part.slot);
      const server = await this.#nodes.at(address);
      const redirection: Redirection | null = await send(server, address, part, run, target && owner);
      target = null;
      owner = server;
      switch (redirection?.kind) {
        case undefined:
          return;
        case "moved":
          await this.#nodes.refresh(redirection.address);
          break;
        case "ask":
        case "divided":
          if (part.places.length > 1) return this.#runInTurn(part, run);
          if (redirection.kind === "ask") target = redirection.address;
          break;
        case "down":
          throw new StoreUnavailableError("the cluster does not serve the slot");
      }
    }
    throw new StoreUnavailableError("the slot moves about in the cluster");
  }
}

/** Resolves to null when the node has carried the command out. */
async function send(
  server: Server,
  address: Address,
  { places }: Part,
  { command, replicaTimeout }: Run,
  /** Who has sent us to `server` for this once. */
  owner: Server | null,
): Promise<Redirection | null> {
  let redirection: Redirection | null = null;
  const call = async (session: Session): Promise<void> => {
    try {
      await command(owner ? detour(session, owner) : session, places);
    } catch (error) {
      redirection = readRedirection(error, address);
      if (!redirection) throw error;
    }
  };
  await (replicaTimeout === undefined ? server.ask(call) : server.askReplicated(call, replicaTimeout));
  return redirection;
}

/** Keys that have gone ahead of their slot: those who listen to its channels do so where the slot is. */
function detour(session: Session, owner: Server): Session {
  return {
    ...session,
    client: asking(session.client),
    publishElsewhere: (channel, message) =>
      owner.ask(async ({ client }) => {
        try {
          await client.call("SPUBLISH", [channel, message]);
        } catch (error) {
          // Handed over meanwhile: the listeners there know that they have lost the channel.
          if (!isReply(error, "MOVED")) throw error;
        }
      }),
  };
}

function divide(keys: readonly string[], places: readonly number[]): Part[] {
  const slots = new Map<number, number[]>();
  for (const place of places) {
    const slot = keySlot(keys[place]!);
    const shared = slots.get(slot);
    if (shared) shared.push(place);
    else slots.set(slot, [place]);
  }
  return [...slots].map(([slot, shared]) => ({ slot, places: shared }));
}
