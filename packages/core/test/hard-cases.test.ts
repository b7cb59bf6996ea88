import { crc32 } from "node:zlib";
import { beforeEach, expect, it, vi } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { Codec } from "../src/codec/codec.js";
import { superjsonCodec } from "../src/codec/superjson-codec.js";
import { frameEntry, openEntry } from "../src/entry.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import { customTag, isModelTag } from "../src/tag.js";
import { QUARANTINED } from "../src/token.js";
import { makeCache } from "./support/make-cache.js";
import { ANY, bumpPlan, LOOKUP, makePlan, QUERIES, readOf, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

class Money {
  readonly cents = 1;
}

const byId = QUERIES.byId(1);
let database: ToyDatabase;
beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
});

it("a lock lost to a blocked event loop: an acknowledged write is seen all the same", async () => {
  const store = createMemoryStore();
  const releasing = createGate();
  const writer = startProcess(database, { store, lease: 30, hooks: { before: { release: () => releasing.pass() } } });
  const reader = startProcess(database, { store });
  const written = writer.bump(1, {
    run: async () => {
      const end = performance.now() + 60;
      while (performance.now() < end);
      await reader.read(byId);
      return database.bump(1);
    },
  });
  const acknowledged = await Promise.race([
    written.then(() => true),
    releasing.arrived.then(() => new Promise((r) => setTimeout(r, 20, false))),
  ]);
  if (acknowledged) expect((await reader.read(byId)).data).toMatchObject({ version: 2 });
  releasing.open();
  await written;
});

it("an evicted lock: an acknowledged write is seen all the same", async () => {
  let clock = 0;
  const store = createMemoryStore({ now: () => clock });
  const releasing = createGate();
  const writer = startProcess(database, { store, hooks: { before: { release: () => releasing.pass() } } });
  const reader = startProcess(database, { store });
  const written = writer.bump(1, {
    run: async () => {
      clock += 100_000; // the store forgets the lock
      await reader.read(byId);
      return database.bump(1);
    },
  });
  const acknowledged = await Promise.race([
    written.then(() => true),
    releasing.arrived.then(() => new Promise((r) => setTimeout(r, 20, false))),
  ]);
  if (acknowledged) expect((await reader.read(byId)).data).toMatchObject({ version: 2 });
  releasing.open();
  await written;
});

it("an outcome that cannot be told: the original error, and the lock does not live for ever", async () => {
  vi.useFakeTimers();
  const store = createMemoryStore();
  const { bump } = startProcess(database, { store, lease: 300, ambiguousLease: 600 });
  const failure = new Error("no");
  const error = await bump(1, {
    run: () => Promise.reject(failure),
    outcomeOf: () => {
      throw new TypeError("bad");
    },
  }).catch((e: unknown) => e);
  await vi.advanceTimersByTimeAsync(60_000);
  const { tokens } = await store.lookup("", [ANY]);
  vi.useRealTimers();
  expect.soft(tokens).not.toContain(QUARANTINED);
  expect(error).toBe(failure);
});

it("a joined reader whose codec cannot decode asks the database", async () => {
  const { cache } = makeCache();
  const codec: Codec = {
    ...superjsonCodec(),
    decode: () => {
      throw new Error("cannot");
    },
  };
  const gate = createGate();
  const plan = makePlan(async () => (await gate.pass(), { id: 1 }), { codec });
  const reads = [cache.read(plan), cache.read(plan)];
  gate.open();
  expect((await Promise.all(reads)).map(({ data }) => data)).toEqual([{ id: 1 }, { id: 1 }]);
});

it.each<[string, unknown]>([
  ["Buffer", { b: Buffer.from("ab") }],
  ["unregistered class", { d: new Money() }],
  ["toJSON (an unregistered Decimal)", { d: { __proto__: { toJSON: () => "5" } } }],
  ["invalid date", { at: new Date(Number.NaN) }],
  ["function", { f() {} }],
  ["symbol", { s: Symbol("a") }],
  ["null prototype", Object.assign(Object.create(null), { a: 1 })],
])("superjson codec refuses %s, or gives it back", (_, value) => {
  const codec = superjsonCodec();
  let bytes: Uint8Array;
  try {
    bytes = codec.encode(value);
  } catch {
    return;
  }
  const back = codec.decode(bytes) as object;
  expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(value));
  expect(Object.keys(back)).toEqual(Object.keys(value as object));
  for (const [k, v] of Object.entries(value as object)) {
    const got = (back as Record<string, unknown>)[k];
    expect(typeof got).toBe(typeof v);
    if (typeof v === "object") expect(Object.getPrototypeOf(got)).toBe(Object.getPrototypeOf(v));
  }
});

