import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CacheEvent } from "../../src/events.js";
import { EventLog } from "../../src/log/event-log.js";
import { parseLogger, type LogLevel } from "../../src/log/logger.js";
import { row } from "../support/plans.js";

type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>>];

function logAt(level: LogLevel) {
  const lines: Line[] = [];
  const write =
    (at: string) =>
    (...[message, fields]: [string, Line[2]]) =>
      void lines.push([at, message, fields]);
  const logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const log = new EventLog(parseLogger({ logger, level })!, "shop");
  return { log, lines, messages: () => lines.map(([, message]) => message) };
}

const SOURCE = { model: "User", operation: "findUnique", shape: "{ where: { email: ? } }" };
const KEY = 'User:findUnique:where(email:"ann@example.com")';
const redisError = Object.assign(new Error("ERR unknown command 'x', with args beginning with: 'ann@example.com' "), {
  command: { name: "evalsha", args: ["ann@example.com"] },
});
const databaseError = Object.assign(
  new Error('Invalid prisma.user.findUnique({ where: { email: "ann@example.com" } })'),
  {
    code: "P1001",
  },
);
const tags = [row(1)];
const write = { source: { model: "User", operation: "update" }, tags, milliseconds: 3 } as const;

/** Each with the level that it is told at. */
const EVENTS: readonly [LogLevel, CacheEvent][] = [
  ["error", { type: "verify", ...SOURCE, outcome: "violation", key: KEY }],
  ["debug", { type: "verify", ...SOURCE, outcome: "match", key: KEY }],
  ["debug", { type: "fill-verify", ...SOURCE, outcome: "dead", key: KEY }],
  ["error", { type: "store", status: "unavailable", error: new Error("WRONGPASS invalid username-password pair") }],
  ["warn", { type: "store", status: "unavailable", error: redisError }],
  ["info", { type: "store", status: "ready" }],
  ["debug", { type: "store", status: "connecting" }],
  ["warn", { type: "breaker", state: "open", error: redisError }],
  ["info", { type: "breaker", state: "closed" }],
  ["warn", { type: "warning", code: "TTL_FAILED", message: "The ttl was not understood." }],
  ["warn", { type: "quarantine", outcome: "refused", ...write, error: redisError }],
  ["debug", { type: "quarantine", outcome: "locked", ...write }],
  ["warn", { type: "release", outcome: "refused", ...write, error: redisError }],
  ["debug", { type: "release", outcome: "changed", ...write }],
  ["warn", { type: "recovery", outcome: "queued", pending: 3 }],
  ["info", { type: "recovery", outcome: "flushed", pending: 0 }],
  ["warn", { type: "invalidate", applied: false, cause: "call", tags }],
  ["debug", { type: "invalidate", applied: true, cause: "call", tags }],
  ["warn", { type: "fill", ...SOURCE, outcome: "refused", key: KEY, bytes: 10, error: redisError }],
  ["warn", { type: "fill", ...SOURCE, outcome: "unencodable", key: KEY, bytes: 0, error: databaseError }],
  ["info", { type: "fill", ...SOURCE, outcome: "too-large", key: KEY, bytes: 10 }],
  ["debug", { type: "fill", ...SOURCE, outcome: "stored", key: KEY, bytes: 10 }],
  ["warn", { type: "refresh", ...SOURCE, cause: "expired", outcome: "failed", key: KEY, error: databaseError }],
  ["debug", { type: "refresh", ...SOURCE, cause: "expired", outcome: "stored", key: KEY }],
  [
    "warn",
    {
      type: "stale",
      ...SOURCE,
      reason: "unreachable",
      tier: "redis",
      key: KEY,
      savedMilliseconds: 1,
      error: databaseError,
    },
  ],
  ["debug", { type: "stale", ...SOURCE, reason: "expired", tier: "redis", key: KEY, savedMilliseconds: 1 }],
  ["info", { type: "channel", status: "lost", groups: ["User", "#ann@example.com"], error: redisError }],
  ["info", { type: "channel", status: "following", groups: ["User", "#ann@example.com"] }],
  ["info", { type: "adaptive", model: "User", kind: "list", isOff: true, hits: 1, dropped: 99, milliseconds: 1000 }],
  ["info", { type: "adaptive", model: "User", kind: "list", isOff: false }],
  ["info", { type: "pause", isPaused: true }],
  ["info", { type: "pause", isPaused: false }],
  ["debug", { type: "hit", ...SOURCE, tier: "redis", key: KEY, savedMilliseconds: 1, tagCount: 2 }],
  ["debug", { type: "miss", ...SOURCE, reason: "absent", key: KEY, tagCount: 2 }],
  ["debug", { type: "bypass", ...SOURCE, reason: "query" }],
  ["debug", { type: "join", ...SOURCE, key: KEY }],
  ["debug", { type: "load", ...SOURCE, key: KEY, milliseconds: 1, rows: null, error: databaseError }],
  ["debug", { type: "needless", ...SOURCE, key: KEY, tagCount: 2 }],
  ["debug", { type: "wait", ...SOURCE, outcome: "answered", key: KEY, milliseconds: 1 }],
  ["debug", { type: "l1", outcome: "dropped", cause: "told", tokens: 1 }],
];

