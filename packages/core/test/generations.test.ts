import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Generations } from "../src/generations.js";

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
