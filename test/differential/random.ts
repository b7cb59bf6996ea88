import { xorshift } from "../consistency/random.js";

/** Choices that a seed decides. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number, stream = 0) {
    // Seeds that are close together must not begin alike.
    this.#next = xorshift(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(stream + 1, 0x85eb_ca6b));
    for (let i = 0; i < 8; i++) this.#next();
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  chance(share: number): boolean {
    return this.#next() < share;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("nothing to pick from");
    return list[this.below(list.length)] as T;
  }

  /** Each of `list` with the same chance, in its order. */
  some<T>(list: readonly T[], share: number): T[] {
    return list.filter(() => this.chance(share));
  }

  /** Up to `count` of `list`, none twice, in their order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list.keys()];
    const taken = new Set<number>();
    while (taken.size < count && rest.length > 0) taken.add(rest.splice(this.below(rest.length), 1)[0] as number);
    return list.filter((_, index) => taken.has(index));
  }

  /** A name, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let rest = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    return (entries.at(-1) as [Name, number])[0];
  }
}
