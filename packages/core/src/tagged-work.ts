import { withAnyCustom } from "./store/wide-first.js";
import type { Tag } from "./tag.js";

/** What is under way in this process, by the tags that it concerns. Whoever depends on one of these may wait for it. */
export class TaggedWork {
  readonly #byTag = new Map<Tag, Set<Promise<void>>>();
  readonly #all = new Set<Promise<void>>();

  /** `work`: rejects never. */
  add(tags: readonly Tag[], work: Promise<void>): void {
    const concerned = withAnyCustom(tags);
    this.#all.add(work);
    for (const tag of concerned) {
      const works = this.#byTag.get(tag);
      if (works) works.add(work);
      else this.#byTag.set(tag, new Set([work]));
    }
    void work.then(() => {
      this.#all.delete(work);
      for (const tag of concerned) {
        const works = this.#byTag.get(tag)!;
        works.delete(work);
        if (works.size === 0) this.#byTag.delete(tag);
      }
    });
  }

  /** Whether something that concerns one of these tags is under way. */
  concerns(tags: readonly Tag[]): boolean {
    return this.#byTag.size > 0 && tags.some((tag) => this.#byTag.has(tag));
  }

  /** Resolves when what concerns one of `tags`, or all that there is now, is done; null where there is nothing. */
  settled(tags: readonly Tag[] | "all"): Promise<unknown> | null {
    if (this.#all.size === 0) return null;
    const works = tags === "all" ? this.#all : this.#concerning(tags);
    return works.size === 0 ? null : Promise.all(works);
  }

  /** The one thing that concerns any of `tags`; null where there is none, or more. */
  only(tags: readonly Tag[]): Promise<void> | null {
    if (this.#all.size === 0) return null;
    const [work = null, ...others] = this.#concerning(tags);
    return others.length === 0 ? work : null;
  }

  #concerning(tags: readonly Tag[]): Set<Promise<void>> {
    const works = new Set<Promise<void>>();
    for (const tag of tags) for (const work of this.#byTag.get(tag) ?? []) works.add(work);
    return works;
  }
}
