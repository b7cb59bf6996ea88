import type { Attributes } from "@opentelemetry/api";

export type LabelValue = string | undefined;

/** One thing for each combination of labels: looked up without making a string or an object of them. */
export class Series<T> implements Iterable<T> {
  readonly #root = new Map<LabelValue, unknown>();
  readonly #all: T[] = [];

  /** `labels`: the names of the attributes that `at` is given values of, in its order. */
  constructor(
    private readonly labels: readonly string[],
    private readonly make: (attributes: Attributes) => T,
  ) {}

  /** A value that is undefined is no attribute. */
  at(values: readonly LabelValue[]): T {
    let node = this.#root;
    const last = this.labels.length - 1;
    for (let place = 0; place < last; place++) {
      let next = node.get(values[place]) as typeof node | undefined;
      if (!next) node.set(values[place], (next = new Map<LabelValue, unknown>()));
      node = next;
    }
    let found = node.get(values[last]) as T | undefined;
    if (found === undefined) {
      found = this.make(this.#attributes(values));
      this.#all.push(found);
      node.set(values[last], found);
    }
    return found;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#all.values();
  }

  #attributes(values: readonly LabelValue[]): Attributes {
    const attributes: Attributes = {};
    for (const [place, label] of this.labels.entries()) {
      const value = values[place];
      if (value !== undefined) attributes[label] = value;
    }
    return attributes;
  }
}
