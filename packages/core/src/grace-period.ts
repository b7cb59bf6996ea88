/** Those that began between two calls of `whenOver`. */
export interface Period {
  /** Later periods have greater ones. */
  readonly number: number;
  active: number;
  readonly calls: (() => void)[];
}

/**
 * Tells when all that is under way has ended, whatever begins meanwhile: the grace period of read-copy-update
 * (McKenney and Slingwine, PDCS 1998).
 */
export class GracePeriod {
  /** The oldest first: the last is the one in which things begin now. */
  readonly #periods: Period[] = [newPeriod(0)];

  get now(): Period {
    return this.#periods[this.#periods.length - 1]!;
  }

  /** Something begins. Hand what this returns to `end`, once. */
  begin(): Period {
    const { now } = this;
    now.active++;
    return now;
  }

  end(period: Period): void {
    period.active--;
    while (this.#periods.length > 1 && this.#periods[0]!.active === 0) {
      for (const call of this.#periods.shift()!.calls) call();
    }
  }

  /** Calls `call` when all that has begun by now has ended: at once where nothing is under way. Must not throw. */
  whenOver(call: () => void): void {
    const { now } = this;
    if (this.#periods.length === 1 && now.active === 0) return call();
    now.calls.push(call);
    this.#periods.push(newPeriod(now.number + 1));
  }
}

function newPeriod(number: number): Period {
  return { number, active: 0, calls: [] };
}
