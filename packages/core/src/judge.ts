import { openEntry, seemsToHaveTagsOfItsOwn, type Entry } from "./entry.js";
import type { MissReason } from "./events.js";
import { expiryOf, timelinessOf } from "./freshness.js";
import type { Lookup } from "./store/store.js";
import type { Tag } from "./tag.js";
import { QUARANTINED, type TokenState } from "./token.js";

/** What a query may trust: how it is named, what it depends on, how old an answer may be. */
export interface Expectation {
  readonly fingerprint: string;
  readonly identity: string | null;
  /** The tags of the looked-up tokens, in their order: those of the plan, then any others. */
  readonly tags: readonly Tag[];
  /** How many of `tags` are the plan's. */
  readonly tagCount: number;
  /** Those of the plan that "found nothing" depends on, each of them among `tags`. */
  readonly absentTags: readonly Tag[];
  /** Milliseconds that an answer may be old, jitter included; and one that says that there is nothing. */
  readonly longestAge: number;
  readonly longestAbsence: number;
  /** The same since it was stored or last renewed. */
  readonly longestIdle: number;
  readonly longestIdleAbsence: number;
  /** Milliseconds for which an expired one is served while it is loaded anew. */
  readonly swr: number;
}

/** `stale`: as a hit, but expired. */
export type Verdict =
  | { readonly kind: "hit"; readonly entry: Entry }
  | { readonly kind: "stale"; readonly entry: Entry }
  | { readonly kind: "miss"; readonly reason: MissReason }
  | { readonly kind: "bypass"; readonly reason: "quarantined" };

/** The entry names tags that were not looked up. `otherwise`: the verdict where nobody does so either. */
export interface Unseen {
  readonly kind: "unseen";
  readonly names: readonly Tag[];
  readonly otherwise: Verdict;
}

/**
 * Whether an entry may be served: it must be this query's, fresh, and each of its stamps must equal the token that the
 * tag has now. A lock on any of the query's tags means that a writer is between "about to commit" and "done": the
 * database is asked and nothing is stored. An entry that names its tags, or that found nothing, depends on these tags and
 * on no others: a lock on another tag of the plan is none of its business.
 */
export function judge(lookup: Lookup, expected: Expectation, now: number): Verdict | Unseen {
  const isLocked = hasLock(lookup.tokens, expected.tagCount);
  if (isLocked && (lookup.entry === null || !seemsToHaveTagsOfItsOwn(lookup.entry))) return BYPASS;
  const verdict = judgeEntry(lookup, expected, now);
  if (!isLocked || verdict.kind === "hit" || verdict.kind === "stale") return verdict;
  return verdict.kind === "unseen" ? { ...verdict, otherwise: BYPASS } : BYPASS;
}

const BYPASS = { kind: "bypass", reason: "quarantined" } as const satisfies Verdict;
const FOREIGN = { kind: "miss", reason: "foreign" } as const satisfies Verdict;
const INVALIDATED = { kind: "miss", reason: "invalidated" } as const satisfies Verdict;

function judgeEntry({ entry: bytes, tokens, isForeign }: Lookup, expected: Expectation, now: number): Verdict | Unseen {
  if (bytes === null) return { kind: "miss", reason: "absent" };
  const entry = openEntry(bytes);
  if (!entry || entry.fingerprint !== expected.fingerprint || entry.identity !== expected.identity) {
    return { kind: "miss", reason: "damaged" };
  }
  // No entry of a plan without such tags says that it found nothing.
  const ended = isForeign ? FOREIGN : INVALIDATED;
  if (entry.absent && expected.absentTags.length === 0) return ended;
  const names = entry.names ?? (entry.absent ? expected.absentTags : null);
  const stamps = names ? compareNamed(entry.stamps, names, tokens, expected.tags) : compare(entry, tokens, expected);
  if (stamps === "differ") return ended;
  // storedAt in the future is another machine's clock: the age is then unknown but for freshUntil.
  const expiry = entry.absent
    ? expiryOf(entry, expected.longestAbsence, expected.longestIdleAbsence)
    : expiryOf(entry, expected.longestAge, expected.longestIdle);
  const timeliness = timelinessOf(entry, expiry, expected.swr, now);
  if (timeliness === "expired") return { kind: "miss", reason: "expired" };
  if (stamps === "unseen") return { kind: "unseen", names: names!, otherwise: ended };
  return { kind: timeliness === "fresh" ? "hit" : "stale", entry };
}

/**
 * The last known result of a query, for when its database cannot be reached: nobody says that it is still true. Null where it
 * is another query's, or older than `longestAge` milliseconds.
 */
export function lastKnown(
  bytes: Uint8Array | null,
  expected: Pick<Expectation, "fingerprint" | "identity" | "absentTags">,
  longestAge: number,
  now: number,
): Entry | null {
  const entry = bytes && openEntry(bytes);
  if (!entry || entry.fingerprint !== expected.fingerprint || entry.identity !== expected.identity) return null;
  if (entry.absent && expected.absentTags.length === 0) return null;
  return now - entry.storedAt < longestAge ? entry : null;
}

function hasLock(tokens: readonly TokenState[], count: number): boolean {
  for (let i = 0; i < count; i++) if (tokens[i] === QUARANTINED) return true;
  return false;
}

function compare({ stamps }: Entry, tokens: readonly TokenState[], { tagCount }: Expectation): "equal" | "differ" {
  if (stamps.length !== tagCount) return "differ";
  for (let i = 0; i < stamps.length; i++) if (stamps[i] !== tokens[i]) return "differ";
  return "equal";
}

function compareNamed(
  stamps: readonly string[],
  names: readonly Tag[],
  tokens: readonly TokenState[],
  tags: readonly Tag[],
): "equal" | "differ" | "unseen" {
  if (stamps.length !== names.length) return "differ";
  const places = new Map(tags.map((tag, place) => [tag, place]));
  let isUnseen = false;
  for (const [i, name] of names.entries()) {
    const place = places.get(name);
    if (place === undefined) isUnseen = true;
    else if (stamps[i] !== tokens[place]) return "differ";
  }
  return isUnseen ? "unseen" : "equal";
}
