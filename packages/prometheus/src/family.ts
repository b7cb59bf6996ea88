import type { Buckets } from "./buckets.js";
import type { NodeReading } from "./redis/node-reading.js";
import type { Source } from "./source.js";

export type Labels = Readonly<Record<string, string>>;

export type Sample = readonly [labels: Labels, value: number];

interface Named {
  readonly name: string;
  readonly help: string;
  /** Besides `cache`, which every series has. */
  readonly labels: readonly string[];
}

/**
 * One metric: what it is called, and how its values are read off a cache, or off what its Redis says. `flag`: a gauge, 0 or 1, of
 * which the sum of several processes says nothing.
 */
export type Family =
  | (Named & { readonly kind: "counter" | "gauge" | "flag"; readonly samples: (source: Source) => Iterable<Sample> })
  | (Named & { readonly kind: "histogram"; readonly series: (source: Source) => Iterable<readonly [Labels, Buckets]> })
  | (Named & {
      readonly kind: "redis counter" | "redis gauge";
      readonly reading: (reading: NodeReading) => Iterable<Sample>;
    });

/** The samples of a record of counts, a label value each. `names`: where the label says it otherwise. */
export function samplesOf(
  label: string,
  counts: Readonly<Record<string, number>>,
  names: Readonly<Record<string, string>> = {},
): Sample[] {
  return Object.entries(counts).map(([key, count]) => [{ [label]: names[key] ?? key }, count]);
}
