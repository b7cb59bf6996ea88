import { divideBySize, EachTick, type Tag, type TokenState } from "@evercache/core";

export type Mint = (tags: readonly Tag[], lifetimes: readonly number[]) => Promise<TokenState[]>;

interface Call {
  readonly tags: readonly Tag[];
  readonly lifetimes: readonly number[];
  readonly resolve: (states: TokenState[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Of one call of the script. */
const MOST_CALLS = 64;
const MOST_TAGS = 512;

/**
 * `mint`, with the calls of one tick made one. All tags of a group are seen at one instant then, those of each call among
 * them, so that no order among them can be told. Not for a cluster: while it moves a group, tags are minted one after the
 * other in the order in which they are named, and the orders of two calls need not fit into one.
 */
export function coalesceMints(mint: Mint): Mint {
  const calls = new EachTick<Call>((gathered) => {
    const limits = { most: MOST_CALLS, largest: MOST_TAGS, size: ({ tags }: Call) => tags.length };
    return Promise.all(divideBySize(gathered, limits).map((part) => mintTogether(part, mint)));
  });
  return (tags, lifetimes) =>
    new Promise((resolve, reject) => {
      calls.add({ tags, lifetimes, resolve, reject });
    });
}

async function mintTogether(calls: readonly Call[], mint: Mint): Promise<void> {
  const places = new Map<Tag, number>();
  const longest: number[] = [];
  for (const { tags, lifetimes } of calls) {
    for (let i = 0; i < tags.length; i++) {
      const place = places.get(tags[i]!);
      if (place === undefined) {
        places.set(tags[i]!, places.size);
        longest.push(lifetimes[i]!);
      } else {
        longest[place] = Math.max(longest[place]!, lifetimes[i]!);
      }
    }
  }
  try {
    const states = await mint([...places.keys()], longest);
    for (const { tags, resolve } of calls) resolve(tags.map((tag) => states[places.get(tag)!]!));
  } catch (error) {
    for (const { reject } of calls) reject(error);
  }
}
