import { knownOf } from "./finder.js";
import { L1_TIER, type L1 } from "./l1/l1.js";
import type { ReadPlan } from "./read-plan.js";
import { fromEntry, ReadResult } from "./read-result.js";
import type { Store } from "./store/store.js";

export interface LastKnownContext {
  readonly store: Pick<Store, "lookup" | "tier">;
  readonly l1: Pick<L1, "lastKnown" | "valueOf">;
  readonly now: () => number;
}

/** Finds the last known results of queries, for when their database cannot be reached: whether or not they are still true. */
export class LastKnown {
  constructor(private readonly context: LastKnownContext) {}

  /** Null where there is none of at most `longestAge` milliseconds. Rejects never. */
  async find<T>(plan: ReadPlan<T>, longestAge: number): Promise<ReadResult<T> | null> {
    return (await this.#inStore(plan, longestAge)) ?? this.#inMemory(plan, longestAge);
  }

  async #inStore<T>(plan: ReadPlan<T>, longestAge: number): Promise<ReadResult<T> | null> {
    const { store, now } = this.context;
    let bytes: Uint8Array | null;
    try {
      bytes = (await store.lookup(plan.key, [])).entry;
    } catch {
      return null;
    }
    const known = knownOf(plan, bytes, longestAge, now());
    return known && fromEntry(plan, known.entry, ["stale", "unreachable"], store.tier, known.value as T);
  }

  #inMemory<T>(plan: ReadPlan<T>, longestAge: number): ReadResult<T> | null {
    const { l1, now } = this.context;
    const held = l1.lastKnown(plan, longestAge, now());
    if (!held) return null;
    try {
      return new ReadResult(l1.valueOf(plan, held) as T, "stale", "unreachable", L1_TIER, plan, held);
    } catch {
      return null;
    }
  }
}
