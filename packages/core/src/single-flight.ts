/**
 * Callers that ask for the same thing at the same time share one answer. What "the same" is, the caller says: the read
 * path puts the stamps into the name, so that a reader who starts after an acknowledged write never joins a load that
 * began before it.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /**
   * `joined`: somebody else's answer is waited for. An answer can be joined until it is there, and then until what its
   * `load` gave to `linger` has settled.
   */
  run(
    name: string,
    load: (linger: (until: Promise<unknown>) => void) => Promise<T>,
  ): { readonly answer: Promise<T>; readonly joined: boolean } {
    const flying = this.#flights.get(name);
    if (flying) return { answer: flying, joined: true };
    const land = (): void => void this.#flights.delete(name);
    let rest: Promise<unknown> | undefined;
    const answer = load((until) => void (rest = until));
    this.#flights.set(name, answer);
    // The first to be told: whoever waits for the answer finds that the flight is over.
    const arrive = (): void => {
      if (rest) rest.then(land, land);
      else land();
    };
    answer.then(arrive, arrive);
    return { answer, joined: false };
  }

  get size(): number {
    return this.#flights.size;
  }
}
