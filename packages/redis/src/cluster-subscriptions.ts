import { StoreUnavailableError } from "@evercache/core";
import type { ClusterNodes } from "./cluster-nodes.js";
import type { Server } from "./server.js";
import { keySlot } from "./slot.js";
import type { Subscriber } from "./subscriber.js";
import type { ChannelListener, Subscriptions } from "./subscriptions.js";

/** A node that serves channels which are listened to. */
interface Home {
  readonly server: Server;
  readonly subscriber: Subscriber;
  /** Up to when everything in its channels has been told. */
  heard: number;
}

/** Sharded channels, each listened to at the node that serves its slot, wherever that moves to. */
export class ClusterSubscriptions implements Subscriptions {
  readonly #homes = new Map<Server, Home>();
  /** Of each channel; null while no node is known to serve it. */
  readonly #channels = new Map<string, Home | null>();
  readonly #closing = new Set<Promise<void>>();
  readonly #stopWatching: () => void;
  #told = -Infinity;
  #isClosed = false;

  constructor(
    private readonly nodes: ClusterNodes,
    private readonly listener: ChannelListener,
    private readonly heartbeat: number,
  ) {
    this.#stopWatching = nodes.onChange(() => this.#settleAll());
  }

  listen(channel: string): void {
    if (this.#isClosed || this.#channels.has(channel)) return;
    this.#channels.set(channel, null);
    this.#settle(channel);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    this.#channels.clear();
    for (const home of this.#homes.values()) this.#leave(home);
    await Promise.all(this.#closing);
  }

  #settleAll(): void {
    for (const channel of this.#channels.keys()) this.#settle(channel);
    for (const home of this.#homes.values()) if (home.subscriber.size === 0) this.#leave(home);
  }

  #settle(channel: string): void {
    const before = this.#channels.get(channel) ?? null;
    const server = this.nodes.serverOf(keySlot(channel));
    if (server === (before?.server ?? null)) return;
    before?.subscriber.forget(channel, new StoreUnavailableError("another node of the cluster serves the slot"));
    const home = server && this.#home(server);
    this.#channels.set(channel, home);
    home?.subscriber.listen(channel);
  }

  #home(server: Server): Home {
    const known = this.#homes.get(server);
    if (known) return known;
    const subscriber = server.subscribe(
      {
        onListening: (channels) => this.listener.onListening(channels),
        onMessage: (channel, message) => this.listener.onMessage(channel, message),
        onLost: (channels, error) => {
          this.listener.onLost(channels, error);
          // They may be served elsewhere by now.
          void this.nodes.refresh();
        },
        onHeard: (moment) => {
          home.heard = moment;
          this.#tellHeard();
        },
      },
      this.heartbeat,
      "sharded",
    );
    const home: Home = { server, subscriber, heard: -Infinity };
    this.#homes.set(server, home);
    return home;
  }

  #leave(home: Home): void {
    this.#homes.delete(home.server);
    const closing = home.subscriber.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** What is true of all nodes whose channels are listened to. */
  #tellHeard(): void {
    let heard = Infinity;
    for (const home of this.#homes.values()) {
      if (home.subscriber.listening > 0) heard = Math.min(heard, home.heard);
    }
    if (heard <= this.#told || heard === Infinity) return;
    this.#told = heard;
    this.listener.onHeard(heard);
  }
}
