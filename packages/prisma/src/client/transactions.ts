import { AsyncLocalStorage } from "node:async_hooks";
import type { Outcome, Tag, WriteFence } from "@evercache/core";
import type { TransactionInfo } from "./hook.js";

const TRANSACTION_SCOPE = Symbol.for("prisma.client.transaction.scope_context");

type OutcomeOf = (error: unknown) => Exclude<Outcome, "committed">;
type Body = (tx: unknown) => Promise<unknown>;
type Run = (this: unknown, input: unknown, options?: unknown) => Promise<unknown>;

/** Prisma's options of an interactive transaction. */
export interface AloneOptions {
  readonly timeout: number;
  readonly maxWait: number;
  readonly isolationLevel?: string;
}

/** One `$transaction` call, while it runs. */
export interface OpenTransaction {
  readonly kind: TransactionInfo["kind"];
  readonly fence: WriteFence;
  /** Prisma's id, once it is known. */
  id?: unknown;
  /** The client that an interactive transaction's function was given. */
  client?: unknown;
  /** A statement ran that commits by itself, whatever becomes of the transaction (DDL on MySQL). */
  committedAnyway: boolean;
}

/**
 * Knows which fence belongs to which running transaction. The writes of an interactive transaction are only noted;
 * their tags are quarantined once, between the end of its function and the commit. The members of a batch each
 * quarantine their own before any of them runs.
 */
export class Transactions {
  readonly #byId = new Map<unknown, OpenTransaction>();
  readonly #current = new AsyncLocalStorage<OpenTransaction>();

  constructor(
    private readonly newFence: () => WriteFence,
    private readonly outcomeOf: OutcomeOf,
    /** A transaction runs on a client whose writes are not seen. */
    private readonly onForeign: (fence: WriteFence) => void,
    /** A transaction may take this many milliseconds, by its own options. */
    private readonly onTimeout: (milliseconds: number) => void = () => {},
  ) {}

  /** Notes what the application itself declares untrue in a transaction: others may read the old rows until it commits. */
  note(tags: readonly Tag[]): void {
    this.#current.getStore()?.fence.add({ changed: tags, fenced: [] });
  }

  /** The client of the interactive transaction that this code runs in. */
  currentClient(): unknown {
    return this.#current.getStore()?.client;
  }

  /** The transaction that a hook runs in; undefined where it was opened past this extension. */
  find(info: TransactionInfo): OpenTransaction | undefined {
    const known = info.kind === "itx" ? this.#byId.get(info.id) : undefined;
    if (known) return known;
    // The hook may run in another transaction than the code around it: one that was opened past this extension.
    const current = this.#current.getStore();
    if (current?.kind !== info.kind) return undefined;
    if (current.id === undefined) current.id = info.id;
    return current.id === info.id ? current : undefined;
  }

  /**
   * `$transaction` of `client`, with the fence around its commit.
   * @param isOthers `parentRun` is another extension's method, which may do more after the commit: an error may be of that
   */
  async run(client: unknown, parentRun: Run, input: unknown, options: unknown, isOthers = false): Promise<unknown> {
    const outerId = transactionId(client);
    if (outerId !== undefined) {
      // A transaction within a transaction is a savepoint: the outer one's commit is the commit.
      const outer = this.#byId.get(outerId);
      if (!outer) return parentRun.call(client, input, options);
      if (typeof input !== "function") return this.#innerBatch(outer, client, parentRun, input, options);
      const body = input as Body;
      const inner = (tx: unknown) => this.#current.run({ ...outer, client: tx }, () => body(tx));
      return parentRun.call(client, inner, options);
    }
    const { timeout } = (options ?? {}) as { readonly timeout?: unknown };
    if (typeof timeout === "number") this.onTimeout(timeout);
    const kind = typeof input === "function" ? "itx" : "batch";
    const transaction: OpenTransaction = { kind, fence: this.newFence(), committedAnyway: false };
    const outcomeOf = isOthers ? () => "ambiguous" as const : this.outcomeOf;
    return typeof input === "function"
      ? this.#interactive(transaction, client, parentRun, input as Body, options, outcomeOf)
      : this.#batch(transaction, client, parentRun, input, options, outcomeOf);
  }

  /**
   * Runs one statement in a transaction of its own, so that everything that it changes is known before the commit.
   * `client` is one below the cache: the statement comes from its hook.
   */
  async alone(
    client: { readonly $transaction: Run },
    statement: (open: OpenTransaction, info: TransactionInfo) => Promise<unknown>,
    options: AloneOptions,
  ): Promise<unknown> {
    const transaction: OpenTransaction = { kind: "itx", fence: this.newFence(), committedAnyway: false };
    const body = () => statement(transaction, { kind: "itx", id: transaction.id });
    return this.#interactive(transaction, client, client.$transaction, body, options, this.outcomeOf, true);
  }

  async #interactive(
    transaction: OpenTransaction,
    client: unknown,
    parentRun: Run,
    body: Body,
    options: unknown,
    outcomeOf: OutcomeOf,
    isOwn = false,
  ): Promise<unknown> {
    const { fence } = transaction;
    let committing = false;
    const fenced = async (tx: unknown): Promise<unknown> => {
      const id = transactionId(tx);
      if (id !== undefined) {
        // Another extension's $transaction may have come through here for the same transaction.
        if (this.#byId.has(id)) return body(tx);
        transaction.id = id;
        this.#byId.set(id, transaction);
      }
      transaction.client = tx;
      // Another extension opened it on a client below the cache.
      if (!isOwn && (tx as { readonly $cache?: unknown }).$cache === undefined) this.onForeign(fence);
      const result = await body(tx);
      await fence.lock();
      committing = true;
      return result;
    };
    try {
      const result = await this.#current.run(transaction, () => parentRun.call(client, fenced, options));
      await fence.settle("committed");
      return result;
    } catch (error) {
      const outcome = committing ? outcomeOf(error) : "rolled-back";
      await fence.settle(transaction.committedAnyway ? "committed" : outcome);
      throw error;
    } finally {
      if (this.#byId.get(transaction.id) === transaction) this.#byId.delete(transaction.id);
    }
  }

  /** A batch on a transaction's client: its effects are the outer fence's, which is released at the outer end. */
  #innerBatch(
    { fence }: OpenTransaction,
    client: unknown,
    parentRun: Run,
    input: unknown,
    options: unknown,
  ): Promise<unknown> {
    const batch: OpenTransaction = { kind: "batch", fence, committedAnyway: false };
    return this.#current.run(batch, () => parentRun.call(client, input, options));
  }

  async #batch(
    transaction: OpenTransaction,
    client: unknown,
    parentRun: Run,
    input: unknown,
    options: unknown,
    outcomeOf: OutcomeOf,
  ): Promise<unknown> {
    const { fence } = transaction;
    try {
      const results = await this.#current.run(transaction, () => parentRun.call(client, input, options));
      await fence.settle("committed");
      return results;
    } catch (error) {
      await fence.settle(transaction.committedAnyway ? "committed" : outcomeOf(error));
      throw error;
    }
  }
}

/** The id of the interactive transaction that a client belongs to. */
export function transactionId(client: unknown): unknown {
  const scope = (client as Record<symbol, { readonly txId?: unknown } | undefined>)[TRANSACTION_SCOPE];
  return scope?.txId;
}
