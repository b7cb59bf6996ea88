import { NotReplicatedError, type StoreStatus } from "@evercache/core";
import type { Client } from "./client.js";
import { Connection } from "./connection.js";
import { epochUnder } from "./epoch.js";
import { introduce, prepare } from "./introduction.js";
import { ReplicatedWrites } from "./replicated-writes.js";
import type { Session } from "./servers.js";

export interface ServerOptions {
  /** Opens one connection. */
  readonly open: () => Client | Promise<Client>;
  /**
   * Rejects if the server, though it says that it is a primary, is no longer the one to ask. Resolves to the number of the
   * configuration by which it is: a server that was replaced and then promoted again, before it knew of either, is
   * another one, with an old token beside an old entry, though it has the same run_id and replication id.
   */
  readonly confirm?: (client: Client) => Promise<number>;
  readonly random: () => number;
  /** Called each time the server told which incarnation it is. */
  readonly onProbe: (epoch: string) => void;
}

/** One Redis server: a connection to it, and a second one for what waits for replicas. */
export class Server {
  readonly #main: Connection;
  #replicated: { connection: Connection; writes: ReplicatedWrites } | null = null;
  #replicas = 0;
  #configuration: number | undefined;

  constructor(private readonly options: ServerOptions) {
    this.#main = this.#connection((replicas) => (this.#replicas = replicas), options.onProbe);
  }

  get status(): StoreStatus {
    return this.#main.status;
  }

  get epoch(): string | null {
    return this.#main.epoch;
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

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#replicated?.connection.close()]);
  }

  #replicating() {
    if (!this.#replicated) {
      // WAIT counts the writes of its own connection, and blocks it: no read must queue behind it.
      const connection = this.#connection(() => {});
      this.#replicated = { connection, writes: new ReplicatedWrites(connection) };
    }
    return this.#replicated;
  }

  #connection(onReplicas: (replicas: number) => void, onEpoch?: (epoch: string) => void): Connection {
    const { open, random } = this.options;
    return new Connection({
      open,
      random,
      ...(onEpoch && { onEpoch }),
      askEpoch: async (client) => {
        const { epoch, replicas } = await introduce(client);
        onReplicas(replicas);
        return epoch;
      },
      prepare: async (client) => {
        await prepare(client);
        // Last, since an old primary that was frozen may have answered the rest before it thawed.
        await this.#confirm(client);
      },
      nameEpoch: (told) => (this.#configuration === undefined ? told : epochUnder(told, this.#configuration)),
    });
  }
}
