import { withAnyCustom } from "./store/wide-first.js";
import type { Tag } from "./tag.js";

/** Releases of this process's acknowledged writes that are still under way. Whoever depends on what they end waits for them. */
export class Releases {
  readonly #byTag = new Map<Tag, Set<Promise<void>>>();
  readonly #all = new Set<Promise<void>>();

  /** `release`: rejects never. */
  add(tags: readonly Tag[], release: Promise<void>): void {
    const ended = withAnyCustom(tags);
    this.#all.add(release);
    for (const tag of ended) {
      const releases = this.#byTag.get(tag);
      if (releases) releases.add(release);
      else this.#byTag.set(tag, new Set([release]));
    }
    void release.then(() => {
      this.#all.delete(release);
      for (const tag of ended) {
        const releases = this.#byTag.get(tag)!;
        releases.delete(release);
        if (releases.size === 0) this.#byTag.delete(tag);
      }
    });
  }

  /** Whether one of these tags is about to end. */
  concern(tags: readonly Tag[]): boolean {
    return this.#byTag.size > 0 && tags.some((tag) => this.#byTag.has(tag));
  }

  /** Resolves when the releases that concern one of `tags`, or all that there are now, are done; null where there are none. */
  settled(tags: readonly Tag[] | "all"): Promise<unknown> | null {
    if (this.#all.size === 0) return null;
    if (tags === "all") return Promise.all(this.#all);
    const releases = new Set<Promise<void>>();
    for (const tag of tags) for (const release of this.#byTag.get(tag) ?? []) releases.add(release);
    return releases.size === 0 ? null : Promise.all(releases);
  }
}
