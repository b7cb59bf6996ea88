import { randomUUID } from "node:crypto";
import { EvercacheInstrumentation, type EvercacheInstrumentationConfig } from "@evercache/opentelemetry";
import { context, trace, type Attributes, type Span } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from "@opentelemetry/sdk-trace-base";
import { expect, onTestFinished } from "vitest";
import { redisUrl } from "../../setup/client.js";
import { settled } from "../../setup/settled.js";
import { shop, withCache, type Cached, type Options } from "../fast-path-clients.js";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** The instrumentation with an SDK of its own, for the running test alone, and what was reported to it. */
export function telemetry(config: EvercacheInstrumentationConfig = {}, root?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const tracerProvider = new BasicTracerProvider({
    spanProcessors,
    ...(root && { sampler: new ParentBasedSampler({ root }) }),
  });
  const reader = new Reader();
  const instrumentation = new EvercacheInstrumentation(config);
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }));
  onTestFinished(() => instrumentation.disable());
  const tracer = tracerProvider.getTracer("application");

  return {
    instrumentation,
    tracerProvider,
    /** Runs `act` as the handler of a request does: in a span, which ends with it. */
    request: async <T>(name: string, act: () => PromiseLike<T>): Promise<T> => {
      const span: Span = tracer.startSpan(name);
      try {
        return await context.with(trace.setSpan(context.active(), span), async () => await act());
      } finally {
        span.end();
      }
    },
    spans: () => exporter.getFinishedSpans(),
    /** Those of that name, in the order of their ends. */
    named: (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name),
    forget: () => exporter.reset(),
    /** The points of a metric: those of one cache. */
    points: async (name: string, namespace: string) => {
      const { resourceMetrics } = await reader.collect();
      const metrics = resourceMetrics.scopeMetrics.flatMap(({ metrics: own }) => own);
      const points = metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
      return points
        .filter(({ attributes: labels }) => labels["evercache.namespace"] === namespace)
        .map(({ attributes: labels, value }) => ({ ...without(labels, ["evercache.namespace"]), value }));
    },
  };
}

/** A shop in SQLite, cached in Redis. */
export async function tracedShop(options: Options = {}) {
  const { plain, ...others } = await shop();
  const namespace = `telemetry-${randomUUID()}`;
  const cached = withCache(plain, { redis: redisUrl(), namespace, ...options });
  onTestFinished(() => cached.$cache.disconnect());
  // The first reads may come before there is a connection.
  await settled(cached);
  return { ...others, plain, cached, namespace };
}

/** Reads until it is answered from process memory without the store being asked. */
export async function untilInMemory(client: Cached, read: () => PromiseLike<unknown>): Promise<void> {
  let isInMemory = false;
  const stop = client.$cache.on("event", (event) => {
    isInMemory = event.type === "hit" && event.tier === "l1" && event.milliseconds === undefined;
  });
  await expect.poll(async () => (await read(), isInMemory)).toBe(true);
  stop();
}

export function without(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

export function parentOf(span: ReadableSpan): string | undefined {
  return span.parentSpanContext?.spanId;
}

export function idOf(span: ReadableSpan | undefined): string | undefined {
  return span?.spanContext().spanId;
}

/** In milliseconds. */
export function timesOf({ startTime, endTime }: ReadableSpan) {
  const milliseconds = ([seconds, nanoseconds]: [number, number]) => seconds * 1000 + nanoseconds / 1e6;
  return { start: milliseconds(startTime), end: milliseconds(endTime) };
}
