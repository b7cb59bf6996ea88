import * as fc from "fast-check";
import { expect, test } from "vitest";
import { wrapStore, type StoreHooks } from "../../testing/src/wrap-store.js";
import { Cache } from "../src/cache.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { modelTags } from "../src/tag.js";
import type { Consistency } from "../src/write-fence.js";
import { LONG } from "./support/make-cache.js";
import { MODEL, QUERIES } from "./support/plans.js";
import { ScriptedStore } from "./support/scripted-store.js";
import { IDS, NAMES, World, type Step } from "./support/world.js";

// Few rows and names, so that actors meet.
const id = fc.constantFrom(...IDS);
const name = fc.constantFrom(...NAMES);
const query = fc.oneof(id.map(QUERIES.byId), name.map(QUERIES.byName), fc.constant(QUERIES.list()));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("read" as const), query }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("bump" as const),
      id,
      end: fc.constantFrom("commits", "commits", "commits", "fails", "lost", "lost, but commits"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename" as const), id, name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("transaction" as const),
      ids: fc.array(id, { minLength: 1, maxLength: 2 }),
      learnt: fc.nat(2),
      commits: fc.boolean(),
    }),
  },
);
/** Everything that there is to do: finds what depends on which rows and names are touched. */
const anything = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 5 });
/** One query, and writes to what it reads: finds what depends on the order of events alone. */
const oneRow = fc.array(
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("read" as const), query: fc.constant(QUERIES.byId(1)) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("bump" as const),
          id: fc.constant(1),
          end: fc.constant("commits" as const),
        }),
      },
    ),
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 3, maxLength: 6 },
);

function makeCache(openStore: () => Store, consistency: Consistency): Cache {
  return new Cache({
    openStore,
    consistency,
    onUnreachable: "proceed",
    deadline: 5000,
    writeDeadline: 5000,
    lease: LONG,
    ambiguousLease: LONG,
    longestTtl: 86_400_000,
    everything: modelTags(MODEL),
  });
}

/** `act` before the store is asked and when it has answered. */
function around(act: (when: "before" | "after", method: string) => Promise<void>): StoreHooks {
  const hooks = (when: "before" | "after") =>
    Object.fromEntries(
      ["lookup", "mint", "fill", "quarantine", "release", "rotate"].map((method) => [method, () => act(when, method)]),
    );
  return { before: hooks("before"), after: hooks("after") };
}

test.each<[Consistency, "committed" | "acknowledged", string, fc.Arbitrary<Step[][]>]>([
  // A lock stands before the commit, so that not even a write of which nobody was told yet is overlooked.
  ["bounded", "committed", "anything", anything],
  ["bounded", "committed", "one row", oneRow],
  ["eventual", "acknowledged", "anything", anything],
  ["eventual", "acknowledged", "one row", oneRow],
])(
  "%s: no order of events lets a read miss what was %s before it began: %s",
  { timeout: 120_000 },
  async (consistency, seen, _, actors) => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actors, async (scheduler, all) => {
        const store = createMemoryStore();
        const pause = () => scheduler.schedule(Promise.resolve());
        const world = new World(pause, seen);
        // Two processes over one store; nothing that one knows reaches the other but through it.
        const caches = [0, 1].map(() => makeCache(() => wrapStore(store, around(pause)), consistency));
        for (const cache of caches) cache.on(({ type }) => void (type === "hit" && hits++));
        const working = Promise.all(
          all.map(async (steps, i) => {
            for (const each of steps) await world.act(caches[i % 2]!, each);
          }),
        );
        await scheduler.waitFor(working);
        await scheduler.waitFor(world.rest(caches));
        await scheduler.waitFor(Promise.all(caches.map((cache) => cache.close())));
      }),
      { numRuns: 200 },
    );
    expect(hits).toBeGreaterThan(100);
  },
);

test.each([
  ["anything", anything],
  ["one row", oneRow],
])(
  "a store that fails before it has done a thing, or after, makes no read miss what was acknowledged: %s",
  { timeout: 120_000 },
  async (_, actors) => {
    let hits = 0;
    let owed = 0;
    const fate = fc.constantFrom("works", "fails before", "fails after");
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actors, fc.infiniteStream(fate), async (scheduler, all, fates) => {
        const store = new ScriptedStore();
        const pause = () => scheduler.schedule(Promise.resolve());
        const world = new World(pause, "acknowledged");
        let failing = true;
        const hooks = around(async (when, method) => {
          await pause();
          // What serves reads fails less often, or there would be nothing to serve that could be old.
          const rolls = ["lookup", "mint", "fill"].includes(method) ? 3 : 1;
          if (failing && [...fates.take(rolls)].every((next) => next === `fails ${when}`)) {
            throw new Error("READONLY or out of memory");
          }
        });
        // One process: what it could not tell the store, no other process can know.
        const cache = makeCache(() => wrapStore(store, hooks), "bounded");
        cache.on(({ type }) => {
          if (type === "hit") hits++;
          if (type === "recovery") owed++;
        });
        const working = Promise.all(
          all.map(async (steps) => {
            for (const each of steps) await world.act(cache, each);
          }),
        );
        await scheduler.waitFor(working);
        failing = false;
        store.become("ready");
        await scheduler.waitFor(world.rest([cache]));
        await scheduler.waitFor(cache.close());
      }),
      { numRuns: 200 },
    );
    expect(hits).toBeGreaterThan(100);
    expect(owed).toBeGreaterThan(100);
  },
);
