import { setImmediate as nextTurn } from "node:timers/promises";
import {
  anyTag,
  Cache,
  customTag,
  rowTag,
  type Codec,
  type Policy,
  type ReadPlan,
  type ReadResult,
} from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { createGate, wrapStore, type Gate } from "@evercache/testing";
import type { Redis } from "ioredis";
import { expect } from "vitest";
import { openEntry } from "../../../packages/core/src/entry.js";

const MODEL = "Thing";
export const NAMESPACE = "patterns";
const STALENESS = 100;
/** Milliseconds that a command may take, over which Redis has counted down. */
const SLACK = 2;

export type Value = { readonly version: number } | null;

export class Away extends Error {
  override readonly name = "Away";
}

const codec: Codec = {
  name: "json",
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
};

/** What Redis was told of an entry last. */
interface Promised {
  readonly storedAt: number;
  readonly ttl: number;
  readonly at: number;
}

/** The longest that a result may be served as fresh, and as one that has expired; counted from when it was loaded. */
export function bounds(policy: Policy, value: Value): { readonly fresh: number; readonly stale: number } {
  const idle = longestTtl(policy, value);
  const sliding = slidingOf(policy, value);
  return sliding ? { fresh: sliding.cap, stale: sliding.cap } : { fresh: idle, stale: idle + (policy.swr ?? 0) };
}

function ttlOf(policy: Policy, value: Value): number {
  return value === null && policy.negativeTtl !== undefined ? policy.negativeTtl : policy.ttl;
}

/** A null that has a time of its own does not slide. */
function slidingOf({ sliding, negativeTtl }: Policy, value: Value): Policy["sliding"] {
  return value === null && negativeTtl !== undefined ? undefined : sliding;
}

function longestTtl(policy: Policy, value: Value): number {
  return ttlOf(policy, value) * (1 + policy.jitter);
}

/** Two clients of one Redis, before a database of a few things, with a clock that only this world moves. */
export class PoliciesWorld {
  now = 1_700_000_000_000;
  random: () => number = Math.random;
  /** Of all runs, so that it can be said what they came by. */
  readonly seen: Record<string, number> = {};
  readonly #clients: readonly Cache[];
  readonly #values = new Map<string, Value>();
  /** By key: what it ever was. */
  readonly #history = new Map<string, number[]>();
  /** By key: who wrote last, and until when the memory of others may not know it. */
  readonly #written = new Map<string, { readonly by: number; readonly until: number }>();
  readonly #promised = new Map<string, Promised>();
  readonly #problems: string[] = [];
  #policy: Policy | undefined;
  #isAway = false;
  #versions = 0;
  #held: Gate[] = [];

  constructor(
    url: string,
    private readonly admin: Redis,
  ) {
    this.#clients = [0, 1].map(() => this.#client(url));
  }

