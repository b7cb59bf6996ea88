import type { StoreStatus } from "@evercache/core";
import type { Server } from "./server.js";
import { allSettled, type Command, type OneServer, type Servers, type Session } from "./servers.js";
import type { ChannelListener, Subscriptions } from "./subscriptions.js";

/** One server that has all keys. */
export class SingleServer implements Servers {
  readonly sharding = "plain";
  readonly one: OneServer;

  constructor(
    private readonly server: Server,
    /** Ends what found the server. */
    private readonly stop: () => Promise<void> = async () => {},
  ) {
    this.one = server;
  }

  get status(): StoreStatus {
    return this.server.status;
  }

  get epoch(): string | null {
    return this.server.epoch;
  }

  get tenure(): object | null {
    return this.server.tenure;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.server.onStatus(listener);
  }

  run(
    _keys: readonly string[],
    groups: readonly (readonly number[])[],
    command: Command,
    replicaTimeout?: number,
  ): Promise<void> {
    const send = (session: Session): Promise<void> =>
      groups.length === 1 ? command(session, groups[0]!) : allSettled(groups.map((places) => command(session, places)));
    return replicaTimeout === undefined ? this.server.ask(send) : this.server.askReplicated(send, replicaTimeout);
  }

  async all(): Promise<readonly OneServer[]> {
    return [this.one];
  }

  subscribe(listener: ChannelListener, heartbeat: number): Subscriptions {
    return new LazySubscriptions(this.server, () => this.server.subscribe(listener, heartbeat, this.sharding));
  }

  probe(): Promise<void> {
    return this.server.probe();
  }

  reconnect(): void {
    this.server.reconnect();
  }

  async close(): Promise<void> {
    await Promise.all([this.server.close(), this.stop()]);
  }
}

/** Opens a connection for the first channel. */
class LazySubscriptions implements Subscriptions {
  #opened: Subscriptions | null = null;
  #isClosed = false;

  constructor(
    private readonly server: Server,
    private readonly open: () => Subscriptions,
  ) {}

  listen(channel: string): void {
    if (this.#isClosed || this.server.status === "closed") return;
    this.#opened ??= this.open();
    this.#opened.listen(channel);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened?.close();
  }
}
