import { ANY_CUSTOM, isCustomTag, type Tag } from "../tag.js";
import type { Store } from "./store.js";

/** What ends the validity of entries. */
export type Writes = Pick<Store, "quarantine" | "release" | "rotate">;

/**
 * `store`, where whoever touches a custom tag touches `ANY_CUSTOM` too, and ends it first. A reader who learns the custom
 * tags of a result when it has loaded looks at them, and then at `ANY_CUSTOM`: if that is what it was before the load, none of
 * them had been ended since. Each custom tag is in a group of its own, and a store keeps no order between groups: that one
 * is done when the next is sent is the only order there is. docs/consistency.md has the cases.
 *
 * Locks need no order, since both stand before the commit.
 */
export function wideFirst(store: Writes): Writes {
  return {
    quarantine: (holder, tags, lease, replicaTimeout) =>
      store.quarantine(holder, withAnyCustom(tags), lease, replicaTimeout),
    release: (holder, { changed, unchanged, replaced }) => {
      const [first, then] = inOrder(changed);
      return oneByOne(
        // No custom tag is ever replaced.
        () =>
          store.release(holder, {
            changed: first,
            unchanged: withAnyCustom(unchanged),
            ...(replaced && { replaced }),
          }),
        then.length > 0 && (() => store.release(holder, { changed: then, unchanged: [] })),
      );
    },
    rotate: (tags) => {
      const [first, then] = inOrder(tags);
      return oneByOne(() => store.rotate(first), then.length > 0 && (() => store.rotate(then)));
    },
  };
}

/** `tags`, with `ANY_CUSTOM` where it stands for one of them. */
export function withAnyCustom(tags: readonly Tag[]): readonly Tag[] {
  return tags.some(isCustomTag) ? [...new Set([...tags, ANY_CUSTOM])] : tags;
}

/** What may be ended first, and what only then. */
function inOrder(tags: readonly Tag[]): [first: readonly Tag[], then: readonly Tag[]] {
  const isLast = (tag: Tag): boolean => isCustomTag(tag) && tag !== ANY_CUSTOM;
  return [withAnyCustom(tags).filter((tag) => !isLast(tag)), tags.filter(isLast)];
}

/** The second also if the first fails: another server may have it. Rejects when both have settled. */
async function oneByOne(first: () => Promise<void>, second: false | (() => Promise<void>)): Promise<void> {
  if (!second) return first();
  try {
    await first();
  } finally {
    await second();
  }
}
