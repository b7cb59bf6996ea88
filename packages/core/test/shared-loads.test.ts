import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { StoreHooks } from "../../testing/src/wrap-store.js";
import type { Policy } from "../src/policy/policy.js";
import { superjsonCodec } from "../src/codec/superjson-codec.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { LONG, makeCache } from "./support/make-cache.js";
import { bumpPlan, POLICY, QUERIES, readPlan } from "./support/plans.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const version = (of: number) => ({ id: 1, name: "name-1", version: of });

let store: Store;
let database: ToyDatabase;
let loads: number;
/** How often somebody has asked for a lease and knows what became of it. */
let asked: number;
beforeEach(() => {
  asked = 0;
  store = createMemoryStore();
  database = new ToyDatabase();
  database.bump(1);
  loads = 0;
});

const start = (hooks: StoreHooks = {}, of = store) =>
  makeCache({ store: of, hooks: { ...hooks, after: { acquire: () => void asked++ } } });
const untilAsked = (times: number) => expect.poll(() => asked).toBe(times);

/** A query that processes share the load of, and wait for each other for so long. */
function planOf(wait = LONG, pass: () => Promise<void> = async () => {}, policy: Partial<Policy> = {}) {
  const plan = readPlan(byId, async () => {
    loads++;
    const answer = byId.answer(database.now);
    await pass();
    return answer;
  });
  return { ...plan, policy: { ...POLICY, stampede: { wait }, ...policy } };
}

