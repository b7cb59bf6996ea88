import { expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { Refills } from "../src/refills.js";

it("a query that one write is about to answer is known until that is done", async () => {
  const refills = new Refills();
  const write = createGate();
  refills.add(new Set(["a", "b"]), write.pass());
  const done = refills.of("a");
  expect([done, refills.of("b"), refills.of("c")]).toEqual([expect.any(Promise), done, null]);
  write.open();
  await done;
  expect(refills.of("a")).toBeNull();
  refills.add(new Set(["a"]), Promise.reject(new Error("refused")));
  await expect(refills.of("a")).resolves.toBeUndefined();
  expect(refills.of("a")).toBeNull();
});

it("a query that several would answer is known of none of them, until all are done", async () => {
  const refills = new Refills();
  const [first, second] = [createGate(), createGate()];
  refills.add(new Set(["a"]), first.pass());
  const done = refills.of("a")!;
  refills.add(new Set(["a", "b"]), second.pass());
  expect(refills.of("a")).toBeNull();
  first.open();
  await done;
  expect(refills.of("a")).toBeNull();
  second.open();
  await refills.of("b");
  refills.add(new Set(["a"]), Promise.resolve());
  expect(refills.of("a")).not.toBeNull();
});
