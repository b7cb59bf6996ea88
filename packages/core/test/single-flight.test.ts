import { expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { SingleFlight } from "../src/single-flight.js";

it("gives callers of one name one answer, and says who waited for another's", async () => {
  const flights = new SingleFlight<string>();
  const gate = createGate();
  let loads = 0;
  const load = async () => {
    loads++;
    await gate.pass();
    return "answer";
  };
  const callers = [flights.run("a", load), flights.run("a", load), flights.run("a", load)];
  expect(callers.map(({ joined }) => joined)).toEqual([false, true, true]);
  gate.open();
  expect(await Promise.all(callers.map(({ answer }) => answer))).toEqual(["answer", "answer", "answer"]);
  expect(loads).toBe(1);
});

it("keeps names apart", async () => {
  const flights = new SingleFlight<string>();
  const answers = ["a", "b"].map((name) => flights.run(name, async () => name));
  expect(answers.map(({ joined }) => joined)).toEqual([false, false]);
  expect(await Promise.all(answers.map(({ answer }) => answer))).toEqual(["a", "b"]);
});

it("forgets a flight when it lands or crashes: the next caller starts one", async () => {
  const flights = new SingleFlight<string>();
  const crash = new Error("the database said no");
  const crashed = [0, 1].map(() => flights.run("a", () => Promise.reject(crash)).answer);
  for (const answer of crashed) await expect(answer).rejects.toBe(crash);
  expect(flights.size).toBe(0);
  const second = flights.run("a", async () => "again");
  expect(second.joined).toBe(false);
  await expect(second.answer).resolves.toBe("again");
  expect(flights.size).toBe(0);
});

it("can be joined for as long as its load wants, also when that ends badly", async () => {
  for (const fails of [false, true]) {
    const flights = new SingleFlight<string>();
    const gate = createGate();
    const { answer } = flights.run("a", async (linger) => {
      linger(gate.pass().then(() => (fails ? Promise.reject(new Error("the fill failed")) : undefined)));
      return "first";
    });
    expect(await answer).toBe("first");
    const late = flights.run("a", async () => "second");
    expect(late.joined).toBe(true);
    expect(await late.answer).toBe("first");
    gate.open();
    await expect.poll(() => flights.size).toBe(0);
    expect(await flights.run("a", async () => "second").answer).toBe("second");
  }
});
