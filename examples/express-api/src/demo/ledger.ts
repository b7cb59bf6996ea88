/** A point in the order of events of this process. */
export type Moment = number;

/** The last value that a deleted thing can be said to have: no answer may be older, so none may show it at all. */
export const GONE = Number.POSITIVE_INFINITY;

/**
 * What the API has acknowledged, and when. A value never falls: a version, the id of the newest review, `GONE`.
 *
 * A request that *starts* at a moment has to see at least what was acknowledged before it. What was acknowledged while
 * the request was under way may or may not be seen.
 */
export class Ledger {
  #now: Moment = 0;
  readonly #acknowledged = new Map<string, { moment: Moment; value: number }[]>();

  /** To be taken before the request is sent. */
  moment(): Moment {
    return this.#now;
  }

  /** To be called when the answer to a write has arrived. */
  acknowledge(thing: string, value: number): void {
    this.#now += 1;
    const history = this.#acknowledged.get(thing) ?? [];
    const last = history.at(-1)?.value ?? 0;
    // Answers to concurrent writes may arrive in another order than the writes were made.
    history.push({ moment: this.#now, value: Math.max(last, value) });
    this.#acknowledged.set(thing, history);
  }

  /** The same for something that was counted up by one. */
  acknowledgeOneMore(thing: string): void {
    this.acknowledge(thing, this.floor(thing, this.#now) + 1);
  }

  /** The least that an answer to a request started at `moment` may show; 0 where nothing was acknowledged before. */
  floor(thing: string, moment: Moment): number {
    const history = this.#acknowledged.get(thing) ?? [];
    // From the end: requests are short, so few acknowledgements are younger than the request.
    for (let index = history.length - 1; index >= 0; index -= 1) {
      const entry = history[index] as (typeof history)[number];
      if (entry.moment <= moment) return entry.value;
    }
    return 0;
  }
}
