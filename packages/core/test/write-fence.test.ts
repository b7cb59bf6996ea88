import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { QUARANTINED } from "../src/token.js";
import { ANY, LOOKUP, QUERIES, row } from "./support/plans.js";
import { startProcess, type Process } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const byName = QUERIES.byName("name-1");
const version = (of: number) => ({ id: 1, name: "name-1", version: of });
const EFFECTS = { changed: [ANY, row(1)], fenced: [LOOKUP] };

let database: ToyDatabase;
let store: Store;

beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
  database.bump(2);
  store = createMemoryStore();
});

async function fill({ read }: Process): Promise<void> {
  for (const query of [byId, byName, QUERIES.byId(2), QUERIES.byName("name-2"), QUERIES.list()]) await read(query);
}

async function statusOf({ read }: Process, of = byName): Promise<string> {
  return (await read(of)).info.status;
}

describe("a fence of tags that cannot be named before the statement", () => {
  it("keeps readers out while the statement runs, and gives the token back when the row told all", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    const running = createGate();
    const writing = process.bump(1, {
      run: async () => {
        await running.pass();
        return database.bump(1);
      },
    });
    await running.arrived;
    expect(await statusOf(process, QUERIES.byName("name-2"))).toBe("bypass");
    running.open();
    await writing;
    expect(await statusOf(process, QUERIES.byName("name-2"))).toBe("hit");
    expect(await process.see(byName)).toEqual(["miss: invalidated", version(2)]);
    expect(await statusOf(process, QUERIES.byId(2))).toBe("hit");
  });

  it("does not come back when the statement told nothing", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    await process.bump(1, { learn: () => ({ changed: [], unchanged: [] }) });
    expect(await process.see(byName)).toEqual(["miss: invalidated", version(2)]);
    expect(await statusOf(process, QUERIES.byName("name-2"))).toBe("miss");
  });

  it("comes back only when each of the statements behind it told", async () => {
    for (const told of [0, 1, 2]) {
      const process = startProcess(database, { store });
      await fill(process);
      const fence = process.cache.fence();
      for (let statement = 0; statement < 2; statement++) fence.add(EFFECTS);
      await fence.lock();
      for (let statement = 0; statement < told; statement++) fence.learn({ changed: [], unchanged: [LOOKUP] });
      await fence.settle("committed");
      expect(await statusOf(process), `${told} of 2 told`).toBe(told === 2 ? "hit" : "miss");
    }
  });

  it("does not come back where another statement changed its tag", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    const fence = process.cache.fence();
    fence.add(EFFECTS);
    fence.add({ changed: [LOOKUP], fenced: [] });
    await fence.lock();
    fence.learn({ changed: [], unchanged: [LOOKUP] });
    await fence.settle("committed");
    expect(await statusOf(process)).toBe("miss");
  });

  it("does not come back where the result told that it changed", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    await process.bump(1, { learn: () => ({ changed: [LOOKUP], unchanged: [LOOKUP] }) });
    expect(await statusOf(process, QUERIES.byName("name-2"))).toBe("miss");
  });

  it("does not come back when the result was not understood: the write stands, and a warning is given", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    const written = process.bump(1, {
      learn: () => {
        throw new TypeError("no such row");
      },
    });
    await expect(written).resolves.toEqual(version(2));
    expect(process.of("warning")).toMatchObject([{ code: "RESULT_NOT_UNDERSTOOD" }]);
    expect(await process.see(byName)).toEqual(["miss: invalidated", version(2)]);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });
});

