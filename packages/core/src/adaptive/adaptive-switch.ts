/** When results of one kind are worth their keep. Times in milliseconds. */
export interface AdaptiveLimits {
  /** Below this share of hits among the reads that count, 0 to 1, it is switched off. */
  readonly minHitRatio: number;
  /** For how long reads are counted before it is decided. */
  readonly window: number;
  /** Of fewer reads in a window nothing is concluded. */
  readonly minReads: number;
  readonly offFor: number;
  /** Each time that it does not last, it is off for twice as long as before, up to this. */
  readonly maxOffFor: number;
}

/** Which switch it is about. */
export interface Switched {
  readonly model: string;
  readonly kind: "single" | "list";
}

/** `hits` and `dropped`: the reads that decided it; `milliseconds`: for how long it is off. */
export type AdaptiveChange =
  | { readonly isOff: true; readonly hits: number; readonly dropped: number; readonly milliseconds: number }
  | { readonly isOff: false };

/**
 * Switches the cache off for reads of one kind while writes end their results before anybody asks for these again: each such
 * read costs a look into the store, and storing again, beside the query that it spares nobody. Only what writes do counts:
 * results that expire, and queries that were never asked before, say nothing about it.
 *
 * Never a risk of staleness: reads that go past the cache ask the database and store nothing, and writes take no notice.
 * What was stored before is served afterwards only if its tokens are still the same.
 */
export class AdaptiveSwitch {
  #hits = 0;
  #dropped = 0;
  #windowBegan = -Infinity;
  #onSince = -Infinity;
  #offFor = 0;
  #offUntil: number | null = null;

  /** `now`: a clock that never jumps. */
  constructor(
    private readonly limits: AdaptiveLimits,
    private readonly now: () => number,
    private readonly onChange: (change: AdaptiveChange) => void,
  ) {}

  /** Whether reads go past the cache. The first to ask when the time is over is told that they do not. */
  get isOff(): boolean {
    if (this.#offUntil === null) return false;
    const now = this.now();
    if (now < this.#offUntil) return true;
    this.#switchOn(now);
    return false;
  }

  /** A read was spared its query: by a stored result, or by another read's query. */
  hit(): void {
    this.#hits++;
  }

  /**
   * A read sent a query since a write has ended the result, or is about to. `age`: how long before that was stored, in
   * milliseconds.
   */
  dropped(age: number): void {
    if (this.#offUntil !== null) return;
    const now = this.now();
    // What lay there while nobody was let to it would have been loaded again long ago.
    if (age > now - this.#onSince) return;
    const elapsed = now - this.#windowBegan;
    if (elapsed >= this.limits.window) this.#endWindow(now, elapsed);
    this.#dropped++;
  }

  /** Asked for at the first drop after its time: hits need not look at a clock. */
  #endWindow(now: number, elapsed: number): void {
    const hits = this.#hits;
    const dropped = this.#dropped;
    this.#beginWindow(now);
    // What was dropped that long ago says nothing about now.
    if (elapsed >= 2 * this.limits.window) return;
    const reads = hits + dropped;
    if (reads >= this.limits.minReads && hits < reads * this.limits.minHitRatio) this.#switchOff(now, hits, dropped);
  }

  #beginWindow(now: number): void {
    this.#windowBegan = now;
    this.#hits = 0;
    this.#dropped = 0;
  }

  #switchOff(now: number, hits: number, dropped: number): void {
    const { window, offFor, maxOffFor } = this.limits;
    // Its first verdict needs up to two windows.
    const isAgain = now - this.#onSince <= Math.max(this.#offFor, 2 * window);
    this.#offFor = isAgain ? Math.min(2 * this.#offFor, maxOffFor) : offFor;
    this.#offUntil = now + this.#offFor;
    this.onChange({ isOff: true, hits, dropped, milliseconds: this.#offFor });
  }

  #switchOn(now: number): void {
    this.#offUntil = null;
    this.#onSince = now;
    this.#beginWindow(now);
    this.onChange({ isOff: false });
  }
}
