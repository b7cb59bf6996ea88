import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { divideBySize, EachTick } from "../src/each-tick.js";

it("EachTick hands over what came in one tick, and what came later by itself", async () => {
  const sent: (readonly number[])[] = [];
  const each = new EachTick<number>((gathered) => void sent.push(gathered));
  each.add(1);
  await Promise.resolve();
  each.add(2);
  expect(sent).toEqual([]);
  await new Promise(setImmediate);
  each.add(3);
  await new Promise(setImmediate);
  expect(sent).toEqual([[1, 2], [3]]);
});

it("EachTick hands over at the end of the turn what comes while something is under way, and of the tick when it has landed", async () => {
  const sent: (readonly number[])[] = [];
  const gate = createGate();
  const each = new EachTick<number>((gathered) => {
    sent.push(gathered);
    return sent.length === 1 ? gate.pass() : Promise.reject(new Error("lost"));
  });
  each.add(1);
  await gate.arrived;
  each.add(2);
  await nextTick();
  each.add(3);
  await nextTick();
  expect(sent).toEqual([[1]]);
  await new Promise(setImmediate);
  expect(sent).toEqual([[1], [2, 3]]);
  gate.open();
  await new Promise(setImmediate);
  each.add(4);
  await nextTick();
  expect(sent).toEqual([[1], [2, 3], [4]]);
});

const nextTick = () =>
  new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });

it("divideBySize keeps the order and the limits", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 12 })), (sizes) => {
      const parts = divideBySize(sizes, { most: 4, largest: 10, size: (size) => size });
      expect(parts.flat()).toEqual(sizes);
      const sum = (part: readonly number[]) => part.reduce((total, size) => total + size, 0);
      for (const [i, part] of parts.entries()) {
        expect(part.length === 1 || sum(part) <= 10).toBe(true);
        expect(part.length).toBeLessThanOrEqual(4);
        // No part could have taken the next one, too.
        const next = parts[i + 1]?.[0];
        if (next !== undefined) expect(part.length === 4 || sum(part) + next > 10).toBe(true);
      }
    }),
  );
});
