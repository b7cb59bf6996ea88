import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EVENT_CHANNEL, EvercacheError, type EventMessage } from "@evercache/core";
import { diag, metrics, trace, type MeterProvider, type Tracer, type TracerProvider } from "@opentelemetry/api";
import { parseConfig, type Config, type EvercacheInstrumentationConfig } from "./config.js";
import { Measurements } from "./metrics/measurements.js";
import { ObservedCaches, type ObservableCache } from "./metrics/observed-caches.js";
import { Tracing } from "./traces/tracing.js";
import { VERSION } from "./version.js";

const NAME = "@evercache/opentelemetry";

/**
 * Traces and measures every cache of this process, whenever it was made. Give it to `registerInstrumentations` or to `NodeSDK`; by
 * itself it uses the global providers. It patches nothing, so that the order of imports does not matter.
 *
 * @throws EvercacheError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export class EvercacheInstrumentation {
  readonly instrumentationName = NAME;
  readonly instrumentationVersion = VERSION;
  readonly #tracing = new Tracing();
  readonly #measurements = new Measurements();
  readonly #observed = new ObservedCaches();
  #config: Config;
  #tracer: Tracer = trace.getTracer(NAME, VERSION);
  #meterProvider: MeterProvider | undefined;
  #isEnabled = false;
  /** Undefined while the instruments are on no meter. */
  #detach: (() => void) | undefined;

  constructor(config: EvercacheInstrumentationConfig = {}) {
    this.#config = parseConfig(config);
    if (this.#config.enabled) this.enable();
  }

  enable(): void {
    if (this.#isEnabled) return;
    this.#isEnabled = true;
    subscribe(EVENT_CHANNEL, this.#onMessage);
  }

  /** Nothing listens any more, and no metrics are reported. What was counted is kept until it is enabled again. */
  disable(): void {
    this.#isEnabled = false;
    unsubscribe(EVENT_CHANNEL, this.#onMessage);
    this.#detach?.();
    this.#detach = undefined;
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer = provider.getTracer(NAME, VERSION);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider;
    if (this.#isEnabled) this.#attach();
  }

  /** What is left out has its default. `enabled` does nothing here: call `enable()` or `disable()`. */
  setConfig(config: EvercacheInstrumentationConfig): void {
    this.#config = parseConfig(config);
  }

  getConfig(): Config {
    return this.#config;
  }

  /**
   * Reports what a cache is like, besides what happens to it: `instrumentation.observe(prisma.$cache)`. Its `stats()` are asked for
   * whenever metrics are collected. Returns what ends it.
   *
   * `namespace`: the cache's own, if left out.
   */
  observe(cache: ObservableCache, { namespace }: { readonly namespace?: string } = {}): () => void {
    if (typeof (cache as Partial<ObservableCache> | undefined)?.stats !== "function") {
      throw new EvercacheError("INVALID_OPTION", "observe: write observe(prisma.$cache).", { value: cache });
    }
    const end = this.#observed.add(cache, namespace ?? cache.namespace ?? "evercache");
    if (this.#isEnabled && !this.#detach) this.#attach();
    return end;
  }

  #attach(): void {
    this.#detach?.();
    const meter = (this.#meterProvider ?? metrics).getMeter(NAME, VERSION);
    const ends = [this.#measurements, this.#observed].map((instrument) => instrument.attach(meter));
    this.#detach = () => {
      for (const end of ends) end();
    };
  }

  /** Node makes an uncaught exception of what a subscriber throws. */
  readonly #onMessage = (message: unknown): void => {
    try {
      if (!this.#detach) this.#attach();
      this.#measurements.measure(message as EventMessage);
      this.#tracing.show(message as EventMessage, this.#tracer, this.#config);
    } catch (error) {
      diag.error(`${NAME}: an event could not be reported`, error);
    }
  };
}
