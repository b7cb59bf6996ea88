import { tagGroup, type Tag } from "../tag.js";
import type { Watch, Watcher } from "./store.js";

interface MemoryWatch {
  readonly watcher: Watcher;
  readonly groups: Set<string>;
}

/** Who watches a store in memory. Each is told within the call that invalidates: nothing is ever missed. */
export class MemoryWatches {
  readonly #watches = new Set<MemoryWatch>();
  #hasEnded = false;

  add(watcher: Watcher): Watch {
    const watch: MemoryWatch = { watcher, groups: new Set() };
    if (!this.#hasEnded) {
      this.#watches.add(watch);
      watcher.onHeard(Infinity);
    }
    return {
      follow: (group) => {
        if (watch.groups.has(group) || !this.#watches.has(watch)) return;
        watch.groups.add(group);
        watcher.onFollowing(group);
      },
      close: async () => void this.#watches.delete(watch),
    };
  }

  tell(tags: readonly Tag[]): void {
    if (this.#watches.size === 0) return;
    const groups = new Map<string, Tag[]>();
    for (const tag of tags) {
      const group = tagGroup(tag);
      const told = groups.get(group);
      if (told) told.push(tag);
      else groups.set(group, [tag]);
    }
    for (const { watcher, groups: followed } of this.#watches) {
      for (const [group, told] of groups) if (followed.has(group)) watcher.onInvalidated(told);
    }
  }

  end(): void {
    this.#hasEnded = true;
    const watches = [...this.#watches];
    this.#watches.clear();
    for (const { watcher, groups } of watches) if (groups.size > 0) watcher.onLost([...groups]);
  }
}
