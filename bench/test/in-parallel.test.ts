import { describe, expect, it } from "vitest";
import { inParallel, numbers } from "../src/in-parallel.js";

describe("inParallel", () => {
  it("does each once, with as many at a time as it may, and no more", async () => {
    const done: number[] = [];
    let now = 0;
    let most = 0;
    await inParallel(numbers(1, 20), 4, async (n) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      done.push(n);
    });
    expect(done.sort((a, b) => a - b)).toEqual([...numbers(1, 20)]);
    expect(most).toBe(4);
  });

  it("rejects with the first error", async () => {
    const failing = inParallel(numbers(1, 3), 2, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
  });
});
