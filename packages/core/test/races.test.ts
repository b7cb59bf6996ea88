import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { LONG } from "./support/make-cache.js";
import { ANY, LOOKUP, QUERIES, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const byName = QUERIES.byName("name-1");
const list = QUERIES.list();
const version = (of: number) => ({ id: 1, name: "name-1", version: of });
const EFFECTS = { changed: [ANY, row(1)], fenced: [LOOKUP] };
const UNKNOWN = () => "ambiguous" as const;

let database: ToyDatabase;
/** Shared by all processes of a test; its clock is `clock`. */
let store: Store;
let clock: number;

beforeEach(() => {
  clock = 0;
  database = new ToyDatabase();
  database.bump(1);
  store = createMemoryStore({ now: () => clock });
});

describe("a reader that was slow", () => {
  it("fills after a write has come and gone: what it stored is never served", async () => {
    const { bump, see, readSlowly, of } = startProcess(database, { store });
    const gate = createGate();
    const slow = readSlowly(byId, () => gate.pass());
    await gate.arrived;
    await bump(1);
    gate.open();
    expect((await slow).data).toEqual(version(1));
    await expect.poll(() => of("fill").map(({ outcome }) => outcome)).toEqual(["stored"]);
    expect(await see(byId)).toEqual(["miss: invalidated", version(2)]);
  });

  it("fills while the writer is between commit and release", async () => {
    const gate = createGate();
    const reader = startProcess(database, { store });
    const writer = startProcess(database, { store, hooks: { before: { release: () => gate.pass() } } });
    const loading = createGate();
    const slow = reader.readSlowly(byId, () => loading.pass());
    await loading.arrived;
    await writer.bump(1);
    await gate.arrived;
    loading.open();
    await slow;
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    gate.open();
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });

  it("looked before the lock and mints after it: the lock stays, and nothing is stored", async () => {
    const gate = createGate();
    const reader = startProcess(database, { store, hooks: { before: { mint: () => gate.pass() } } });
    const writer = startProcess(database, { store }).cache.fence();
    writer.add(EFFECTS);
    const slow = reader.see(byId);
    await gate.arrived;
    await writer.lock();
    gate.open();
    expect(await slow).toEqual(["bypass: quarantined", version(1)]);
    database.bump(1);
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    await writer.settle("committed");
    expect(await reader.see(byId)).toEqual(["miss: absent", version(2)]);
  });

  it("began before an acknowledged write: who reads after that does not wait for its answer", async () => {
    const { bump, read, readSlowly } = startProcess(database, { store });
    const gate = createGate();
    const slow = readSlowly(byId, () => gate.pass());
    await gate.arrived;
    await bump(1);
    expect((await read(byId)).data).toEqual(version(2));
    gate.open();
    await slow;
    expect((await read(byId)).data).toEqual(version(2));
  });

  it("began before an invalidation: who reads after that does not wait for its answer", async () => {
    const { cache, read, readSlowly } = startProcess(database, { store });
    const gate = createGate();
    const slow = readSlowly(byId, () => gate.pass());
    await gate.arrived;
    // A program that the cache knows nothing of.
    database.bump(1);
    expect(await cache.invalidate([row(1)])).toBe(true);
    expect((await read(byId)).data).toEqual(version(2));
    gate.open();
    await slow;
    expect((await read(byId)).data).toEqual(version(2));
  });

  it("found an entry that a write made untrue before it looked at it: what it was told, nobody else is", async () => {
    const gate = createGate();
    const { bump, read, see } = startProcess(database, { store });
    await read(byId);
    const slow = startProcess(database, { store, hooks: { after: { lookup: () => gate.pass() } } });
    const looked = slow.read(byId);
    await gate.arrived;
    await bump(1);
    gate.open();
    // It began before the write was acknowledged: either version is right, as long as it stores nothing.
    expect((await looked).data).toEqual(version(1));
    expect(await see(byId)).toEqual(["miss: invalidated", version(2)]);
  });
});

describe("between commit and release", () => {
  it("the new value, once read from the database, is not followed by the old one from the cache", async () => {
    const reader = startProcess(database, { store });
    const writer = startProcess(database, { store });
    await reader.read(byId);
    const committed = createGate();
    const writing = writer.bump(1, {
      run: async () => {
        const row1 = database.bump(1);
        await committed.pass();
        return row1;
      },
    });
    await committed.arrived;
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    committed.open();
    await writing;
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect(await reader.see(byId)).toEqual(["hit", version(2)]);
  });

  it("a write that is acknowledged is seen, here and in another process, though its release is still on its way", async () => {
    const gate = createGate();
    const here = startProcess(database, { store, hooks: { before: { release: () => gate.pass() } } });
    const there = startProcess(database, { store });
    for (const query of [byId, byName, list]) await there.read(query);
    await here.bump(1);
    await gate.arrived;
    for (const query of [byId, byName]) {
      expect((await here.read(query)).data).toEqual(version(2));
      expect((await there.read(query)).data).toEqual(version(2));
    }
    expect((await there.read(list)).data).toEqual([version(2)]);
    gate.open();
    for (const query of [byId, byName]) expect((await there.read(query)).data).toEqual(version(2));
    expect((await there.read(list)).data).toEqual([version(2)]);
  });

  it("a read whose entry is still on its way is joined, until something is written", async () => {
    const gate = createGate();
    const here = startProcess(database, { store, hooks: { before: { fill: () => gate.pass() } } });
    expect(await here.see(byId)).toEqual(["miss: absent", version(1)]);
    await gate.arrived;
    expect(await here.see(byId)).toEqual(["miss: absent", version(1)]);
    expect(here.of("load")).toHaveLength(1);
    await startProcess(database, { store }).bump(1);
    expect(await here.see(byId)).toEqual(["miss: absent", version(2)]);
    expect(here.of("load")).toHaveLength(2);
    gate.open();
  });

  it("the writer dies: its tags are not cached for the lease, and never stale", async () => {
    const reader = startProcess(database, { store });
    for (const query of [byId, byName]) await reader.read(query);
    const dying = startProcess(database, { store }).cache.fence();
    dying.add(EFFECTS);
    await dying.lock();
    database.bump(1);
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    clock += LONG - 1;
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    clock += 1;
    // What it had fenced only is dead too: nobody knows what it wrote.
    expect(await reader.see(byName)).toEqual(["miss: invalidated", version(2)]);
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });
});

describe("writers at once", () => {
  it("that was locked first and released first leaves the other's lock", async () => {
    const [first, second] = [0, 1].map(() => startProcess(database, { store }).cache.fence());
    const reader = startProcess(database, { store });
    for (const fence of [first!, second!]) {
      fence.add(EFFECTS);
      await fence.lock();
    }
    database.bump(1);
    await first!.settle("committed");
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    database.bump(1);
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(3)]);
    await second!.settle("committed");
    expect(await reader.see(byId)).toEqual(["miss: absent", version(3)]);
    expect(await reader.see(byId)).toEqual(["hit", version(3)]);
  });

  it("that was locked last and released first leaves the other's lock", async () => {
    const [first, second] = [0, 1].map(() => startProcess(database, { store }).cache.fence());
    const reader = startProcess(database, { store });
    for (const fence of [first!, second!]) {
      fence.add(EFFECTS);
      await fence.lock();
    }
    database.bump(1);
    await second!.settle("committed");
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(2)]);
    database.bump(1);
    expect(await reader.see(byId)).toEqual(["bypass: quarantined", version(3)]);
    await first!.settle("committed");
    expect(await reader.see(byId)).toEqual(["miss: absent", version(3)]);
  });

  it("of one process do not share a lock", async () => {
    const { cache, see } = startProcess(database, { store });
    const [first, second] = [cache.fence(), cache.fence()];
    for (const fence of [first, second]) {
      fence.add(EFFECTS);
      await fence.lock();
    }
    await first.settle("committed");
    expect((await see(byId))[0]).toBe("bypass: quarantined");
    await second.settle("committed");
    expect((await see(byId))[0]).toBe("miss: absent");
  });

  it("of which one changed what both fenced: the old token does not come back, whoever releases last", async () => {
    for (const lastOutcome of ["committed", "rolled-back"] as const) {
      const reader = startProcess(database, { store });
      await reader.read(byName);
      const [changing, harmless] = [0, 1].map(() => startProcess(database, { store }).cache.fence());
      for (const fence of [changing!, harmless!]) {
        fence.add(EFFECTS);
        await fence.lock();
      }
      const { version: now } = database.bump(1);
      await changing!.settle("committed");
      harmless!.learn({ changed: [], unchanged: [LOOKUP] });
      await harmless!.settle(lastOutcome);
      expect(await reader.see(byName)).toEqual(["miss: invalidated", version(now)]);
    }
  });

  it("of which one died after changing what both fenced: the old token does not come back", async () => {
    const reader = startProcess(database, { store });
    await reader.read(byName);
    const dying = startProcess(database, { store, lease: 10 }).cache.fence();
    const harmless = startProcess(database, { store, lease: 1000 }).cache.fence();
    dying.add(EFFECTS);
    await dying.lock();
    database.bump(1);
    harmless.add({ changed: [], fenced: [LOOKUP] });
    await harmless.lock();
    clock += 11;
    harmless.learn({ changed: [], unchanged: [LOOKUP] });
    await harmless.settle("committed");
    expect(await reader.see(byName)).toEqual(["miss: invalidated", version(2)]);
  });
});

describe("a commit of which nobody knows", () => {
  it("that comes later is never hidden by what was stored before it", async () => {
    const { bump, see } = startProcess(database, { store });
    await see(byId);
    await expect(
      bump(1, { run: () => Promise.reject(new Error("connection lost")), outcomeOf: UNKNOWN }),
    ).rejects.toThrow("connection lost");
    expect(await see(byId)).toEqual(["bypass: quarantined", version(1)]);
    // Longer than any lease: only the longer lock of the unknown keeps readers from storing.
    clock += LONG + 1;
    expect(await see(byId)).toEqual(["bypass: quarantined", version(1)]);
    database.bump(1);
    expect(await see(byId)).toEqual(["bypass: quarantined", version(2)]);
    clock += LONG;
    expect(await see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect(await see(byId)).toEqual(["hit", version(2)]);
  });

  it("is held although another writer of the same row has come and gone", async () => {
    const { bump, see } = startProcess(database, { store });
    await expect(bump(1, { run: () => Promise.reject(new Error("lost")), outcomeOf: UNKNOWN })).rejects.toThrow("lost");
    await bump(1);
    expect(await see(byId)).toEqual(["bypass: quarantined", version(2)]);
  });
});
