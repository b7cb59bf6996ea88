import { NotReplicatedError, StoreUnavailableError, type StoreStatus } from "@evercache/core";
import type { Client } from "./client.js";
import { Connection } from "./connection.js";
import { epochUnder } from "./epoch.js";
import { introduce, prepare } from "./introduction.js";
import { ReplicatedWrites } from "./replicated-writes.js";
import type { Session } from "./servers.js";
import { Subscriber, SUBSCRIBER_OPTIONS } from "./subscriber.js";
import type { ChannelListener, Sharding } from "./subscriptions.js";

export interface ServerOptions {
  /** Opens one connection, with these options of ioredis over those that it has. */
  readonly open: (override?: object) => Client | Promise<Client>;
  /**
   * Rejects if the server, though it says that it is a primary, is no longer the one to ask. Resolves to the number of the
   * configuration by which it is: a server that was replaced and then promoted again, before it knew of either, is
   * another one, with an old token beside an old entry, though it has the same run_id and replication id.
   */
  readonly confirm?: (client: Client) => Promise<number>;
  /** Asked together with the epoch. Rejects with UnfitServerError where the server is of no use just now. */
  readonly check?: (client: Client) => Promise<void>;
  readonly random: () => number;
  /** Called each time the server told which incarnation it is. */
  readonly onProbe: (epoch: string) => void;
}

/** What sets a connection apart from others to the same server. */
interface Purpose {
  /** Options of ioredis. */
  readonly override?: object;
  readonly prepare: (client: Client) => Promise<unknown> | void;
  readonly onReplicas?: (replicas: number) => void;
  readonly onEpoch?: (epoch: string) => void;
  readonly isBackground?: boolean;
}

/**
 * One Redis server: a connection to it, a second one for what waits for replicas, and one for each listener to its
 * channels.
 */
export class Server {
  readonly #main: Connection;
  #replicated: { connection: Connection; writes: ReplicatedWrites } | null = null;
  #replicas = 0;
  #configuration: number | undefined;
  readonly #subscribers = new Set<Subscriber>();

  constructor(private readonly options: ServerOptions) {
    this.#main = this.#connection({
      prepare,
      onReplicas: (replicas) => (this.#replicas = replicas),
      onEpoch: (epoch) => {
        this.#judgeSubscribers();
        options.onProbe(epoch);
      },
    });
    this.#main.onStatus((_, error) => this.#judgeSubscribers(error));
  }

  get status(): StoreStatus {
    return this.#main.status;
  }

  get epoch(): string | null {
    return this.#main.epoch;
  }

  /** As of `Store`. */
  get tenure(): object | null {
    return this.#main.tenure;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.#main.onStatus(listener);
  }

  firstAttempt(): Promise<void> {
    return this.#main.firstAttempt();
  }

  /** As `Connection.ask`. */
  ask<T>(send: (session: Session) => Promise<T>): Promise<T> {
    return this.#main.ask((client, epoch) => send({ client, epoch, judgingEpoch: () => this.#main.judgingEpoch() }));
  }

  /**
   * The same, and resolves only when a replica has what `send` wrote, where the server has replicas.
   * @throws NotReplicatedError
   */
  async askReplicated(send: (session: Session) => Promise<void>, timeout: number): Promise<void> {
    if (this.#replicas === 0) return this.ask(send);
    try {
      await this.#replicating().writes.run(send, timeout, () => this.ask(send));
    } catch (error) {
      // The replicas may have gone. Then the next write need not fail for that.
      if (error instanceof NotReplicatedError) this.probe().catch(() => {});
      throw error;
    }
  }

  async probe(): Promise<void> {
    // Not waited for: who confirms may be away while the server serves.
    this.reconfirm();
    await this.#main.probe();
  }

  /** Parts from the server as soon as it turns out not to be the one to ask. */
  reconfirm(): void {
    if (!this.options.confirm) return;
    const confirmed = this.#main.ask(async (client) => {
      const before = this.#configuration;
      await this.#confirm(client);
      if (this.#configuration !== before) await this.#main.probe();
    });
    confirmed.catch(() => {});
  }

  async #confirm(client: Client): Promise<void> {
    if (this.options.confirm) this.#configuration = await this.options.confirm(client);
  }

  reconnect(): void {
    this.#main.reconnect();
    this.#replicated?.connection.reconnect();
  }

  /** Listens to channels of this server, for as long as it is not closed. */
  subscribe(listener: ChannelListener, heartbeat: number, sharding: Sharding): Subscriber {
    const subscriber: Subscriber = new Subscriber({
      listener,
      heartbeat,
      sharding,
      lead: this,
      connect: (adopt, onEpoch) =>
        this.#connection({ override: SUBSCRIBER_OPTIONS, prepare: adopt, onEpoch, isBackground: true }),
      onClose: () => this.#subscribers.delete(subscriber),
    });
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  async close(): Promise<void> {
    const error = new StoreUnavailableError("the redis store is closed");
    const subscribers = [...this.#subscribers].map((subscriber) => subscriber.end(error));
    await Promise.all([this.#main.close(), this.#replicated?.connection.close(), ...subscribers]);
  }

  #judgeSubscribers(error?: unknown): void {
    for (const subscriber of this.#subscribers) subscriber.judge(error);
  }

  #replicating() {
    if (!this.#replicated) {
      // WAIT counts the writes of its own connection, and blocks it: no read must queue behind it.
      const connection = this.#connection({ prepare });
      this.#replicated = { connection, writes: new ReplicatedWrites(connection) };
    }
    return this.#replicated;
  }

  #connection({ override, prepare: prepareFor, onReplicas, onEpoch, isBackground = false }: Purpose): Connection {
    const { open, check, random } = this.options;
    return new Connection({
      open: () => open(override),
      random,
      isBackground,
      ...(onEpoch && { onEpoch }),
      introduce: async (client) => {
        const [introduction] = await Promise.all([introduce(client), check?.(client)]);
        onReplicas?.(introduction.replicas);
        return introduction;
      },
      prepare: async (client) => {
        await prepareFor(client);
        // Last, since an old primary that was frozen may have answered the rest before it thawed.
        await this.#confirm(client);
      },
      nameEpoch: (told) => (this.#configuration === undefined ? told : epochUnder(told, this.#configuration)),
    });
  }
}
