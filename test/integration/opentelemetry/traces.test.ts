import { hasSubscribers } from "node:diagnostics_channel";
import { EVENT_CHANNEL } from "@evercache/core";
import { diag, DiagLogLevel, SpanKind, SpanStatusCode, type DiagLogger } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace-base";
import { expect, onTestFinished, test, vi } from "vitest";
import { settled } from "../../setup/settled.js";
import { startRedis } from "../../setup/redis.js";
import { idOf, parentOf, telemetry, timesOf, tracedShop, untilInMemory, without } from "./telemetry.js";

const ROW = { where: { id: 1 } } as const;
const IN_MEMORY = { models: { Product: { l1: true } } } as const;
const HASH = expect.stringMatching(/^[0-9a-f]{16}$/);

test("a miss is a lookup, a load and a fill below the span of the request; then a hit is a lookup", async () => {
  const { cached, namespace } = await tracedShop();
  const { request, named, spans, forget } = telemetry();
  await request("first", () => cached.product.findUnique(ROW));
  await settled(cached);

  const [root] = named("first");
  const children = spans().filter((span) => span.name !== "first");
  expect(children.map(({ name }) => name).sort()).toEqual(["evercache.fill", "evercache.load", "evercache.read"]);
  for (const span of children) {
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(parentOf(span)).toBe(idOf(root));
    expect(span.instrumentationScope).toMatchObject({ name: "@evercache/opentelemetry" });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  }
  const query = {
    "evercache.namespace": namespace,
    "evercache.model": "Product",
    "db.operation.name": "findUnique",
    "evercache.key.hash": HASH,
  };
  const attributesOf = (name: string) => without(named(name)[0]!.attributes, ["evercache.query.shape"]);
  expect(attributesOf("evercache.read")).toEqual({
    ...query,
    "evercache.status": "miss",
    "evercache.reason": "absent",
    "evercache.tag.count": expect.any(Number),
  });
  expect(attributesOf("evercache.load")).toEqual({ ...query, "db.response.returned_rows": 1 });
  expect(attributesOf("evercache.fill")).toEqual({
    ...query,
    "evercache.outcome": "stored",
    "evercache.entry.size": expect.any(Number),
    "evercache.encode_time": expect.any(Number),
  });

  forget();
  await request("second", () => cached.product.findUnique(ROW));
  expect(spans().map(({ name }) => name)).toEqual(["evercache.read", "second"]);
  expect(attributesOf("evercache.read")).toEqual({
    ...query,
    "evercache.status": "hit",
    "evercache.tier": "redis",
    "evercache.tag.count": expect.any(Number),
    "evercache.entry.size": expect.any(Number),
    "evercache.saved_time": expect.any(Number),
    "evercache.decode_time": expect.any(Number),
  });
});

test("spans last as long as what they are about, within the request", async () => {
  const { cached } = await tracedShop();
  const { request, named } = telemetry();
  const events: { readonly type: string; readonly milliseconds?: number | undefined }[] = [];
  onTestFinished(cached.$cache.on("event", (event) => void events.push(event)));
  await request("request", () => cached.product.findMany());

  const root = timesOf(named("request")[0]!);
  for (const [name, type] of [
    ["evercache.read", "miss"],
    ["evercache.load", "load"],
  ] as const) {
    const { start, end } = timesOf(named(name)[0]!);
    expect(end - start).toBeCloseTo(events.find((event) => event.type === type)!.milliseconds!, 2);
    // The SDK starts the request's own span at a whole millisecond.
    expect(start).toBeGreaterThan(root.start - 1);
    expect(end).toBeLessThan(root.end + 1);
  }
  const [read, load] = [timesOf(named("evercache.read")[0]!), timesOf(named("evercache.load")[0]!)];
  expect(load.start).toBeGreaterThan(read.end - 1);
});

test("a write has a span for its locks and one for their end, in a transaction too", async () => {
  const { cached, namespace } = await tracedShop();
  const { request, named, forget } = telemetry();
  await request("update", () => cached.product.update({ ...ROW, data: { name: "new" } }));
  const [root] = named("update");
  // Nobody waits for it.
  const released = () => expect.poll(() => named("evercache.release").length).toBe(1);
  await released();
  for (const [name, outcome] of [
    ["evercache.quarantine", "locked"],
    ["evercache.release", "changed"],
  ] as const) {
    const [span] = named(name);
    expect(parentOf(span!)).toBe(idOf(root));
    expect(span!.attributes).toEqual({
      "evercache.namespace": namespace,
      "evercache.model": "Product",
      "db.operation.name": "update",
      "evercache.outcome": outcome,
      "evercache.tag.count": expect.any(Number),
    });
    expect(timesOf(span!).end - timesOf(span!).start).toBeGreaterThan(0);
  }

  forget();
  await request("transaction", () =>
    cached.$transaction(async (tx) => {
      await tx.product.update({ ...ROW, data: { name: "newer" } });
      await tx.category.update({ ...ROW, data: { name: "newer" } });
    }),
  );
  await released();
  expect(named("evercache.release").map(parentOf)).toEqual([idOf(named("transaction")[0])]);
});

