import type { Entry } from "./entry.js";
import type { BypassReason, MissReason, StaleReason } from "./events.js";
import type { Held } from "./l1/l1.js";
import { entryTags, type ReadPlan } from "./read-plan.js";
import type { Tag } from "./tag.js";

/** Where an answer came from, and why. */
export interface ReadInfo {
  /** `stale`: from the cache, though known to be old. */
  readonly status: "hit" | "stale" | "miss" | "bypass";
  readonly reason: MissReason | BypassReason | StaleReason | null;
  /** Of what the cache gave: "l1" for this process's memory in front of the store, else the store's. Else "database". */
  readonly tier: string;
  readonly key: string | null;
  /** Of what the cache gave: what the entry depends on. Else what the query's arguments tell. */
  readonly tags: readonly Tag[];
  readonly storedAt: Date | null;
  /** When its ttl is over, without `swr`: in the past where it is stale for that. */
  readonly expiresAt: Date | null;
}

/** What a query got, and where from. */
export class ReadResult<T> {
  readonly #entry: Pick<Held, "tags" | "storedAt" | "freshUntil"> | null;

  constructor(
    readonly data: T,
    readonly status: ReadInfo["status"],
    readonly reason: ReadInfo["reason"],
    readonly tier: string,
    private readonly plan: ReadPlan<unknown>,
    entry: Pick<Held, "tags" | "storedAt" | "freshUntil"> | null = null,
  ) {
    this.#entry = entry;
  }

  /** Worked out when it is asked for: hardly anybody does. */
  get info(): ReadInfo {
    const { status, reason, tier, plan } = this;
    const entry = this.#entry;
    return {
      status,
      reason,
      tier,
      key: plan.key,
      tags: entry?.tags ?? plan.tags,
      storedAt: entry && new Date(entry.storedAt),
      expiresAt: entry && new Date(entry.freshUntil),
    };
  }
}

/** An answer that the store did not give. */
export function fromDatabase<T>(
  plan: ReadPlan<unknown>,
  status: "miss" | "bypass",
  reason: ReadInfo["reason"],
  data: T,
): ReadResult<T> {
  return new ReadResult(data, status, reason, "database", plan);
}

/** The answer of the database to a query that goes past the cache. */
export async function pastCache<T>(plan: ReadPlan<T>, reason: BypassReason): Promise<ReadResult<T>> {
  return fromDatabase(plan, "bypass", reason, await plan.load());
}

/** An answer that an entry of the store gave. */
export function fromEntry<T>(
  plan: ReadPlan<unknown>,
  entry: Entry,
  [status, reason]: readonly [ReadInfo["status"], ReadInfo["reason"]],
  tier: string,
  data: T,
): ReadResult<T> {
  const { storedAt, freshUntil } = entry;
  return new ReadResult(data, status, reason, tier, plan, { tags: entryTags(plan, entry), storedAt, freshUntil });
}
