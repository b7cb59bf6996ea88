import { EvercacheError } from "@evercache/core";
import { Counter, Gauge, type Metric, type Registry } from "prom-client";
import { FAMILIES } from "./families/families.js";
import type { Family, Sample } from "./family.js";
import { PulledHistogram } from "./pulled-histogram.js";
import type { Source } from "./source.js";

const exporters = new WeakMap<Registry, Exporter>();

/** The metrics of all caches in one registry. */
export class Exporter {
  readonly #sources = new Map<string, Source>();
  readonly #metrics: ReadonlyMap<string, Metric>;

  static of(register: Registry): Exporter {
    let exporter = exporters.get(register);
    if (!exporter) exporters.set(register, (exporter = new Exporter(register)));
    return exporter;
  }

  private constructor(private readonly register: Registry) {
    this.#metrics = new Map(FAMILIES.map((family) => [family.name, metricOf(family, this.#sources)]));
  }

  /** @throws EvercacheError where the registry has a cache of that name, or another metric of these names: it is left as it is */
  add(source: Source): void {
    const { name } = source;
    if (this.#sources.has(name)) {
      throw new EvercacheError(
        "INVALID_OPTION",
        `namespace: this registry has the metrics of a cache "${name}" already. Give each cache a name of its own: namespace: "…".`,
        { value: name },
      );
    }
    for (const [metricName, metric] of this.#metrics) {
      const present = this.#registered(metricName);
      if (present && present[1] !== metric) throw isTaken(metricName);
    }
    // Somebody may have cleared the registry since the last one came.
    for (const [metricName, metric] of this.#metrics) {
      if (!this.#registered(metricName)) this.register.registerMetric(metric);
    }
    this.#sources.set(name, source);
  }

  remove(source: Source): void {
    if (this.#sources.get(source.name) !== source) return;
    this.#sources.delete(source.name);
    if (this.#sources.size > 0) return;
    for (const [metricName, metric] of this.#metrics) {
      const present = this.#registered(metricName);
      if (present?.[1] === metric) this.register.removeSingleMetric(present[0]);
    }
  }

  /** By which name the registry has it: once OpenMetrics was written, prom-client has counters without their `_total`. */
  #registered(metricName: string): readonly [name: string, metric: Metric] | undefined {
    for (const name of [metricName, metricName.replace(/_total$/, "")]) {
      const metric = this.register.getSingleMetric(name);
      if (metric) return [name, metric];
    }
    return undefined;
  }
}

function isTaken(name: string): EvercacheError {
  const hint = "Is @evercache/prometheus loaded twice? Else write a registry of its own: new Registry()";
  return new EvercacheError("INVALID_OPTION", `register: it has another metric "${name}" already. ${hint}.`, {
    value: name,
  });
}

type Sources = ReadonlyMap<string, Source>;

/** Every worker of a process tells the same: they are not to be added up. */
const OF_ONE_SERVER = { aggregator: "max" } as const;

function metricOf(family: Family, sources: Sources): Metric {
  const { name, help, kind } = family;
  const named = { name, help, labelNames: ["cache", ...family.labels], registers: [] };
  switch (kind) {
    case "counter":
      return new Counter({
        ...named,
        collect() {
          this.reset();
          for (const [labels, value] of pulled(sources, family.samples)) this.inc(labels, value);
        },
      });
    case "gauge":
    case "flag":
      return new Gauge({
        ...named,
        aggregator: kind === "flag" ? "max" : "sum",
        collect() {
          this.reset();
          for (const [labels, value] of pulled(sources, family.samples)) this.set(labels, value);
        },
      });
    case "histogram":
      return new PulledHistogram(name, help, named.labelNames, () => pulled(sources, family.series));
    case "redis counter":
      return new Counter({
        ...named,
        ...OF_ONE_SERVER,
        async collect() {
          const samples = await read(sources, family.reading);
          this.reset();
          for (const [labels, value] of samples) this.inc(labels, value);
        },
      });
    case "redis gauge":
      return new Gauge({
        ...named,
        ...OF_ONE_SERVER,
        async collect() {
          const samples = await read(sources, family.reading);
          this.reset();
          for (const [labels, value] of samples) this.set(labels, value);
        },
      });
    default:
      return kind satisfies never;
  }
}

function pulled<T>(
  sources: Sources,
  of: (source: Source) => Iterable<readonly [Sample[0], T]>,
): (readonly [Sample[0], T])[] {
  return [...sources.values()].flatMap((source) => {
    return [...of(source)].map(([labels, value]) => [{ cache: source.name, ...labels }, value] as const);
  });
}

/** What the servers say; one that does not answer says no more than that. */
async function read(
  sources: Sources,
  of: Extract<Family, { readonly kind: "redis gauge" | "redis counter" }>["reading"],
): Promise<Sample[]> {
  const all = [...sources.values()].map(async ({ name, redis }) => {
    const readings = (await redis?.read()) ?? [];
    return readings.flatMap((reading) => {
      return [...of(reading)].map(([labels, value]): Sample => [{ cache: name, node: reading.node, ...labels }, value]);
    });
  });
  return (await Promise.all(all)).flat();
}
