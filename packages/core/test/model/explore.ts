/** A system whose states are byte strings of one width. Everything that can happen next is listed; nothing is random. */
export interface Model {
  /** A multiple of 4: states are compared a word at a time. */
  readonly width: number;
  /** Bytes that follow, which go along with a state and are no part of it: who is who, where `normalize` changes that. */
  readonly names: number;
  /** What must hold. The bits of a mask stand for these, in this order. */
  readonly properties: readonly string[];
  /** Writes the first state, and the names. */
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

const WORD = Int32Array.BYTES_PER_ELEMENT;

const newState = ({ width, names }: Model): Uint8Array => new Uint8Array(width + names);
/** The same memory, without the names. */
const wordsOf = (state: Uint8Array, { width }: Model): Int32Array => new Int32Array(state.buffer, 0, width / WORD);

/** The states met so far, in the order in which they were met, each with the one before it. Grows by doubling. */
class Arena {
  #words: Int32Array;
  #parents = new Int32Array(1 << 10);
  #hashes = new Int32Array(1 << 10);
  /** Open addressing; 0 is free, else the number of a state and 1. At most half full. */
  #slots = new Int32Array(1 << 11);
  size = 0;

  /** `width`: words of a state. */
  constructor(private readonly width: number) {
    this.#words = new Int32Array(width << 10);
  }

  /** False where the state is known already. */
  add(state: Int32Array, parent: number): boolean {
    const hash = this.#hash(state);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (this.#hashes[found - 1] === hash && this.equals(found - 1, state)) return false;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.#parents.length) this.#grow();
    this.#words.set(state, this.size * this.width);
    this.#parents[this.size] = parent;
    this.#hashes[this.size] = hash;
    this.size++;
    if (this.#slots.length < 2 * this.size) this.#rehash();
    else this.#slots[slot] = this.size;
    return true;
  }

  read(index: number, into: Int32Array): void {
    const start = index * this.width;
    for (let i = 0; i < this.width; i++) into[i] = this.#words[start + i]!;
  }

  parent(index: number): number {
    return this.#parents[index]!;
  }

  equals(index: number, state: Int32Array): boolean {
    const start = index * this.width;
    for (let i = 0; i < this.width; i++) if (this.#words[start + i] !== state[i]) return false;
    return true;
  }

  #hash(state: Int32Array): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.width; i++) {
      hash = Math.imul(hash ^ state[i]!, 0x01000193);
      // The high bytes of a word must come to the low bits too.
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 12);
  }

  #grow(): void {
    const room = this.size * 2;
    const words = new Int32Array(room * this.width);
    words.set(this.#words);
    this.#words = words;
    const parents = new Int32Array(room);
    parents.set(this.#parents);
    this.#parents = parents;
    const hashes = new Int32Array(room);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
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

/** Where a property was first seen violated: in a state, or by a step from it. */
interface Sighting {
  readonly index: number;
  readonly bit: number;
  readonly isStep: boolean;
}

/**
 * Looks at every state that can be reached, the nearest first, so that each way to a violation is a shortest one. Ends
 * early when each property of `until` was found violated, and incomplete beyond `limit` states.
 */
export function explore(model: Model, until: readonly string[] = model.properties, limit = 20_000_000): Exploration {
  const began = performance.now();
  const state = newState(model);
  const next = newState(model);
  const stateWords = wordsOf(state, model);
  const nextWords = wordsOf(next, model);
  const arena = new Arena(stateWords.length);
  const sightings = new Map<string, Sighting>();
  let broken = 0;

  const note = (mask: number, index: number, isStep: boolean): void => {
    for (const [bit, property] of model.properties.entries()) {
      if (((mask & ~broken) >> bit) & 1) sightings.set(property, { index, bit, isStep });
    }
    broken |= mask;
  };

  model.start(next);
  model.normalize(next);
  arena.add(nextWords, -1);
  let wanted = 0;
  for (const property of until) wanted |= 1 << model.properties.indexOf(property);
  let at = 0;
  const emit = (_step: number, mask: number): void => {
    if ((mask & ~broken) !== 0) note(mask, at, true);
    model.normalize(next);
    if (!arena.add(nextWords, at)) return;
    const own = model.judge(next);
    if ((own & ~broken) !== 0) note(own, arena.size - 1, false);
  };
  while (at < arena.size && arena.size <= limit) {
    if (wanted !== 0 && (broken & wanted) === wanted) break;
    arena.read(at, stateWords);
    model.expand(state, next, emit);
    at++;
  }
  const violations = new Map([...sightings].map(([property, sighting]) => [property, wayTo(sighting, model, arena)]));
  return {
    states: arena.size,
    seconds: (performance.now() - began) / 1000,
    complete: at === arena.size,
    violations,
  };
}

/** Takes the steps once more, with the names. */
function wayTo({ index, bit, isStep }: Sighting, model: Model, arena: Arena): string[] {
  const indices: number[] = [];
  for (let at = index; arena.parent(at) >= 0; at = arena.parent(at)) indices.push(at);
  const steps: string[] = [];
  const state = newState(model);
  const next = newState(model);
  const normal = newState(model);
  const words = wordsOf(normal, model);

  const take = (isRight: (broken: number) => boolean): void => {
    let isTaken = false;
    const from = state.slice();
    model.expand(from, next, (step, broken) => {
      if (isTaken) return;
      normal.set(next);
      model.normalize(normal);
      if (!isRight(broken)) return;
      isTaken = true;
      steps.push(model.describe(step, from, next));
      state.set(normal);
    });
  };
  model.start(state);
  model.normalize(state);
  for (const target of indices.toReversed()) take(() => arena.equals(target, words));
  if (isStep) take((broken) => ((broken >> bit) & 1) === 1);
  return steps;
}
