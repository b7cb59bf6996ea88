import type { Store } from "./store/store.js";

/** Milliseconds. Whoever waits for one who died waits no longer than this. */
const LEASE = 1_000;
const RENEWALS_PER_LEASE = 3;

/** What somebody who frees a lease tells those who wait for it. `null`: nobody knows. */
export type Note = "stored" | "not-stored" | null;

/** A lease that is ours. Renewed until it is freed or let go. */
export class Lease {
  readonly #renewal: NodeJS.Timeout;

  constructor(
    renew: () => Promise<unknown>,
    private readonly giveBack: (note: string) => Promise<unknown>,
  ) {
    this.#renewal = setInterval(() => void renew().catch(ignore), LEASE / RENEWALS_PER_LEASE);
    this.#renewal.unref();
  }

  /** Resolves, and rejects never, when it has been tried. */
  async free(note: "stored" | "not-stored"): Promise<void> {
    clearInterval(this.#renewal);
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
  constructor(
    private readonly store: Pick<Store, "acquire" | "free">,
    private readonly nextHolder: () => string,
  ) {}

  /**
   * The lease, or for how many milliseconds somebody else has it; then `onFreed` is called once, as of `Store.acquire`.
   * @throws where the store cannot be asked
   */
  async take(name: string, onFreed?: (note: Note) => void): Promise<Lease | number> {
    const { store } = this;
    // Without leases everybody has his own.
    if (!store.acquire || !store.free)
      return new Lease(
        () => Promise.resolve(),
        () => Promise.resolve(),
      );
    const holder = this.nextHolder();
    const remaining = await store.acquire(name, holder, LEASE, onFreed && ((note) => onFreed(readNote(note))));
    if (remaining > 0) return remaining;
    return new Lease(
      () => store.acquire!(name, holder, LEASE),
      (note) => store.free!(name, holder, note),
    );
  }
}

function readNote(note: string | null): Note {
  return note === "stored" || note === "not-stored" ? note : null;
}

function ignore(): void {}