describe("a load that processes share", () => {
  it("is done by one of them, and the others get what it stored", async () => {
    const processes = Array.from({ length: 4 }, () => start());
    const gate = createGate();
    const reads = processes.flatMap(({ cache }) =>
      Array.from({ length: 25 }, () => cache.read(planOf(LONG, () => gate.pass()))),
    );
    await gate.arrived;
    // All of them wait: three for the fourth.
    await untilAsked(4);
    await expect.poll(() => processes.flatMap(({ of }) => of("miss")).length).toBe(100);
    gate.open();
    const answers = await Promise.all(reads);
    expect(loads).toBe(1);
    for (const { data } of answers) expect(data).toEqual(version(1));
    expect(new Set(answers.map(({ data }) => data)).size).toBe(100);
    expect(processes.flatMap(({ of }) => of("wait")).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 3 }, () => "answered"),
    );
  });

  it("is not waited for longer than the policy says", async () => {
    const [here, there] = [start(), start()];
    const gate = createGate();
    const slow = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const began = performance.now();
    expect((await there.cache.read(planOf(60))).data).toEqual(version(1));
    expect(performance.now() - began).toBeGreaterThan(50);
    expect(there.of("wait")).toMatchObject([{ outcome: "timed-out" }]);
    expect(loads).toBe(2);
    gate.open();
    await slow;
  });

  it("is taken over from a process that died", async () => {
    const dead = start({
      before: { acquire: (_, __, ___, onFreed) => (onFreed ? undefined : Promise.reject(new Error("dead"))) },
    });
    const gate = createGate();
    const lost = dead.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const others = [start(), start(), start()];
    const began = performance.now();
    const answers = await Promise.all(others.map(({ cache }) => cache.read(planOf())));
    expect(performance.now() - began).toBeLessThan(1500);
    for (const { data } of answers) expect(data).toEqual(version(1));
    expect(loads).toBe(2);
    gate.open();
    await lost;
  });

  it("is renewed while it goes on, however long that takes", async () => {
    const here = start();
    const there = start();
    const gate = createGate();
    const slow = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const waiting = there.cache.read(planOf());
    await delay(1500);
    expect(loads).toBe(1);
    gate.open();
    await Promise.all([slow, waiting]);
    expect(loads).toBe(1);
  });

  it("that cannot be stored, or fails, leaves the others to themselves, all at once", async () => {
    for (const [policy, fails] of [
      [{ maxEntryBytes: 1 }, false],
      [{}, true],
    ] as const) {
      const gate = createGate();
      const [first, ...others] = [start(), start(), start(), start()];
      const failing = planOf(
        LONG,
        async () => {
          await gate.pass();
          if (fails) throw new Error("away");
        },
        policy,
      );
      const lost = first.cache.read(failing).catch(() => null);
      await gate.arrived;
      const loading = createGate();
      let arrived = 0;
      const all = createGate();
      const own = planOf(
        LONG,
        async () => {
          if (++arrived === 3) void all.pass();
          await loading.pass();
        },
        policy,
      );
      const waiting = others.map(({ cache }) => cache.read(own));
      await untilAsked(4);
      asked = 0;
      gate.open();
      // None of them waits for another.
      await all.arrived;
      all.open();
      loading.open();
      for (const { data } of await Promise.all(waiting)) expect(data).toEqual(version(1));
      await lost;
    }
  });

  it("is not shared with whoever asks after a write", async () => {
    const [here, there] = [start(), start()];
    const gate = createGate();
    const old = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    await there.cache.write(bumpPlan(database, 1));
    // It sees other tokens, and so does not wait for what began before.
    expect((await there.cache.read(planOf())).data).toEqual(version(2));
    gate.open();
    await old;
    expect((await here.cache.read(planOf())).data).toEqual(version(2));
  });

  it("in whose place a write came is loaded anew by who waited for it", async () => {
    const [here, there, writer] = [start(), start(), start()];
    const gate = createGate();
    const old = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const waiting = there.cache.read(planOf());
    await untilAsked(2);
    await writer.cache.write(bumpPlan(database, 1));
    gate.open();
    expect((await waiting).data).toEqual(version(2));
    await old;
  });

  it("in whose place a write came is loaded anew once, for all who waited and who come after it", async () => {
    const [first, later, writer, ...others] = Array.from({ length: 6 }, () => start());
    const [gate, laterGate] = [createGate(), createGate()];
    const old = first!.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const waiting = others.map(({ cache }) => cache.read(planOf()));
    await untilAsked(4);
    await writer!.cache.write(bumpPlan(database, 1));
    const after = later!.cache.read(planOf(LONG, () => laterGate.pass()));
    await laterGate.arrived;
    gate.open();
    // They have seen that what they waited for is of no use, and wait for the other.
    await untilAsked(8);
    laterGate.open();
    for (const { data } of await Promise.all([...waiting, after])) expect(data).toEqual(version(2));
    expect((await old).data).toEqual(version(1));
    expect(loads).toBe(2);
  });

  it("is not waited for where a write is under way by then", async () => {
    const [here, there, writer] = [start(), start(), start()];
    const [gate, commit] = [createGate(), createGate()];
    const old = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const waiting = there.cache.read(planOf());
    await untilAsked(2);
    const plan = bumpPlan(database, 1);
    const writing = writer.cache.write({
      ...plan,
      run: async () => {
        await commit.pass();
        return plan.run();
      },
    });
    await commit.arrived;
    gate.open();
    expect((await waiting).data).toEqual(version(1));
    expect(there.of("wait")).toMatchObject([{ outcome: "not-stored" }]);
    commit.open();
    await Promise.all([old, writing]);
    expect((await there.cache.read(planOf())).data).toEqual(version(2));
  });

  it("whose result cannot be encoded again is asked for by all who wait", async () => {
    const l1 = { mode: "tracked", maxStaleness: 1000, share: false } as const;
    const codec = superjsonCodec();
    let isBroken = false;
    const breaking = {
      ...codec,
      encode: (value: unknown) => {
        if (isBroken) throw new Error("no more");
        return codec.encode(value);
      },
      decode: (bytes: Uint8Array) => codec.decode(bytes),
    };
    const options = { l1: { maxEntries: 10, maxBytes: 1e6, leastStaleness: 1000 } };
    const here = start();
    const there = makeCache({ store, ...options, hooks: { after: { acquire: () => void asked++ } } });
    const gate = createGate();
    const slow = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const waiting = there.cache.read({ ...planOf(LONG, async () => {}, { l1 }), codec: breaking });
    await untilAsked(2);
    isBroken = true;
    gate.open();
    expect((await waiting).data).toEqual(version(1));
    await slow;
  });

  it("tells where what was waited for came from", async () => {
    const [here, there] = [start(), start()];
    const gate = createGate();
    const slow = here.cache.read(planOf(LONG, () => gate.pass()));
    await gate.arrived;
    const waiting = there.cache.read(planOf());
    await untilAsked(2);
    gate.open();
    const { info } = await waiting;
    expect(info).toMatchObject({ status: "miss", tier: "memory", storedAt: expect.any(Date) as Date });
    await slow;
  });

  it("is done by each process where the store knows no leases, or cannot be asked for one", async () => {
    const refusing = { before: { acquire: () => Promise.reject(new Error("gone")) } };
    const withoutLeases = Object.assign(createMemoryStore(), {
      acquire: undefined,
      free: undefined,
    }) as unknown as Store;
    for (const processes of [
      [start(refusing), start(refusing)],
      [start({}, withoutLeases), start({}, withoutLeases)],
    ]) {
      loads = 0;
      await store.remove(byId.key);
      const gate = createGate();
      const reads = processes.map(({ cache }) => cache.read(planOf(LONG, () => gate.pass())));
      await expect.poll(() => loads).toBe(2);
      gate.open();
      for (const { data } of await Promise.all(reads)) expect(data).toEqual(version(1));
    }
  });
});
