import { channel } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { EVENT_CHANNEL, type CacheEvent } from "@evercache/core";
import { context, diag, metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import { AggregationTemporality, DataPointType, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EvercacheInstrumentation } from "../src/index.js";

class Reader extends MetricReader {
  readonly provider = new MeterProvider({ readers: [this] });

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  async values(name: string): Promise<unknown[]> {
    const { resourceMetrics, errors } = await this.collect();
    expect(errors).toEqual([]);
    return resourceMetrics.scopeMetrics
      .flatMap(({ metrics: all }) => all)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap((metric) => (metric.dataPointType === DataPointType.SUM ? metric.dataPoints : []))
      .map(({ value }) => value);
  }
}

const MISS = { type: "miss", model: "User", operation: "count", reason: "absent", key: "k", tagCount: 1 } as const;
const publish = (event: CacheEvent | object) => channel(EVENT_CHANNEL).publish({ namespace: "shop", event });

let instrumentation: EvercacheInstrumentation;
beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
beforeEach(() => (instrumentation = new EvercacheInstrumentation()));
afterEach(() => {
  instrumentation.disable();
  metrics.disable();
  diag.disable();
});

it("is an instrumentation, of the name of its package", () => {
  const { name } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { name: string };
  instrumentation satisfies Instrumentation;
  expect(instrumentation.instrumentationName).toBe(name);
});

describe("its configuration", () => {
  it("has defaults", () => {
    const defaults = { enabled: true, requireParentSpan: true, instants: "event", recordExceptions: true };
    expect(instrumentation.getConfig()).toEqual(defaults);
    instrumentation.setConfig({ instants: "none" });
    expect(instrumentation.getConfig()).toEqual({ ...defaults, instants: "none" });
    instrumentation.setConfig({ instants: undefined });
    expect(instrumentation.getConfig()).toEqual(defaults);
  });

  it.each([
    [{ instant: "none" }, "UNKNOWN_OPTION", "Did you mean instants?"],
    [{ instants: "events" }, "INVALID_OPTION", 'write "event", "span" or "none"'],
    [{ recordExceptions: 1 }, "INVALID_OPTION", "EvercacheInstrumentation: recordExceptions: write true or false"],
  ])("refuses %o", (config, code, message) => {
    const make = () => new EvercacheInstrumentation(config as object);
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it("may leave it off until it is enabled", () => {
    instrumentation.disable();
    const later = new EvercacheInstrumentation({ enabled: false });
    expect(channel(EVENT_CHANNEL).hasSubscribers).toBe(false);
    later.enable();
    expect(channel(EVENT_CHANNEL).hasSubscribers).toBe(true);
    later.disable();
    expect(channel(EVENT_CHANNEL).hasSubscribers).toBe(false);
  });
});

it("refuses to observe what is no cache", () => {
  const observe = () => instrumentation.observe({} as never);
  expect(observe).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

describe("metrics", () => {
  it("go to the global provider where none is given", async () => {
    const reader = new Reader();
    metrics.setGlobalMeterProvider(reader.provider);
    publish(MISS);
    expect(await reader.values("evercache.reads")).toEqual([1]);
  });

  it("go to the provider that was given last, with what was counted before, once", async () => {
    const [first, second] = [new Reader(), new Reader()];
    publish(MISS);
    for (const { provider } of [first, second, second]) instrumentation.setMeterProvider(provider);
    publish(MISS);
    expect(await second.values("evercache.reads")).toEqual([2]);
    expect(await first.values("evercache.reads")).toEqual([]);
  });

  it("are those of the time since, where the exporter asks for that", async () => {
    const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
    instrumentation.setMeterProvider(reader.provider);
    publish(MISS);
    publish(MISS);
    expect(await reader.values("evercache.reads")).toEqual([2]);
    publish(MISS);
    expect(await reader.values("evercache.reads")).toEqual([1]);
  });

  it("go on after a pause", async () => {
    const reader = new Reader();
    instrumentation.setMeterProvider(reader.provider);
    publish(MISS);
    instrumentation.disable();
    publish(MISS);
    instrumentation.enable();
    publish(MISS);
    expect(await reader.values("evercache.reads")).toEqual([2]);
  });

  const COUNTED: readonly [name: string, event: CacheEvent, amount?: number][] = [
    ["evercache.reads", MISS],
    ["evercache.joins", { type: "join", model: "User", operation: "count", key: "k" }],
    ["evercache.fills", { type: "fill", model: "User", operation: "count", key: "k", outcome: "too-large", bytes: 9 }],
    [
      "evercache.saved_time",
      { type: "hit", model: "User", operation: "count", key: "k", tier: "l1", savedMilliseconds: 500, tagCount: 1 },
      0.5,
    ],
    [
      "evercache.refreshes",
      { type: "refresh", model: "User", operation: "count", key: "k", cause: "expired", outcome: "stored" },
    ],
    ["evercache.verifications", { type: "verify", model: "User", operation: "count", key: "k", outcome: "match" }],
    [
      "evercache.fill.verifications",
      { type: "fill-verify", model: "User", operation: "count", key: "k", outcome: "dead" },
    ],
    ["evercache.invalidations", { type: "invalidate", applied: false, cause: "verify", tags: [] }],
    ["evercache.l1.dropped_tokens", { type: "l1", outcome: "dropped", cause: "told", tokens: 3 }, 3],
    ["evercache.store.changes", { type: "store", status: "ready" }],
    ["evercache.channel.changes", { type: "channel", status: "lost", groups: ["User"] }],
    ["evercache.breaker.changes", { type: "breaker", state: "open" }],
    ["evercache.warnings", { type: "warning", code: "DISABLED", message: "nothing is cached" }],
  ];
  it.each(COUNTED)("%s", async (name, event, amount = 1) => {
    const reader = new Reader();
    instrumentation.setMeterProvider(reader.provider);
    publish(event);
    publish(event);
    expect(await reader.values(name)).toEqual([amount * 2]);
  });
});

describe("a span that has ended", () => {
  it("has what happens after it, as spans, where it was sampled", () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    instrumentation.setTracerProvider(provider);
    const request = provider.getTracer("application").startSpan("request");
    request.end();
    const fill = { type: "fill", model: "User", operation: "count", key: "k", outcome: "stored", bytes: 9 } as const;
    context.with(trace.setSpan(context.active(), request), () => publish({ ...fill, milliseconds: 2 }));
    const [, span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: "evercache.fill", parentSpanContext: { spanId: request.spanContext().spanId } });
  });

  it("takes no more events: what takes no time is a span without length there", () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    instrumentation.setTracerProvider(provider);
    const request = provider.getTracer("application").startSpan("request");
    request.end();
    const verify = { type: "verify", model: "User", operation: "count", key: "k", outcome: "violation" } as const;
    context.with(trace.setSpan(context.active(), request), () => publish(verify));
    const [ended, span] = exporter.getFinishedSpans();
    expect(ended).toMatchObject({ name: "request", events: [] });
    expect(span).toMatchObject({
      name: "evercache.verify",
      duration: [0, 0],
      status: { code: SpanStatusCode.ERROR },
      parentSpanContext: { spanId: request.spanContext().spanId },
    });
  });
});

it.each([null, 7, {}, { event: null }, { event: {} }, { event: { type: "quarantine" } }])(
  "the message %o throws nothing at whoever publishes",
  async (message) => {
    const uncaught = vi.fn();
    process.on("uncaughtException", uncaught);
    channel(EVENT_CHANNEL).publish(message);
    // Node throws what a subscriber throws in a tick of its own.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("uncaughtException", uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  },
);