  #client(url: string): Cache {
    const hooks = {
      before: {
        fill: (key: string, bytes: Uint8Array, ttl: number) => this.#filled(key, bytes, ttl),
        renew: (key: string, { expected, tail }: { expected: Uint8Array; tail: Uint8Array }, ttl: number) =>
          this.#renewed(key, Buffer.from(expected).readDoubleLE(0), Buffer.from(tail).readDoubleLE(4), ttl),
      },
    };
    return new Cache({
      openStore: () => wrapStore(createRedisStore({ redis: url, namespace: NAMESPACE }), hooks),
      consistency: "bounded",
      onUnreachable: "proceed",
      deadline: 20_000,
      writeDeadline: 20_000,
      lease: 60_000,
      ambiguousLease: 60_000,
      l1: { maxEntries: 1_000, maxBytes: 1 << 24, leastStaleness: STALENESS },
      longestTtl: 3_600_000,
      everything: [anyTag(MODEL)],
      now: () => this.now,
      random: () => this.random(),
    });
  }

  /** From now on. */
  begin(policy: Policy, random: () => number): void {
    this.#policy = policy;
    this.random = random;
    this.#isAway = false;
  }

  get longestStaleness(): number {
    return STALENESS;
  }

  /** The database does not answer from now on, or does. */
  away(isAway: boolean): void {
    this.#isAway = isAway;
  }

  async write(client: number, key: string, isNull: boolean): Promise<void> {
    if (this.#isAway) return;
    const row = rowTag(MODEL, [key]);
    const value = isNull ? null : { version: ++this.#versions };
    await this.#clients[client]!.write({
      effects: { changed: [row, anyTag(MODEL)], fenced: [] },
      run: async () => {
        this.#values.set(key, value);
        if (value) this.#history.set(key, [...(this.#history.get(key) ?? []), value.version]);
      },
      learn: () => ({ changed: [], unchanged: [] }),
      outcomeOf: () => "rolled-back",
    });
    this.#written.set(key, { by: client, until: performance.now() + STALENESS });
  }

  async read(client: number, key: string): Promise<void> {
    const policy = this.#policy!;
    const value = this.#values.get(key) ?? null;
    let isReading = true;
    const plan = this.#plan(key, policy, () => isReading);
    const began = performance.now();
    let result: ReadResult<Value>;
    try {
      result = await this.#clients[client]!.read(plan);
    } catch (error) {
      if (!this.#isAway || !(error instanceof Away)) throw error;
      this.#count("failed");
      this.#check(!this.#mustBeKnown(key, policy), `${key}: nothing was served while the database was away`);
      return;
    } finally {
      isReading = false;
    }
    const { status, reason, tier, storedAt } = result.info;
    this.#count(reason ? `${status}: ${reason}` : `${status} ${tier}`);
    const age = storedAt ? this.now - storedAt.getTime() : 0;
    if (reason === "unreachable") {
      this.#check(this.#isAway && status === "stale", `${key}: ${status} although the database was there`);
      this.#check(age < policy.staleIfError!, `${key}: ${age} ms old`);
      const known = result.data === null || this.#history.get(key)!.includes(result.data.version);
      this.#check(known, `${key}: it never was ${JSON.stringify(result.data)}`);
      return;
    }
    const written = this.#written.get(key);
    const isExcused =
      tier === "l1" && policy.l1?.mode === "tracked" && written?.by !== client && began < (written?.until ?? 0);
    const isCurrent = (result.data?.version ?? null) === (value?.version ?? null);
    this.#check(
      isCurrent || isExcused,
      `${key}: ${JSON.stringify(result.data)} is served, it is ${JSON.stringify(value)}`,
    );
    const { fresh, stale } = bounds(policy, result.data);
    if (status === "hit") this.#check(age <= fresh, `${key}: hit after ${age} of ${fresh} ms`);
    if (status === "stale") this.#check(age <= stale, `${key}: stale after ${age} of ${stale} ms`);
  }

  /** Loads in the background end, and all that was under way. */
  async finish(): Promise<void> {
    do {
      for (const gate of this.#held.splice(0)) gate.open();
      await this.settle();
    } while (this.#held.length > 0);
  }

  /** What was sent to Redis has been done. */
  async settle(): Promise<void> {
    // A refresh asks for its lease and for the tokens before it loads.
    for (let turn = 0; turn < 3; turn++) {
      await nextTurn();
      await Promise.all(this.#clients.map((cache) => cache.invalidate([customTag("settled")])));
    }
  }

  /** Redis keeps each entry as long as it was promised. */
  async checkTimes(): Promise<void> {
    for (const [key, { ttl, at }] of this.#promised) {
      const remaining = await this.admin.pttl(`${NAMESPACE}:${key}`);
      const elapsed = performance.now() - at;
      const isRight = remaining <= Math.ceil(ttl) + SLACK && remaining >= ttl - elapsed - SLACK;
      this.#check(isRight, `${key}: ${remaining} ms are left of ${ttl}, ${elapsed} ms later`);
    }
    this.#promised.clear();
  }

  expectNoProblems(): void {
    expect(this.#problems.splice(0)).toEqual([]);
  }

  async close(): Promise<void> {
    await this.finish();
    await Promise.all(this.#clients.map((cache) => cache.close()));
  }

  #plan(key: string, policy: Policy, isReading: () => boolean): ReadPlan<Value> {
    const row = rowTag(MODEL, [key]);
    return {
      source: { model: MODEL, operation: "findUnique" },
      key: `${MODEL}:${key}`,
      identity: null,
      fingerprint: "1",
      tags: [row],
      absentTags: [row, anyTag(MODEL)],
      policy,
      codec,
      isOutage: (error) => error instanceof Away,
      load: async () => {
        if (this.#isAway) throw new Away();
        const value = this.#values.get(key) ?? null;
        // Nobody waits for it: it takes until `finish`, and has seen what was true when it began.
        if (!isReading()) {
          this.#count("refresh");
          const gate = createGate();
          this.#held.push(gate);
          await gate.pass();
        }
        return value;
      },
    };
  }

  #mustBeKnown(key: string, { staleIfError }: Policy): boolean {
    const promised = this.#promised.get(`${MODEL}:${key}`);
    return staleIfError !== undefined && promised !== undefined && this.now - promised.storedAt < staleIfError;
  }

  #filled(key: string, bytes: Uint8Array, ttl: number): void {
    const policy = this.#policy!;
    const { storedAt, freshUntil, absent, payload } = openEntry(bytes)!;
    const value = absent ? null : (codec.decode(payload) as Value);
    const own = freshUntil - storedAt;
    const base = ttlOf(policy, value);
    const [least, most] = [base * (1 - policy.jitter), base * (1 + policy.jitter)];
    const cap = slidingOf(policy, value)?.cap ?? Infinity;
    const isRight = own >= Math.min(Math.floor(least), cap) && own <= Math.min(Math.ceil(Math.max(1, most)), cap);
    this.#check(isRight, `${key}: a ttl of ${own}, not of ${least} to ${most}`);
    this.#promise(key, storedAt, ttl, Math.max(own + (policy.swr ?? 0), policy.staleIfError ?? 0));
  }

  #renewed(key: string, storedAt: number, until: number, ttl: number): void {
    const policy = this.#policy!;
    this.#count("renewal");
    this.#check(until <= storedAt + policy.sliding!.cap, `${key}: renewed beyond its cap`);
    const age = this.now - storedAt;
    const kept = Math.max(until - this.now + (policy.swr ?? 0), (policy.staleIfError ?? 0) - age);
    const before = this.#promised.get(key);
    // What was renewed is another entry than what Redis has by now.
    if (!before || before.storedAt !== storedAt) return;
    const remaining = before.ttl - (performance.now() - before.at);
    this.#check(Math.abs(ttl - kept) < 1, `${key}: renewed for ${ttl}, not ${kept} ms`);
    // Redis has not lived through the time that has passed here.
    if (ttl > remaining) this.#promised.set(key, { storedAt, ttl, at: performance.now() });
  }

  #promise(key: string, storedAt: number, ttl: number, expected: number): void {
    this.#check(Math.abs(ttl - expected) < 1, `${key}: kept for ${ttl}, not ${expected} ms`);
    this.#promised.set(key, { storedAt, ttl, at: performance.now() });
  }

  #count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  #check(isRight: boolean, problem: string): void {
    if (!isRight) this.#problems.push(problem);
  }
}
