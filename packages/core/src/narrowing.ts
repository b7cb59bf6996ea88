import { tagGroup, type Tag } from "./tag.js";
import type { Token, TokenState } from "./token.js";

/** What a result tells of the tags that it depends on, more exactly than its query did. */
export interface Narrowing {
  /** Tags of the plan that `exact` takes the place of. Each stands for a whole group: every write to it rotates it. */
  readonly replaced: readonly Tag[];
  /**
   * What of these groups the result depends on; nothing of a group where none of its rows is in the result, nor could
   * be without a change of something else that the result depends on. Each is in the group of a replaced tag, or is a
   * tag of the plan anyway.
   */
  readonly exact: readonly Tag[];
}

/** A result that depends on more exact tags than this keeps the wide ones. */
export const MOST_EXACT_TAGS = 32;

/** Tags, each with the token that it had while nothing behind it was written. */
export interface Stamped {
  readonly tags: readonly Tag[];
  readonly stamps: readonly Token[];
}

/** What has to be seen before exact tags may take the place of wide ones. */
export interface Substitution {
  /** What stays of the wide stamps. */
  readonly kept: Stamped;
  /** The exact tags whose tokens are not known yet. */
  readonly exact: readonly Tag[];
  /** The replaced tags of their groups: these must still be what they were before the load. */
  readonly watched: Stamped;
}

/**
 * Null: nothing is gained.
 * @throws RangeError where the contract of `Narrowing` is not kept
 */
export function planSubstitution(wide: Stamped, { replaced, exact }: Narrowing): Substitution | null {
  const plans = new Set(wide.tags);
  if (!replaced.every((tag) => plans.has(tag))) throw new RangeError("only tags of the plan can be replaced");
  const fresh = new Set(exact.filter((tag) => !plans.has(tag)));
  const leaving = new Set(replaced.filter((tag) => !exact.includes(tag)));
  if (leaving.size === 0 || fresh.size > MOST_EXACT_TAGS) return null;
  const groups = new Set([...leaving].map(tagGroup));
  const asked = new Set([...fresh].map(tagGroup));
  if (![...asked].every((group) => groups.has(group))) throw new RangeError("an exact tag replaces one of its group");
  return {
    kept: only(wide, (tag) => !leaving.has(tag)),
    exact: [...fresh],
    watched: only(wide, (tag) => leaving.has(tag) && asked.has(tagGroup(tag))),
  };
}

/**
 * The tags and stamps that an entry gets. `seen`: the states of `exact`, then of `watched`, which were looked at no
 * earlier than any exact tag of their group.
 *
 * Every write locks or rotates the wide tag of its group no later than the exact ones, so that a wide tag that is what
 * it was before the load shows that nothing behind the exact tags was written until they were looked at.
 */
export function substitute(
  { kept, exact, watched }: Substitution,
  seen: readonly TokenState[],
): Stamped | "overtaken" | "wide" {
  if (watched.stamps.some((stamp, i) => seen[exact.length + i] !== stamp)) return "overtaken";
  const stamps = seen.slice(0, exact.length);
  if (!areTokens(stamps)) return "wide";
  return { tags: [...kept.tags, ...exact], stamps: [...kept.stamps, ...stamps] };
}

export function areTokens(states: readonly TokenState[]): states is readonly Token[] {
  return states.every((state) => typeof state === "string");
}

function only({ tags, stamps }: Stamped, stays: (tag: Tag) => boolean): Stamped {
  const places = [...tags.keys()].filter((i) => stays(tags[i]!));
  return { tags: places.map((i) => tags[i]!), stamps: places.map((i) => stamps[i]!) };
}