test("a query that fails is an error of the load's span, with its exception", async () => {
  const { cached, plain } = await tracedShop();
  await plain.$executeRawUnsafe('ALTER TABLE "Review" RENAME TO "Elsewhere"');
  for (const recordExceptions of [true, false]) {
    const { request, named, instrumentation } = telemetry({ recordExceptions });
    const read = () => request("request", () => cached.review.findMany());
    const { code } = await read().then(
      () => expect.unreachable(),
      (error: { code: string }) => error,
    );
    instrumentation.disable();
    const [load] = named("evercache.load");
    expect(load).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { "error.type": code } });
    expect(load!.attributes).not.toHaveProperty("db.response.returned_rows");
    const exceptions = load!.events.filter(({ name }) => name === "exception");
    expect(exceptions).toHaveLength(recordExceptions ? 1 : 0);
    expect(load!.status.message === undefined).toBe(!recordExceptions);
    if (recordExceptions) expect(exceptions[0]!.attributes).toMatchObject({ "exception.type": code });
  }
});

test("locks that the store refuses are an error of their span; the write goes on", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const { cached } = await tracedShop({ redis: redis.url, writeDeadline: "100ms" });
  const { request, named } = telemetry();
  await redis.kill();
  await request("update", () => cached.product.update({ ...ROW, data: { name: "new" } }));
  const [span] = named("evercache.quarantine");
  expect(span).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { "evercache.outcome": "refused" },
  });
  expect(span!.attributes).toHaveProperty("error.type");
});

test("a hit in process memory is an event of the request's span, a span without length, or nothing", async () => {
  const { cached, namespace } = await tracedShop(IN_MEMORY);
  const read = () => cached.product.findUnique(ROW);
  await untilInMemory(cached, read);
  const expected = {
    "evercache.namespace": namespace,
    "evercache.model": "Product",
    "db.operation.name": "findUnique",
    "evercache.status": "hit",
    "evercache.tier": "l1",
  };
  for (const instants of ["event", "span", "none"] as const) {
    const { request, named, spans, instrumentation } = telemetry({ instants });
    await request("request", read);
    instrumentation.disable();
    const [root] = named("request");
    expect(root!.events.map(({ name }) => name)).toEqual(instants === "event" ? ["evercache.read"] : []);
    expect(spans()).toHaveLength(instants === "span" ? 2 : 1);
    if (instants === "event") expect(root!.events[0]!.attributes).toMatchObject(expected);
    if (instants !== "span") continue;
    const [span] = named("evercache.read");
    expect(span!.attributes).toMatchObject(expected);
    expect(span!.duration).toEqual([0, 0]);
    expect(parentOf(span!)).toBe(idOf(root));
  }
});

test("a hit in process memory that asks the store whether it is valid is a span as long as the answer took", async () => {
  const { cached } = await tracedShop({ models: { Product: { l1: { mode: "validated" } } } });
  const read = () => cached.product.findUnique(ROW);
  await read();
  await settled(cached);
  await expect.poll(async () => (await read().withCacheInfo()).info.tier).toBe("l1");
  const { request, named } = telemetry();
  await request("request", read);
  const [span] = named("evercache.read");
  expect(span!.attributes).toMatchObject({ "evercache.status": "hit", "evercache.tier": "l1" });
  expect(timesOf(span!).end - timesOf(span!).start).toBeGreaterThan(0);
});

test("what is loaded anew in the background is below the request that was answered meanwhile", async () => {
  const { cached } = await tracedShop({ defaults: { ttl: "10ms", swr: "1m" } });
  const { request, named } = telemetry();
  await expect
    .poll(async () => {
      await request("request", () => cached.product.findUnique(ROW));
      return named("evercache.read").at(-1)?.attributes["evercache.status"];
    })
    .toBe("stale");
  const stale = named("evercache.read").at(-1)!;
  expect(stale.attributes).toMatchObject({ "evercache.reason": "expired", "evercache.tier": "redis" });
  expect(timesOf(stale).end - timesOf(stale).start).toBeGreaterThan(0);
  await expect.poll(() => named("evercache.load").map(parentOf)).toContain(parentOf(stale));
});

