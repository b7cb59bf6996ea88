import type { Client } from "./client.js";
import { Connection, type ConnectionOptions } from "./connection.js";

/** Milliseconds after which a server that does not answer is given up for a new connection. */
const GIVE_UP_AFTER = 1_000;

/** A connection that is asked one thing now and then, and made anew when there is no answer. */
export class WatchedConnection<T> {
  readonly connection: Connection;

  constructor(
    options: ConnectionOptions,
    private readonly question: (client: Client) => Promise<T>,
  ) {
    this.connection = new Connection(options);
  }

  /** Rejects with StoreUnavailableError if there is no answer within a second, or no connection. */
  async ask(): Promise<T> {
    await this.connection.firstAttempt();
    const patience = setTimeout(() => this.connection.reconnect(), GIVE_UP_AFTER);
    patience.unref();
    try {
      return await this.connection.ask(this.question);
    } finally {
      clearTimeout(patience);
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
