import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { ALL, ANY, LOOKUP, named, QUERIES, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byName = QUERIES.byName("name-1");
const version = (of: number) => ({ id: 1, name: "name-1", version: of });

let database: ToyDatabase;
/** Shared by all processes of a test. */
let store: Store;

beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
  store = createMemoryStore();
});

describe("a result that was not found", () => {
  it("is cached, and found as soon as another process has created it", async () => {
    const [reader, writer] = [startProcess(database, { store }), startProcess(database, { store })];
    const query = QUERIES.byId(2);
    expect(await reader.see(query)).toEqual(["miss: absent", null]);
    expect(await reader.see(query)).toEqual(["hit", null]);
    await writer.bump(2, {
      // An id that the database chose: before the statement only `any` is known.
      effects: { changed: [ANY], fenced: [] },
      learn: () => ({ changed: [row(2)], unchanged: [] }),
    });
    expect((await reader.read(query)).data).toMatchObject({ id: 2, version: 1 });
  });

  it("is not stored by a reader who asked before the creation and answers after it", async () => {
    const { bump, readSlowly, read } = startProcess(database, { store });
    const query = QUERIES.byId(2);
    const gate = createGate();
    const slow = readSlowly(query, () => gate.pass());
    await gate.arrived;
    await bump(2, { effects: { changed: [ANY], fenced: [] }, learn: () => ({ changed: [], unchanged: [] }) });
    gate.open();
    expect((await slow).data).toBeNull();
    expect((await read(query)).data).toMatchObject({ id: 2, version: 1 });
  });

  it("is not stored while something is being created", async () => {
    const { cache, see } = startProcess(database, { store });
    const creating = cache.fence();
    creating.add({ changed: [ANY], fenced: [] });
    await creating.lock();
    const query = QUERIES.byId(2);
    expect(await see(query)).toEqual(["miss: absent", null]);
    expect(await see(query)).toEqual(["miss: absent", null]);
    database.bump(2);
    expect((await see(query))[1]).toMatchObject({ id: 2 });
  });

  it("stays a hit while a path is locked, and after it has changed, on which only what is found depends", async () => {
    const { cache, see } = startProcess(database, { store });
    const missing = QUERIES.byName("name-2");
    expect(await see(missing)).toEqual(["miss: absent", null]);
    expect(await see(byName)).toEqual(["miss: absent", version(1)]);
    const fence = cache.fence();
    fence.add({ changed: [ALL, LOOKUP], fenced: [] });
    await fence.lock();
    expect(await see(missing)).toEqual(["hit", null]);
    expect(await see(byName)).toEqual(["bypass: quarantined", version(1)]);
    await fence.settle("committed");
    expect(await see(missing)).toEqual(["hit", null]);
    expect(await see(byName)).toEqual(["miss: invalidated", version(1)]);
  });

  it("of a load that cannot be stored is nobody else's answer", async () => {
    const { cache, readSlowly, read } = startProcess(database, { store });
    const creating = cache.fence();
    creating.add({ changed: [ANY], fenced: [] });
    await creating.lock();
    const gate = createGate();
    const slow = readSlowly(QUERIES.byId(2), () => gate.pass());
    await gate.arrived;
    database.bump(2);
    await creating.settle("committed");
    expect((await read(QUERIES.byId(2))).data).toMatchObject({ id: 2 });
    gate.open();
    await slow;
  });

  it("and a unique value that is deleted and taken again: each is seen", async () => {
    const { cache, read } = startProcess(database, { store });
    const write = (id: number, name: string | null) =>
      cache.write({
        effects: { changed: [ANY, row(id), named("name-1")], fenced: [] },
        run: async () => database.commit(id, () => (name === null ? null : { name, version: 1 })),
        learn: () => ({ changed: [], unchanged: [] }),
        outcomeOf: () => "rolled-back",
      });
    expect((await read(byName)).data).toEqual(version(1));
    await write(1, null);
    expect((await read(byName)).data).toBeNull();
    expect((await read(byName)).info.status).toBe("hit");
    await write(7, "name-1");
    expect((await read(byName)).data).toEqual({ id: 7, name: "name-1", version: 1 });
    expect((await read(QUERIES.byId(1))).data).toBeNull();
  });
});
