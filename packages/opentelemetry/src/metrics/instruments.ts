import type { Attributes, Histogram, Meter, MetricOptions, ObservableResult } from "@opentelemetry/api";
import { Series, type LabelValue } from "./series.js";

interface Count {
  readonly attributes: Attributes;
  value: number;
}

/** An instrument that may move from one meter to another. */
export interface Instrument {
  /** Returns what takes it off the meter. */
  attach(meter: Meter): () => void;
}

/** Sums up here, and says the sum when metrics are collected: a read that is counted has no time for more. */
export class Counter implements Instrument {
  readonly #counts: Series<Count>;

  constructor(
    private readonly name: string,
    private readonly options: MetricOptions,
    labels: readonly string[],
  ) {
    this.#counts = new Series(labels, (attributes) => ({ attributes, value: 0 }));
  }

  add(amount: number, ...labels: readonly LabelValue[]): void {
    this.#counts.at(labels).value += amount;
  }

  attach(meter: Meter): () => void {
    const counter = meter.createObservableCounter(this.name, this.options);
    const observe = (result: ObservableResult) => {
      for (const { attributes, value } of this.#counts) result.observe(value, attributes);
    };
    counter.addCallback(observe);
    return () => counter.removeCallback(observe);
  }
}

/** A histogram. What comes while it is on no meter is not recorded. */
export class Distribution implements Instrument {
  readonly #attributes: Series<Attributes>;
  #histogram: Histogram | undefined;

  constructor(
    private readonly name: string,
    private readonly options: MetricOptions,
    labels: readonly string[],
  ) {
    this.#attributes = new Series(labels, (attributes) => attributes);
  }

  record(value: number, ...labels: readonly LabelValue[]): void {
    this.#histogram?.record(value, this.#attributes.at(labels));
  }

  attach(meter: Meter): () => void {
    this.#histogram = meter.createHistogram(this.name, this.options);
    return () => (this.#histogram = undefined);
  }
}
