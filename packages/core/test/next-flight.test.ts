import { describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { NextFlight } from "../src/next-flight.js";

/** Loads that are held up one by one, and what each was told. */
function heldUp() {
  const gates = [createGate(), createGate(), createGate()];
  const told: boolean[] = [];
  const load = async (isShared: boolean) => {
    const number = told.push(isShared);
    await gates[number - 1]!.pass();
    return number;
  };
  return { gates, told, load };
}

describe("loads of which only what begins later may be shared", () => {
  it("those who come while one is under way wait for the next, all of them for the same", async () => {
    const flights = new NextFlight<number>();
    const { gates, told, load } = heldUp();
    const first = flights.run("a", load);
    const others = [flights.run("a", load), flights.run("a", load), flights.run("a", load)];
    expect([first, ...others].map(({ joined }) => joined)).toEqual([false, false, true, true]);
    expect(told).toEqual([false]);
    gates[0]!.open();
    await gates[1]!.arrived;
    expect(told).toEqual([false, true]);
    // Who comes now does not join those for whom it has begun.
    const late = flights.run("a", load);
    expect(late.joined).toBe(false);
    gates[1]!.open();
    gates[2]!.open();
    expect(await Promise.all([first, ...others, late].map(({ answer }) => answer))).toEqual([1, 2, 2, 2, 3]);
    expect(told).toEqual([false, true, false]);
  });

  it("of other things does not wait", async () => {
    const flights = new NextFlight<number>();
    const { gates, told, load } = heldUp();
    for (const gate of gates) gate.open();
    const answers = ["a", "b"].map((name) => flights.run(name, load).answer);
    expect(told).toEqual([false, false]);
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  it("that fails fails for those who share it, and the next one begins all the same", async () => {
    const flights = new NextFlight<string>();
    const gate = createGate();
    const fail = async () => {
      await gate.pass();
      throw new Error("the database said no");
    };
    const first = flights.run("a", fail).answer;
    const [second, third] = [flights.run("a", fail).answer, flights.run("a", fail).answer];
    const outcomes = Promise.allSettled([first, second, third]);
    gate.open();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await flights.run("a", async () => "again").answer).toBe("again");
  });
});
