import type { CacheEvent, Tag } from "@evercache/core";
import { describe as suite, expect, it } from "vitest";
import { describe, keyHash } from "../src/traces/describe.js";

const SOURCE = { model: "User", operation: "findUnique" } as const;
const KEY = 'abc:User:findUnique:where(email:"ada@example.org")';
const QUERY = { "evercache.model": "User", "db.operation.name": "findUnique" } as const;
const HASH = { "evercache.key.hash": keyHash(KEY) } as const;
const TAGS = ["User:row:1", "User"] as unknown as Tag[];
const error = new Error("no");

const SHOWN: readonly [event: CacheEvent, name: string, attributes: object, isFailed?: boolean][] = [
  [
    {
      type: "hit",
      ...SOURCE,
      shape: "{ where: { email: ? } }",
      tier: "redis",
      key: KEY,
      savedMilliseconds: 20,
      tagCount: 2,
      milliseconds: 1,
      decodeMilliseconds: 0.5,
      bytes: 100,
    },
    "evercache.read",
    {
      ...QUERY,
      ...HASH,
      "evercache.query.shape": "{ where: { email: ? } }",
      "evercache.status": "hit",
      "evercache.tier": "redis",
      "evercache.tag.count": 2,
      "evercache.entry.size": 100,
      "evercache.saved_time": 0.02,
      "evercache.decode_time": 0.0005,
    },
  ],
  [
    { type: "hit", ...SOURCE, tier: "l1", key: KEY, savedMilliseconds: 0, tagCount: 2 },
    "evercache.read",
    { ...QUERY, ...HASH, "evercache.status": "hit", "evercache.tier": "l1", "evercache.tag.count": 2 },
  ],
  [
    { type: "miss", ...SOURCE, reason: "expired", key: KEY, tagCount: 2 },
    "evercache.read",
    { ...QUERY, ...HASH, "evercache.status": "miss", "evercache.reason": "expired", "evercache.tag.count": 2 },
  ],
  [
    { type: "stale", ...SOURCE, reason: "unreachable", tier: "redis", key: KEY, savedMilliseconds: 0, error },
    "evercache.read",
    {
      ...QUERY,
      ...HASH,
      "evercache.status": "stale",
      "evercache.reason": "unreachable",
      "evercache.tier": "redis",
    },
  ],
  [
    { type: "bypass", ...SOURCE, reason: "uncacheable", detail: "too many" },
    "evercache.read",
    {
      ...QUERY,
      "evercache.status": "bypass",
      "evercache.reason": "uncacheable",
      "evercache.detail": "too many",
    },
  ],
  [{ type: "join", ...SOURCE, key: KEY }, "evercache.join", { ...QUERY, ...HASH }],
  [
    { type: "wait", ...SOURCE, key: KEY, outcome: "timed-out", milliseconds: 5 },
    "evercache.wait",
    { ...QUERY, ...HASH, "evercache.outcome": "timed-out" },
  ],
  [
    { type: "load", ...SOURCE, key: KEY, milliseconds: 5, rows: 3 },
    "evercache.load",
    { ...QUERY, ...HASH, "db.response.returned_rows": 3 },
  ],
  [
    { type: "load", ...SOURCE, key: KEY, milliseconds: 5, rows: null, error },
    "evercache.load",
    { ...QUERY, ...HASH },
    true,
  ],
  [
    { type: "fill", ...SOURCE, key: KEY, outcome: "refused", bytes: 0, error },
    "evercache.fill",
    { ...QUERY, ...HASH, "evercache.outcome": "refused" },
    true,
  ],
  [
    { type: "fill", ...SOURCE, key: KEY, outcome: "too-large", bytes: 7 },
    "evercache.fill",
    { ...QUERY, ...HASH, "evercache.outcome": "too-large", "evercache.entry.size": 7 },
  ],
  [
    { type: "refresh", ...SOURCE, key: KEY, cause: "early", outcome: "failed", error },
    "evercache.refresh",
    { ...QUERY, ...HASH, "evercache.cause": "early", "evercache.outcome": "failed" },
    true,
  ],
  [
    { type: "verify", ...SOURCE, key: KEY, outcome: "violation" },
    "evercache.verify",
    { ...QUERY, ...HASH, "evercache.outcome": "violation" },
    true,
  ],
  [
    {
      type: "quarantine",
      outcome: "refused",
      source: { model: "User", operation: "update" },
      tags: TAGS,
      milliseconds: 1,
      error,
    },
    "evercache.quarantine",
    {
      "evercache.model": "User",
      "db.operation.name": "update",
      "evercache.outcome": "refused",
      "evercache.tag.count": 2,
    },
    true,
  ],
  [
    {
      type: "release",
      outcome: "changed",
      source: { model: null, operation: "$transaction" },
      tags: TAGS,
      milliseconds: 1,
    },
    "evercache.release",
    { "db.operation.name": "$transaction", "evercache.outcome": "changed", "evercache.tag.count": 2 },
  ],
  [
    { type: "release", outcome: "held", source: null, tags: TAGS, milliseconds: 1 },
    "evercache.release",
    { "evercache.outcome": "held", "evercache.tag.count": 2 },
  ],
  [
    { type: "invalidate", applied: true, cause: "call", tags: TAGS },
    "evercache.invalidate",
    { "evercache.cause": "call", "evercache.outcome": "applied", "evercache.tag.count": 2 },
  ],
];

suite("what a trace shows of an event", () => {
  it.each(SHOWN)("%o", (event, name, attributes, isFailed = false) => {
    const shown = "error" in event ? { error: event.error } : {};
    expect(describe(event)).toEqual({ name, attributes, isFailed, ...shown });
  });

  it("is nothing for what happens to the cache rather than to a request", () => {
    const events: CacheEvent[] = [
      { type: "store", status: "ready" },
      { type: "channel", status: "lost", groups: [] },
      { type: "breaker", state: "open" },
      { type: "pause", isPaused: true },
      { type: "recovery", outcome: "queued", pending: 1 },
      { type: "l1", outcome: "dropped", cause: "lost", tokens: 3 },
      { type: "warning", code: "DISABLED", message: "nothing is cached" },
      { type: "fill-verify", ...SOURCE, outcome: "alive", key: KEY },
    ];
    expect(events.map(describe)).toEqual(events.map(() => null));
  });

  it("has no value of a query", () => {
    expect(JSON.stringify(SHOWN.map(([event]) => describe(event)))).not.toContain("ada");
  });
});
