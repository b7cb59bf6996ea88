import { expect, it } from "vitest";
import { Deadline } from "../src/deadline.js";

it("the time for which this process stood still does not count, so that an answer of several steps is heard", async () => {
  const answer = new Deadline(50).race(
    new Promise((resolve) => {
      setImmediate(() => {
        const end = performance.now() + 120;
        while (performance.now() < end);
        setTimeout(() => resolve("heard"), 20);
      });
    }),
  );
  await expect(answer).resolves.toBe("heard");
});
