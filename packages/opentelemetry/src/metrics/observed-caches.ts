import type { CacheStats } from "@evercache/core";
import { ValueType, type Meter, type MetricOptions } from "@opentelemetry/api";
import { NAMESPACE } from "../attribute-names.js";
import type { Instrument } from "./instruments.js";

type Seen = Pick<CacheStats, "l1" | "recovering" | "breaker" | "isPaused" | "adaptive">;

/** What `prisma.$cache` is. */
export interface ObservableCache {
  readonly namespace?: string;
  stats(): Seen;
}

interface Gauge {
  readonly name: string;
  /** `sum`: of several processes the sum is of interest. */
  readonly kind: "sum" | "state";
  readonly options: MetricOptions;
  readonly read: (stats: Seen) => number;
}

const GAUGES: readonly Gauge[] = [
  gauge("evercache.l1.entries", "sum", "{result}", "Results in process memory.", ({ l1 }) => l1.entries),
  gauge("evercache.l1.size", "sum", "By", "What they take, estimated.", ({ l1 }) => l1.bytes),
  gauge(
    "evercache.recovering",
    "sum",
    "{tag}",
    "Tags whose release the store is still owed. While above 0, nothing is served from the cache.",
    ({ recovering }) => recovering,
  ),
  gauge(
    "evercache.adaptive.off",
    "sum",
    "{operation}",
    "Kinds of reads that are not cached for the moment, since writes dropped more than was hit.",
    ({ adaptive }) => adaptive.off.length,
  ),
  gauge("evercache.breaker.open", "state", "1", "1 while the store is not asked.", ({ breaker }) =>
    Number(breaker.state === "open"),
  ),
  gauge("evercache.paused", "state", "1", "1 while reads go past the cache.", ({ isPaused }) => Number(isPaused)),
];

/** What caches are like at the moment when metrics are collected. */
export class ObservedCaches implements Instrument {
  readonly #caches = new Map<ObservableCache, string>();

  /** Returns what ends it. */
  add(cache: ObservableCache, namespace: string): () => void {
    this.#caches.set(cache, namespace);
    return () => void this.#caches.delete(cache);
  }

  attach(meter: Meter): () => void {
    const instruments = GAUGES.map(({ name, kind, options, read }) => {
      const instrument =
        kind === "sum"
          ? meter.createObservableUpDownCounter(name, options)
          : meter.createObservableGauge(name, options);
      return { instrument, read };
    });
    const observables = instruments.map(({ instrument }) => instrument);
    const observe: Parameters<Meter["addBatchObservableCallback"]>[0] = (result) => {
      for (const [cache, namespace] of this.#caches) {
        const stats = cache.stats();
        for (const { instrument, read } of instruments)
          result.observe(instrument, read(stats), { [NAMESPACE]: namespace });
      }
    };
    meter.addBatchObservableCallback(observe, observables);
    return () => meter.removeBatchObservableCallback(observe, observables);
  }
}

function gauge(name: string, kind: Gauge["kind"], unit: string, description: string, read: Gauge["read"]): Gauge {
  return { name, kind, options: { unit, description, valueType: ValueType.INT }, read };
}
