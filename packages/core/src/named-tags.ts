import { Generations } from "./generations.js";
import type { Tag } from "./tag.js";

const MOST_KEYS = 10_000;

/**
 * By key, the tags besides the plan's own that its entry named when this process last saw or stored it: worth looking up
 * together with it. Bounded, and never relied upon.
 */
export class NamedTags {
  readonly #byKey = new Generations<string, readonly Tag[]>(MOST_KEYS);

  get(key: string): readonly Tag[] | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, tags: readonly Tag[]): void {
    if (tags.length > 0) this.#byKey.set(key, tags);
    else this.#byKey.delete(key);
  }
}
