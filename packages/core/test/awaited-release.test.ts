import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { CacheOptions } from "../src/cache-options.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { row, QUERIES } from "./support/plans.js";
import { startProcess, type Process } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

let database: ToyDatabase;

beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
  database.bump(2);
});

/** Whether a write is acknowledged while its release is held up. `writeIn`: carries the write out. */
async function isAwaited(
  tenureNow: () => object | null | undefined,
  options: Partial<CacheOptions> = {},
  writeIn: (process: Process) => Promise<unknown> = (process) => process.bump(1),
): Promise<boolean> {
  const releasing = createGate();
  const store: Store = Object.defineProperty(createMemoryStore(), "tenure", { get: tenureNow });
  const process = startProcess(database, { store, ...options, hooks: { before: { release: () => releasing.pass() } } });
  let acknowledged = false;
  const writing = writeIn(process).then(() => (acknowledged = true));
  await releasing.arrived;
  await new Promise(setImmediate);
  const awaited = !acknowledged;
  releasing.open();
  await writing;
  return awaited;
}

describe("where nothing is said of the release, it", () => {
  const server = {};

  it("is not awaited while locks last until they are released", async () => {
    expect(await isAwaited(() => server)).toBe(false);
  });

  it.each([null, undefined])("is awaited where locks may be lost: %j", async (tenure) => {
    expect(await isAwaited(() => tenure)).toBe(true);
  });

  it("is awaited where the locks were taken on another server, by another connection, or while keys were dropped", async () => {
    for (const earlier of [{}, null]) {
      let tenure: object | null = earlier;
      const bump = (process: Process) =>
        process.bump(1, {
          run: async () => {
            tenure = server;
            return database.bump(1);
          },
        });
      expect(await isAwaited(() => tenure, {}, bump)).toBe(true);
    }
  });

  it("is awaited where one of the locks was", async () => {
    let tenure = {};
    const inTwoSteps = async ({ cache }: Process) => {
      const fence = cache.fence();
      for (const id of [1, 2]) {
        tenure = id === 1 ? {} : server;
        fence.add({ changed: [row(id)], fenced: [] });
        await fence.lock();
      }
      await fence.settle("committed");
    };
    expect(await isAwaited(() => tenure, {}, inTwoSteps)).toBe(true);
  });

  it("is awaited where something was added that nobody asked to lock", async () => {
    const late = async ({ cache }: Process) => {
      const fence = cache.fence();
      fence.add({ changed: [row(1)], fenced: [] });
      await fence.lock();
      fence.add({ changed: [row(2)], fenced: [] });
      await fence.settle("committed");
    };
    expect(await isAwaited(() => server, {}, late)).toBe(true);
  });

  it("is awaited where the machine was suspended for half of the lease, whichever of its clocks stood still", async () => {
    for (const stopped of ["now", "monotonicNow"] as const) {
      const clocks = { now: 1_000_000, monotonicNow: 0 };
      const bump = (process: Process) =>
        process.bump(1, {
          run: async () => {
            clocks[stopped === "now" ? "monotonicNow" : "now"] += 5_001;
            return database.bump(1);
          },
        });
      const options = { lease: 10_000, now: () => clocks.now, monotonicNow: () => clocks.monotonicNow };
      expect(await isAwaited(() => server, options, bump)).toBe(true);
    }
  });

  it.each(["strict", "eventual"] as const)("is awaited at %s", async (consistency) => {
    expect(await isAwaited(() => server, { consistency })).toBe(true);
  });

  it("is as the option says where that is given", async () => {
    expect(await isAwaited(() => server, { awaitRelease: true })).toBe(true);
    expect(await isAwaited(() => null, { awaitRelease: false })).toBe(false);
  });
});

it("what is added while locks are on their way is locked, too, before the commit", async () => {
  const locking = createGate();
  const locked: string[][] = [];
  const process = startProcess(database, {
    store: createMemoryStore(),
    hooks: {
      before: {
        quarantine: (_, tags) => {
          locked.push([...tags]);
          return locked.length === 1 ? locking.pass() : undefined;
        },
      },
    },
  });
  const fence = process.cache.fence();
  fence.add({ changed: [row(1)], fenced: [] });
  const ready = fence.lock();
  await locking.arrived;
  fence.add({ changed: [row(2)], fenced: [] });
  locking.open();
  await ready;
  expect(locked).toEqual([[row(1)], [row(2)]]);
  await fence.settle("committed");
});

describe("reads of a process that does not wait for its release", () => {
  it("wait for it where they depend on what it ends, and for no other", async () => {
    const releasing = createGate();
    const store = createMemoryStore();
    const process = startProcess(database, {
      store,
      awaitRelease: false,
      hooks: { before: { release: () => releasing.pass() } },
    });
    for (const id of [1, 2]) await process.read(QUERIES.byId(id));
    await process.bump(1, { effects: { changed: [row(1)], fenced: [] } });
    await releasing.arrived;
    expect((await process.see(QUERIES.byId(2)))[0]).toBe("hit");
    let answered = false;
    const reading = process.see(QUERIES.byId(1)).then(([from]) => {
      answered = true;
      return from;
    });
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    releasing.open();
    expect(await reading).toBe("miss: invalidated");
  });
});
