import { Breaker, type BreakerState } from "../breaker.js";
import { Deadline, type DeadlineObserver } from "../deadline.js";
import { StoreNotAskedError, StoreUnavailableError } from "../errors.js";
import type { Tag } from "../tag.js";
import type { TokenState } from "../token.js";
import type { Lookup, Release, Store, StoreStatus } from "./store.js";

export interface GuardOptions {
  /** Milliseconds that a read may wait for the store. */
  readonly deadline: number;
  /** Milliseconds that a write may wait for the store. */
  readonly writeDeadline: number;
  /** Failures in a row that open the breaker. */
  readonly failureThreshold: number;
  /** Milliseconds between probes of a store that answers. One that does not is probed four times as often. */
  readonly probeInterval: number;
  /** Milliseconds after which a connection that answers no probe is given up for a new one. */
  readonly giveUpAfter: number;
  readonly onBreaker: (state: BreakerState, error?: unknown) => void;
  /** The store can be asked: again, or still, after a probe. */
  readonly onAvailable: () => void;
}

/**
 * A store that answers within a deadline or rejects, and that rejects at once while the inner store is known to be
 * away. Every rejection is a StoreUnavailableError or the inner store's own error; none is ever the application's.
 */
export class GuardedStore implements Store {
  readonly tier: string;
  readonly renew?: NonNullable<Store["renew"]>;
  readonly acquire?: NonNullable<Store["acquire"]>;
  readonly free?: NonNullable<Store["free"]>;
  readonly claim?: NonNullable<Store["claim"]>;
  readonly watch?: NonNullable<Store["watch"]>;
  readonly draw?: NonNullable<Store["draw"]>;
  readonly #reads: Deadline;
  readonly #writes: Deadline;
  readonly #breaker: Breaker;
  readonly #settled: Promise<void>;
  readonly #stopListening: () => void;
  readonly #observer: DeadlineObserver = {
    succeeded: () => this.#breaker.succeeded(),
    failed: (error) => {
      // An answer, even a refusal (out of memory, read-only), shows that the server is there.
      if (error instanceof StoreUnavailableError) this.#breaker.failed(error);
    },
  };
  #isPatient = true;
  #timer: NodeJS.Timeout | undefined;
  #probing: { since: number } | undefined;

  constructor(
    private readonly inner: Store,
    private readonly options: GuardOptions,
  ) {
    this.tier = inner.tier;
    this.#reads = new Deadline(options.deadline);
    this.#writes = new Deadline(options.writeDeadline);
    if (inner.renew) this.renew = (...args) => this.#guard(this.#writes, () => inner.renew!(...args));
    if (inner.acquire) this.acquire = (...args) => this.#guard(this.#reads, () => inner.acquire!(...args));
    if (inner.free) this.free = (...args) => this.#guard(this.#writes, () => inner.free!(...args));
    if (inner.claim) this.claim = (...args) => this.#guard(this.#reads, () => inner.claim!(...args));
    if (inner.draw) this.draw = (like) => inner.draw!(like);
    if (inner.watch) this.watch = (...args) => inner.watch!(...args);
    this.#breaker = new Breaker(options.failureThreshold, (state, error) => {
      options.onBreaker(state, error);
      this.#scheduleProbe();
      // What comes back may be another server by then: a new connection looks for the one that counts now, and an old
      // primary that thaws is not asked again.
      if (state === "open") inner.reconnect();
    });
    let settle: () => void;
    this.#settled = new Promise((resolve) => (settle = resolve));
    if (inner.status !== "connecting") settle!();
    this.#stopListening = inner.onStatus((status) => {
      settle!();
      if (status === "ready" && this.#breaker.state === "closed") options.onAvailable();
    });
    this.#scheduleProbe();
  }

  get status(): StoreStatus {
    return this.inner.status;
  }

  get tenure(): object | null {
    return this.inner.tenure ?? null;
  }

  /** False while a call would reject at once. */
  get available(): boolean {
    return this.inner.status === "ready" && this.#breaker.state === "closed";
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.inner.onStatus(listener);
  }

  lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    return this.#guard(this.#reads, () => this.inner.lookup(key, tags));
  }

  mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    return this.#guard(this.#reads, () => this.inner.mint(tags, lifetimes));
  }

  fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    return this.#guard(this.#writes, () => this.inner.fill(key, entry, ttl));
  }

  remove(key: string): Promise<void> {
    return this.#guard(this.#writes, () => this.inner.remove(key));
  }

  quarantine(holder: string, tags: readonly Tag[], lease: number, replicaTimeout?: number): Promise<void> {
    return this.#guard(this.#writes, () => this.inner.quarantine(holder, tags, lease, replicaTimeout));
  }

  release(holder: string, release: Release): Promise<void> {
    return this.#guard(this.#writes, () => this.inner.release(holder, release));
  }

  rotate(tags: readonly Tag[]): Promise<void> {
    return this.#guard(this.#writes, () => this.inner.rotate(tags));
  }

  probe(): Promise<void> {
    return this.#reads.race(this.inner.probe());
  }

  reconnect(): void {
    this.inner.reconnect();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopListening();
    await this.inner.close();
  }

  #guard<T>(deadline: Deadline, call: () => Promise<T>): Promise<T> {
    // The first calls of a process wait for its first connection, so that a short program is cached too.
    if (this.inner.status === "connecting" && this.#isPatient) {
      return this.#firstConnection(deadline).then(() => this.#ask(deadline, call));
    }
    return this.#ask(deadline, call);
  }

  #ask<T>(deadline: Deadline, call: () => Promise<T>): Promise<T> {
    if (this.available) return deadline.race(call(), this.#observer);
    const why = this.inner.status === "ready" ? "not asked: its breaker is open" : this.inner.status;
    return Promise.reject(new StoreNotAskedError(`the ${this.tier} store is ${why}`));
  }

  /** Waited for by the calls of one deadline, and not by those that come later. */
  async #firstConnection(deadline: Deadline): Promise<void> {
    try {
      await deadline.race(this.#settled);
    } catch (error) {
      this.#isPatient = false;
      throw error;
    }
  }

  #scheduleProbe(): void {
    clearTimeout(this.#timer);
    if (this.inner.status === "closed") return;
    const interval = this.#breaker.state === "closed" ? this.options.probeInterval : this.options.probeInterval / 4;
    this.#timer = setTimeout(() => this.#probeNow(), interval);
    this.#timer.unref();
  }

  #probeNow(): void {
    this.#scheduleProbe();
    if (this.inner.status !== "ready") return;
    if (this.#probing) {
      // One probe at a time: a frozen server must not collect a queue of them.
      this.#breaker.probed("failed", new StoreUnavailableError("the last probe has no answer yet"));
      if (performance.now() - this.#probing.since > this.options.giveUpAfter) {
        this.#probing = undefined;
        this.inner.reconnect();
      }
      return;
    }
    const probing = { since: performance.now() };
    this.#probing = probing;
    const probe = this.inner.probe().finally(() => {
      if (this.#probing === probing) this.#probing = undefined;
    });
    this.#reads.race(probe).then(
      () => {
        this.#breaker.probed("succeeded");
        if (this.available) this.options.onAvailable();
      },
      (error: unknown) => this.#breaker.probed("failed", error),
    );
  }
}
