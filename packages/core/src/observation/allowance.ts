/** So many a second, and as many at once: what is more is refused. Times are milliseconds of one clock. */
export class Allowance {
  #left: number;
  #since: number | undefined;

  constructor(private readonly perSecond: number) {
    this.#left = perSecond;
  }

  take(now: number): boolean {
    const passed = now - (this.#since ?? now);
    this.#since = now;
    this.#left = Math.min(this.perSecond, this.#left + (passed / 1000) * this.perSecond);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
