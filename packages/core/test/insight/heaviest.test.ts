import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Heaviest } from "../../src/insight/heaviest.js";

interface Weighed {
  readonly key: number;
  a: number;
  b: number;
}

type Event = readonly [key: number, a: number, b: number];

/** Counts as whoever uses it does: a value that was forgotten counts from nothing. */
function weigh(most: number, events: readonly Event[]) {
  const forgotten = new Set<number>();
  const heaviest = new Heaviest<Weighed, "a" | "b">(most, { a: ({ a }) => a, b: ({ b }) => b }, (value) => {
    forgotten.add(value.key);
  });
  for (const [key, a, b] of events) {
    let known = heaviest.get(String(key));
    if (!known) heaviest.add(String(key), (known = { key, a: 0, b: 0 }));
    known.a += a;
    known.b += b;
  }
  return { heaviest, forgotten };
}

const sumOf = (events: readonly Event[], place: 1 | 2, key?: number) =>
  events.reduce((sum, event) => sum + (key === undefined || event[0] === key ? event[place] : 0), 0);

const few = fc.record({
  most: fc.integer({ min: 1, max: 4 }),
  events: fc.array(
    fc.tuple(
      fc.nat(20).chain((high) => fc.nat(high)),
      fc.nat(3),
      fc.nat(50),
    ),
    { maxLength: 120 },
  ),
});

test("whatever comes: by each measure what weighs more than its share is among the top, and nothing weighs too much", () => {
  fc.assert(
    fc.property(few, ({ most, events }) => {
      const { heaviest } = weigh(most, events);
      for (const [name, place] of [
        ["a", 1],
        ["b", 2],
      ] as const) {
        const top = heaviest.top(name);
        expect(top.length).toBeLessThanOrEqual(most);
        for (const value of top) expect(value[name]).toBeLessThanOrEqual(sumOf(events, place, value.key));
        for (const key of new Set(events.map(([one]) => one))) {
          if (sumOf(events, place, key) > sumOf(events, place) / (most + 1)) {
            expect(top.map((value) => value.key)).toContain(key);
          }
        }
      }
    }),
    { numRuns: 3000 },
  );
});

test("nothing is forgotten as long as there is room", () => {
  fc.assert(
    fc.property(few, ({ most, events }) => {
      const { forgotten } = weigh(most, events);
      if (new Set(events.map(([key]) => key)).size <= 3 * most) expect(forgotten).toEqual(new Set());
    }),
  );
});
