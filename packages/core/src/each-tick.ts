// As it was when this was loaded: a test that sets the clock must not keep back what is to be sent.
const nextTurn = setImmediate;

/**
 * Gathers what is asked for in one tick, and hands it over at its end, all at once. While something that was handed over is under
 * way, what comes is gathered until the event loop has read all its sockets: a busy process sends a third less often then.
 */
export class EachTick<T> {
  #gathered: T[] = [];
  #underWay = 0;
  readonly #handOver = () => this.#end();
  readonly #landed = () => void this.#underWay--;

  /** `send`: what it returns settles when what was handed over is no longer under way. */
  constructor(private readonly send: (gathered: readonly T[]) => Promise<unknown> | void) {}

  add(item: T): void {
    if (this.#gathered.push(item) > 1) return;
    // Runs when all that is ready to run has run: whoever waits for the same answer asks for the next thing by then.
    if (this.#underWay === 0) process.nextTick(this.#handOver);
    else nextTurn(this.#handOver);
  }

  #end(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    const sent = this.send(gathered);
    if (sent === undefined) return;
    this.#underWay++;
    sent.then(this.#landed, this.#landed);
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
