import { StoreUnavailableError, type StoreStatus } from "@evercache/core";
import type { Address } from "./client.js";
import { askView, checkState, type ClusterView } from "./cluster-view.js";
import { firstAnswers, type Patience } from "./first-answers.js";
import { notIntroduced } from "./introduction.js";
import type { ClusterOptions, Open } from "./options.js";
import { Server } from "./server.js";
import { SlotMap } from "./slot-map.js";
import { WatchedConnection } from "./watched-connection.js";

export interface ClusterNodesOptions {
  readonly open: Open;
  readonly cluster: ClusterOptions;
  readonly random: () => number;
  readonly onProbe: (epoch: string) => void;
}

const PATIENCE: Patience = { afterFirst: 100, atMost: 1_000 };

/** Nodes that are asked for the map at a time. */
const ASKED = 5;

/** Milliseconds that a node which serves no slot stays connected after its last use: slots may be on their way to it. */
const LINGER = 30_000;

const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** Milliseconds after which a node that does not answer a probe gets a new connection: regularly, and in doubt. */
const GIVE_UP_AFTER = 1_000;
const GIVE_UP_IN_DOUBT = 250;

/** The nodes of a cluster that serve, each with its connections, and the map of slots that says which one serves what. */
export class ClusterNodes {
  #status: StoreStatus = "connecting";
  readonly #map = new SlotMap();
  /** What the map says has been confirmed since the last doubt. */
  #isConfirmed = false;
  readonly #servers = new Map<string, { server: Server; used: number }>();
  readonly #listeners = new Set<(status: StoreStatus, error?: unknown) => void>();
  readonly #watchers = new Set<() => void>();
  /** How often what the map says was put in doubt. */
  #doubts = 0;
  #discovering: readonly WatchedConnection<unknown>[] = [];
  readonly #closing = new Set<Promise<void>>();
  #running: Promise<void> | null = null;
  #next: { done: Promise<void>; hints: Address[] } | null = null;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(private readonly options: ClusterNodesOptions) {
    void this.refresh();
  }

  get status(): StoreStatus {
    return this.#status;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Called whenever another node may serve a slot, or none. */
  onChange(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  /** The node that serves the slot, connected or not; null if none is known to. */
  serverOf(slot: number): Server | null {
    const address = this.#isConfirmed && this.#status !== "closed" ? this.#map.addressOf(slot) : undefined;
    return address ? this.#server(address) : null;
  }

  /** @throws StoreUnavailableError if no node is known to serve the slot */
  owner(slot: number): Address {
    const address = this.#isConfirmed ? this.#map.addressOf(slot) : undefined;
    if (address && this.#status !== "closed") return address;
    throw new StoreUnavailableError(
      this.#isConfirmed ? `no node serves slot ${slot}` : `the redis store is ${this.#status}`,
    );
  }

  /**
   * The nodes that serve slots, by a map that was asked for after the call. A first connection to each is waited for.
   * @throws StoreUnavailableError if they are not known
   */
  async owners(): Promise<readonly Server[]> {
    await this.refresh();
    if (!this.#isConfirmed || this.status === "closed") {
      throw new StoreUnavailableError(`the redis store is ${this.status}`);
    }
    return Promise.all(this.#map.addresses().map((address) => this.at(address)));
  }

  /** The node at an address that a node told. A first connection to it is waited for. */
  async at(told: Address): Promise<Server> {
    if (this.#status === "closed") throw new StoreUnavailableError("the redis store is closed");
    const server = this.#server(told);
    await server.firstAttempt();
    return server;
  }

  /** Asks some nodes for the map, that at `hint` among them. Never rejects; the status says what came of it. */
  refresh(hint?: Address): Promise<void> {
    // What is under way may have been answered before the caller saw what it saw.
    this.#next ??= { hints: [], done: this.#afterRunning() };
    if (hint) this.#next.hints.push(hint);
    return this.#next.done;
  }

  async probe(): Promise<void> {
    if (this.#status === "closed") throw new StoreUnavailableError("the redis store is closed");
    void this.refresh();
    const ready = [...this.#servers.values()].filter(({ server }) => server.status === "ready");
    const probes = ready.map(({ server }) => probeOrReconnect(server, GIVE_UP_AFTER));
    try {
      // One that is away must not keep the others from serving.
      await Promise.any(probes);
    } catch (cause) {
      throw new StoreUnavailableError("no node of the cluster answers", { cause });
    }
  }

  /** Serves nothing until the map is confirmed. Nodes that answer keep their connections. */
  reconnect(): void {
    if (this.#status === "closed") return;
    this.#isConfirmed = false;
    this.#doubts++;
    this.#changed();
    this.#judge(new Error("the connections were given up"));
    for (const { server } of this.#servers.values()) {
      if (server.status === "ready") probeOrReconnect(server, GIVE_UP_IN_DOUBT).catch(() => {});
      else server.reconnect();
    }
    void this.refresh();
  }

  async close(): Promise<void> {
    clearTimeout(this.#pause);
    this.#become("closed");
    for (const key of this.#servers.keys()) this.#drop(key);
    for (const node of this.#discovering) this.#track(node.close());
    await Promise.all(this.#closing);
  }

  async #afterRunning(): Promise<void> {
    // At the end of the tick at the earliest: those that want the map in the same tick share it.
    await this.#running;
    const hints = this.#next?.hints ?? [];
    this.#running = this.#refresh(hints);
    this.#next = null;
    await this.#running;
    this.#running = null;
  }

  async #refresh(hints: readonly Address[]): Promise<void> {
    if (this.#status === "closed") return;
    clearTimeout(this.#pause);
    const doubts = this.#doubts;
    try {
      const views = await this.#views(hints);
      // Closed meanwhile.
      if (this.status === "closed") return;
      if (views.length === 0) throw new Error("no node of the cluster tells the map of slots");
      for (const { view } of views) this.#map.update(view);
      this.#connectOwners();
      if (doubts === this.#doubts) this.#isConfirmed = true;
      this.#failures = 0;
      this.#changed();
      this.#judge(undefined);
    } catch (error) {
      // Or what the application's natMap threw.
      this.#failures += 1;
      this.#judge(error);
    }
    if (this.#status !== "ready") this.#retry();
  }

  async #views(hints: readonly Address[]): Promise<readonly { view: ClusterView }[]> {
    const { random } = this.options;
    const ready = [...this.#servers].filter(([, { server }]) => server.status === "ready");
    const some = ready
      .map((entry) => [random(), entry] as const)
      .sort(([one], [other]) => one - other)
      .slice(0, ASKED)
      .map(([, [key, { server }]]) => askServer(server, readKey(key)));
    const hinted = hints.map(async (hint) => askServer(await this.at(hint), hint));
    const views = await firstAnswers([...hinted, ...some], PATIENCE);
    return views.length > 0 ? views : this.#discover();
  }

  /** By connections of their own, which a replica takes too, to all places where a node may be. */
  async #discover(): Promise<readonly { view: ClusterView }[]> {
    const { open, random, cluster } = this.options;
    const known = this.#map.addresses().map((address) => cluster.natMap(address));
    const asked = [...cluster.startupNodes, ...known].map((node, i) => {
      const { lookup } = i < cluster.startupNodes.length ? cluster : { lookup: null };
      const connect = async () => open({ ...node, host: lookup ? await lookup(node.host) : node.host });
      const connection = { open: connect, introduce: notIntroduced, prepare: async () => {}, random };
      return new WatchedConnection(connection, async (client) => ({ view: await askView(client, node) }));
    });
    this.#discovering = asked;
    const views = await firstAnswers(
      asked.map((node) => node.ask()),
      PATIENCE,
    );
    for (const node of asked) this.#track(node.close());
    return views;
  }

  #connectOwners(): void {
    const owners = new Set(this.#map.addresses().map((address) => keyOf(this.options.cluster.natMap(address))));
    for (const address of this.#map.addresses()) this.#server(address);
    for (const [key, { used }] of this.#servers) {
      if (!owners.has(key) && performance.now() - used > LINGER) this.#drop(key);
    }
  }

  #server(told: Address): Server {
    const { cluster, open, random, onProbe } = this.options;
    const address = cluster.natMap(told);
    const key = keyOf(address);
    const known = this.#servers.get(key);
    if (known) {
      known.used = performance.now();
      return known.server;
    }
    const server = new Server({
      open: (override) => open({ ...address, ...override }),
      check: checkState,
      random,
      onProbe,
    });
    this.#servers.set(key, { server, used: performance.now() });
    server.onStatus((status, error) => {
      this.#judge(error);
      // Another may have taken its slots over.
      if (status === "unavailable") void this.refresh();
    });
    return server;
  }

  #drop(key: string): void {
    const server = this.#servers.get(key)?.server;
    this.#servers.delete(key);
    if (server) this.#track(server.close());
  }

  #changed(): void {
    for (const listener of this.#watchers) listener();
  }

  #track(closing: Promise<void>): void {
    const tracked = closing.finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }

  /** Ready while a node serves slots of a map that is confirmed. */
  #judge(error: unknown): void {
    const statuses = [...this.#servers.values()].map(({ server }) => server.status);
    if (this.#isConfirmed && statuses.includes("ready")) return this.#become("ready");
    if (
      this.#status === "connecting" &&
      this.#failures === 0 &&
      (!this.#isConfirmed || statuses.includes("connecting"))
    ) {
      return;
    }
    this.#become("unavailable", error);
  }

  #become(status: StoreStatus, error?: unknown): void {
    if (this.#status === status || this.#status === "closed") return;
    this.#status = status;
    for (const listener of this.#listeners) listener(status, error);
  }

  #retry(): void {
    const longest = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.#failures);
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.refresh(), longest * (0.5 + this.options.random() / 2));
    this.#pause.unref();
  }
}

async function askServer(server: Server, address: Address): Promise<{ view: ClusterView }> {
  return { view: await server.ask(({ client }) => askView(client, address)) };
}

async function probeOrReconnect(server: Server, giveUpAfter: number): Promise<void> {
  const patience = setTimeout(() => server.reconnect(), giveUpAfter);
  patience.unref();
  try {
    await server.probe();
  } finally {
    clearTimeout(patience);
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

function readKey(key: string): Address {
  const colon = key.lastIndexOf(":");
  return { host: key.slice(0, colon), port: Number(key.slice(colon + 1)) };
}
