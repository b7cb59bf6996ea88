import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, expect, it, vi } from "vitest";
import { EVENT_CHANNEL, EventHub } from "../src/event-hub.js";
import type { CacheEvent } from "../src/events.js";

afterEach(() => {
  vi.restoreAllMocks();
});

it("prints warnings, once a code, while only somebody looks on from afar, and tells them there", () => {
  const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const hub = new EventHub("shop");
  const seen: CacheEvent[] = [];
  const stop = hub.on((event) => seen.push(event), { takesWarnings: false });
  expect(hub.isHeard).toBe(true);
  const warning = { type: "warning", code: "ODD", message: "odd" } as const;
  for (let i = 0; i < 2; i++) hub.emit(warning);
  expect(printed).toHaveBeenCalledTimes(1);
  expect(seen).toEqual([warning, warning]);
  stop();
  expect(hub.isHeard).toBe(false);
  hub.on(() => {});
  hub.emit({ ...warning, code: "OTHER" });
  expect(printed).toHaveBeenCalledTimes(1);
  expect(seen).toHaveLength(2);
});

it("prints warnings while somebody only subscribes to the channel", () => {
  const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const seen: unknown[] = [];
  const subscriber = (message: unknown) => void seen.push(message);
  subscribe(EVENT_CHANNEL, subscriber);
  const event = { type: "warning", code: "ODD", message: "odd" } as const;
  new EventHub("shop").emit(event);
  unsubscribe(EVENT_CHANNEL, subscriber);
  expect(printed).toHaveBeenCalledTimes(1);
  expect(seen).toEqual([{ namespace: "shop", event }]);
});

it("a listener that throws fails nobody else", () => {
  const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const hub = new EventHub("shop");
  const seen: CacheEvent[] = [];
  hub.on(() => {
    throw new Error("observer");
  });
  hub.on((event) => seen.push(event), { takesWarnings: false });
  hub.emit({ type: "pause", isPaused: true });
  expect(seen).toHaveLength(1);
  expect(printed).toHaveBeenCalledTimes(1);
});

it("a listener that rejects ends no process: it is printed, as one that throws", async () => {
  const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const hub = new EventHub("shop");
  const error = new Error("observer");
  const listener: () => unknown = () => Promise.reject(error);
  hub.on(listener);
  const rejections: unknown[] = [];
  const note = (reason: unknown) => rejections.push(reason);
  process.on("unhandledRejection", note);
  hub.emit({ type: "pause", isPaused: true });
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(rejections).toEqual([]);
  expect(printed).toHaveBeenCalledExactlyOnceWith(error);
});

it("tells a log of all but hits, and measures nothing for it; warnings are its", () => {
  const printed = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const hub = new EventHub("shop");
  const seen: CacheEvent[] = [];
  const stop = hub.on((event) => seen.push(event), { hits: "none" });
  expect([hub.isHeard, hub.isHeardInFull]).toEqual([false, false]);
  const warning = { type: "warning", code: "ODD", message: "odd" } as const;
  const hit = {
    type: "hit",
    tier: "redis",
    key: "k",
    model: "M",
    operation: "count",
    savedMilliseconds: 0,
    tagCount: 0,
  } as const;
  hub.emit(hit);
  hub.emit(warning);
  expect(seen).toEqual([warning]);
  expect(printed).not.toHaveBeenCalled();
  stop();
  hub.emit(warning);
  expect(seen).toHaveLength(1);
  expect(printed).toHaveBeenCalledTimes(1);
});
