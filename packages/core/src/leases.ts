import { AsyncLocalStorage } from "node:async_hooks";
import type { Store } from "./store/store.js";

/** Milliseconds. Whoever waits for one who died waits no longer than this. */
const LEASE = 1_000;
const RENEWALS_PER_LEASE = 3;
/** A load that hangs does not keep others from it for ever: a minute. */
const MOST_RENEWALS = 60 * RENEWALS_PER_LEASE;

/** What somebody who frees a lease tells those who wait for it. `null`: nobody knows. */
export type Note = "stored" | "not-stored" | null;

/** A lease that is ours. Renewed until it is freed or let go, or for a minute. */
export class Lease {
  readonly #renewal: NodeJS.Timeout | undefined;
  #renewals = 0;

  constructor(
    renew: (() => Promise<unknown>) | null,
    private readonly giveBack: (note: string) => Promise<unknown>,
  ) {
    if (!renew) return;
    this.#renewal = setInterval(() => {
      if (++this.#renewals > MOST_RENEWALS) this.letGo();
      else void renew().catch(ignore);
    }, LEASE / RENEWALS_PER_LEASE);
    this.#renewal.unref();
  }

  /** Resolves, and rejects never, when it has been tried. */
  async free(note: "stored" | "not-stored"): Promise<void> {
    this.letGo();
    await this.giveBack(note).catch(ignore);
  }

  /** Nobody gets it before its time is over. */
  letGo(): void {
    clearInterval(this.#renewal);
  }
}

/**
 * Leases by which the processes that share a store agree who of them loads something. They save work: two may hold one at a
 * time, after a failover or where a process stood still for longer than its lease.
 */
export class Leases {
  /** Of whatever request comes first: a connection that is opened for messages must not live in its AsyncLocalStorage. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly store: Pick<Store, "acquire" | "free">,
    private readonly nextHolder: () => string,
    /** Called with work that nobody waits for, so that closing can. */
    private readonly track: (work: Promise<unknown>) => void,
  ) {}

  /**
   * The lease, or for how many milliseconds somebody else has it; `onFreed` as of `Store.acquire`.
   * @throws where the store cannot be asked
   */
  async take(name: string, onFreed?: (note: Note) => void): Promise<Lease | number> {
    const { store } = this;
    // Without leases everybody has his own.
    if (!store.acquire || !store.free) return new Lease(null, () => Promise.resolve());
    const holder = this.nextHolder();
    const tell = onFreed && ((note: string | null) => onFreed(readNote(note)));
    const remaining = await this.#outside(() => store.acquire!(name, holder, LEASE, tell));
    if (remaining > 0) return remaining;
    return new Lease(
      () => store.acquire!(name, holder, LEASE),
      (note) => {
        const freed = store.free!(name, holder, note);
        this.track(freed);
        return freed;
      },
    );
  }
}

function readNote(note: string | null): Note {
  return note === "stored" || note === "not-stored" ? note : null;
}

function ignore(): void {}
