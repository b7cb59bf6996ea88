import type { Codec } from "./codec/codec.js";
import { isSealed, MOST_STAMPS, openEntry, type Entry } from "./entry.js";
import type { BypassReason, MissReason } from "./events.js";
import { timelinessOf, type Lifetime, type Timeliness } from "./freshness.js";
import { judge, lastKnown, type Expectation, type Unseen, type Verdict } from "./judge.js";
import { isCurrent, type Held, type L1 } from "./l1/l1.js";
import type { Mirror, Moment } from "./l1/mirror.js";
import type { NamedTags } from "./named-tags.js";
import type { Policy } from "./policy/policy.js";
import type { Releases } from "./releases.js";
import {
  allTags,
  entryTags,
  expiryOfResult,
  longestAgeOf,
  longestIdleOf,
  mayNameTags,
  type ReadPlan,
} from "./read-plan.js";
import { unsealEntry } from "./seal/seal.js";
import type { Lookup, Store } from "./store/store.js";
import type { Tag } from "./tag.js";
import { QUARANTINED, type TokenState } from "./token.js";

export interface FinderContext {
  readonly store: Pick<Store, "lookup" | "mint">;
  /** Writes of this process that the store does not know of yet. */
  readonly recovery: { readonly size: number };
  readonly releasing: Pick<Releases, "concern" | "settled">;
  readonly l1: L1;
  readonly mirror: Mirror;
  readonly now: () => number;
  /** A clock that never jumps, in milliseconds. */
  readonly monotonicNow: () => number;
  /** Somebody wants to know how long things take. */
  readonly isHeard: () => boolean;
  /** Milliseconds that a fresh token of this tag lives. */
  readonly lifetime: (tag: Tag, policy: Policy) => number;
}

/** `tokens`: of all tags of the plan, none of them missing: a load that begins now may be stored under them. */
export interface Missed {
  readonly kind: "miss";
  readonly reason: MissReason;
  readonly tokens: readonly TokenState[];
  /** Of what is invalidated: the framed entry as it was stored. */
  readonly ended?: Uint8Array;
}

/*
 * What holds a result is no literal: of each literal V8 notes how many of its objects outlive young memory. Where many do, since many
 * reads are answered at a time, it makes them in old memory from then on, and the results live as long as these.
 */

/** A result that the store has. `stale`: as `hit`, but expired. */
class StoredResult {
  /** `decodeMilliseconds`: how long the result took to be made of its bytes, where that was measured. */
  constructor(
    readonly kind: "hit" | "stale",
    readonly data: unknown,
    readonly entry: Entry,
    readonly decodeMilliseconds: number | undefined,
  ) {}
}

/** A result that this process holds. */
class HeldResult {
  readonly kind = "l1";

  constructor(
    readonly data: unknown,
    readonly held: Held,
  ) {}
}

/** A result that a codec made. */
class Decoded {
  constructor(readonly value: unknown) {}
}

/** What there is of a query. */
export type Sight =
  | StoredResult
  | HeldResult
  | Missed
  | { readonly kind: "bypass"; readonly reason: BypassReason; readonly detail?: string };

/** An entry, and the result in it. */
export interface Recalled {
  readonly entry: Entry;
  readonly value: unknown;
}

/** What a read would find. */
export type Found =
  | { readonly kind: "hit"; readonly tags: readonly Tag[] }
  | { readonly kind: "stale"; readonly tags: readonly Tag[] }
  | Exclude<Verdict, { readonly kind: "hit" | "stale" }>
  | { readonly kind: "bypass"; readonly reason: BypassReason };

/** Finds what the cache has of a query, in this process's memory and in the store, and may serve. Asks no database. */
export class Finder {
  constructor(
    private readonly context: FinderContext,
    private readonly named: NamedTags,
  ) {}

  /** What is held of a plan in this process, if it may be served without asking the store. */
  current(plan: ReadPlan<unknown>, moment = this.context.monotonicNow()): Held | null {
    const { l1 } = plan.policy;
    if (l1?.mode !== "tracked") return null;
    const { mirror, recovery, releasing } = this.context;
    if (recovery.size > 0) return null;
    const held = this.context.l1.get(plan, this.context.now());
    // What this process has acknowledged, it sees.
    if (!held || releasing.concern(held.tags) || !isCurrent(held.cells) || !mirror.isTrusted(moment, l1.maxStaleness))
      return null;
    return held;
  }

  /** Undefined where it is too old for the plan, or the codec did not write what is held: then it is dropped. */
  copyOf(plan: ReadPlan<unknown>, held: Held): unknown {
    try {
      const value = this.context.l1.valueOf(plan, held);
      return this.#timeliness(plan, held, value, "fresh") === "fresh" ? value : undefined;
    } catch {
      this.context.l1.delete(plan.key);
      return undefined;
    }
  }

