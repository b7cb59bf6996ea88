import type { Deadline, StoreStatus } from "@evercache/core";
import type { Command, OneServer, Servers } from "../servers.js";
import type { Sharding, ChannelListener, Subscriptions } from "../subscriptions.js";

/** The same servers; but one that takes a command and does not answer in time counts as away. */
export class ImpatientServers implements Servers {
  readonly tenure = null;

  constructor(
    private readonly servers: Servers,
    private readonly deadline: Deadline,
  ) {}

  get status(): StoreStatus {
    return this.servers.status;
  }

  get epoch(): string | null {
    return this.servers.epoch;
  }

  get one(): OneServer | null {
    return this.servers.one && this.#bound(this.servers.one);
  }

  get sharding(): Sharding {
    return this.servers.sharding;
  }

  onStatus(listener: Parameters<Servers["onStatus"]>[0]): () => void {
    return this.servers.onStatus(listener);
  }

  run(
    keys: readonly string[],
    groups: readonly (readonly number[])[],
    command: Command,
    replicaTimeout?: number,
  ): Promise<void> {
    return this.deadline.race(this.servers.run(keys, groups, command, replicaTimeout));
  }

  async all(): Promise<readonly OneServer[]> {
    const all = await this.deadline.race(this.servers.all());
    return all.map((server) => this.#bound(server));
  }

  subscribe(listener: ChannelListener, heartbeat: number): Subscriptions {
    return this.servers.subscribe(listener, heartbeat);
  }

  probe(): Promise<void> {
    return this.deadline.race(this.servers.probe());
  }

  reconnect(): void {
    this.servers.reconnect();
  }

  close(): Promise<void> {
    return this.servers.close();
  }

  #bound(server: OneServer): OneServer {
    return { ask: (send) => this.deadline.race(server.ask(send)) };
  }
}
