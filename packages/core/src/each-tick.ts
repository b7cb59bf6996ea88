/** Gathers what is asked for in one tick, and hands it over at its end, all at once. */
export class EachTick<T> {
  #gathered: T[] = [];

  constructor(private readonly send: (gathered: readonly T[]) => void) {}

  add(item: T): void {
    // Runs when all that is ready to run has run: whoever waits for the same answer asks for the next thing by then.
    if (this.#gathered.push(item) === 1) process.nextTick(() => this.#end());
  }

  #end(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.send(gathered);
  }
}

/** `items` in their order, in parts of no more than `most` items and of a `size` of no more than `largest`, or one item. */
export function divideBySize<T>(
  items: readonly T[],
  { most, largest, size }: { readonly most: number; readonly largest: number; readonly size: (item: T) => number },
): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let sum = 0;
  for (const item of items) {
    const more = size(item);
    if (part.length === 0 || part.length === most || sum + more > largest) {
      part = [];
      parts.push(part);
      sum = 0;
    }
    part.push(item);
    sum += more;
  }
  return parts;
}
