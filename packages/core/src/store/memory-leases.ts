interface MemoryLease {
  holder: string;
  expires: number;
  readonly waiting: ((note: string | null) => void)[];
}

/** The leases of a store in memory. Moments and times are milliseconds. */
export class MemoryLeases {
  readonly #leases = new Map<string, MemoryLease>();

  /** As of `Store`. */
  acquire(name: string, holder: string, ttl: number, now: number, onFreed?: (note: string | null) => void): number {
    const lease = this.#leases.get(name);
    if (lease && lease.holder !== holder && lease.expires > now) {
      if (onFreed) lease.waiting.push(onFreed);
      return lease.expires - now;
    }
    this.#dropLapsed(now);
    // Those who wait for one that lapsed wait for the next holder.
    this.#leases.set(name, { holder, expires: now + ttl, waiting: lease?.waiting ?? [] });
    return 0;
  }

  free(name: string, holder: string, note: string): void {
    const lease = this.#leases.get(name);
    if (lease?.holder !== holder) return;
    this.#leases.delete(name);
    for (const tell of lease.waiting) tell(note);
  }

  end(): void {
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    for (const { waiting } of leases) for (const tell of waiting) tell(null);
  }

  /** Looks at the two oldest for each new one: those of holders that never came back cannot pile up. */
  #dropLapsed(now: number): void {
    let looks = 2;
    for (const [name, lease] of this.#leases) {
      if (looks-- === 0) return;
      this.#leases.delete(name);
      if (lease.expires > now) this.#leases.set(name, lease);
      else for (const tell of lease.waiting) tell(null);
    }
  }
}
