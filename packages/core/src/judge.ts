import { openEntry, type Entry } from "./entry.js";
import type { MissReason } from "./events.js";
import type { Lookup } from "./store/store.js";
import { QUARANTINED, type TokenState } from "./token.js";

/** What a query may trust: how it is named, what it depends on, how old an answer may be. */
export interface Expectation {
  readonly fingerprint: string;
  readonly identity: string | null;
  /** How many of the looked-up tokens belong to `tags`; the rest belong to `absentTags`. */
  readonly tagCount: number;
  /** Milliseconds that an answer may be old, jitter included. */
  readonly longestAge: number;
}

export type Verdict =
  | { readonly kind: "hit"; readonly entry: Entry }
  | { readonly kind: "miss"; readonly reason: MissReason }
  | { readonly kind: "bypass"; readonly reason: "quarantined" };

/**
 * Whether an entry may be served: it must be this query's, fresh, and each of its stamps must equal the token that the
 * tag has now. A lock on any of the query's tags means that a writer is between "about to commit" and "done": the
 * database is asked and nothing is stored.
 */
export function judge(lookup: Lookup, expected: Expectation, now: number): Verdict {
  const { tokens } = lookup;
  for (let i = 0; i < expected.tagCount; i++) {
    if (tokens[i] === QUARANTINED) return { kind: "bypass", reason: "quarantined" };
  }
  if (lookup.entry === null) return { kind: "miss", reason: "absent" };

  const entry = openEntry(lookup.entry);
  if (!entry || entry.fingerprint !== expected.fingerprint || entry.identity !== expected.identity) {
    return { kind: "miss", reason: "damaged" };
  }
  const stamped = entry.absent ? tokens.length : expected.tagCount;
  if (entry.stamps.length !== stamped || !stampsHold(entry.stamps, tokens)) {
    return { kind: "miss", reason: "invalidated" };
  }
  // storedAt in the future is another machine's clock: the age is then unknown but for freshUntil.
  if (now >= entry.freshUntil || now - entry.storedAt >= expected.longestAge)
    return { kind: "miss", reason: "expired" };
  return { kind: "hit", entry };
}

function stampsHold(stamps: readonly string[], tokens: readonly TokenState[]): boolean {
  for (let i = 0; i < stamps.length; i++) if (stamps[i] !== tokens[i]) return false;
  return true;
}
