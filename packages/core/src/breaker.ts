/** Closed: the store is asked. Open: it is not, until a probe succeeds. */
export type BreakerState = "closed" | "open";

/**
 * A circuit breaker whose half-open state is a probe of its own: no user's query is ever spent on finding out whether
 * the store is back (Nygard, "Release It!", 2nd ed., ch. 5).
 */
export class Breaker {
  #failures = 0;
  #state: BreakerState = "closed";

  /** Opens after `threshold` failures without a success in between. */
  constructor(
    private readonly threshold: number,
    private readonly onChange: (state: BreakerState, error?: unknown) => void,
  ) {}

  get state(): BreakerState {
    return this.#state;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(error: unknown): void {
    this.#failures++;
    if (this.#state === "closed" && this.#failures >= this.threshold) this.#change("open", error);
  }

  probed(outcome: "succeeded" | "failed", error?: unknown): void {
    if (outcome === "failed") return this.failed(error);
    this.#failures = 0;
    if (this.#state === "open") this.#change("closed");
  }

  #change(state: BreakerState, error?: unknown): void {
    this.#state = state;
    this.onChange(state, error);
  }
}
