import { expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { SingleFlight } from "../src/single-flight.js";

type Load<T> = Parameters<SingleFlight<T>["run"]>[2];

/** Of somebody who knows at once what to ask for. */
function ask<T>(flights: SingleFlight<T>, name: string, load: Load<T>): ReturnType<SingleFlight<T>["run"]> {
  const asker = flights.announce();
  const asked = flights.run(name, asker, load);
  flights.leave(asker);
  return asked;
}

it("gives callers of one name one answer, and says who waited for another's", async () => {
  const flights = new SingleFlight<string>();
  const gate = createGate();
  let loads = 0;
  const load = async () => {
    loads++;
    await gate.pass();
    return "answer";
  };
  const callers = [ask(flights, "a", load), ask(flights, "a", load), ask(flights, "a", load)];
  expect(callers.map(({ joined }) => joined)).toEqual([false, true, true]);
  gate.open();
  expect(await Promise.all(callers.map(({ answer }) => answer))).toEqual(["answer", "answer", "answer"]);
  expect(loads).toBe(1);
});

it("keeps names apart", async () => {
  const flights = new SingleFlight<string>();
  const answers = ["a", "b"].map((name) => ask(flights, name, async () => name));
  expect(answers.map(({ joined }) => joined)).toEqual([false, false]);
  expect(await Promise.all(answers.map(({ answer }) => answer))).toEqual(["a", "b"]);
});

it("forgets a flight when it lands or crashes: the next caller starts one", async () => {
  const flights = new SingleFlight<string>();
  const crash = new Error("the database said no");
  const crashed = [0, 1].map(() => ask(flights, "a", () => Promise.reject(crash)).answer);
  for (const answer of crashed) await expect(answer).rejects.toBe(crash);
  expect(flights.size).toBe(0);
  const second = ask(flights, "a", async () => "again");
  expect(second.joined).toBe(false);
  await expect(second.answer).resolves.toBe("again");
  expect(flights.size).toBe(0);
});

it("can be joined for as long as its load wants, also when that ends badly", async () => {
  for (const fails of [false, true]) {
    const flights = new SingleFlight<string>();
    const gate = createGate();
    const { answer } = ask(flights, "a", async (linger) => {
      linger(gate.pass().then(() => (fails ? Promise.reject(new Error("the fill failed")) : undefined)));
      return "first";
    });
    expect(await answer).toBe("first");
    const late = ask(flights, "a", async () => "second");
    expect(late.joined).toBe(true);
    expect(await late.answer).toBe("first");
    gate.open();
    await expect.poll(() => flights.size).toBe(0);
    expect(await ask(flights, "a", async () => "second").answer).toBe("second");
  }
});

it("can then be joined by those who had been announced, and by nobody who comes later", async () => {
  const flights = new SingleFlight<string>();
  const [early, other] = [flights.announce(), flights.announce()];
  const gate = createGate();
  const { answer } = ask(flights, "a", async (linger) => {
    linger(gate.pass());
    return "first";
  });
  await answer;
  gate.open();
  await new Promise((resolve) => setImmediate(resolve));
  const late = ask(flights, "a", async () => "second");
  expect(late.joined).toBe(false);
  expect(await late.answer).toBe("second");
  const joined = flights.run("b", early, async () => "of b");
  expect(joined.joined).toBe(false);
  for (const asker of [early, other]) flights.leave(asker);
  await joined.answer;
  expect(flights.size).toBe(0);
});

it("is joined by one who comes from a look at what was before", async () => {
  const flights = new SingleFlight<string>();
  const early = flights.announce();
  const { answer } = ask(flights, "a", async (linger) => {
    linger(Promise.resolve());
    return "first";
  });
  await answer;
  await new Promise((resolve) => setImmediate(resolve));
  expect(flights.size).toBe(1);
  const joined = flights.run("a", early, async () => "second");
  expect(joined.joined).toBe(true);
  expect(await joined.answer).toBe("first");
  flights.leave(early);
  expect(flights.size).toBe(0);
});
