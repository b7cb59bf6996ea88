import { Histogram, type Aggregator } from "prom-client";
import type { Buckets } from "./buckets.js";
import type { Labels } from "./family.js";

interface Row {
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly metricName: string;
}

/**
 * A histogram whose values lie elsewhere: prom-client's own hashes the labels with each value, which would cost more than some
 * of the things that are measured.
 */
export class PulledHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #series: () => Iterable<readonly [Labels, Buckets]>;

  constructor(
    name: string,
    help: string,
    labelNames: readonly string[],
    series: () => Iterable<readonly [Labels, Buckets]>,
  ) {
    super({ name, help, labelNames, registers: [] });
    this.#name = name;
    this.#help = help;
    this.#series = series;
  }

  override async get(): ReturnType<Histogram["get"]> {
    const told = {
      name: this.#name,
      help: this.#help,
      type: "histogram",
      aggregator: "sum" satisfies Aggregator,
      values: [...this.#series()].flatMap(([labels, buckets]) => rowsOf(this.#name, labels, buckets)),
    };
    // prom-client's declarations have an enum of numbers where it has texts.
    return told as unknown as Awaited<ReturnType<Histogram["get"]>>;
  }

  /** What a registry asks instead of `get`, where it is there, to write its text. */
  getForPromString(): ReturnType<Histogram["get"]> {
    return this.get();
  }
}

function rowsOf(name: string, labels: Labels, buckets: Buckets): Row[] {
  const rows = buckets.cumulated();
  return [
    ...rows.map(({ le, count }) => ({ labels: { le, ...labels }, value: count, metricName: `${name}_bucket` })),
    { labels: { ...labels }, value: buckets.sum, metricName: `${name}_sum` },
    { labels: { ...labels }, value: rows.at(-1)!.count, metricName: `${name}_count` },
  ];
}
