import type { Writes } from "../store/wide-first.js";
import type { Tag } from "../tag.js";

/**
 * `store`, with this process's own invalidations told to `forget` without the way over the server: before they are sent, since
 * from then on nothing of before may be served, and when they are done, since what was asked for in between may have been
 * answered before they came.
 */
export function announcing(store: Writes, forget: (tags: readonly Tag[]) => void): Writes {
  const around = async (tags: readonly Tag[], send: () => Promise<void>): Promise<void> => {
    forget(tags);
    try {
      await send();
    } finally {
      forget(tags);
    }
  };
  return {
    quarantine: (holder, tags, lease, replicaTimeout) =>
      around(tags, () => store.quarantine(holder, tags, lease, replicaTimeout)),
    release: (holder, release) =>
      around([...release.changed, ...release.unchanged], () => store.release(holder, release)),
    rotate: (tags) => around(tags, () => store.rotate(tags)),
  };
}