describe("a write that fails", () => {
  it("gives all tokens back: what was cached is served again", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    const failure = new Error("unique constraint");
    await expect(process.bump(1, { run: () => Promise.reject(failure) })).rejects.toBe(failure);
    for (const query of [byId, byName, QUERIES.list()]) expect(await statusOf(process, query)).toBe("hit");
    expect(process.of("release").map(({ outcome }) => outcome)).toEqual(["unchanged"]);
  });

  it("before it has even begun gives them back too", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    const written = process.bump(1, {
      run: () => {
        throw new RangeError("too many parameters");
      },
    });
    await expect(written).rejects.toThrow("too many parameters");
    expect(await statusOf(process, byId)).toBe("hit");
  });

  it("shows nobody what was not committed", async () => {
    const process = startProcess(database, { store });
    await fill(process);
    const running = createGate();
    const writing = process.bump(1, {
      run: async () => {
        await running.pass();
        throw new Error("deadlock");
      },
    });
    await running.arrived;
    expect(await process.see(byId)).toEqual(["bypass: quarantined", version(1)]);
    running.open();
    await expect(writing).rejects.toThrow("deadlock");
    expect(await process.see(byId)).toEqual(["hit", version(1)]);
  });
});

describe("a fence", () => {
  it("locks before the statement runs, all that it is known to touch and nothing else", async () => {
    const held: (readonly string[])[] = [];
    const process = startProcess(database, {
      store,
      hooks: { after: { quarantine: (_, tags) => void held.push(tags) } },
    });
    await process.bump(1, {
      run: async () => {
        expect(held.map((tags) => tags.toSorted())).toEqual([[ANY, LOOKUP, row(1)]]);
        return database.bump(1);
      },
    });
    expect(held).toHaveLength(1);
  });

  it("locks each tag once, and what was added later when asked again", async () => {
    const { cache, of } = startProcess(database, { store });
    const states = async () =>
      (await store.lookup("", [ANY, row(1), row(2)])).tokens.map((token) => token === QUARANTINED);
    const fence = cache.fence();
    fence.add({ changed: [ANY], fenced: [] });
    await fence.lock();
    expect(await states()).toEqual([true, false, false]);
    fence.add({ changed: [ANY, row(1)], fenced: [] });
    await fence.lock();
    expect(await states()).toEqual([true, true, false]);
    expect(of("quarantine").map(({ tags }) => tags)).toEqual([[ANY], [row(1)]]);
    fence.learn({ changed: [row(2)], unchanged: [] });
    await fence.settle("committed");
    expect(await states()).toEqual([false, false, false]);
  });

  it("waits in its second lock for its first", async () => {
    const gate = createGate();
    const { cache } = startProcess(database, { store, hooks: { before: { quarantine: () => gate.pass() } } });
    const fence = cache.fence();
    fence.add({ changed: [ANY], fenced: [] });
    const locked: string[] = [];
    const first = fence.lock().then(() => locked.push("first"));
    const second = fence.lock().then(() => locked.push("second"));
    await gate.arrived;
    expect(locked).toEqual([]);
    gate.open();
    await Promise.all([first, second]);
    expect(locked).toEqual(["first", "second"]);
  });

  it("that touches nothing asks the store nothing", async () => {
    const asked: string[] = [];
    const { cache } = startProcess(database, {
      store,
      hooks: {
        before: { quarantine: () => void asked.push("quarantine"), release: () => void asked.push("release") },
      },
    });
    for (const outcome of ["committed", "rolled-back", "ambiguous"] as const) {
      const fence = cache.fence();
      fence.add({ changed: [], fenced: [] });
      expect(fence.isEmpty).toBe(true);
      await fence.lock();
      await fence.settle(outcome);
    }
    expect(asked).toEqual([]);
  });

  it("is settled once: what is said later is not believed", async () => {
    const { cache, of } = startProcess(database, { store });
    const fence = cache.fence();
    fence.add(EFFECTS);
    expect(fence.isEmpty).toBe(false);
    await fence.lock();
    await fence.settle("ambiguous");
    await fence.settle("committed");
    await fence.settle("rolled-back");
    expect(of("release").map(({ outcome }) => outcome)).toEqual(["held"]);
    expect((await store.lookup("", [ANY])).tokens).toEqual([QUARANTINED]);
  });
});
