import { GracePeriod, type Period } from "./grace-period.js";

/** Somebody who may ask, and does not know yet for what. */
export type Asker = Period;

/**
 * Callers that ask for the same thing at the same time share one answer. What "the same" is, the caller says: the read
 * path puts the stamps into the name, so that a reader who starts after an acknowledged write never joins a load that
 * began before it.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #askers = new GracePeriod();

  /** Hand what this returns to `leave`, once, after any `run`. */
  announce(): Asker {
    return this.#askers.begin();
  }

  leave(asker: Asker): void {
    this.#askers.end(asker);
  }

  /**
   * `joined`: somebody else's answer is waited for. An answer can be joined until it is there, and then until what its
   * `load` gave to `linger` has settled; and by those who had been announced by then, who may have seen what was before.
   */
  run(
    name: string,
    asker: Asker,
    load: (linger: (until: Promise<unknown>) => void) => Promise<T>,
  ): { readonly answer: Promise<T>; readonly joined: boolean } {
    const flying = this.#flights.get(name);
    if (flying?.answer && asker.number <= flying.last) return { answer: flying.answer, joined: true };
    let rest: Promise<unknown> | undefined;
    const answer = load((until) => void (rest = until));
    const flight: Flight<T> = { answer, last: Infinity };
    this.#flights.set(name, flight);
    const land = (): void => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
      flight.answer = null;
    };
    const close = (): void => {
      flight.last = this.#askers.now.number;
      this.#askers.whenOver(land);
    };
    // The first to be told: whoever waits for the answer finds that the flight is over.
    const arrive = (): void => {
      if (rest) rest.then(close, close);
      else land();
    };
    answer.then(arrive, arrive);
    return { answer, joined: false };
  }

  get size(): number {
    return this.#flights.size;
  }
}

interface Flight<T> {
  /**
   * Null when it has landed. A Map from which much is deleted is now and then put into a new table. V8 leaves what was deleted
   * in the old one, which the garbage collector may take for alive for long: results must not hang there.
   */
  answer: Promise<T> | null;
  /** The number of the last period whose askers may join. */
  last: number;
}