test("a read past the cache says why", async () => {
  const { cached } = await tracedShop();
  const { request, named } = telemetry();
  await request("request", () => cached.product.findUnique({ ...ROW, cache: false }));
  expect(named("request")[0]!.events).toMatchObject([
    { name: "evercache.read", attributes: { "evercache.status": "bypass", "evercache.reason": "query" } },
  ]);
});

test("nothing is reported outside of spans, unless it is asked for", async () => {
  const { cached } = await tracedShop();
  const { spans, instrumentation } = telemetry();
  await cached.product.findUnique(ROW);
  await settled(cached);
  expect(spans()).toEqual([]);
  instrumentation.setConfig({ requireParentSpan: false });
  await cached.product.findUnique(ROW);
  expect(spans().map(({ name, parentSpanContext }) => [name, parentSpanContext])).toEqual([
    ["evercache.read", undefined],
  ]);
});

test("nothing is reported below a span that is not sampled", async () => {
  const { cached } = await tracedShop();
  const { request, spans, tracerProvider, instrumentation } = telemetry(
    { requireParentSpan: false },
    new AlwaysOffSampler(),
  );
  const startSpan = vi.spyOn(
    tracerProvider.getTracer("@evercache/opentelemetry", instrumentation.instrumentationVersion),
    "startSpan",
  );
  await request("request", () => cached.product.findUnique(ROW));
  await request("request", () => cached.product.findUnique(ROW));
  expect(spans()).toEqual([]);
  expect(startSpan).not.toHaveBeenCalled();
});

test("requests that share a load have each their own lookup", async () => {
  const { cached } = await tracedShop();
  const { request, named } = telemetry();
  const read = () => cached.product.findMany({ where: { categoryId: 1 } });
  await Promise.all([request("one", read), request("other", read)]);
  const roots = [named("one")[0]!, named("other")[0]!];
  const reads = named("evercache.read");
  expect(reads.map(({ attributes }) => attributes["evercache.status"])).toEqual(["miss", "miss"]);
  expect(new Set(reads.map(parentOf))).toEqual(new Set(roots.map(idOf)));
  const loads = named("evercache.load");
  expect(loads).toHaveLength(1);
  const joined = roots.filter(({ events }) => events.some(({ name }) => name === "evercache.join"));
  expect(joined).toHaveLength(1);
  expect(parentOf(loads[0]!)).toBe(idOf(roots.find((root) => root !== joined[0])));
});

test("two caches tell which they are", async () => {
  const [one, other] = [await tracedShop(), await tracedShop()];
  const { request, named } = telemetry();
  await request("request", async () => {
    await one.cached.product.findUnique(ROW);
    await other.cached.product.findUnique(ROW);
  });
  const namespaces = named("evercache.read").map(({ attributes }) => attributes["evercache.namespace"]);
  expect(namespaces).toEqual([one.namespace, other.namespace]);
});

test("disabled, it listens no more", async () => {
  const { cached } = await tracedShop();
  const { request, spans, instrumentation } = telemetry();
  expect(hasSubscribers(EVENT_CHANNEL)).toBe(true);
  instrumentation.enable();
  instrumentation.disable();
  expect(hasSubscribers(EVENT_CHANNEL)).toBe(false);
  await request("request", () => cached.product.findUnique(ROW));
  expect(spans().map(({ name }) => name)).toEqual(["request"]);
  instrumentation.enable();
  await request("request", () => cached.product.findMany());
  expect(spans().map(({ name }) => name)).toContain("evercache.read");
});

test("a tracer that throws fails no read, and is told of", async () => {
  const { cached } = await tracedShop();
  const { request, instrumentation } = telemetry();
  const uncaught = vi.fn();
  process.on("uncaughtException", uncaught);
  const error = vi.fn<DiagLogger["error"]>();
  const quiet = () => {};
  diag.setLogger({ error, warn: quiet, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.ERROR);
  onTestFinished(() => {
    process.off("uncaughtException", uncaught);
    diag.disable();
  });
  instrumentation.setTracerProvider({
    getTracer: () => ({
      startSpan() {
        throw new Error("the tracer is broken");
      },
      startActiveSpan() {
        throw new Error("the tracer is broken");
      },
    }),
  });
  expect(await request("request", () => cached.product.findUnique(ROW))).toMatchObject({ id: 1 });
  await settled(cached);
  // Node throws what a subscriber throws in a tick of its own.
  await new Promise((resolve) => setImmediate(resolve));
  expect(error).toHaveBeenCalledWith(
    expect.stringContaining("could not be reported"),
    expect.objectContaining({ message: "the tracer is broken" }),
  );
  expect(uncaught).not.toHaveBeenCalled();
});
