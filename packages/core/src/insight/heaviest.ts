/** What is asked of a value: how much of something it has come to. It never falls while the value is kept. */
export type Measure<T> = (value: T) => number;

interface Kept<T> {
  readonly value: T;
  /** By measure: how much of it the value may have come to before it was kept. */
  readonly missed: readonly number[];
}

/**
 * The values that come to most by each of some measures, of any number of values, in bounded memory: Space-Saving (Metwally,
 * Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005), which here forgets many
 * at a time instead of one, so that it needs no order while they grow. A value of more than one in every `most` parts of all that
 * a measure has come to is always among the top by that measure. `most` values for each measure, and `most` more, are kept at most.
 */
export class Heaviest<T, Name extends string> {
  readonly #names: readonly Name[];
  readonly #measures: readonly Measure<T>[];
  /** By measure: no value that is not kept has come to more. */
  #floors: readonly number[];
  #kept = new Map<string, Kept<T>>();

  /** `onForget`: a value counts from nothing when it comes again. */
  constructor(
    private readonly most: number,
    measures: Readonly<Record<Name, Measure<T>>>,
    private readonly onForget: (value: T) => void = () => {},
  ) {
    this.#names = Object.keys(measures) as Name[];
    this.#measures = this.#names.map((name) => measures[name]);
    this.#floors = this.#names.map(() => 0);
  }

  get(key: string): T | undefined {
    return this.#kept.get(key)?.value;
  }

  /** Of a key that is not kept. What the value has come to counts from now on. */
  add(key: string, value: T): void {
    if (this.#kept.size >= this.most * (this.#measures.length + 1)) this.#forget();
    this.#kept.set(key, { value, missed: this.#floors });
  }

  /** `most` values at most. Of those that may have come to as much, the newest first. */
  top(name: Name): T[] {
    return this.#byLikelihood(this.#names.indexOf(name))
      .slice(0, this.most)
      .map(([, { value }]) => value);
  }

  #forget(): void {
    const orders = this.#measures.map((_, place) => this.#byLikelihood(place));
    const keys = new Set(orders.flatMap((order) => order.slice(0, this.most).map(([key]) => key)));
    // There is always one: more are kept than the tops of all measures have room for. It is the one that came to most.
    const forgotten = orders.map((order) => order.find(([key]) => !keys.has(key))![1]);
    // What is kept for another measure may be below the floor.
    this.#floors = this.#floors.map((floor, place) => Math.max(floor, this.#mostOf(forgotten[place]!, place)));
    for (const [key, { value }] of this.#kept) {
      if (keys.has(key)) continue;
      this.#kept.delete(key);
      this.onForget(value);
    }
  }

  #byLikelihood(place: number): [string, Kept<T>][] {
    return [...this.#kept].reverse().sort(([, a], [, b]) => this.#mostOf(b, place) - this.#mostOf(a, place));
  }

  #mostOf({ value, missed }: Kept<T>, place: number): number {
    return this.#measures[place]!(value) + missed[place]!;
  }
}
