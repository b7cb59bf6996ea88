/** A system whose states are byte strings of one width. Everything that can happen next is listed; nothing is random. */
export interface Model {
  readonly width: number;
  /** What must hold. The bits of a mask stand for these, in this order. */
  readonly properties: readonly string[];
  /** Writes the first state. */
  start(state: Uint8Array): void;
  /**
   * For each step that can follow: makes `next` the state after it and calls `emit` with the step's number and the mask
   * of the properties that the step breaks. `next` may hold anything between the calls.
   */
  expand(state: Uint8Array, next: Uint8Array, emit: (step: number, broken: number) => void): void;
  /** Replaces a state by the one that stands for all that behave like it. */
  normalize(state: Uint8Array): void;
  /** The mask of the properties that the state itself breaks. */
  judge(state: Uint8Array): number;
  describe(step: number, before: Uint8Array, after: Uint8Array): string;
}

export interface Exploration {
  readonly states: number;
  readonly seconds: number;
  /** Every state that can be reached was looked at. */
  readonly complete: boolean;
  /** For each property that is violated, a shortest way to that. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

/** The states met so far, in the order in which they were met, each with how it was. Grows by doubling. */
class Arena {
  #bytes: Uint8Array;
  #parents = new Int32Array(1 << 10);
  #steps = new Uint8Array(1 << 10);
  #hashes = new Int32Array(1 << 10);
  /** Open addressing; 0 is free, else the number of a state and 1. At most half full. */
  #slots = new Int32Array(1 << 11);
  size = 0;

  constructor(private readonly width: number) {
    this.#bytes = new Uint8Array(width << 10);
  }

  /** False where the state is known already. */
  add(state: Uint8Array, parent: number, step: number): boolean {
    const hash = this.#hash(state);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (this.#hashes[found - 1] === hash && this.#equals(found - 1, state)) return false;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.#parents.length) this.#grow();
    this.#bytes.set(state, this.size * this.width);
    this.#parents[this.size] = parent;
    this.#steps[this.size] = step;
    this.#hashes[this.size] = hash;
    this.size++;
    if (this.#slots.length < 2 * this.size) this.#rehash();
    else this.#slots[slot] = this.size;
    return true;
  }

  read(index: number, into: Uint8Array): void {
    const start = index * this.width;
    for (let i = 0; i < this.width; i++) into[i] = this.#bytes[start + i]!;
  }

  state(index: number): Uint8Array {
    return this.#bytes.slice(index * this.width, (index + 1) * this.width);
  }

  parent(index: number): number {
    return this.#parents[index]!;
  }

  step(index: number): number {
    return this.#steps[index]!;
  }

  #hash(state: Uint8Array): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.width; i++) hash = Math.imul(hash ^ state[i]!, 0x01000193);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 12);
  }

  #equals(index: number, state: Uint8Array): boolean {
    const start = index * this.width;
    for (let i = 0; i < this.width; i++) if (this.#bytes[start + i] !== state[i]) return false;
    return true;
  }

  #grow(): void {
    const room = this.size * 2;
    const bytes = new Uint8Array(room * this.width);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    const parents = new Int32Array(room);
    parents.set(this.#parents);
    this.#parents = parents;
    const hashes = new Int32Array(room);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const steps = new Uint8Array(room);
    steps.set(this.#steps);
    this.#steps = steps;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = this.#hashes[index]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

/**
 * Looks at every state that can be reached, the nearest first, so that each way to a violation is a shortest one. Ends
 * early when each property of `until` was found violated, and incomplete beyond `limit` states.
 */
export function explore(model: Model, until: readonly string[] = model.properties, limit = 20_000_000): Exploration {
  const began = performance.now();
  const arena = new Arena(model.width);
  const state = new Uint8Array(model.width);
  const next = new Uint8Array(model.width);
  const violations = new Map<string, readonly string[]>();
  let broken = 0;

  /** The steps to state number `index`, and one more if it is given. */
  const trace = (index: number, last?: number): string[] => {
    const steps = last === undefined ? [] : [model.describe(last, arena.state(index), next)];
    for (let at = index; arena.parent(at) >= 0; at = arena.parent(at)) {
      steps.push(model.describe(arena.step(at), arena.state(arena.parent(at)), arena.state(at)));
    }
    return steps.reverse();
  };
  const note = (mask: number, index: number, last?: number): void => {
    for (const [bit, property] of model.properties.entries()) {
      if (((mask & ~broken) >> bit) & 1) violations.set(property, trace(index, last));
    }
    broken |= mask;
  };

  model.start(next);
  model.normalize(next);
  arena.add(next, -1, 0);
  let wanted = 0;
  for (const property of until) wanted |= 1 << model.properties.indexOf(property);
  let at = 0;
  const emit = (step: number, mask: number): void => {
    if ((mask & ~broken) !== 0) note(mask, at, step);
    model.normalize(next);
    if (!arena.add(next, at, step)) return;
    const own = model.judge(next);
    if ((own & ~broken) !== 0) note(own, arena.size - 1);
  };
  while (at < arena.size && arena.size <= limit) {
    if (wanted !== 0 && (broken & wanted) === wanted) break;
    arena.read(at, state);
    model.expand(state, next, emit);
    at++;
  }
  return {
    states: arena.size,
    seconds: (performance.now() - began) / 1000,
    complete: at === arena.size,
    violations,
  };
}