  /** `since`: the moment before this. */
  async find(plan: ReadPlan<unknown>, since: Moment): Promise<Sight> {
    const own = allTags(plan);
    // What this process has acknowledged, it sees.
    const released = this.#released(plan, own);
    if (released) await released;
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    if (own.length > MOST_STAMPS) {
      return { kind: "bypass", reason: "uncacheable", detail: `depends on more than ${MOST_STAMPS} tags` };
    }
    try {
      const validated = plan.policy.l1 && (await this.#validated(plan, since));
      if (validated) return validated;
      const tags = this.#worthSeeing(plan, own);
      let lookup = await this.context.store.lookup(plan.key, tags);
      let verdict = this.#judge(plan, tags, lookup);
      if (verdict.kind === "unseen") [lookup, verdict] = await this.#lookAgain(plan, own, verdict);
      if (verdict.kind === "bypass") return verdict;
      if (verdict.kind === "miss") return await this.#missed(plan, own, lookup, verdict.reason);
      const { entry, kind } = verdict;
      const { isHeard, monotonicNow } = this.context;
      const began = isHeard() ? monotonicNow() : null;
      const copy = kind === "hit" ? this.#opened(plan, entry, since) : valueOf(plan.codec, entry);
      const decodeMilliseconds = began === null ? undefined : monotonicNow() - began;
      if (!copy) return await this.#missed(plan, own, lookup, "damaged");
      const timeliness = this.#timeliness(plan, entry, copy.value, kind === "hit" ? "fresh" : "stale");
      if (timeliness === "expired") return await this.#missed(plan, own, lookup, "expired");
      return new StoredResult(timeliness === "fresh" ? "hit" : "stale", copy.value, entry, decodeMilliseconds);
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  /** What a read would find now. Changes nothing. */
  async inspect(plan: ReadPlan<unknown>): Promise<Found> {
    const own = allTags(plan);
    const released = this.#released(plan, own);
    if (released) await released;
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    const held = this.current(plan);
    if (held && this.copyOf(plan, held) !== undefined) return { kind: "hit", tags: held.tags };
    if (own.length > MOST_STAMPS) return { kind: "bypass", reason: "uncacheable" };
    try {
      const tags = this.#worthSeeing(plan, own);
      let verdict = this.#judge(plan, tags, await this.context.store.lookup(plan.key, tags));
      if (verdict.kind === "unseen") [, verdict] = await this.#lookAgain(plan, own, verdict);
      if (verdict.kind !== "hit" && verdict.kind !== "stale") return verdict;
      const { entry, kind } = verdict;
      const copy = valueOf(plan.codec, entry);
      if (!copy) return { kind: "miss", reason: "damaged" };
      const timeliness = this.#timeliness(plan, entry, copy.value, kind === "hit" ? "fresh" : "stale");
      if (timeliness === "expired") return { kind: "miss", reason: "expired" };
      return { kind: timeliness === "fresh" ? "hit" : "stale", tags: entryTags(plan, entry) };
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  /** As `ReadThrough.recall`. */
  async recall(plan: ReadPlan<unknown>): Promise<Recalled | null> {
    const { entry: bytes } = await this.context.store.lookup(plan.key, []);
    const now = this.context.now();
    const known = knownOf(plan, bytes, longestAgeOf(plan, false), now);
    return known?.entry.names === null && !known.entry.absent && known.entry.freshUntil > now ? known : null;
  }

  /**
   * The tokens under which a load that begins now may take the place of the entry that was stored at that time. Null: a write
   * is under way, or another entry has taken its place.
   */
  async tokensForAnother(plan: ReadPlan<unknown>, storedAt: number): Promise<readonly TokenState[] | null> {
    const own = allTags(plan);
    const lookup = await this.context.store.lookup(plan.key, own);
    const entry = lookup.entry && openEntry(lookup.entry);
    if (entry && entry.storedAt !== storedAt) {
      // The old one may still be held in memory, under the same tokens.
      this.context.l1.delete(plan.key);
      return null;
    }
    const tokens = await this.#minted(plan, own, lookup);
    return tokens.includes(QUARANTINED) ? null : tokens;
  }

  /** Releases that what is found may depend on; null where there are none. Which tags an entry names is not known before. */
  #released(plan: ReadPlan<unknown>, own: readonly Tag[]): Promise<unknown> | null {
    return this.context.releasing.settled(mayNameTags(plan) ? "all" : own);
  }

  async #missed(plan: ReadPlan<unknown>, own: readonly Tag[], lookup: Lookup, reason: MissReason): Promise<Sight> {
    const tokens = await this.#minted(plan, own, lookup);
    // A writer may have locked a tag between our look and the minting.
    if (tokens.slice(0, plan.tags.length).includes(QUARANTINED)) return { kind: "bypass", reason: "quarantined" };
    if (reason !== "invalidated") return { kind: "miss", reason, tokens };
    return { kind: "miss", reason, tokens, ended: lookup.entry! };
  }

  /** The result in a valid entry of the store, which is held from now on where the policy says so. */
  #opened(plan: ReadPlan<unknown>, entry: Entry, since: Moment): { readonly value: unknown } | null {
    if (plan.policy.l1) {
      const { l1 } = this.context;
      const held = l1.get(plan, this.context.now());
      if (held && l1.isSame(held, entry) && l1.confirm(plan, held, entry.stamps, since)) {
        const value = this.copyOf(plan, held);
        if (value !== undefined) return new Decoded(value);
      }
    }
    const copy = valueOf(plan.codec, entry);
    if (copy && plan.policy.l1) this.context.l1.put(plan, entry, since);
    return copy;
  }

  /** What is held of a plan, if the store says that nothing it depends on was written since. */
  async #validated(plan: ReadPlan<unknown>, since: Moment): Promise<Sight | null> {
    const held = this.context.l1.get(plan, this.context.now());
    // Of what is known to be invalidated the store may have a newer one: that is asked for together with the tokens.
    if (!held || (held.cells !== null && !isCurrent(held.cells))) return null;
    const { tokens } = await this.context.store.lookup(null, held.tags);
    if (!this.context.l1.confirm(plan, held, tokens, since)) return null;
    const data = this.copyOf(plan, held);
    return data === undefined ? null : new HeldResult(data, held);
  }

  /** The entry of a verdict is one that was unsealed. */
  #judge(plan: ReadPlan<unknown>, tags: readonly Tag[], lookup: Lookup): Verdict | Unseen {
    const verdict = judge(lookup, expectation(plan, tags), this.context.now());
    if (verdict.kind !== "hit" && verdict.kind !== "stale") return verdict;
    const entry = unsealEntry(plan, verdict.entry, isSealed(lookup.entry!));
    if (entry === verdict.entry) return verdict;
    return entry ? { kind: verdict.kind, entry } : { kind: "miss", reason: "damaged" };
  }

