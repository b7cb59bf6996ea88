import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { NotReplicatedError } from "../src/errors.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { QUARANTINED } from "../src/token.js";
import { ANY, LOOKUP, named, QUERIES, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const version = (of: number) => ({ id: 1, name: "name-1", version: of });

let database: ToyDatabase;
let store: Store;

beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
  store = createMemoryStore();
});

describe("strict", () => {
  it.each(["strict", "bounded"] as const)("asks for a replica, and `bounded` does not: %s", async (consistency) => {
    const asked: (number | undefined)[] = [];
    const process = startProcess(database, {
      store,
      consistency,
      writeDeadline: 250,
      hooks: { before: { quarantine: (_holder, _tags, _lease, replicaTimeout) => void asked.push(replicaTimeout) } },
    });
    await process.bump(1);
    expect(asked).toEqual([consistency === "strict" ? 200 : undefined]);
  });

  const unreplicated = () => Promise.reject(new NotReplicatedError("no replica answered"));

  it("goes on without a replica, with an event, and takes its locks back", async () => {
    const process = startProcess(database, {
      store,
      consistency: "strict",
      hooks: { after: { quarantine: unreplicated } },
    });
    await process.bump(1);
    expect(process.of("quarantine")).toMatchObject([{ outcome: "refused", error: { name: "NotReplicatedError" } }]);
    expect((await store.lookup("", [ANY, row(1), LOOKUP])).tokens).not.toContain(QUARANTINED);
    expect(process.cache.stats().recovering).toBe(0);
  });

  it("refuses the write without a replica where that is the policy", async () => {
    const process = startProcess(database, {
      store,
      consistency: "strict",
      onUnreachable: "reject",
      hooks: { after: { quarantine: unreplicated } },
    });
    await expect(process.bump(1)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(database.now.get(1)).toEqual(version(1));
    await expect.poll(async () => (await store.lookup("", [ANY, row(1), LOOKUP])).tokens).not.toContain(QUARANTINED);
  });
});

describe("strict, after a commit of which nobody knows whether it happened", () => {
  it("holds the locks on a replica too, and goes on without one", async () => {
    const asked: [lease: number, replicaTimeout: number | undefined][] = [];
    const process = startProcess(database, {
      store,
      consistency: "strict",
      hooks: {
        before: { quarantine: (_holder, _tags, lease, replicaTimeout) => void asked.push([lease, replicaTimeout]) },
        after: { quarantine: () => Promise.reject(new NotReplicatedError("no replica answered")) },
      },
    });
    const lost = process.bump(1, { run: () => Promise.reject(new Error("lost")), outcomeOf: () => "ambiguous" });
    await expect(lost).rejects.toThrow("lost");
    expect(asked).toEqual([
      [60_000, 4000],
      [120_000, 4000],
    ]);
    expect((await store.lookup("", [row(1)])).tokens).toEqual([QUARANTINED]);
    expect(process.cache.stats().recovering).toBe(0);
  });
});

describe("a fence that was refused", () => {
  it("stays refused, and leaves no lock, whatever is asked of it afterwards", async () => {
    let quarantines = 0;
    const process = startProcess(database, {
      store,
      onUnreachable: "reject",
      hooks: { after: { quarantine: () => (quarantines++ === 0 ? Promise.reject(new Error("READONLY")) : undefined) } },
    });
    const fence = process.cache.fence();
    fence.add({ changed: [row(1)], fenced: [] });
    await expect(fence.lock()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    fence.add({ changed: [row(2)], fenced: [] });
    await expect(fence.lock()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await fence.settle("committed");
    await expect.poll(async () => (await store.lookup("", [row(1), row(2)])).tokens).toEqual([null, null]);
  });

  it("gives back a lock that comes after it", async () => {
    const second = createGate();
    let quarantines = 0;
    const process = startProcess(database, {
      store,
      onUnreachable: "reject",
      hooks: {
        before: { quarantine: () => (quarantines++ === 0 ? Promise.reject(new Error("READONLY")) : second.pass()) },
      },
    });
    const fence = process.cache.fence();
    fence.add({ changed: [row(1)], fenced: [] });
    const first = fence.lock();
    fence.add({ changed: [row(2)], fenced: [] });
    const other = fence.lock();
    await expect(first).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    second.open();
    await expect(other).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect.poll(async () => (await store.lookup("", [row(1), row(2)])).tokens).not.toContain(QUARANTINED);
  });
});

describe("a fence whose statements told everything before it is locked", () => {
  it("locks only what changed: what cannot have changed stays cached meanwhile", async () => {
    const process = startProcess(database, { store });
    database.bump(2);
    const other = QUERIES.byName("name-2");
    await process.read(other);
    const fence = process.cache.fence();
    fence.add({ changed: [ANY, row(1)], fenced: [LOOKUP] });
    fence.learn({ changed: [named("name-1")], unchanged: [LOOKUP] });
    await fence.lock();
    expect((await process.see(other))[0]).toBe("hit");
    expect(await process.see(byId)).toEqual(["bypass: quarantined", version(1)]);
    database.bump(1);
    await fence.settle("committed");
    expect((await process.see(other))[0]).toBe("hit");
    expect(await process.see(byId)).toEqual(["miss: absent", version(2)]);
  });
});

describe("a release that is not awaited", () => {
  it("lets the write be acknowledged; reads of this process wait for it, and see the write", async () => {
    const releasing = createGate();
    const process = startProcess(database, {
      store,
      awaitRelease: false,
      hooks: { before: { release: () => releasing.pass() } },
    });
    await process.read(byId);
    expect(await process.bump(1)).toEqual(version(2));
    const reading = process.see(byId);
    await releasing.arrived;
    // The lock is lost: without it and before the release, the old entry would be valid again.
    let answered = false;
    void reading.then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    releasing.open();
    expect(await reading).toEqual(["miss: invalidated", version(2)]);
  });

  it("and that the store refuses is owed, before one more read is answered", async () => {
    let refusals = 0;
    const process = startProcess(database, {
      store,
      awaitRelease: false,
      hooks: { before: { release: () => (refusals++ === 0 ? Promise.reject(new Error("READONLY")) : undefined) } },
    });
    await process.read(byId);
    await process.bump(1);
    expect((await process.see(byId))[1]).toEqual(version(2));
    await expect.poll(() => process.cache.stats().recovering).toBe(0);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });

  it.each([0, 1])("is awaited all the same where a lock was refused, the first or a later one: %i", async (refused) => {
    const releasing = createGate();
    let quarantines = 0;
    const process = startProcess(database, {
      store,
      awaitRelease: false,
      hooks: {
        before: {
          quarantine: () => (quarantines++ === refused ? Promise.reject(new Error("READONLY")) : undefined),
          release: () => releasing.pass(),
        },
      },
    });
    const fence = process.cache.fence();
    for (const id of [1, 2]) {
      fence.add({ changed: [row(id)], fenced: [] });
      await fence.lock();
    }
    let acknowledged = false;
    const writing = fence.settle("committed").then(() => (acknowledged = true));
    await releasing.arrived;
    await new Promise(setImmediate);
    expect(acknowledged).toBe(false);
    releasing.open();
    await writing;
  });
});
