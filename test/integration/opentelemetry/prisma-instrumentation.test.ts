import { trace } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { PrismaInstrumentation } from "@prisma/instrumentation";
import { expect, onTestFinished, test } from "vitest";
import { settled } from "../../setup/settled.js";
import { idOf, parentOf, telemetry, tracedShop, untilInMemory } from "./telemetry.js";

const ROW = { where: { id: 1 } } as const;

/** The names of a span and of those above it. */
function pathOf(traced: ReturnType<typeof telemetry>, name: string): string[] {
  let [span] = traced.named(name);
  const path: string[] = [];
  while (span) {
    path.push(span.name);
    const parent = parentOf(span);
    span = traced.spans().find((other) => idOf(other) === parent);
  }
  return path;
}

test("what the cache does is below Prisma's own span of the operation", async () => {
  const { cached } = await tracedShop({ models: { Product: { l1: true } } });
  const traced = telemetry();
  // Prisma's takes the global provider alone.
  trace.setGlobalTracerProvider(traced.tracerProvider);
  const instrumentations = [new PrismaInstrumentation(), traced.instrumentation];
  onTestFinished(registerInstrumentations({ instrumentations }));
  const below = ["prisma:client:operation", "request"];

  await traced.request("request", () => cached.category.findUnique(ROW));
  await settled(cached);
  expect(pathOf(traced, "evercache.read")).toEqual(["evercache.read", ...below]);
  expect(pathOf(traced, "evercache.load")).toEqual(["evercache.load", ...below]);
  expect(pathOf(traced, "evercache.fill")).toEqual(["evercache.fill", ...below]);

  traced.forget();
  await traced.request("request", () => cached.category.findUnique(ROW));
  expect(pathOf(traced, "evercache.read")).toEqual(["evercache.read", ...below]);
  expect(traced.spans().map(({ name }) => name)).toEqual(["evercache.read", ...below]);

  traced.forget();
  await traced.request("request", () => cached.category.update({ ...ROW, data: { name: "new" } }));
  // Its release may still be under way, here and below.
  await settled(cached);
  expect(pathOf(traced, "evercache.quarantine")).toEqual(["evercache.quarantine", ...below]);
  expect(pathOf(traced, "evercache.release")).toEqual(["evercache.release", ...below]);

  traced.forget();
  await traced.request("request", () =>
    cached.$transaction(async (tx) => {
      await tx.category.findUnique(ROW);
      await tx.category.update({ ...ROW, data: { name: "newer" } });
    }),
  );
  await settled(cached);
  // The locks are taken before Prisma commits; they end after its transaction.
  expect(pathOf(traced, "evercache.quarantine")).toEqual([
    "evercache.quarantine",
    "prisma:client:transaction",
    "request",
  ]);
  expect(pathOf(traced, "evercache.release")).toEqual(["evercache.release", "request"]);

  await untilInMemory(cached, () => cached.product.findUnique(ROW));
  traced.forget();
  await traced.request("request", () => cached.product.findUnique(ROW));
  expect(traced.named("prisma:client:operation")[0]!.events).toMatchObject([
    { name: "evercache.read", attributes: { "evercache.tier": "l1" } },
  ]);
});
