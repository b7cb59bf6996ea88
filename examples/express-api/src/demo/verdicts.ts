const STALE_EXAMPLES = 5;

/** Counts the answers that were compared with what had been acknowledged before they were asked for. */
export class Verdicts {
  checked = 0;
  stale = 0;
  /** Answers that should not have come at all: a refused connection, a 500, a 404 for something that was never deleted. */
  failed = 0;
  readonly examples: string[] = [];

  /** @param problems what the answer shows although it was no longer true; empty where it is as it should be */
  judge(problems: readonly string[]): void {
    this.checked += 1;
    if (problems.length === 0) return;
    this.stale += 1;
    this.#keep(`stale: ${problems.join("; ")}`);
  }

  fail(problem: string): void {
    this.failed += 1;
    this.#keep(problem);
  }

  #keep(example: string): void {
    if (this.examples.length < STALE_EXAMPLES) this.examples.push(example);
  }
}
