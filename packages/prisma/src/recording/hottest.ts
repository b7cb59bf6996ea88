interface Counted<T> {
  readonly value: T;
  seen: number;
  /** How often at most it was seen before it came to be counted. */
  readonly missed: number;
}

/**
 * The keys that are seen most often, of any number of keys, in bounded memory: Space-Saving (Metwally, Agrawal and El Abbadi,
 * "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005), which here forgets many at a time instead of
 * one, so that it needs no order while it counts. A key that was seen more than once in every `most` times is always among
 * the hottest. Up to twice `most` keys are remembered.
 */
export class Hottest<T> {
  #counted = new Map<string, Counted<T>>();
  /** No key that is not counted was seen more often than this. */
  #floor = 0;

  constructor(private readonly most: number) {}

  /** `make`: called where the key is not counted yet. */
  see(key: string, make: () => T): void {
    const known = this.#counted.get(key);
    if (known) {
      known.seen++;
      return;
    }
    if (this.#counted.size >= 2 * this.most) this.#forgetHalf();
    this.#counted.set(key, { value: make(), seen: 1, missed: this.#floor });
  }

  /** `most` values at most, hottest first. `seen`: at least so often, and exactly where no key had to be forgotten. */
  top(): { readonly value: T; readonly seen: number }[] {
    const kept = this.#byLikelihood().slice(0, this.most);
    return kept.map(([, counted]) => counted).sort((a, b) => b.seen - a.seen);
  }

  #forgetHalf(): void {
    const all = this.#byLikelihood();
    const [, hottestForgotten] = all[this.most]!;
    this.#floor = mostSeen(hottestForgotten);
    this.#counted = new Map(all.slice(0, this.most).reverse());
  }

  /** Of those that may have been seen equally often, the newest first. */
  #byLikelihood(): [string, Counted<T>][] {
    return [...this.#counted].reverse().sort(([, a], [, b]) => mostSeen(b) - mostSeen(a));
  }
}

function mostSeen({ seen, missed }: Counted<unknown>): number {
  return seen + missed;
}
