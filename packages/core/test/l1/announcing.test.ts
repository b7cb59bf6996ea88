import { expect, it } from "vitest";
import { createGate } from "../../../testing/src/gate.js";
import { announcing } from "../../src/l1/announcing.js";
import { rowTag, type Tag } from "../../src/tag.js";

const [A, B] = [rowTag("Product", ["1"]), rowTag("Product", ["2"])];

/** Stores that note when they are asked, and do what `does`. */
function open(does: () => Promise<void>) {
  const log: string[] = [];
  const send = (name: string) => async () => {
    log.push(name);
    await does();
    log.push(`${name} done`);
  };
  const forget = (tags: readonly Tag[]) => void log.push(`forget ${tags.join()}`);
  const store = { quarantine: send("quarantine"), release: send("release"), rotate: send("rotate") };
  return { writes: announcing(store, forget), log };
}

const CALLS = {
  quarantine: (writes) => writes.quarantine("holder", [A, B], 1000),
  release: (writes) => writes.release("holder", { changed: [A], unchanged: [B] }),
  rotate: (writes) => writes.rotate([A, B]),
} satisfies Record<string, (writes: ReturnType<typeof announcing>) => Promise<void>>;

it.each(Object.entries(CALLS))("%s is told before it is sent, and when it is done", async (name, call) => {
  const gate = createGate();
  const { writes, log } = open(() => gate.pass());
  const calling = call(writes);
  // Within the call: nobody can have read in between.
  expect(log).toEqual([`forget ${A},${B}`, name]);
  await gate.arrived;
  gate.open();
  await calling;
  expect(log.slice(2)).toEqual([`${name} done`, `forget ${A},${B}`]);
});

it.each(Object.entries(CALLS))("%s is told again although it failed: it may have run", async (name, call) => {
  const failure = new Error("no answer");
  const { writes, log } = open(() => Promise.reject(failure));
  await expect(call(writes)).rejects.toBe(failure);
  expect(log).toEqual([`forget ${A},${B}`, name, `forget ${A},${B}`]);
});

it("hands on all that the store needs", async () => {
  const calls: unknown[] = [];
  const writes = announcing(
    {
      quarantine: async (...args) => void calls.push(args),
      release: async (...args) => void calls.push(args),
      rotate: async (...args) => void calls.push(args),
    },
    () => {},
  );
  await writes.quarantine("holder", [A], 1000, 80);
  await writes.release("holder", { changed: [A], unchanged: [] });
  await writes.rotate([B]);
  expect(calls).toEqual([["holder", [A], 1000, 80], ["holder", { changed: [A], unchanged: [] }], [[B]]]);
});
