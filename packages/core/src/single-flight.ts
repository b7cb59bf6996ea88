/**
 * Callers that ask for the same thing at the same time share one answer. What "the same" is, the caller says: the read
 * path puts the stamps into the name, so that a reader who starts after an acknowledged write never joins a load that
 * began before it.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** `joined`: somebody else's answer is waited for. */
  run(name: string, load: () => Promise<T>): { readonly answer: Promise<T>; readonly joined: boolean } {
    const flying = this.#flights.get(name);
    if (flying) return { answer: flying, joined: true };
    const answer = load().finally(() => this.#flights.delete(name));
    this.#flights.set(name, answer);
    return { answer, joined: false };
  }

  get size(): number {
    return this.#flights.size;
  }
}
