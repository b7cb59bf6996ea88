/** Numbers that look random and are the same on every run with the same seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  // A Weyl sequence whose steps are scrambled by the finaliser of MurmurHash3.
  const next = () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    between,
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError("pick: nothing to choose from");
      return choices[between(0, choices.length - 1)] as (typeof choices)[number];
    },
  };
}

/**
 * Ranks from 0 to `size - 1`, the lower the likelier: rank r is drawn in proportion to 1 / (r + 1) ** exponent, as with
 * the popularity of products and pages.
 */
export function zipf(random: Random, size: number, exponent: number): () => number {
  const cumulated = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank += 1) {
    sum += (rank + 1) ** -exponent;
    cumulated[rank] = sum;
  }
  return () => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] as number) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
