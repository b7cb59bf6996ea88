import { ROWS, type State } from "../workload/universe.js";

/** A version of a row that was committed. */
export interface HistoryRow extends State {
  readonly row: number;
}

/** What became of a write, as its caller knows. `unknown`: an error that tells nothing, or the caller died. */
export type WriteOutcome = "acknowledged" | "refused" | "unknown";

/** Times are nanoseconds of the clock that all processes of a machine share. */
export interface WriteRecord {
  readonly nonce: number;
  readonly worker: string;
  readonly form: string;
  readonly start: number;
  readonly end: number;
  readonly outcome: WriteOutcome;
  /** How many rows got its nonce; `null` where nobody was told. */
  readonly rows: number | null;
  /** The row that it deleted, and the version that this is. */
  readonly deleted: readonly [row: number, version: number] | null;
  /** Until when the cache could not be told: what it changed may be served so long, as the default policy says. */
  readonly exposedUntil: number | null;
}

/** Who reads what others have written from its memory, and for how long after its acknowledgement at most. */
export interface Lag {
  readonly worker: string;
  /** Nanoseconds. */
  readonly most: number;
}

/** The versions of one row, at index `version - 1`, and when each may have been the present one. */
export class Timeline {
  readonly states: State[] = [];
  readonly writes: (WriteRecord | null)[] = [];
  /** When the write of the version began; no reader can have seen it before. */
  starts: Float64Array = new Float64Array();
  /** When it was first certain to readers that the version is over: a later one was acknowledged. */
  ended: Float64Array = new Float64Array();
  /** The same, once the cache had been told, too. */
  endedSafely: Float64Array = new Float64Array();
  /** The greatest of `endedSafely` up to each version: a list shows an old one until its own writer has told. */
  #endedSafelyUpTo: Float64Array = new Float64Array();
  /** When some reader had already seen a later version. */
  endedToReaders: Float64Array = new Float64Array();
  /** The earliest start of this or any later version. */
  #startsFrom: Float64Array = new Float64Array();
  readonly #seen: number[] = [];
  /** Of one that lags: the timeline as it was, and by how much. */
  #behind: { readonly base: Timeline; readonly lag: Lag } | null = null;

  /** As it is for whoever lags. After `finish`; what was seen is the same for all. */
  behind(lag: Lag): Timeline {
    const behind = new Timeline();
    behind.states.push(...this.states);
    behind.writes.push(...this.writes);
    behind.#behind = { base: this, lag };
    behind.finish();
    return behind;
  }

  /** When the version at `index` was over by what was acknowledged, whoever lags. */
  acknowledgedEnd(index: number): number {
    return (this.#behind?.base ?? this).ended[index]!;
  }

  add(state: State, write: WriteRecord | null): void {
    const index = state.version - 1;
    // A transaction may touch a row twice; only what it left could ever be seen.
    if (index > this.states.length) throw new Error(`version ${state.version} follows ${this.states.length}`);
    this.states[index] = state;
    this.writes[index] = write;
  }

  /** After the last `add`. */
  finish(): void {
    const size = this.states.length;
    this.starts = Float64Array.from(this.states, (state, i) =>
      // A version whose writer is not known, as that of a deletion whose writer died, may be of any time.
      state.nonce === 0 ? -Infinity : (this.writes[i]?.start ?? -Infinity),
    );
    const acks = this.writes.map((write) => (write?.outcome === "acknowledged" ? this.#known(write) : Infinity));
    this.ended = leastAfter(acks);
    this.endedSafely = this.#safely(acks);
    this.#endedSafelyUpTo = greatestUpTo(this.endedSafely);
    this.#startsFrom = leastAfter([Infinity, ...this.starts]).subarray(0, size);
    this.#seen.length = 0;
    for (let i = 0; i < size; i++) this.#seen.push(Infinity);
  }

  /** What its own process has acknowledged, it knows at once. */
  #known({ worker, end }: WriteRecord): number {
    const lag = this.#behind?.lag;
    return lag && lag.worker !== worker ? end + lag.most : end;
  }

  /** Of what a writer changed and could not tell, no later writer need know: it changes what is there then. */
  #safely(acks: readonly number[]): Float64Array {
    const result = new Float64Array(acks.length);
    let ended = Infinity;
    for (let i = acks.length - 1; i >= 0; i--) {
      result[i] = ended;
      ended = Math.max(this.writes[i]?.exposedUntil ?? -Infinity, Math.min(acks[i]!, ended));
    }
    return result;
  }

  /** A read that ended at `end` was answered with this version. */
  see(version: number, end: number): void {
    if (this.#behind) return this.#behind.base.see(version, end);
    const index = version - 1;
    if (index < this.#seen.length && end < this.#seen[index]!) this.#seen[index] = end;
  }

  /** After the last `see`. */
  finishSeeing(): void {
    const { base, lag } = this.#behind ?? {};
    this.endedToReaders = base ? base.endedToReaders.map((end) => end + lag!.most) : leastAfter(this.#seen);
  }

  /** Calls `visit` with each version that a read from `start` to `end` may have met, until it says true. */
  some(ended: Float64Array, start: number, end: number, visit: (index: number) => boolean): boolean {
    const last = this.states.length - 1;
    // What ascends, for the search.
    const upTo = ended === this.endedSafely ? this.#endedSafelyUpTo : ended;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! < start) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index <= last && this.#startsFrom[index]! <= end; index++) {
      if (ended[index]! >= start && this.starts[index]! <= end && visit(index)) return true;
    }
    return false;
  }
}

/** At `i` the least of what stands behind `i`. */
function leastAfter(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  let least = Infinity;
  for (let i = values.length - 1; i >= 0; i--) {
    result[i] = least;
    least = Math.min(least, values[i]!);
  }
  return result;
}

/** At `i` the greatest of what stands up to `i`. */
function greatestUpTo(values: Float64Array): Float64Array {
  let greatest = -Infinity;
  return values.map((value) => (greatest = Math.max(greatest, value)));
}

/** The timelines of all rows. @throws Error where the history cannot be one */
export function timelines(history: readonly HistoryRow[], writes: readonly WriteRecord[]): Timeline[] {
  const byNonce = new Map(writes.map((write) => [write.nonce, write]));
  const deletions = new Map<string, WriteRecord>();
  for (const write of writes) if (write.deleted) deletions.set(write.deleted.join(), write);
  const all = Array.from({ length: ROWS }, () => new Timeline());
  for (const state of history) {
    const write = state.alive ? byNonce.get(state.nonce) : deletions.get(`${state.row},${state.version}`);
    all[state.row]!.add(state, write ?? null);
  }
  for (const timeline of all) timeline.finish();
  return all;
}
