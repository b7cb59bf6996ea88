import { Deadline } from "./deadline.js";

/** Milliseconds. A write that takes longer may be waiting for somebody else, for a reader of its own process even. */
const PATIENCE = 20;

/** What is about to be answered. `isAlone`: by one write; where there were several, none of them leaves an answer. */
interface Answering {
  readonly done: Promise<void>;
  writes: number;
  isAlone: boolean;
}

/**
 * The writes of this process that are about to answer queries, by the keys of these. A read that meets the locks of one does better
 * to wait for it than to ask the database.
 */
export class Refills {
  readonly #patience = new Deadline(PATIENCE);
  readonly #answering = new Map<string, Answering>();

  /** `written`: settles when the answers are in the store, or on their way as a release that reads wait for; or none will be. */
  add(keys: ReadonlySet<string>, written: Promise<unknown>): void {
    if (keys.size === 0) return;
    const done = this.#patience.race(written).then(ignore, ignore);
    for (const key of keys) {
      const answering = this.#answering.get(key);
      if (!answering) this.#answering.set(key, { done, writes: 1, isAlone: true });
      else {
        answering.writes++;
        answering.isAlone = false;
      }
    }
    void done.then(() => {
      for (const key of keys) if (--this.#answering.get(key)!.writes === 0) this.#answering.delete(key);
    });
  }

  /** Resolves when the one write that is about to answer the query is done, or takes too long. Null: there is none. */
  of(key: string): Promise<void> | null {
    const answering = this.#answering.get(key);
    return answering?.isAlone ? answering.done : null;
  }
}

function ignore(): void {}
