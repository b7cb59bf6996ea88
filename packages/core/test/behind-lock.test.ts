import { beforeEach, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { QUERIES, readPlan } from "./support/plans.js";
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

/** Reads behind a lock, whose queries answer at once and come back when their gate is open. */
function startReading(query = byId) {
  const reader = startProcess(database, { store });
  const gates = [createGate(), createGate()];
  let loads = 0;
  const read = async () => {
    const plan = readPlan(query, async () => {
      const answer = query.answer(database.now);
      await gates[loads++]!.pass();
      return answer;
    });
    const { data, info } = await reader.cache.read(plan);
    return { data, reason: info.reason };
  };
  return { reader, gates, read, loads: () => loads };
}

async function lockedWhile(id: number, body: () => Promise<void>): Promise<void> {
  const writing = createGate();
  const done = startProcess(database, { store }).bump(id, {
    run: async () => {
      await writing.pass();
      return database.bump(id);
    },
  });
  await writing.arrived;
  await body();
  writing.open();
  await done;
}

it("reads of a row that is being written share the queries that begin after they asked", async () => {
  await lockedWhile(1, async () => {
    const { gates, read, loads, reader } = startReading();
    const first = read();
    await gates[0]!.arrived;
    const others = [read(), read(), read()];
    await new Promise(setImmediate);
    // Somebody else writes it, and is acknowledged: what is on its way is from before.
    await startProcess(database, { store }).bump(1);
    gates[0]!.open();
    expect(await first).toEqual({ data: version(1), reason: "quarantined" });
    gates[1]!.open();
    const answers = await Promise.all(others);
    expect(answers.map(({ data }) => data)).toEqual([version(2), version(2), version(2)]);
    expect(answers.map(({ reason }) => reason)).toEqual(["quarantined", "joined", "joined"]);
    expect(loads()).toBe(2);
    expect(reader.cache.stats().reads.bypassReasons).toEqual({ quarantined: 2, joined: 2 });
    // Each has a result of his own.
    expect(new Set(answers.map(({ data }) => data)).size).toBe(3);
  });
});

it("a row that is not there is nothing for all who share the query", async () => {
  await lockedWhile(9, async () => {
    const { gates, read, loads } = startReading(QUERIES.byId(9));
    for (const gate of gates) gate.open();
    expect((await Promise.all([read(), read(), read()])).map(({ data }) => data)).toEqual([null, null, null]);
    expect(loads()).toBe(2);
  });
});
