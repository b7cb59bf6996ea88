import { StoreUnavailableError, type StoreStatus } from "@evercache/core";
import { CONNECT_TIMEOUT, type Client } from "./client.js";
import { readEpoch } from "./epoch.js";
import { isReply, isUnfit } from "./server-error.js";

export interface ConnectionOptions {
  /** Opens one connection. */
  readonly open: () => Client;
  /** Makes a server ready that has just introduced itself. */
  readonly prepare: (client: Client) => Promise<unknown>;
  /** For the spread of reconnects. */
  readonly random: () => number;
  /** Called each time the server told which incarnation it is. */
  readonly onProbe: (epoch: string) => void;
}

/** The client to send by, and the incarnation of the server behind it. */
interface Session {
  readonly client: Client;
  epoch: string;
}

const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

/**
 * One connection at a time to the server, made anew for as long as it takes. It is ready only once it knows the epoch:
 * without that no token can be judged.
 */
export class Connection {
  #status: StoreStatus = "connecting";
  #session: Session | null = null;
  /** The client that is being introduced, or that serves. */
  #current: Client | null = null;
  /** All that have not ended yet. */
  readonly #open = new Map<Client, Promise<void>>();
  readonly #listeners = new Set<(status: StoreStatus, error?: unknown) => void>();
  #failures = 0;
  #inFlight = 0;
  #lastError: unknown;
  #pause: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.#connect();
  }

  get status(): StoreStatus {
    return this.#status;
  }

  get epoch(): string | null {
    return this.#session?.epoch ?? null;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * What `send` gets from the server. Rejects with StoreUnavailableError if there is no connection, or it ends first, or
   * the server cannot serve; with the server's own error if it refused.
   */
  async ask<T>(send: (client: Client, epoch: string) => Promise<T>): Promise<T> {
    const session = this.#session;
    if (!session) throw this.#unavailable(this.#lastError);
    this.#inFlight++;
    this.#holdProcess(session.client);
    try {
      return await send(session.client, session.epoch);
    } catch (error) {
      if (isUnfit(error)) this.#giveUp(session.client, error);
      else if (isReply(error) || error instanceof StoreUnavailableError) throw error;
      throw this.#unavailable(error);
    } finally {
      this.#inFlight--;
      if (this.#session) this.#holdProcess(this.#session.client);
    }
  }

  /** An idle connection does not keep a program from ending; one with an answer to come does. */
  #holdProcess({ stream }: Client): void {
    if (this.#inFlight === 0) stream?.unref?.();
    else stream?.ref?.();
  }

  /** The epoch by which to judge an answer that has just come. A newer one than when it was asked for is the right one. */
  judgingEpoch(): string {
    if (!this.#session) throw this.#unavailable(this.#lastError);
    return this.#session.epoch;
  }

  /** Learns the epoch anew. */
  async probe(): Promise<void> {
    await this.ask(async (client) => {
      const epoch = await askEpoch(client);
      if (this.#session?.client !== client) return;
      this.#session.epoch = epoch;
      this.options.onProbe(epoch);
    });
  }

  /** Gives up the present connection and opens another without a pause. */
  reconnect(): void {
    if (this.#current) this.#giveUp(this.#current, new Error("the connection was given up"));
    if (this.#status === "closed") return;
    clearTimeout(this.#pause);
    this.#connect();
  }

  /** Resolves when all connections have ended. */
  async close(): Promise<void> {
    if (this.#status !== "closed") {
      this.#session = null;
      this.#current = null;
      clearTimeout(this.#pause);
      clearTimeout(this.#patience);
      for (const client of this.#open.keys()) client.disconnect();
      this.#become("closed");
    }
    await Promise.all(this.#open.values());
  }

  #connect(): void {
    if (this.#current) return;
    let client: Client;
    try {
      client = this.options.open();
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#current = client;
    // Without a listener, some errors of ioredis are printed and others end the process.
    client.on("error", (error) => (this.#lastError = error));
    const ended = new Promise<void>((resolve) => client.on("end", resolve));
    this.#open.set(
      client,
      ended.then(() => void this.#open.delete(client)),
    );
    client.on("ready", () => void this.#introduce(client));
    client.on("end", () => this.#lost(client, this.#lastError ?? new Error("the connection was closed")));
    // ioredis waits for a connection, but not for a server that takes it and says nothing.
    this.#patience = setTimeout(() => {
      this.#giveUp(client, new Error(`the server did not introduce itself within ${CONNECT_TIMEOUT} ms`));
    }, CONNECT_TIMEOUT);
    this.#patience.unref();
  }

  async #introduce(client: Client): Promise<void> {
    try {
      // PING is refused while the server still reads its data from disk; INFO is not.
      const [epoch] = await Promise.all([askEpoch(client), client.call("PING", [])]);
      if (this.#current !== client) return;
      clearTimeout(this.#patience);
      this.#failures = 0;
      this.#lastError = undefined;
      this.#session = { client, epoch };
      this.options.onProbe(epoch);
      this.#become("ready");
    } catch (error) {
      this.#giveUp(client, error);
    }
  }

  /** Parts from `client`, if it is the present one, and tries another after a pause. */
  #giveUp(client: Client, error: unknown): void {
    if (this.#current === client) client.disconnect();
    this.#lost(client, error);
  }

  #lost(client: Client, error: unknown): void {
    if (this.#current !== client) return;
    this.#current = null;
    this.#session = null;
    clearTimeout(this.#patience);
    this.#failed(error);
  }

  #failed(error: unknown): void {
    this.#lastError = error;
    const longest = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#pause);
    // Spread over half its length: when a server comes back, not all processes come at once.
    this.#pause = setTimeout(() => this.#connect(), longest * (0.5 + this.options.random() / 2));
    this.#pause.unref();
    this.#become("unavailable", error);
  }

  #become(status: StoreStatus, error?: unknown): void {
    if (this.#status === status || this.#status === "closed") return;
    this.#status = status;
    for (const listener of this.#listeners) listener(status, error);
  }

  #unavailable(cause: unknown): StoreUnavailableError {
    const what = this.#status === "ready" ? "the redis server gave no answer" : `the redis store is ${this.#status}`;
    return new StoreUnavailableError(what, cause === undefined ? undefined : { cause });
  }
}

async function askEpoch(client: Client): Promise<string> {
  const answers = [client.call("INFO", ["server"]), client.call("INFO", ["replication"])] as const;
  return readEpoch(...(await Promise.all(answers)));
}
