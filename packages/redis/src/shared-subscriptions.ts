import type { Servers } from "./servers.js";
import type { ChannelListener, Subscriptions } from "./subscriptions.js";

/** Several listeners by one connection to each server. Each is told of its own channels, and nobody has one that another has. */
export class SharedSubscriptions implements ChannelListener {
  readonly #subscriptions: Subscriptions;
  readonly #sharers = new Set<ChannelListener>();
  readonly #owners = new Map<string, ChannelListener>();
  #isClosed = false;

  constructor(servers: Servers, heartbeat: number) {
    this.#subscriptions = servers.subscribe(this, heartbeat);
  }

  /** Closed together with the last that shared it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  share(listener: ChannelListener): Subscriptions {
    this.#sharers.add(listener);
    return {
      listen: (channel) => {
        if (!this.#sharers.has(listener)) return;
        this.#owners.set(channel, listener);
        this.#subscriptions.listen(channel);
      },
      close: () => this.#leave(listener),
    };
  }

  onListening(channels: readonly string[]): void {
    for (const [owner, owned] of this.#byOwner(channels)) owner.onListening(owned);
  }

  onMessage(channel: string, message: string): void {
    this.#owners.get(channel)?.onMessage(channel, message);
  }

  onLost(channels: readonly string[], error: unknown): void {
    for (const [owner, owned] of this.#byOwner(channels)) owner.onLost(owned, error);
  }

  onHeard(moment: number): void {
    for (const sharer of this.#sharers) sharer.onHeard(moment);
  }

  /** Channels that nobody owns any more are listened to until the last has left: to end one would interrupt the others. */
  async #leave(listener: ChannelListener): Promise<void> {
    this.#sharers.delete(listener);
    for (const [channel, owner] of this.#owners) if (owner === listener) this.#owners.delete(channel);
    if (this.#sharers.size > 0) return;
    this.#isClosed = true;
    await this.#subscriptions.close();
  }

  #byOwner(channels: readonly string[]): Map<ChannelListener, string[]> {
    const owned = new Map<ChannelListener, string[]>();
    for (const channel of channels) {
      const owner = this.#owners.get(channel);
      if (!owner) continue;
      const others = owned.get(owner);
      if (others) others.push(channel);
      else owned.set(owner, [channel]);
    }
    return owned;
  }
}