it("a frame with a right checksum and wrong lengths is null, not an exception", () => {
  const frame = Buffer.from(
    frameEntry({
      fingerprint: "f",
      identity: null,
      storedAt: 1,
      freshUntil: 2,
      loadTime: 0,
      sliding: null,
      absent: false,
      names: null,
      stamps: ["a"],
      payload: new Uint8Array(),
    }),
  );
  frame[7] = 200;
  frame.writeUInt32LE(crc32(frame.subarray(6)), 2);
  expect(openEntry(frame)).toBeNull();
});

it("a long fingerprint or stamp comes back or is refused", () => {
  const entry = {
    fingerprint: "f".repeat(300),
    identity: null,
    storedAt: 1,
    freshUntil: 2,
    loadTime: 0,
    sliding: null,
    absent: false,
    names: null,
    stamps: ["a"],
    payload: new Uint8Array(),
  };
  let frame: Uint8Array;
  try {
    frame = frameEntry(entry);
  } catch {
    return;
  }
  expect(openEntry(frame)?.fingerprint).toBe(entry.fingerprint);
});

it("close waits for a write under way, and leaves nothing open", async () => {
  const all: ReturnType<typeof createMemoryStore>[] = [];
  const { cache } = makeCache({
    openStore: () => {
      const s = createMemoryStore();
      all.push(s);
      return s;
    },
  });
  const gate = createGate();
  const writing = cache.write(bumpPlan(database, 1, { run: async () => (await gate.pass(), database.bump(1)) }));
  await gate.arrived;
  const closing = cache.close();
  gate.open();
  await writing;
  await closing;
  await new Promise((r) => setTimeout(r, 10));
  expect(all.map(({ status }) => status)).toEqual(["closed"]);
});

it("a store that cannot be opened: reads and writes go on, a committed write does not reject", async () => {
  const { cache } = makeCache({
    openStore: () => {
      throw new Error("bad url");
    },
  });
  await expect.soft(cache.write(bumpPlan(database, 1))).resolves.toMatchObject({ version: 2 });
  await expect
    .soft((async () => cache.read(readOf(database, byId)))())
    .resolves.toMatchObject({ data: { version: 2 } });
});

it("a tag told twice by one statement does not speak for another statement", async () => {
  const { cache, see, read } = startProcess(database);
  await read(QUERIES.byName("name-1"));
  const fence = cache.fence();
  for (let i = 0; i < 2; i++) fence.add({ changed: [ANY, row(1)], fenced: [LOOKUP] });
  await fence.lock();
  fence.learn({ changed: [], unchanged: [LOOKUP, LOOKUP] });
  await fence.settle("committed");
  expect((await see(QUERIES.byName("name-1")))[0]).toBe("miss: invalidated");
});

it("eventual: a fence that nothing changed behind costs no other entry", async () => {
  database.bump(2);
  const { see, read, bump } = startProcess(database, { consistency: "eventual" });
  await read(QUERIES.byName("name-2"));
  await bump(1);
  expect((await see(QUERIES.byName("name-2")))[0]).toBe("hit");
});

it("a custom tag is no model tag", () => {
  expect(isModelTag(customTag("home:any"))).toBe(false);
});

it("a listener that throws something without a text", async () => {
  const { cache } = makeCache();
  cache.on(() => {
    throw Object.create(null);
  });
  expect((await cache.read(readOf(database, byId))).data).toMatchObject({ version: 1 });
});

it("a release says what it restored", async () => {
  const { of, cache } = startProcess(database);
  const fence = cache.fence();
  fence.add({ changed: [], fenced: [LOOKUP] });
  await fence.lock();
  fence.learn({ changed: [], unchanged: [LOOKUP] });
  await fence.settle("committed");
  await cache.close();
  expect(of("release")).toMatchObject([{ outcome: "unchanged", source: null, tags: [LOOKUP] }]);
});
