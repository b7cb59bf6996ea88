import { StoreUnavailableError, type StoreStatus } from "@evercache/core";
import { CONNECT_TIMEOUT, type Client } from "./client.js";
import type { Introduction } from "./introduction.js";
import { isReply, isUnfit } from "./server-error.js";

export interface ConnectionOptions {
  /** Opens one connection, once it is known to where. */
  readonly open: () => Client | Promise<Client>;
  /** Asks the server which incarnation it is, and whether it drops keys. Rejects where it is of no use. */
  readonly introduce: (client: Client) => Promise<Pick<Introduction, "epoch" | "evicts">>;
  /** What to call an incarnation, once the server is prepared. */
  readonly nameEpoch?: (told: string) => string;
  /** Resolves when a server that has just been connected to can serve. */
  readonly prepare: (client: Client) => Promise<unknown>;
  /** For the spread of reconnects. */
  readonly random: () => number;
  /** Called each time the server told which incarnation it is. */
  readonly onEpoch?: (epoch: string) => void;
  /** Keeps no program from ending, even while an answer is to come. */
  readonly isBackground?: boolean;
}

/** The client to send by, and the incarnation of the server behind it. */
interface Session {
  readonly client: Client;
  readonly epoch: string;
  readonly evicts: boolean;
}

/** How a connection came to be: nothing of an attempt that was given up for another one counts any more. */
interface Attempt {
  client?: Client;
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
  #attempt: Attempt | null = null;
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

  /** As of `Store`: another object for each connection, and each time that the server behind it is found to have changed. */
  get tenure(): object | null {
    return this.#session?.evicts === false ? this.#session : null;
  }

  /** The one that is ready to be used; null while there is none. */
  get client(): Client | null {
    return this.#session?.client ?? null;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when the first attempt to connect has ended, well or not. */
  async firstAttempt(): Promise<void> {
    if (this.#status !== "connecting") return;
    await new Promise<void>((resolve) => {
      const stop = this.onStatus(() => {
        stop();
        resolve();
      });
    });
  }

  /**
   * What `send` gets from the server. Rejects with StoreUnavailableError if there is no connection, or it ends first, or
   * the server cannot serve; with the server's own error if it refused.
   */
  async ask<T>(send: (client: Client, epoch: string) => Promise<T>): Promise<T> {
    const session = this.#session;
    if (!session) throw this.#unavailable(this.#lastError);
    if (this.#inFlight++ === 0) this.#holdProcess(session.client);
    try {
      return await send(session.client, session.epoch);
    } catch (error) {
      if (isUnfit(error)) this.giveUp(session.client, error);
      else if (isReply(error) || error instanceof StoreUnavailableError) throw error;
      throw this.#unavailable(error);
    } finally {
      if (--this.#inFlight === 0 && this.#session) this.#holdProcess(this.#session.client);
    }
  }

  /** An idle connection does not keep a program from ending; one with an answer to come does. */
  #holdProcess({ stream }: Client): void {
    // Of one that is gone, both would wait for it to connect.
    if (stream?.pending) return;
    if (this.#inFlight === 0 || this.options.isBackground) stream?.unref?.();
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
      const { epoch: told, evicts } = await this.options.introduce(client);
      const epoch = this.#named(told);
      if (this.#session?.client !== client) return;
      if (this.#session.epoch !== epoch || this.#session.evicts !== evicts) this.#session = { client, epoch, evicts };
      this.options.onEpoch?.(epoch);
    });
  }

  /** Gives up the present connection and opens another without a pause. */
  reconnect(): void {
    if (this.#attempt) this.#giveUpAttempt(this.#attempt, new Error("the connection was given up"));
    if (this.#status === "closed") return;
    clearTimeout(this.#pause);
    this.#connect();
  }

  /** Parts from `client`, if it is the present one, and opens another after a pause. */
  giveUp(client: Client, error: unknown): void {
    if (this.#attempt?.client === client) this.#giveUpAttempt(this.#attempt, error);
  }

  /** Resolves when all connections have ended. */
  async close(): Promise<void> {
    if (this.#status !== "closed") {
      this.#session = null;
      this.#attempt = null;
      clearTimeout(this.#pause);
      clearTimeout(this.#patience);
      for (const client of this.#open.keys()) client.disconnect();
      this.#become("closed");
    }
    await Promise.all(this.#open.values());
  }

  #connect(): void {
    if (this.#attempt || this.#status === "closed") return;
    const attempt: Attempt = {};
    this.#attempt = attempt;
    // ioredis waits for a connection, but not for a server that takes it and says nothing.
    this.#patience = setTimeout(() => {
      this.#giveUpAttempt(attempt, new Error(`the server did not introduce itself within ${CONNECT_TIMEOUT} ms`));
    }, CONNECT_TIMEOUT);
    this.#patience.unref();
    try {
      const opened = this.options.open();
      if (!(opened instanceof Promise)) return this.#adopt(opened, attempt);
      opened.then(
        (client) => this.#adopt(client, attempt),
        (error: unknown) => this.#lost(attempt, error),
      );
    } catch (error) {
      this.#lost(attempt, error);
    }
  }

  #adopt(client: Client, attempt: Attempt): void {
    attempt.client = client;
    // Without a listener, some errors of ioredis are printed and others end the process.
    client.on("error", (error) => {
      if (this.#attempt === attempt) this.#lastError = error;
    });
    const ended = new Promise<void>((resolve) => client.on("end", resolve));
    this.#open.set(
      client,
      ended.then(() => void this.#open.delete(client)),
    );
    client.on("ready", () => void this.#introduce(client, attempt));
    client.on("end", () => this.#lost(attempt, this.#lastError ?? new Error("the connection was closed")));
    if (this.#attempt !== attempt) client.disconnect();
  }

  async #introduce(client: Client, attempt: Attempt): Promise<void> {
    try {
      const [{ epoch: told, evicts }] = await Promise.all([
        this.options.introduce(client),
        this.options.prepare(client),
      ]);
      if (this.#attempt !== attempt) return;
      const epoch = this.#named(told);
      clearTimeout(this.#patience);
      this.#failures = 0;
      this.#lastError = undefined;
      this.#session = { client, epoch, evicts };
      this.#holdProcess(client);
      this.options.onEpoch?.(epoch);
      this.#become("ready");
    } catch (error) {
      this.#giveUpAttempt(attempt, error);
    }
  }

  #named(told: string): string {
    return this.options.nameEpoch?.(told) ?? told;
  }

  /** Parts from the connection of `attempt`, if it is the present one, and tries another after a pause. */
  #giveUpAttempt(attempt: Attempt, error: unknown): void {
    if (this.#attempt === attempt) attempt.client?.disconnect();
    this.#lost(attempt, error);
  }

  #lost(attempt: Attempt, error: unknown): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = null;
    this.#session = null;
    clearTimeout(this.#patience);
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
