import type { Redis } from "ioredis";
import { freePort, scratchFolder } from "./child-server.js";
import { adminClient, infoField, untilTrue } from "./redis-admin.js";
import { startRedis, type RedisServer } from "./redis.js";

export interface RedisClusterOptions {
  /** Default 3, the least that can hold an election. */
  readonly primaries?: number;
  /** Replicas of each primary. Default 0. */
  readonly replicas?: number;
  /** Nodes that serve no slot yet, the last of all. Default 0. */
  readonly spares?: number;
  /** Milliseconds of silence after which a node is taken for dead. Default 1500. */
  readonly nodeTimeout?: number;
  /** More arguments for each server, or what makes those of one. */
  readonly args?: readonly string[] | ((index: number) => Promise<readonly string[]>);
}

/** A slot on its way to another primary. */
export interface SlotMove {
  /** Moves up to `count` keys of the slot (default: all) and resolves to the number of those that moved. */
  migrate(count?: number): Promise<number>;
  /** Moves the rest, then tells all primaries of the new owner. */
  finish(): Promise<void>;
}

/** A Redis Cluster of one's own on 127.0.0.1. Nodes are named by their index: primaries first, then the replicas, then the spares. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly startupNodes: readonly { readonly host: string; readonly port: number }[];
  /** A connection to node `index` that comes back after a restart; closed by `stop`. */
  admin(index: number): Redis;
  kill(index: number): Promise<void>;
  pause(index: number): Promise<void>;
  resume(index: number): Promise<void>;
  /** Starts the node again under its old name, empty. */
  restart(index: number): Promise<void>;
  /** The node that serves the slot, of those that run: the one with the highest config epoch. */
  primaryOf(slot: number): Promise<number>;
  /** The nodes that run and replicate node `index` now. */
  replicasOf(index: number): Promise<number[]>;
  /** Makes replica `index` the primary of its slots, with its primary's consent; without, if `force`. */
  failover(index: number, mode?: "consent" | "force"): Promise<void>;
  /** Begins to move one slot to the primary `to`: from here on the servers answer ASK and TRYAGAIN for it. */
  beginMove(slot: number, to: number): Promise<SlotMove>;
  /** Moves the slots `first` to `last` to the primary `to` with all their keys, while the cluster serves. */
  moveSlots(first: number, last: number, to: number): Promise<void>;
  /** Until all nodes that run say that the cluster works, agree on it, and no replica is behind a broken link. */
  waitForState(): Promise<void>;
  /** Until the slot is served by another node than `index`, and the cluster works. */
  waitUntilFailedOver(slot: number, index: number): Promise<void>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** What one node says of one node. */
