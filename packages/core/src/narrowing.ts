import { ANY_CUSTOM, isCustomTag, tagGroup, type Tag } from "./tag.js";
import type { Token, TokenState } from "./token.js";

/** What a result tells of the tags that it depends on, more exactly than its query did. */
export interface Narrowing {
  /**
   * Tags of the plan that `exact` takes the place of. Each stands for a whole group, `ANY_CUSTOM` for all custom tags: every
   * write to it rotates it.
   */
  readonly replaced: readonly Tag[];
  /**
   * What of these groups the result depends on; nothing of a group where none of its rows is in the result, nor could
   * be without a change of something else that the result depends on. Each is in the group of a replaced tag, or is a
   * tag of the plan anyway.
   */
  readonly exact: readonly Tag[];
}

/** A result that depends on more exact tags than this keeps the wide ones; and with more custom tags, the one for these. */
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
  /** `exact`, then the tags of `watched`: what may be looked at together, one part after the other. */
  readonly looks: readonly (readonly Tag[])[];
  /** The replaced tags of their groups: these must still be what they were before the load. */
  readonly watched: Stamped;
}

/** What a result told, with the custom tags that it is to have. */
export function withCustomTags(narrowing: Narrowing | null, tags: readonly Tag[]): Narrowing | null {
  if (tags.length > MOST_EXACT_TAGS) return narrowing;
  const { replaced, exact } = narrowing ?? { replaced: [], exact: [] };
  return { replaced: [...replaced, ANY_CUSTOM], exact: [...exact, ...tags] };
}

/**
 * Null: nothing is gained.
 * @throws RangeError where the contract of `Narrowing` is not kept
 */
export function planSubstitution(wide: Stamped, { replaced, exact }: Narrowing): Substitution | null {
  const plans = new Set(wide.tags);
  if (!replaced.every((tag) => plans.has(tag))) throw new RangeError("only tags of the plan can be replaced");
  const fresh = [...new Set(exact.filter((tag) => !plans.has(tag)))];
  const leaving = new Set(replaced.filter((tag) => !exact.includes(tag)));
  // Each custom tag is in a group of its own, and groups are not looked at together.
  const [apart, grouped] = [fresh.filter(isCustomTag), fresh.filter((tag) => !isCustomTag(tag))];
  if (leaving.size === 0 || Math.max(apart.length, grouped.length) > MOST_EXACT_TAGS) return null;
  const groups = new Set([...leaving].map(coveredGroup));
  const asked = new Set(fresh.map(coveredGroup));
  if (![...asked].every((group) => groups.has(group))) throw new RangeError("an exact tag replaces one of its group");
  const watched = only(wide, (tag) => leaving.has(tag) && asked.has(coveredGroup(tag)));
  return {
    kept: only(wide, (tag) => !leaving.has(tag)),
    exact: [...apart, ...grouped],
    looks: [apart, [...grouped, ...watched.tags]].filter((tags) => tags.length > 0),
    watched,
  };
}

/** The group, where one wide tag stands for several of them: all custom ones. */
function coveredGroup(tag: Tag): string {
  return isCustomTag(tag) ? ANY_CUSTOM : tagGroup(tag);
}

/**
 * The tags and stamps that an entry gets. `seen`: the states of `exact`, then of `watched`, which were looked at no
 * earlier than any exact tag of their group.
 *
 * Every write locks or rotates the wide tag of its group no later than the exact ones, so that a wide tag that is what
 * it was before the load shows that nothing behind the exact tags was written until they were looked at. Within a group
 * the store does both at one instant; that it holds for custom tags too, `wideFirst` sees to.
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
