import type { Sample } from "./family.js";

/** Counts by model and something else: a reason, a cause. */
export class CountsByModel {
  readonly #models = new Map<string, Map<string, number>>();

  /** `label`: what the something else is called in series. */
  constructor(private readonly label: string) {}

  /** `count`: 0, for a series that is to be there before anything has happened. */
  add(model: string, value: string, count = 1): void {
    let counts = this.#models.get(model);
    if (!counts) this.#models.set(model, (counts = new Map<string, number>()));
    counts.set(value, (counts.get(value) ?? 0) + count);
  }

  samples(): Sample[] {
    return [...this.#models].flatMap(([model, counts]) =>
      [...counts].map(([value, count]): Sample => [{ model, [this.label]: value }, count]),
    );
  }
}
