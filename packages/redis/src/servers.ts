import type { StoreStatus } from "@evercache/core";
import type { Commands } from "./client.js";
import type { ChannelListener, Sharding, Subscriptions } from "./subscriptions.js";

/** A server that takes commands for some keys. */
export interface Session {
  readonly client: Commands;
  /** The incarnation of the server, as it was when this was handed out. */
  readonly epoch: string;
  /** The epoch by which to judge an answer that has just come. Throws StoreUnavailableError where it is unknown. */
  judgingEpoch(): string;
  /**
   * Publishes where those listen who follow a channel in the slot of these keys, if that is not this server: the slot is on
   * its way here, and has not been handed over yet.
   */
  readonly publishElsewhere?: (channel: string, message: string) => Promise<void>;
}

/** As `Connection.ask`. */
export interface OneServer {
  ask<T>(send: (session: Session) => Promise<T>): Promise<T>;
}

/** Sends one command for the keys at `places`, and takes its answer. */
export type Command = (session: Session, places: readonly number[]) => Promise<void>;

/** One server, or many that share the keys. */
export interface Servers {
  readonly status: StoreStatus;
  /** Of one server; null where there are several, and where there is none. */
  readonly epoch: string | null;
  /** As of `Store`. Of several servers nothing is said. */
  readonly tenure: object | null;
  /** The server that has all keys; null where they are on several. */
  readonly one: OneServer | null;
  /** How its channels are told apart from those of all nodes of a cluster. */
  readonly sharding: Sharding;
  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void;
  /**
   * Runs `command` for each group of places in `keys`, all at once; a group is divided where its keys are on several
   * servers. Rejects when all have settled, if one failed: with StoreUnavailableError if a server is away.
   *
   * With `replicaTimeout` it resolves only when a replica of each of the servers that have one has got what was written;
   * NotReplicatedError if none got it within so many milliseconds.
   */
  run(
    keys: readonly string[],
    groups: readonly (readonly number[])[],
    command: Command,
    replicaTimeout?: number,
  ): Promise<void>;
  /** Each server that has keys, once. Rejects with StoreUnavailableError where it is not known which these are. */
  all(): Promise<readonly OneServer[]>;
  /** Nothing is opened before the first channel is listened to. */
  subscribe(listener: ChannelListener, heartbeat: number): Subscriptions;
  probe(): Promise<void>;
  reconnect(): void;
  close(): Promise<void>;
}

/** Resolves when all have settled; rejects with the first failure, if there is one. */
export async function allSettled(calls: readonly Promise<void>[]): Promise<void> {
  if (calls.length === 1) return calls[0];
  const failure = (await Promise.allSettled(calls)).find((call) => call.status === "rejected");
  if (failure) throw failure.reason;
}
