import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Generations, Room } from "../src/generations.js";

it("remembers at least half of what it may, of those that were used last, and no more than it may", () => {
  const key = fc.integer({ min: 0, max: 20 });
  const step = fc.record({ act: fc.constantFrom("set", "get", "delete"), key });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 200 }), (most, steps) => {
      const generations = new Generations<number, string>(most);
      const truth = new Map<number, string>();
      /** The last to be used comes last. */
      let used: number[] = [];
      for (const [i, { act, key: at }] of steps.entries()) {
        const found = act === "get" ? generations.get(at) : undefined;
        if (act === "set") {
          generations.set(at, `value ${i}`);
          truth.set(at, `value ${i}`);
        } else if (act === "delete") {
          generations.delete(at);
          truth.delete(at);
        } else if (found !== undefined) {
          expect(found).toBe(truth.get(at));
        } else {
          const half = Math.max(1, Math.floor(most / 2));
          expect(used.filter((other) => truth.has(other)).slice(-half)).not.toContain(at);
          truth.delete(at);
        }
        used = used.filter((other) => other !== at);
        if (act === "set" || found !== undefined) used.push(at);
      }
      const kept = [...truth.keys()].filter((at) => generations.get(at) !== undefined);
      expect(kept.length).toBeLessThanOrEqual(Math.max(2, most));
    }),
  );
});

it("shares its room with others: together they remember no more than that, and what any of them used last", () => {
  const room = new Room(10);
  const [numbers, texts] = [new Generations<number, number>(room), new Generations<string, number>(room)];
  for (let i = 0; i < 100; i++) {
    numbers.set(i, i);
    texts.set(String(i), i);
    expect(texts.get(String(i - 1))).toBe(i === 0 ? undefined : i - 1);
    expect(numbers.get(i - 1)).toBe(i === 0 ? undefined : i - 1);
  }
  numbers.delete(99);
  expect(numbers.get(99)).toBeUndefined();
  const kept = Array.from({ length: 100 }, (_, i) => [numbers.get(i), texts.get(String(i))]).flat();
  expect(kept.filter((value) => value !== undefined).length).toBeLessThanOrEqual(10);
});
