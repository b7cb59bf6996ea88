import { once } from "node:events";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, onTestFinished, test } from "vitest";
import { EVENT_CHANNEL, EventHub, type EventMessage } from "../src/event-hub.js";
import type { CacheEvent } from "../src/events.js";

const SOURCE = { model: "User", operation: "findUnique", key: "k" };
const METER = { hits: "asked", takesWarnings: false } as const;
const HIT = { type: "hit", ...SOURCE, savedMilliseconds: 0, tagCount: 1 } as const;

test("a meter is told of everything but hits in process memory that asked nobody", () => {
  const hub = new EventHub("test");
  const told: CacheEvent[] = [];
  const end = hub.on((event) => told.push(event), METER);
  expect([hub.isHeard, hub.isHeardInFull]).toEqual([true, false]);

  hub.emit({ ...HIT, tier: "l1" });
  hub.emit({ ...HIT, tier: "l1", milliseconds: 1 });
  hub.emit({ ...HIT, tier: "redis" });
  hub.emit({ type: "pause", isPaused: true });
  expect(told).toEqual([
    { ...HIT, tier: "l1", milliseconds: 1 },
    { ...HIT, tier: "redis" },
    { type: "pause", isPaused: true },
  ]);

  end();
  hub.emit({ ...HIT, tier: "redis" });
  expect([told.length, hub.isHeard]).toEqual([3, false]);
});

test("a listener is told of those too, beside a meter", () => {
  const hub = new EventHub("test");
  const told: CacheEvent[] = [];
  hub.on(() => {}, METER);
  hub.on((event) => told.push(event));
  hub.emit({ ...HIT, tier: "l1" });
  expect([told.length, hub.isHeardInFull]).toEqual([1, true]);
});

test("a warning is printed although a meter counts it, and not where somebody listens", async () => {
  const hub = new EventHub("test");
  const counted: CacheEvent[] = [];
  hub.on((event) => counted.push(event), METER);
  const printed = once(process, "warning");
  hub.emit({ type: "warning", code: "TEST_METER", message: "heard by a meter alone" });
  expect((await printed)[0]).toMatchObject({ code: "TEST_METER" });
  expect(counted).toHaveLength(1);

  const codes: unknown[] = [];
  const note = (warning: Error & { code?: string }) => void codes.push(warning.code);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const end = hub.on(() => {});
  hub.emit({ type: "warning", code: "TEST_HEARD", message: "heard" });
  end();
  hub.emit({ type: "warning", code: "TEST_UNHEARD", message: "not heard" });
  await once(process, "warning");
  expect(codes).toEqual(["TEST_UNHEARD"]);
});

test("the channel of the process is told of hits in process memory", () => {
  const hub = new EventHub("test");
  const messages: EventMessage[] = [];
  const listener = (message: unknown) => void messages.push(message as EventMessage);
  subscribe(EVENT_CHANNEL, listener);
  onTestFinished(() => void unsubscribe(EVENT_CHANNEL, listener));
  hub.on(() => {}, METER);
  expect(hub.isHeardInFull).toBe(true);
  hub.emit({ ...HIT, tier: "l1" });
  expect(messages).toEqual([{ namespace: "test", event: { ...HIT, tier: "l1" } }]);
});