  /** For a result that the entry does not tell to be `null`, whose time may be shorter. */
  #timeliness(plan: ReadPlan<unknown>, lifetime: Lifetime, value: unknown, judged: Timeliness): Timeliness {
    const { negativeTtl, swr = 0 } = plan.policy;
    if (negativeTtl === undefined) return judged;
    return timelinessOf(lifetime, expiryOfResult(plan, lifetime, value), swr, this.context.now());
  }

  /** The tags of the plan, and those that its entry named when this process last saw it. */
  #worthSeeing(plan: ReadPlan<unknown>, own: readonly Tag[]): readonly Tag[] {
    const named = mayNameTags(plan) && this.named.get(plan.key);
    return named ? [...own, ...named] : own;
  }

  /** For an entry that names tags which this process did not know of. */
  async #lookAgain(plan: ReadPlan<unknown>, own: readonly Tag[], { names }: Unseen): Promise<[Lookup, Verdict]> {
    const others = names.filter((name) => !own.includes(name));
    if (mayNameTags(plan)) this.named.set(plan.key, others);
    const tags = [...own, ...others];
    const lookup = await this.context.store.lookup(plan.key, tags);
    const verdict = this.#judge(plan, tags, lookup);
    // Another entry has come meanwhile. Whoever loses that race again and again had better ask the database.
    return [lookup, verdict.kind === "unseen" ? verdict.otherwise : verdict];
  }

  /** The tokens of all tags, the missing ones minted: they become the stamps, so they must be known before the load. */
  async #minted({ policy }: ReadPlan<unknown>, tags: readonly Tag[], lookup: Lookup): Promise<readonly TokenState[]> {
    const tokens = lookup.tokens.length === tags.length ? lookup.tokens : lookup.tokens.slice(0, tags.length);
    const missing = tags.filter((_, i) => tokens[i] === null);
    if (missing.length === 0) return tokens;
    const lifetimes = missing.map((tag) => this.context.lifetime(tag, policy));
    const minted = await this.context.store.mint(missing, lifetimes);
    let next = 0;
    return tokens.map((token) => (token === null ? minted[next++]! : token));
  }
}

/** What a framed entry says, as of `lastKnown`. Null also where it cannot be read. */
export function knownOf(
  plan: ReadPlan<unknown>,
  bytes: Uint8Array | null,
  longestAge: number,
  now: number,
): Recalled | null {
  const known = lastKnown(bytes, plan, longestAge, now);
  const entry = known && unsealEntry(plan, known, isSealed(bytes!));
  const copy = entry && valueOf(plan.codec, entry);
  return copy && { entry, value: copy.value };
}

/** The result in an entry; null where the codec did not write it. */
export function valueOf(codec: Codec, { absent, payload }: Entry): { readonly value: unknown } | null {
  return absent ? { value: null } : decoded(codec, payload);
}

/** Null where the codec did not write these bytes. */
export function decoded(codec: Codec, payload: Uint8Array): { readonly value: unknown } | null {
  try {
    return new Decoded(codec.decode(payload));
  } catch {
    return null;
  }
}

function expectation(plan: ReadPlan<unknown>, lookedUp: readonly Tag[]): Expectation {
  const { fingerprint, identity, tags, absentTags, policy } = plan;
  return {
    fingerprint,
    identity,
    tags: lookedUp,
    tagCount: tags.length,
    absentTags,
    longestAge: longestAgeOf(plan, false),
    longestAbsence: longestAgeOf(plan, true),
    longestIdle: longestIdleOf(plan, false),
    longestIdleAbsence: longestIdleOf(plan, true),
    swr: policy.swr ?? 0,
  };
}
