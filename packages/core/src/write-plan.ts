import type { WriteSource } from "./events.js";
import type { Refill } from "./refill.js";
import type { Effects, Learnt, Outcome } from "./write-fence.js";

/** A write, prepared. */
export interface WritePlan<T> {
  /** For reports. Left out: nothing is known. */
  readonly source?: WriteSource | undefined;
  readonly effects: Effects;
  readonly run: () => Promise<T>;
  /** What the result told of the rows that the statement touched. */
  readonly learn: (result: T) => Learnt;
  /**
   * Called before `run`, where that may begin while the quarantine is under way: nothing that `run` does may come to the
   * database before `locks` has settled. Left out: `run` begins after that.
   */
  readonly hold?: ((locks: Promise<unknown>) => void) | undefined;
  /** Called when it is certain that the write is committed, while its locks are being released. Must not throw. */
  readonly committed?: ((result: T) => void) | undefined;
  /** The entries that the result may take the place of. Left out: none. */
  readonly refill?: Refill<T> | undefined;
  /** Whether an error of `run` is certain to mean that nothing was written. */
  readonly outcomeOf: (error: unknown) => Exclude<Outcome, "committed">;
}

/** Whoever cannot tell does not know. */
export function outcomeOf<T>(plan: WritePlan<T>, error: unknown): Exclude<Outcome, "committed"> {
  try {
    return plan.outcomeOf(error);
  } catch {
    return "ambiguous";
  }
}
