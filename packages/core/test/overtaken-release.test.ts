import { expect, it, vi } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import { LONG } from "./support/make-cache.js";
import { ANY, LOOKUP, QUERIES, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const byName = QUERIES.byName("name-1");

it("what is given back after a late renewal may overtake the release: it restores nothing that this is about to end", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const database = new ToyDatabase();
  database.bump(1);
  const store = createMemoryStore();
  const renewing = createGate();
  const releasing = createGate();
  const calls = { quarantine: 0, release: 0 };
  const writer = startProcess(database, {
    store,
    hooks: {
      after: { quarantine: () => (++calls.quarantine === 2 ? renewing.pass() : undefined) },
      before: { release: () => (++calls.release === 1 ? releasing.pass() : undefined) },
    },
  });
  const other = startProcess(database, { store });
  await other.read(byId);
  await other.read(byName);

  const written = writer.bump(1, {
    run: async () => {
      vi.advanceTimersByTime(LONG / 3);
      await renewing.arrived;
      return database.bump(1);
    },
  });
  await renewing.arrived;
  const fence = other.cache.fence();
  fence.add({ changed: [ANY, row(1)], fenced: [LOOKUP] });
  await fence.lock();
  await releasing.arrived;
  // The renewal is answered when the release is under way already: the lock that it may have left behind is given back.
  renewing.open();
  await expect.poll(() => calls.release).toBe(2);
  await fence.settle("rolled-back");
  await expect.poll(() => other.of("release")).toHaveLength(1);
  const now = { id: 1, name: "name-1", version: 2 };
  expect(await other.see(byId)).toEqual(["miss: invalidated", now]);
  expect(await other.see(byName)).toEqual(["miss: invalidated", now]);

  releasing.open();
  await written;
  vi.useRealTimers();
});
