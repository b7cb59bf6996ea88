import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CacheEvent, CacheEventListener } from "../../src/events.js";
import { Responder } from "../../src/observation/responder.js";
import { readReply, type ObservationReply } from "../../src/observation/reply.js";
import { spellRequest, type ObservationRequest } from "../../src/observation/request.js";
import { Cache } from "../../src/cache.js";

const PROCESS = { id: "one", host: "here", pid: 1, startedAt: 0, version: "1.0.0" };
const TOPIC = "topic-of-a-tool";

/** A responder, the one listener that it may have, and what it says by topic. */
class Subject {
  readonly said: { topic: string; reply: ObservationReply }[] = [];
  readonly refusals: unknown[] = [];
  listener: CacheEventListener | null = null;
  snapshots = 0;
  /** How many hear what is said. */
  hearers: () => Promise<number> = async () => 1;
  readonly responder = new Responder({
    process: PROCESS,
    say: (topic, text) => {
      this.said.push({ topic, reply: readReply(text)! });
      return this.hearers();
    },
    stats: () => {
      this.snapshots++;
      return new Cache({} as never).stats();
    },
    listen: (listener) => {
      expect(this.listener).toBeNull();
      this.listener = listener;
      return () => (this.listener = null);
    },
    refused: (error) => this.refusals.push(error),
    now: () => 1000.4,
    monotonicNow: () => performance.now(),
  });

  ask(request: ObservationRequest): void {
    this.responder.onMessage(spellRequest(request));
  }

  observe(topic = TOPIC, wishes: { perSecond?: number; models?: string[] | null; types?: string[] | null } = {}): void {
    this.ask({ ask: "events", reply: topic, time: 5000, perSecond: 100, models: null, types: null, ...wishes });
  }

  hit(model = "Product"): void {
    const hit: object = { type: "hit", model, operation: "findUnique", tier: "redis", key: "k" };
    this.listener?.(hit as CacheEvent);
  }

  of<T extends ObservationReply["tell"]>(tell: T): Extract<ObservationReply, { tell: T }>[] {
    const replies = this.said.map(({ reply }) => reply);
    return replies.filter((reply): reply is Extract<ObservationReply, { tell: T }> => reply.tell === tell);
  }
}

