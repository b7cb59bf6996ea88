/** How many values lie below each of some bounds. As cheap as a count can be: what is observed may be a hit. */
export class Buckets {
  readonly #counts: number[];
  #sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    this.#counts[i]!++;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Per bound, and last for all: how many were at most that. */
  cumulated(): { readonly le: number | "+Inf"; readonly count: number }[] {
    let count = 0;
    return this.#counts.map((more, i) => ({ le: this.bounds[i] ?? "+Inf", count: (count += more) }));
  }
}
