import { afterEach, describe, expect, it, onTestFinished, vi, type MockInstance } from "vitest";
import { EventHub } from "../../src/event-hub.js";
import { Observer } from "../../src/observation/observer.js";
import type { ObservedEvent } from "../../src/observation/observed-event.js";
import type { ProcessInfo } from "../../src/observation/process-info.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { makeCache } from "../support/make-cache.js";
import { QUERIES, readOf } from "../support/plans.js";
import { ToyDatabase } from "../support/toy-database.js";

const byId = QUERIES.byId(1);
const WISHES = { perSecond: 100, models: null, types: null };

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A process that shares `store` with others. */
async function start(store: Store, observable: { version: string } | null = { version: "1.2.3" }) {
  const database = new ToyDatabase();
  database.bump(1);
  const { cache } = makeCache({ store, observable: observable ?? undefined });
  const read = () => cache.read(readOf(database, byId));
  await read();
  return { cache, read };
}

function observe(store: Store): Observer {
  const observer = new Observer(store);
  onTestFinished(() => observer.close());
  return observer;
}

class Seen {
  readonly events: ObservedEvent[] = [];
  readonly errors: unknown[] = [];
  telling: readonly ProcessInfo[] = [];
  busy: readonly ProcessInfo[] = [];
  leftOut = 0;
  onEvents = (_: ProcessInfo, events: readonly ObservedEvent[], leftOut: number): void => {
    this.events.push(...events);
    this.leftOut += leftOut;
  };
  onProcesses = (telling: readonly ProcessInfo[], busy: readonly ProcessInfo[]): void => {
    this.telling = telling;
    this.busy = busy;
  };
  onError = (error: unknown): void => void this.errors.push(error);
}

describe("stats", () => {
  it("are those of all processes that may be observed and were used", async () => {
    const store = createMemoryStore();
    const [first] = await Promise.all([start(store), start(store), start(store, null)]);
    await first.read();
    makeCache({ store, observable: { version: "never used" } });
    const { asked, answers } = await observe(store).stats(1000);
    expect(asked).toBe(2);
    expect(answers.map(({ process }) => process)).toMatchObject([
      { pid: process.pid, version: "1.2.3" },
      { pid: process.pid, version: "1.2.3" },
    ]);
    expect(answers.map(({ stats }) => stats.reads.hit + stats.reads.miss).toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it("are told of the queries that matter most where that is asked for", async () => {
    const store = createMemoryStore();
    await start(store);
    const observer = observe(store);
    expect((await observer.stats(1000)).answers[0]!.stats.queries).toBeUndefined();
    const [answer] = (await observer.stats(1000, 5)).answers;
    // These reads have no shape.
    expect(answer!.stats.queries).toEqual({
      byLoads: [],
      byLoadMilliseconds: [],
      bySavedMilliseconds: [],
      byNeedless: [],
    });
  });

  it("come at once where nobody answers, and when their time is over where not all do", async () => {
    vi.useFakeTimers();
    const store = createMemoryStore();
    const observer = observe(store);
    expect(await observer.stats(1000)).toEqual({ asked: 0, answers: [] });
    store.hear!("requests", { onHearing: () => {}, onMessage: () => {}, onLost: () => {} });
    const round = observer.stats(1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await round).toEqual({ asked: 1, answers: [] });
  });

  it("are only those of the round that was asked for, and no foreign ones", async () => {
    const store = createMemoryStore();
    const topics: string[] = [];
    const observer = new Observer({
      hear: (topic, hearer) => {
        topics.push(topic);
        return store.hear!(topic, hearer);
      },
      say: (topic, text) => store.say!(topic, text),
    });
    for (const text of ["", "{}", '{"evercache":1,"tell":"stats"}', "x".repeat(2_000_000)]) {
      await store.say!(topics[0]!, text);
    }
    await start(store);
    const { answers } = await observer.stats(1000);
    expect(answers).toHaveLength(1);
    await observer.close();
  });

  it("reject where the store cannot be asked", async () => {
    const store = createMemoryStore();
    const observer = observe(store);
    await store.close();
    await expect(observer.stats(1000)).rejects.toMatchObject({ name: "StoreUnavailableError" });
  });
});

/** How often caches have begun to be listened to for a tool. */
function forTools(on: MockInstance<EventHub["on"]>): number {
  return on.mock.calls.filter(([, options]) => options?.takesWarnings === false).length;
}

describe("events", () => {
  it("come from all processes for as long as they are asked for, and the caches are not heard before and after", async () => {
    vi.useFakeTimers();
    const on = vi.spyOn(EventHub.prototype, "on");
    const store = createMemoryStore();
    const [a, b] = await Promise.all([start(store), start(store)]);
    const seen = new Seen();
    const observer = observe(store);
    await observer.stats(1000);
    expect(forTools(on)).toBe(0);
    const stream = observer.events(WISHES, seen);
    expect(forTools(on)).toBe(2);
    expect(seen.telling).toHaveLength(2);
    await a.read();
    await b.read();
    await vi.advanceTimersByTimeAsync(20_000);
    await a.read();
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.events.map(({ type }) => type)).toEqual(["hit", "hit", "hit"]);
    expect(seen.telling).toHaveLength(2);
    await stream.close();
    await a.read();
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.events).toHaveLength(3);
    expect(forTools(on)).toBe(2);
    vi.useRealTimers();
  });

  it("end with the processes, of which it is told", async () => {
    vi.useFakeTimers();
    const store = createMemoryStore();
    const seen = new Seen();
    await start(store);
    const leaving = await start(outliving(store));
    observe(store).events(WISHES, seen);
    expect(seen.telling).toHaveLength(2);
    await leaving.cache.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.telling).toHaveLength(1);
    vi.useRealTimers();
  });

  it("are none where the process is observed by four already", async () => {
    const store = createMemoryStore();
    await start(store);
    const all = Array.from({ length: 5 }, () => new Seen());
    for (const seen of all) observe(store).events(WISHES, seen);
    expect(all.map(({ telling, busy }) => [telling.length, busy.length])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
  });
});

it("is not opened over a store by which processes cannot speak", () => {
  expect(() => new Observer({})).toThrow(/no way to ask/);
});

/** `store`, which lives on when a cache closes it. */
function outliving(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "close") return async () => {};
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}