let subject: Subject;
beforeEach(() => {
  vi.useFakeTimers();
  subject = new Subject();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("stats", () => {
  it("are told to whoever asks, with what was asked and by whom it is answered", () => {
    subject.ask({ ask: "stats", reply: TOPIC, round: 7, queries: 0 });
    expect(subject.said).toMatchObject([{ topic: TOPIC, reply: { tell: "stats", process: PROCESS, round: 7 } }]);
    expect(subject.of("stats")[0]!.stats.reads.hit).toBe(0);
    expect(subject.listener).toBeNull();
  });

  it("are told a few times a second, however often they are asked for", () => {
    for (let i = 0; i < 10_000; i++) subject.ask({ ask: "stats", reply: TOPIC, round: i, queries: 0 });
    expect(subject.snapshots).toBe(10);
    vi.advanceTimersByTime(500);
    for (let i = 0; i < 10_000; i++) subject.ask({ ask: "stats", reply: TOPIC, round: i, queries: 0 });
    expect(subject.snapshots).toBe(15);
  });
});

describe("events", () => {
  it("are listened to only while somebody observes", async () => {
    expect(subject.listener).toBeNull();
    subject.observe();
    expect(subject.listener).not.toBeNull();
    subject.ask({ ask: "end", reply: TOPIC });
    expect(subject.listener).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are told in batches, as they happened, and nothing where nothing did", async () => {
    subject.observe();
    expect(subject.of("listening")).toHaveLength(1);
    subject.hit("A");
    subject.hit("B");
    expect(subject.of("events")).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(subject.of("events")).toMatchObject([
      { process: PROCESS, leftOut: 0, events: [{ type: "hit", model: "A", at: 1000 }, { model: "B" }] },
    ]);
  });

  it("end by themselves when nobody asks for them any more", async () => {
    subject.observe();
    await vi.advanceTimersByTimeAsync(4900);
    subject.observe();
    await vi.advanceTimersByTimeAsync(4900);
    expect(subject.listener).not.toBeNull();
    await vi.advanceTimersByTimeAsync(300);
    expect(subject.listener).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("end with the first batch that nobody hears", async () => {
    subject.observe();
    subject.hearers = async () => 0;
    await vi.advanceTimersByTimeAsync(500);
    expect(subject.listener).not.toBeNull();
    subject.hit();
    await vi.advanceTimersByTimeAsync(250);
    expect(subject.listener).toBeNull();
  });

  it("are left out and counted where there are too many", async () => {
    subject.observe(TOPIC, { perSecond: 20 });
    for (let i = 0; i < 100; i++) subject.hit();
    await vi.advanceTimersByTimeAsync(250);
    expect(subject.of("events")).toMatchObject([{ leftOut: 95 }]);
    expect(subject.of("events")[0]!.events).toHaveLength(5);
    subject.hit();
    await vi.advanceTimersByTimeAsync(250);
    expect(subject.of("events")[1]).toMatchObject({ leftOut: 0, events: [{}] });
  });

  it.each([1, 6, 50])("are %i a second at most, where so many are wanted", async (perSecond) => {
    subject.observe(TOPIC, { perSecond });
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 20; j++) subject.hit();
      await vi.advanceTimersByTimeAsync(250);
      if (i % 10 === 9) subject.observe(TOPIC, { perSecond });
    }
    const told = subject.of("events").flatMap(({ events }) => events).length;
    const leftOut = subject.of("events").reduce((sum, batch) => sum + batch.leftOut, 0);
    expect(told + leftOut).toBe(800);
    expect(told).toBeLessThanOrEqual(10 * perSecond + 1);
    expect(told).toBeGreaterThanOrEqual(10 * perSecond - 3);
  });

  it("are those of the models and types that are asked for, and those of no model", async () => {
    subject.observe(TOPIC, { models: ["A"], types: ["hit", "pause"] });
    subject.hit("A");
    subject.hit("B");
    subject.listener!({ type: "pause", isPaused: true });
    subject.listener!({ type: "breaker", state: "open" });
    await vi.advanceTimersByTimeAsync(250);
    expect(subject.of("events")[0]!.events.map(({ type, model }) => [type, model])).toEqual([
      ["hit", "A"],
      ["pause", undefined],
    ]);
  });

  it("wait for a store that does not take them, one batch at a time, and none is kept for it without bounds", async () => {
    let take!: (hearers: number) => void;
    subject.observe(TOPIC, { perSecond: 40 });
    subject.hearers = () => new Promise((resolve) => (take = resolve));
    for (let i = 0; i < 8; i++) {
      subject.hit();
      subject.observe(TOPIC, { perSecond: 40 });
      take(1);
      for (let j = 0; j < 20; j++) subject.hit();
      await vi.advanceTimersByTimeAsync(250);
    }
    expect(subject.of("events")).toHaveLength(1);
    expect(subject.of("events")[0]).toMatchObject({ leftOut: 11 });
  });

  it("that a store refused are counted as left out", async () => {
    subject.observe();
    subject.hearers = () => Promise.reject(new Error("NOPERM"));
    subject.hit();
    subject.hit();
    await vi.advanceTimersByTimeAsync(250);
    subject.hearers = async () => 1;
    await vi.advanceTimersByTimeAsync(250);
    expect(subject.of("events").at(-1)).toMatchObject({ events: [], leftOut: 2 });
  });

  it("are told to four at a time; others are told that it is busy", async () => {
    for (let i = 0; i < 6; i++) subject.observe(`tool-number-${i}`);
    expect(subject.said.map(({ reply }) => reply.tell)).toEqual([
      ...Array.from({ length: 4 }, () => "listening"),
      "busy",
      "busy",
    ]);
    subject.hit();
    await vi.advanceTimersByTimeAsync(250);
    expect(subject.of("events")).toHaveLength(4);
    subject.ask({ ask: "end", reply: "tool-number-0" });
    subject.observe("tool-number-5");
    expect(subject.of("listening")).toHaveLength(5);
  });

  it("are told to nobody once it is closed", async () => {
    subject.observe();
    subject.hit();
    subject.responder.close();
    expect(subject.listener).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it("is not disturbed by what is foreign or damaged, nor by a flood", () => {
  for (const text of ["", "{", "null", '{"evercache":9}', "x".repeat(1_000_000)]) subject.responder.onMessage(text);
  expect(subject.said).toEqual([]);
  for (let i = 0; i < 10_000; i++) subject.observe();
  expect(subject.said.length).toBeLessThanOrEqual(50);
});

it("says that it was refused, and not that a connection was lost", () => {
  subject.responder.onLost(new Error("NOPERM"));
  expect(subject.refusals).toHaveLength(1);
  subject.responder.onHearing();
  subject.responder.onLost(new Error("the connection was closed"));
  expect(subject.refusals).toHaveLength(1);
});