describe("with a clock of the test's", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each(EVENTS)("%s: %o", (level, event) => {
    const levels: LogLevel[] = ["debug", "info", "warn", "error"];
    for (const at of levels) {
      const { log, lines } = logAt(at);
      log.tell(event);
      if (levels.indexOf(level) < levels.indexOf(at)) expect(lines).toEqual([]);
      else
        expect(lines).toEqual([
          [
            level,
            expect.stringMatching(/^evercache: \S/),
            expect.objectContaining({ namespace: "shop", event: event.type }),
          ],
        ]);
    }
  });

  test("no value of the application's above debug, and at debug nothing of an error but what it says", () => {
    for (const [, event] of EVENTS) {
      const { log, lines } = logAt("info");
      log.tell(event);
      expect(JSON.stringify(lines)).not.toContain("ann@");
      const all = logAt("debug");
      all.log.tell(event);
      expect(JSON.stringify(all.lines)).not.toContain("evalsha");
    }
  });

  test("the same is said once a second, and then how often it would have been", () => {
    const { log, messages, lines } = logAt("info");
    const refused = { type: "quarantine", outcome: "refused", ...write } as const;
    for (let i = 0; i < 313; i++) log.tell(refused);
    log.tell({ type: "breaker", state: "open" });
    expect(messages()).toEqual([
      "evercache: the locks of a write could not be set in the store",
      "evercache: the store is not asked any more, since it fails",
    ]);
    vi.advanceTimersByTime(999);
    log.tell(refused);
    expect(lines).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(lines.at(-1)).toEqual([
      "warn",
      "evercache: the locks of a write could not be set in the store … and 313 more in the last second",
      { namespace: "shop", event: "quarantine", more: 313 },
    ]);
    log.tell(refused);
    vi.advanceTimersByTime(1000);
    expect(lines).toHaveLength(4);
    expect(messages().at(-1)).toMatch("… and 1 more");
    vi.advanceTimersByTime(1000);
    log.tell(refused);
    expect(lines).toHaveLength(5);
    expect(messages().at(-1)).not.toMatch("more");
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(5);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("each warning is one of its own", () => {
    const { log, lines } = logAt("warn");
    for (const code of ["A", "B", "A"]) log.tell({ type: "warning", code, message: `about ${code}` });
    expect(lines).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(lines.at(-1)).toEqual([
      "warn",
      "evercache: about A … and 1 more in the last second",
      { namespace: "shop", event: "warning", code: "A", more: 1 },
    ]);
  });

  test("a warning is the same whatever it says each time", () => {
    const { log, messages } = logAt("warn");
    for (let id = 0; id < 5; id++) {
      log.tell({ type: "warning", code: "TTL_FAILED", message: `The ttl was not understood: no price of ${id}` });
    }
    expect(messages()).toEqual(["evercache: The ttl was not understood: no price of 0"]);
    vi.advanceTimersByTime(1000);
    expect(messages().at(-1)).toMatch("… and 4 more");
  });

  test("each read is told at debug", () => {
    const { log, lines } = logAt("debug");
    for (let i = 0; i < 5; i++) log.tell({ type: "bypass", ...SOURCE, reason: "query" });
    expect(lines).toHaveLength(5);
  });

  test("what is left is said when the cache is closed", () => {
    const { log, messages } = logAt("info");
    for (let i = 0; i < 3; i++) log.tell({ type: "pause", isPaused: true });
    log.tell({ type: "store", status: "closed" });
    expect(messages().at(-1)).toMatch("paused … and 2 more");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what is said later is said outside of the request that came first", () => {
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const info = () => void seen.push(request.getStore());
    const log = new EventLog(parseLogger({ debug: info, info, warn: info, error: info })!, "shop");
    request.run("first", () => {
      for (let i = 0; i < 2; i++) log.tell({ type: "pause", isPaused: true });
    });
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(["first", undefined]);
  });
});

test("nothing that waits to be said keeps the process alive", () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const { log } = logAt("info");
  log.tell({ type: "pause", isPaused: true });
  const timer = timers.mock.results.at(-1)!.value as NodeJS.Timeout;
  expect(timer.hasRef()).toBe(false);
  clearTimeout(timer);
  timers.mockRestore();
});

test("a logger that throws, rejects or never answers harms nothing", async () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown) => rejections.push(reason);
  process.on("unhandledRejection", note);
  const logger = {
    debug: () => new Promise(() => {}),
    info: async () => {
      throw new Error("of the logger");
    },
    warn() {
      throw new Error("of the logger");
    },
    error: () => ({
      // oxlint-disable-next-line unicorn/no-thenable
      get then(): never {
        throw new Error("of the logger");
      },
    }),
  };
  const log = new EventLog(parseLogger({ logger, level: "debug" })!, "shop");
  for (const [, event] of EVENTS) expect(() => log.tell(event)).not.toThrow();
  log.tell({ type: "store", status: "closed" });
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(rejections).toEqual([]);
});
