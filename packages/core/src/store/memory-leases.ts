type OnFreed = (note: string | null) => void;

interface MemoryLease {
  readonly holder: string;
  expires: number;
  waiting: { readonly tell: OnFreed; readonly until: number }[];
}

/** The leases of a store in memory. Moments and times are milliseconds. */
export class MemoryLeases {
  readonly #leases = new Map<string, MemoryLease>();

  /** As of `Store`. */
  acquire(name: string, holder: string, ttl: number, now: number, onFreed?: OnFreed): number {
    const lease = this.#leases.get(name);
    if (lease && lease.expires > now) {
      if (lease.holder === holder) {
        lease.expires = now + ttl;
        return 0;
      }
      const { expires } = lease;
      lease.waiting = lease.waiting.filter(({ until }) => until > now);
      if (onFreed) lease.waiting.push({ tell: onFreed, until: expires });
      return expires - now;
    }
    this.#leases.delete(name);
    this.#dropLapsed(now);
    this.#leases.set(name, { holder, expires: now + ttl, waiting: [] });
    return 0;
  }

  free(name: string, holder: string, note: string): void {
    const lease = this.#leases.get(name);
    if (lease?.holder !== holder) return;
    this.#leases.delete(name);
    for (const { tell } of lease.waiting) tell(note);
  }

  end(): void {
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    for (const { waiting } of leases) for (const { tell } of waiting) tell(null);
  }

  /** Looks at the two oldest for each new one: those of holders that never came back cannot pile up. */
  #dropLapsed(now: number): void {
    let looks = 2;
    for (const [name, lease] of this.#leases) {
      if (looks-- === 0) return;
      this.#leases.delete(name);
      if (lease.expires > now) this.#leases.set(name, lease);
    }
  }
}
