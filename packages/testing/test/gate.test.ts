import { describe, expect, it } from "vitest";
import { createBarrier, createGate } from "../src/index.js";

/** Lets every promise that can settle do so. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("createGate", () => {
  it("tells of an arrival, holds until it is open, and stays open", async () => {
    const gate = createGate();
    const story: string[] = [];
    const walkers = ["a", "b"].map(async (name) => {
      await gate.pass();
      story.push(name);
    });
    await gate.arrived;
    await turn();
    expect(story).toEqual([]);
    gate.open();
    await Promise.all(walkers);
    expect(story).toEqual(["a", "b"]);
    await gate.pass();
  });

  it("may be open before anybody comes", async () => {
    const gate = createGate();
    gate.open();
    await gate.pass();
    await gate.arrived;
  });
});

describe("createBarrier", () => {
  it("lets its parties go on together, round after round", async () => {
    const barrier = createBarrier(3);
    const rounds = [0, 0, 0];
    const walkers = rounds.map(async (_, walker) => {
      for (let round = 0; round < 4; round++) {
        for (let turns = walker; turns > 0; turns--) await turn();
        rounds[walker] = round;
        await barrier.arrive();
        expect(Math.min(...rounds)).toBeGreaterThanOrEqual(round);
      }
    });
    await Promise.all(walkers);
  });

  it("holds as long as one is missing", async () => {
    const barrier = createBarrier(2);
    let passed = 0;
    const first = barrier.arrive().then(() => passed++);
    await turn();
    expect(passed).toBe(0);
    await barrier.arrive();
    await first;
    expect(passed).toBe(1);
  });

  it.each([0, -1, 1.5])("is not for %d parties", (parties) => {
    expect(() => createBarrier(parties)).toThrow(RangeError);
  });
});
