import type { StoreStatus } from "@evercache/core";
import type { Commands } from "./client.js";

/** A server that takes commands for some keys. */
export interface Session {
  readonly client: Commands;
  /** The incarnation of the server, as it was when this was handed out. */
  readonly epoch: string;
  /** The epoch by which to judge an answer that has just come. Throws StoreUnavailableError where it is unknown. */
  judgingEpoch(): string;
}

/** Sends one command for the keys at `places`, and takes its answer. */
export type Command = (session: Session, places: readonly number[]) => Promise<void>;

/** One server, or many that share the keys. */
export interface Servers {
  readonly status: StoreStatus;
  /** Of one server; null where there are several, and where there is none. */
  readonly epoch: string | null;
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
  probe(): Promise<void>;
  reconnect(): void;
  close(): Promise<void>;
}

/** Resolves when all have settled; rejects with the first failure, if there is one. */
export async function allSettled(calls: Iterable<Promise<unknown>>): Promise<void> {
  const failure = (await Promise.allSettled(calls)).find((call) => call.status === "rejected");
  if (failure) throw failure.reason;
}
