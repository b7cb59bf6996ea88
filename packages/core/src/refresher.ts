import type { CacheEvent, RefreshCause, RefreshOutcome } from "./events.js";
import type { Leases } from "./leases.js";
import { LRUCache } from "./lru-cache.js";
import type { ReadPlan } from "./read-plan.js";

export interface RefreshContext {
  readonly leases: Leases;
  /** Loads a query anew and stores it; resolves with whether it is stored. Null: there is no need, or not just now. */
  readonly load: (plan: ReadPlan<unknown>, storedAt: number) => Promise<boolean | null>;
  readonly report: (event: CacheEvent) => void;
  /** A clock that never jumps, in milliseconds. */
  readonly monotonicNow: () => number;
  /** Called with work that nobody waits for, so that closing can. */
  readonly track: (work: Promise<unknown>) => void;
}

/** What is left alone: an entry for a while, and a key while somebody in this process is at it. */
interface Rest {
  /** Whoever is at it is so for any entry of that key. */
  readonly isRunning: boolean;
  readonly storedAt: number;
  readonly until: number;
}

/** What is being refreshed somewhere, or could not be, is left alone for so many milliseconds. */
const REST = 1_000;
/** A load that hangs is given up on after so many. */
const LONGEST = 60_000;
const MOST_RESTING = 10_000;

/** Loads results anew in the background, each of them once at a time over all processes that share the store. */
export class Refresher {
  readonly #resting = new LRUCache<string, Rest>({ max: MOST_RESTING });
  #isClosed = false;
  #endWaiting: () => void = () => {};
  readonly #closing = new Promise<void>((resolve) => (this.#endWaiting = resolve));

  constructor(private readonly context: RefreshContext) {}

  /** `storedAt`: of the entry that was seen. Returns at once, and throws never. */
  refresh(plan: ReadPlan<unknown>, storedAt: number, cause: RefreshCause): void {
    const { key } = plan;
    const now = this.context.monotonicNow();
    const rest = this.#resting.peek(key);
    if (this.#isClosed || (rest && now < rest.until && (rest.isRunning || rest.storedAt === storedAt))) return;
    this.#resting.set(key, { isRunning: true, storedAt, until: now + LONGEST });
    // A load may hang: nobody who closes waits for it.
    this.context.track(Promise.race([this.#run(plan, storedAt, cause), this.#closing]));
  }

  /** From now on nothing begins. */
  close(): void {
    this.#isClosed = true;
    this.#endWaiting();
  }

  async #run(plan: ReadPlan<unknown>, storedAt: number, cause: RefreshCause): Promise<void> {
    const { key, source } = plan;
    let outcome: RefreshOutcome = "failed";
    let reason: { error?: unknown } = {};
    try {
      outcome = await this.#loadUnderLease(plan, storedAt);
    } catch (error) {
      reason = { error };
    }
    if (outcome === "stored") this.#resting.delete(key);
    else this.#resting.set(key, { isRunning: false, storedAt, until: this.context.monotonicNow() + REST });
    this.context.report({ type: "refresh", ...source, key, cause, outcome, ...reason });
  }

  async #loadUnderLease(plan: ReadPlan<unknown>, storedAt: number): Promise<RefreshOutcome> {
    const lease = await this.context.leases.take(`refresh\0${storedAt}\0${plan.key}`);
    if (typeof lease === "number") return "elsewhere";
    try {
      if (this.#isClosed) {
        await lease.free("not-stored");
        return "unneeded";
      }
      const isStored = await this.context.load(plan, storedAt);
      if (isStored !== false) await lease.free("stored");
      if (isStored === null) return "unneeded";
      return isStored ? "stored" : "not-stored";
    } finally {
      // One that could not be loaded or stored is not tried again at once, by nobody.
      lease.letGo();
    }
  }
}
