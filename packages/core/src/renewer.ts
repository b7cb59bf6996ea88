import { renewalOf } from "./entry.js";
import { StoreUnavailableError } from "./errors.js";
import type { CacheEvent } from "./events.js";
import { renewedUntil, WORTHWHILE, type Lifetime, type Sliding } from "./freshness.js";
import type { L1 } from "./l1/l1.js";
import { LRUCache } from "./lru-cache.js";
import { keptFor } from "./policy/policy.js";
import type { ReadPlan } from "./read-plan.js";
import type { Store } from "./store/store.js";

export interface RenewalContext {
  readonly store: Pick<Store, "renew">;
  readonly l1: Pick<L1, "renew">;
  readonly report: (event: CacheEvent) => void;
  readonly now: () => number;
  /** A clock that never jumps, in milliseconds. */
  readonly monotonicNow: () => number;
  /** Called with work that nobody waits for, so that closing can. */
  readonly track: (work: Promise<unknown>) => void;
}

const MOST_KEYS = 10_000;
/** Milliseconds until a store is asked again that has refused. */
const REFUSED_PAUSE = 60_000;

/** Lets what slides live on when it is asked for. Nobody waits for that; one that gets lost is made up for by the next. */
export class Renewer {
  /** By key: when the next renewal of this process may be sent. */
  readonly #next = new LRUCache<string, number>({ max: MOST_KEYS });
  #refusedUntil = -Infinity;

  constructor(private readonly context: RenewalContext) {}

  used(plan: ReadPlan<unknown>, { storedAt, freshUntil, sliding }: Lifetime): void {
    const { store, l1, now, monotonicNow, track } = this.context;
    const today = now();
    const until = renewedUntil({ freshUntil, sliding }, today);
    if (until === null || !store.renew || !this.#isDue(plan.key, sliding!, monotonicNow())) return;
    l1.renew(plan, storedAt, until);
    const kept = keptFor(plan.policy, until - today, today - storedAt);
    const renewing = store.renew(plan.key, renewalOf({ storedAt, sliding }, until), kept);
    track(renewing.catch((error: unknown) => this.#failed(error)));
  }

  /** False for hits that come before the answer of the last one. */
  #isDue(key: string, { ttl }: Sliding, moment: number): boolean {
    if (moment < this.#refusedUntil || moment < (this.#next.peek(key) ?? -Infinity)) return false;
    this.#next.set(key, moment + ttl * WORTHWHILE);
    return true;
  }

  #failed(error: unknown): void {
    if (error instanceof StoreUnavailableError) return;
    this.#refusedUntil = this.context.monotonicNow() + REFUSED_PAUSE;
    const message = `The store refused to renew an entry, so that none slides: ${String(error)}`;
    this.context.report({ type: "warning", code: "RENEWAL_REFUSED", message });
  }
}
