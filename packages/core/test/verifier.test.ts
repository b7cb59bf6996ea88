import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { CacheOptions } from "../src/cache-options.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import { QUERIES, readPlan, row } from "./support/plans.js";
import { startProcess, type Process } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const list = QUERIES.list();
const version = (of: number) => ({ id: 1, name: "name-1", version: of });

let database: ToyDatabase;
beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
  database.bump(2);
});

const start = (options: Partial<CacheOptions> = {}) =>
  startProcess(database, { store: createMemoryStore(), verify: 1, ...options });

async function outcomes({ cache, of }: Process, count: number): Promise<string[]> {
  await expect.poll(() => of("verify").length).toBe(count);
  const { verified } = cache.stats();
  expect(verified.match + verified.violation + verified.inconclusive).toBe(count);
  return of("verify").map(({ outcome }) => outcome);
}

describe("a hit that is verified", () => {
  it("matches what the database says", async () => {
    const process = start();
    for (const query of [byId, list, QUERIES.byId(9)]) {
      await process.read(query);
      expect((await process.see(query))[0]).toBe("hit");
    }
    expect(await outcomes(process, 3)).toEqual(["match", "match", "match"]);
  });

  it("and differs, although nobody said so, is a violation: it is reported, and what it belongs to is dropped", async () => {
    const process = start();
    await process.read(byId);
    await process.read(list);
    // Somebody who writes past the cache.
    database.bump(1);
    expect(await process.see(byId)).toEqual(["hit", version(1)]);
    expect(await outcomes(process, 1)).toEqual(["violation"]);
    expect(process.of("verify")).toMatchObject([{ model: "Product", key: byId.key }]);
    await expect.poll(() => process.of("invalidate").length).toBe(1);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect((await process.see(list))[0]).toBe("miss: invalidated");
  });

  it("is a violation too where nothing was found, and something is there", async () => {
    const process = start();
    const absent = QUERIES.byId(9);
    await process.read(absent);
    database.bump(9);
    await process.read(absent);
    expect(await outcomes(process, 1)).toEqual(["violation"]);
  });

  it("says nothing where a write came meanwhile", async () => {
    const process = start();
    await process.read(byId);
    const loading = createGate();
    await process.cache.read(
      readPlan(byId, async () => {
        await loading.pass();
        return byId.answer(database.now);
      }),
    );
    await loading.arrived;
    await process.bump(1);
    loading.open();
    expect(await outcomes(process, 1)).toEqual(["inconclusive"]);
  });

  it("says nothing where the database does not answer, and nobody else hears of it", async () => {
    const process = start();
    await process.read(byId);
    const { data } = await process.cache.read(readPlan(byId, () => Promise.reject(new Error("away"))));
    expect(data).toEqual(version(1));
    expect(await outcomes(process, 1)).toEqual(["inconclusive"]);
  });

  it("does not mind the order of rows for which nobody asked for one", async () => {
    const process = start();
    await process.read(list);
    const reversed = readPlan(list, async () => [...(list.answer(database.now) as unknown[])].toReversed());
    expect((await process.cache.read(reversed)).info.status).toBe("hit");
    expect(await outcomes(process, 1)).toEqual(["match"]);
    // As many rows, of which one is another.
    const other = readPlan(list, async () => [version(7), version(8)]);
    await process.cache.read(other);
    expect(await outcomes(process, 2)).toEqual(["match", "violation"]);
  });
});

it("only the share that was asked for is verified, and never many at a time", async () => {
  const chances = [0.5, 0.009, 0.5, 0.001, 0.011];
  const process = start({ verify: 0.01, random: () => chances.shift() ?? 0 });
  await process.read(byId);
  for (let i = 0; i < 4; i++) await process.read(byId);
  expect(await outcomes(process, 2)).toEqual(["match", "match"]);

  const loading = createGate();
  const slow = readPlan(QUERIES.byId(2), async () => {
    await loading.pass();
    return null;
  });
  const busy = start();
  await busy.read(QUERIES.byId(2));
  for (let i = 0; i < 5; i++) await busy.cache.read(slow);
  await busy.cache.invalidate([row(2)]);
  loading.open();
  expect(await outcomes(busy, 2)).toEqual(["inconclusive", "inconclusive"]);
});
