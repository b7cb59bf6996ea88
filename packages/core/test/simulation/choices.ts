/**
 * Where everything that is left to chance in a simulation comes from: drawn from a seed, or played back. Smaller numbers
 * stand for what is simpler, so that a schedule shrinks as its choices do; when a playback is over, all is 0.
 */
export class Choices {
  /** What was chosen so far. */
  readonly taken: number[] = [];
  #state: number;

  constructor(private readonly source: { readonly seed: number } | { readonly replay: readonly number[] }) {
    // Neighbouring seeds must not begin alike.
    this.#state = "seed" in source ? Math.imul(source.seed ^ 0x9e3779b9, 0x85ebca6b) | 0 : 0;
  }

  /** A whole number from 0 up to, and without, `n`, which is 256 at most. */
  below(n: number): number {
    const choice = "seed" in this.source ? this.#draw(n) : (this.source.replay[this.taken.length] ?? 0) % n;
    this.taken.push(choice);
    return choice;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === n - 1;
  }

  /** How many steps something takes: `haste` times in 256 next to none, else long enough for whole writes to pass. */
  delay(haste: number): number {
    const drawn = this.below(256);
    return drawn < haste ? drawn & 1 : 2 + Math.floor(((drawn - haste) * 100) / (256 - haste));
  }

  /** mulberry32, by Tommy Ettinger. */
  #draw(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  }
}
