/** A load that is under way, and the one that begins when it has ended, where somebody waits for that. */
interface Flight<T> {
  readonly ended: Promise<unknown>;
  next: { readonly answer: Promise<T>; isShared: boolean } | null;
}

/**
 * Callers none of whom may get an answer that was begun before he asked: while one is under way, all who ask for the same thing wait
 * for the next, and share it. So there is one at a time, however many ask, and nobody waits for more than two.
 */
export class NextFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** `joined`: the load of somebody else answers. It begins after this call, and is told that it `isShared`. */
  run(
    name: string,
    load: (isShared: boolean) => Promise<T>,
  ): { readonly answer: Promise<T>; readonly joined: boolean } {
    const flight = this.#flights.get(name);
    if (!flight) return { answer: this.#begin(name, load, false), joined: false };
    if (flight.next) {
      flight.next.isShared = true;
      return { answer: flight.next.answer, joined: true };
    }
    const answer = flight.ended.then(() => this.#begin(name, load, flight.next!.isShared));
    flight.next = { answer, isShared: false };
    return { answer, joined: false };
  }

  #begin(name: string, load: (isShared: boolean) => Promise<T>, isShared: boolean): Promise<T> {
    const answer = load(isShared);
    const end = (): void => {
      if (flight.next === null) this.#flights.delete(name);
    };
    const flight: Flight<T> = { ended: answer.then(end, end), next: null };
    this.#flights.set(name, flight);
    return answer;
  }
}
