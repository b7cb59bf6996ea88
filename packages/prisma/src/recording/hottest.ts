import { Heaviest } from "@evercache/core";

interface Counted<T> {
  readonly value: T;
  seen: number;
}

/**
 * The keys that are seen most often, of any number of keys. A key that was seen more than once in every `most` times is always
 * among the hottest. Up to twice `most` keys are remembered.
 */
export class Hottest<T> {
  readonly #counted: Heaviest<Counted<T>, "seen">;

  constructor(most: number) {
    this.#counted = new Heaviest(most, { seen: ({ seen }) => seen });
  }

  /** `make`: called where the key is not counted yet. */
  see(key: string, make: () => T): void {
    const known = this.#counted.get(key);
    if (known) known.seen++;
    else this.#counted.add(key, { value: make(), seen: 1 });
  }

  /** `most` values at most, hottest first. `seen`: at least so often, and exactly where no key had to be forgotten. */
  top(): readonly { readonly value: T; readonly seen: number }[] {
    return this.#counted.top("seen").sort((a, b) => b.seen - a.seen);
  }
}
