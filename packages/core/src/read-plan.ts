import type { AdaptiveSwitch } from "./adaptive/adaptive-switch.js";
import type { Codec } from "./codec/codec.js";
import type { Entry } from "./entry.js";
import type { Source } from "./events.js";
import type { Narrowing } from "./narrowing.js";
import { expiryOf, type Lifetime } from "./freshness.js";
import type { QueryCounts } from "./insight/query-counts.js";
import { longestAge, longestIdle, type Policy } from "./policy/policy.js";
import type { Keyring } from "./seal/keyring.js";
import type { Tag } from "./tag.js";

/** A query, prepared: its name, what its result depends on, how long that is kept, how it travels, how to ask. */
export interface ReadPlan<T> {
  readonly source: Source;
  readonly key: string;
  readonly identity: string | null;
  readonly fingerprint: string;
  /** `ANY_CUSTOM` is among them, and among `absentTags` if there are any, where the policy has `tagsOf`. */
  readonly tags: readonly Tag[];
  /** What a result of `null` depends on, in the place of `tags`. Empty: on `tags`, as any other result. */
  readonly absentTags: readonly Tag[];
  /** `tags`, then those that only `absentTags` has, where that is known already. */
  readonly allTags?: readonly Tag[];
  readonly policy: Policy;
  readonly codec: Codec;
  /** Entries are encrypted, and others are refused. Left out: they are in clear, and encrypted ones are refused. */
  readonly keyring?: Keyring | undefined;
  /** False: a result of `null` is not stored, since it may be wrong. Default true. */
  readonly keepsAbsent?: boolean;
  /** The database has no choice what to answer, but for the order of lists. Default true. */
  readonly isDetermined?: boolean;
  /** Is told how reads of this kind fare. Left out: nobody asks. */
  readonly adaptive?: Pick<AdaptiveSwitch, "hit" | "dropped"> | undefined;
  /** `Cache.counts` of its source. Left out: they are looked for. */
  readonly counts?: QueryCounts | undefined;
  /** Asks the primary database, outside any transaction. */
  readonly load: () => Promise<T>;
  /** Whether an error of a load says that the database could not be reached. Left out: none does. */
  readonly isOutage?: ((error: unknown) => boolean) | undefined;
  /**
   * Where only the result tells which rows some of `tags` are about: as `load`, and what the result told. Asked in the
   * place of `load` on a miss, and only then. `narrowing` is read once, after the load; should it throw, or not be as
   * `Narrowing` says, `tags` stand.
   */
  readonly loadNarrow?: (() => Promise<Answer<T>>) | undefined;
}

export interface Answer<T> {
  readonly value: T;
  /** Null: nothing to gain. */
  readonly narrowing: Narrowing | null;
}

/** Whether its entries may name tags of their own. */
export function mayNameTags({ loadNarrow, policy }: Pick<ReadPlan<unknown>, "loadNarrow" | "policy">): boolean {
  return policy.tagsOf !== undefined || loadNarrow !== undefined;
}

/** The tags of a plan, then those that only "found nothing" depends on. */
export function allTags({
  tags,
  absentTags,
  allTags: known,
}: Pick<ReadPlan<unknown>, "tags" | "absentTags" | "allTags">): readonly Tag[] {
  if (known) return known;
  const more = absentTags.filter((tag) => !tags.includes(tag));
  return more.length === 0 ? tags : [...tags, ...more];
}

/** What an entry of this plan depends on, in the order of its stamps. */
export function entryTags(
  { tags, absentTags }: Pick<ReadPlan<unknown>, "tags" | "absentTags">,
  { names, absent }: Pick<Entry, "names" | "absent">,
): readonly Tag[] {
  return names ?? (absent ? absentTags : tags);
}

/** How old a result of this plan may be, in milliseconds, as far as its entry tells. `absent`: as of the entry. */
export function longestAgeOf({ policy, absentTags }: Limiting, absent: boolean): number {
  const age = longestAge(policy, absent);
  return saysWhetherNull(policy, absentTags) ? age : Math.max(age, longestAge(policy, true));
}

/** The same since it was stored or last renewed. */
export function longestIdleOf({ policy, absentTags }: Limiting, absent: boolean): number {
  const idle = longestIdle(policy, absent);
  return saysWhetherNull(policy, absentTags) ? idle : Math.max(idle, longestIdle(policy, true));
}

type Limiting = Pick<ReadPlan<unknown>, "policy" | "absentTags">;

/** An entry does not tell of itself that it holds `null` where that depends on what all else does. */
function saysWhetherNull({ negativeTtl }: Policy, absentTags: readonly Tag[]): boolean {
  return absentTags.length > 0 || negativeTtl === undefined;
}

/** When a result of this plan expires, now that it is known whether it is `null`. */
export function expiryOfResult(
  { policy }: Pick<ReadPlan<unknown>, "policy">,
  lifetime: Lifetime,
  result: unknown,
): number {
  const isNothing = result === null;
  return expiryOf(lifetime, longestAge(policy, isNothing), longestIdle(policy, isNothing));
}