interface NodeLine {
  readonly id: string;
  readonly port: number;
  readonly isMyself: boolean;
  readonly isPrimary: boolean;
  readonly primaryId: string;
  readonly epoch: number;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

/** Starts a cluster, and resolves when all its nodes serve. It ends with this process, however that ends. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { primaries = 3, replicas = 0, spares = 0, nodeTimeout = 1_500, args = [] } = options;
  const folders = Array.from({ length: primaries * (1 + replicas) + spares }, () => scratchFolder("cluster"));
  const nodes = await Promise.all(
    folders.map(({ folder }, index) =>
      startNode(folder, nodeTimeout, typeof args === "function" ? () => args(index) : async () => args),
    ),
  );
  const cluster = new StartedCluster(nodes, folders, nodeTimeout);
  try {
    await cluster.form(primaries, spares);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function startNode(
  folder: string,
  nodeTimeout: number,
  args: () => Promise<readonly string[]>,
): Promise<RedisServer> {
  for (let attempt = 0; ; attempt++) {
    const fixed =
      `--cluster-enabled yes --cluster-node-timeout ${nodeTimeout} --cluster-announce-ip 127.0.0.1 ` +
      // The usual port + 10000 may be another's.
      `--cluster-port ${await freePort()} ` +
      "--cluster-replica-validity-factor 0 --cluster-allow-replica-migration no --repl-diskless-sync-delay 0";
    try {
      // Not below the server's own folder, which a restart empties: a node must find its name again.
      return await startRedis(["--dir", folder, ...fixed.split(" "), ...(await args())]);
    } catch (error) {
      // One of the ports in the arguments may have been taken meanwhile.
      if (attempt === 3) throw error;
    }
  }
}

class StartedCluster implements RedisCluster {
  readonly startupNodes: readonly { readonly host: string; readonly port: number }[];
  readonly #admins: readonly Redis[];
  readonly #away = new Set<number>();

  constructor(
    readonly nodes: readonly RedisServer[],
    private readonly folders: readonly { remove: () => void }[],
    private readonly nodeTimeout: number,
  ) {
    this.startupNodes = nodes.map(({ host, port }) => ({ host, port }));
    this.#admins = nodes.map(adminClient);
  }

  async form(primaries: number, spares: number): Promise<void> {
    const ids = await Promise.all(this.#admins.map((admin) => admin.cluster("MYID")));
    await Promise.all(
      this.nodes.slice(0, primaries).map(async (_, index) => {
        const [first, last] = [share(index, primaries), share(index + 1, primaries) - 1];
        await this.#cluster(index, "ADDSLOTSRANGE", first, last);
        await this.#cluster(index, "SET-CONFIG-EPOCH", index + 1);
      }),
    );
    for (const { host, port } of this.nodes.slice(1)) {
      const busPort = await this.#busPort(port);
      await this.#cluster(0, "MEET", host, port, busPort);
    }
    await untilTrue(async () => {
      const views = await Promise.all(this.#running().map((index) => this.#view(index)));
      return views.every((view) => view.length === this.nodes.length);
    }, "all nodes know each other");
    for (let index = primaries; index < this.nodes.length - spares; index++) {
      await this.#cluster(index, "REPLICATE", ids[(index - primaries) % primaries]!);
    }
    await this.waitForState();
  }

  admin(index: number): Redis {
    return this.#admins[index]!;
  }

  async kill(index: number): Promise<void> {
    this.#away.add(index);
    await this.nodes[index]!.kill();
  }

  async pause(index: number): Promise<void> {
    this.#away.add(index);
    await this.nodes[index]!.pause();
  }

  async resume(index: number): Promise<void> {
    await this.nodes[index]!.resume();
    this.#away.delete(index);
  }

  async restart(index: number): Promise<void> {
    await this.nodes[index]!.restart();
    this.#away.delete(index);
  }

  async primaryOf(slot: number): Promise<number> {
    let owner = -1;
    let ownerEpoch = -1;
    for (const index of this.#running()) {
      // What a node says of itself is as new as it can be.
      const myself = (await this.#view(index)).find(({ isMyself }) => isMyself);
      if (!myself?.isPrimary || myself.epoch <= ownerEpoch) continue;
      if (!myself.ranges.some(([first, last]) => first <= slot && slot <= last)) continue;
      [owner, ownerEpoch] = [index, myself.epoch];
    }
    if (owner < 0) throw new Error(`no running node serves slot ${slot}`);
    return owner;
  }

  async replicasOf(index: number): Promise<number[]> {
    const id = await this.#idOf(index);
    const found: number[] = [];
    for (const other of this.#running()) {
      const myself = (await this.#view(other)).find(({ isMyself }) => isMyself);
      if (myself?.primaryId === id) found.push(other);
    }
    return found;
  }

  async failover(index: number, mode: "consent" | "force" = "consent"): Promise<void> {
    const isPrimary = async () => (await this.#view(index)).some((node) => node.isMyself && node.isPrimary);
    // The other primaries refuse a vote that comes too soon after the last.
    await untilTrue(async () => {
      await this.#cluster(index, "FAILOVER", ...(mode === "force" ? ["FORCE"] : []));
      await untilTrue(isPrimary, "the replica is a primary", 4 * this.nodeTimeout);
      return true;
    }, "the replica is a primary");
    await this.waitForState();
  }

  async beginMove(slot: number, to: number): Promise<SlotMove> {
    const from = await this.primaryOf(slot);
    if (from === to) return { migrate: async () => 0, finish: async () => {} };
    const [fromId, toId] = [await this.#idOf(from), await this.#idOf(to)];
    // The target first: a node that is asked to by ASK must know that it may.
    await this.#cluster(to, "SETSLOT", slot, "IMPORTING", fromId);
    await this.#cluster(from, "SETSLOT", slot, "MIGRATING", toId);
    const { host, port } = this.nodes[to]!;
    const migrate = async (count = Number.POSITIVE_INFINITY): Promise<number> => {
      let moved = 0;
      while (moved < count) {
        const keys = (await this.#cluster(from, "GETKEYSINSLOT", slot, Math.min(count - moved, 50))) as string[];
        if (keys.length === 0) return moved;
        await this.admin(from).call("MIGRATE", [host, port, "", 0, 5_000, "KEYS", ...keys]);
        moved += keys.length;
      }
      return moved;
    };
    return {
      migrate,
      finish: async () => {
        await migrate();
        // The target first: between the two, both would send a client away otherwise.
        await this.#cluster(to, "SETSLOT", slot, "NODE", toId);
        await this.#cluster(from, "SETSLOT", slot, "NODE", toId);
        await Promise.all(
          this.#running()
            .filter((index) => index !== to && index !== from)
            // A replica refuses, and hears of it from its primary.
            .map((index) => this.#cluster(index, "SETSLOT", slot, "NODE", toId).catch(() => {})),
        );
      },
    };
  }

  async moveSlots(first: number, last: number, to: number): Promise<void> {
    for (let slot = first; slot <= last; slot++) {
      const move = await this.beginMove(slot, to);
      await move.finish();
    }
  }

  async waitForState(): Promise<void> {
    await untilTrue(async () => {
      const running = this.#running();
      const views: string[] = [];
      for (const index of running) {
        const info = (await this.#cluster(index, "INFO")) as string;
        if (infoField(info, "cluster_state") !== "ok") return false;
        const replication = await this.admin(index).info("replication");
        if (infoField(replication, "role") === "slave" && infoField(replication, "master_link_status") !== "up") {
          return false;
        }
        const owners = (await this.#view(index)).filter(({ ranges }) => ranges.length > 0);
        views.push(
          owners
            .map((owner) => JSON.stringify([owner.id, owner.ranges]))
            .sort()
            .join(),
        );
      }
      return new Set(views).size === 1;
    }, "the cluster works");
  }

  async waitUntilFailedOver(slot: number, index: number): Promise<void> {
    await untilTrue(async () => (await this.primaryOf(slot)) !== index, `slot ${slot} is served by another node`);
    await this.waitForState();
  }

  async stop(): Promise<void> {
    for (const admin of this.#admins) admin.disconnect();
    await Promise.all(this.nodes.map((node) => node.stop()));
    for (const { remove } of this.folders) remove();
  }

  #running(): number[] {
    return this.nodes.map((_, index) => index).filter((index) => !this.#away.has(index));
  }

  #cluster(index: number, ...args: (string | number)[]): Promise<unknown> {
    return this.admin(index).call("CLUSTER", args);
  }

  async #idOf(index: number): Promise<string> {
    return (await this.#cluster(index, "MYID")) as string;
  }

  async #busPort(port: number): Promise<number> {
    const index = this.nodes.findIndex((node) => node.port === port);
    const [, value] = (await this.admin(index).config("GET", "cluster-port")) as [string, string];
    return Number(value);
  }

  async #view(index: number): Promise<NodeLine[]> {
    const text = (await this.#cluster(index, "NODES")) as string;
    return text
      .trim()
      .split("\n")
      .map((line) => readNodeLine(line));
  }
}

/** The first slot of the `index`-th of `count` equal shares. */
function share(index: number, count: number): number {
  return Math.round((index * SLOTS) / count);
}

/** https://redis.io/docs/latest/commands/cluster-nodes/ */
function readNodeLine(line: string): NodeLine {
  const [id = "", address = "", flags = "", primaryId = "", , , epoch = "", , ...slots] = line.split(" ");
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    isMyself: flags.split(",").includes("myself"),
    isPrimary: flags.split(",").includes("master"),
    primaryId,
    epoch: Number(epoch),
    ranges: slots
      // What is in brackets is on its way, and still where it was.
      .filter((slot) => !slot.startsWith("["))
      .map((slot) => slot.split("-").map(Number))
      .map(([first, last]) => [first!, last ?? first!] as const),
  };
}
