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

  it("is awaited all the same where there was no lock", async () => {
    const releasing = createGate();
    const process = startProcess(database, {
      store,
      awaitRelease: false,
      hooks: {
        before: { quarantine: () => Promise.reject(new Error("READONLY")), release: () => releasing.pass() },
      },
    });
    let acknowledged = false;
    const writing = process.bump(1).then(() => (acknowledged = true));
    await releasing.arrived;
    await new Promise(setImmediate);
    expect(acknowledged).toBe(false);
    releasing.open();
    await writing;
  });
});
