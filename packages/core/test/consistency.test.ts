import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { EvercacheError, StoreUnavailableError } from "../src/errors.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { QUARANTINED } from "../src/token.js";
import { LONG } from "./support/make-cache.js";
import { ANY, LOOKUP, QUERIES, row } from "./support/plans.js";
import { startProcess, type Process } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const byName = QUERIES.byName("name-1");
const version = (of: number) => ({ id: 1, name: "name-1", version: of });
const AWAY = () => Promise.reject(new StoreUnavailableError("away"));

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

describe("a store that refuses the quarantine", () => {
  it("does not stop the write; it is acknowledged when the release has landed, and never stale afterwards", async () => {
    const releasing = createGate();
    const writer = startProcess(database, {
      store,
      hooks: { before: { quarantine: AWAY, release: () => releasing.pass() } },
    });
    const reader = startProcess(database, { store });
    await fill(reader);
    let acknowledged = false;
    const writing = writer.bump(1).then(() => (acknowledged = true));
    await releasing.arrived;
    await reader.read(byId);
    expect(acknowledged).toBe(false);
    releasing.open();
    await writing;
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect(await reader.see(byName)).toEqual(["miss: invalidated", version(2)]);
    expect(writer.of("quarantine").map(({ outcome }) => outcome)).toEqual(["refused"]);
  });

  it("although it carried it out leaves no lock behind", async () => {
    const writer = startProcess(database, { store, hooks: { after: { quarantine: AWAY } } });
    await writer.bump(1);
    expect((await store.lookup("", [ANY, row(1), LOOKUP])).tokens).not.toContain(QUARANTINED);
  });

  it("stops the write where that is the policy: nothing runs, nothing is lost, and the error says what to do", async () => {
    const writer = startProcess(database, { store, onUnreachable: "reject", hooks: { after: { quarantine: AWAY } } });
    await fill(writer);
    const before = database.clock;
    const refused = await writer.bump(1).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EvercacheError);
    expect(refused).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining("Try again") });
    expect((refused as Error).cause).toBeInstanceOf(StoreUnavailableError);
    expect(database.clock).toBe(before);
    expect(await writer.see(byId)).toEqual(["hit", version(1)]);
  });
});

describe("eventual", () => {
  it("locks nothing, and is acknowledged when its release has landed: from then on nobody is served the old value", async () => {
    const releasing = createGate();
    const hooks = { before: { release: () => releasing.pass() } };
    const writer = startProcess(database, { store, consistency: "eventual", hooks });
    const reader = startProcess(database, { store });
    await fill(reader);
    let acknowledged = false;
    const writing = writer.bump(1).then(() => (acknowledged = true));
    await releasing.arrived;
    expect(await reader.see(byId)).toEqual(["hit", version(1)]);
    expect(acknowledged).toBe(false);
    releasing.open();
    await writing;
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect(await reader.see(byName)).toEqual(["miss: invalidated", version(2)]);
    expect(writer.of("quarantine")).toEqual([]);
  });

  it("lets no late fill survive", async () => {
    const process = startProcess(database, { store, consistency: "eventual" });
    const gate = createGate();
    const slow = process.readSlowly(byId, () => gate.pass());
    await gate.arrived;
    await process.bump(1);
    gate.open();
    await slow;
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });

  it("leaves everything as it was when the write failed", async () => {
    const process = startProcess(database, { store, consistency: "eventual" });
    await fill(process);
    await expect(process.bump(1, { run: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    expect(await process.see(byId)).toEqual(["hit", version(1)]);
  });

  it("holds what may yet commit", async () => {
    const process = startProcess(database, { store, consistency: "eventual", ambiguousLease: LONG });
    await fill(process);
    await expect(
      process.bump(1, { run: () => Promise.reject(new Error("lost")), outcomeOf: () => "ambiguous" }),
    ).rejects.toThrow("lost");
    expect(await process.see(byId)).toEqual(["bypass: quarantined", version(1)]);
  });
});
