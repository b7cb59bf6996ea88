import { createBarrier } from "@evercache/testing";
import { expect, test, vi } from "vitest";
import { cachedShop } from "./fast-path-clients.js";

test("warm() runs queries of all forms, and they are hits afterwards", async () => {
  const { cached, requests } = await cachedShop();
  const progress: unknown[] = [];
  const reads = [
    () => cached.product.findUnique({ where: { id: 1 } }),
    () => cached.product.findMany({ where: { published: true } }),
    () => cached.user.count(),
  ];
  const [first, second, third] = reads;
  const result = await cached.$cache.warm([first!(), second!, third!().withCacheInfo()], {
    concurrency: 1,
    onProgress: (now) => progress.push(now),
  });
  expect(result).toEqual({ done: 3, failed: 0, errors: [] });
  expect(progress).toEqual([1, 2, 3].map((done) => ({ done, failed: 0, total: 3 })));
  for (const read of reads) expect((await requests.of(read)).sent).toBe(0);
});

test("what has run is counted though nobody is told of it", async () => {
  const { cached } = await cachedShop();
  expect(await cached.$cache.warm([cached.user.count(), cached.user.count()])).toMatchObject({ done: 2, failed: 0 });
});

test("no more of them run at a time than concurrency says, and as many", async () => {
  const { cached } = await cachedShop();
  const barrier = createBarrier(3);
  let running = 0;
  let most = 0;
  const query = async () => {
    most = Math.max(most, ++running);
    await barrier.arrive();
    running--;
  };
  await cached.$cache.warm(
    Array.from({ length: 9 }, () => query),
    { concurrency: 3 },
  );
  expect(most).toBe(3);
});

test("begins no more in a second than perSecond says", async () => {
  const { cached } = await cachedShop();
  const begins: number[] = [];
  const query = async () => void begins.push(performance.now());
  const began = performance.now();
  await cached.$cache.warm(
    Array.from({ length: 6 }, () => query),
    { perSecond: 50 },
  );
  expect(begins).toHaveLength(6);
  // A timer may be early by a millisecond.
  for (const [i, begin] of begins.entries()) expect(begin - began).toBeGreaterThanOrEqual(20 * i - 1.5);
});

test("one that fails ends no other, and a generator is asked as it goes", async () => {
  const { cached } = await cachedShop();
  let made = 0;
  async function* queries() {
    for (; made < 15; made++) yield () => cached.product.findUniqueOrThrow({ where: { id: made % 5 === 0 ? 1 : 99 } });
  }
  const onProgress = vi.fn();
  const { done, failed, errors } = await cached.$cache.warm(queries(), { concurrency: 1, onProgress });
  expect([done, failed, errors.length]).toEqual([15, 12, 10]);
  expect(errors[0]).toMatchObject({ code: "P2025" });
  expect(onProgress).toHaveBeenLastCalledWith({ done: 15, failed: 12, total: null });
});

test("an aborted one begins no more", async () => {
  const { cached } = await cachedShop();
  const controller = new AbortController();
  let begun = 0;
  const query = async () => {
    if (++begun === 3) controller.abort(new Error("enough"));
  };
  const warming = cached.$cache.warm(
    Array.from({ length: 9 }, () => query),
    { concurrency: 1, signal: controller.signal },
  );
  await expect(warming).rejects.toThrow("enough");
  expect(begun).toBe(3);
});

test("an aborted one that waits for its turn says why, and lets go of its list", async () => {
  const { cached } = await cachedShop();
  const controller = new AbortController();
  let isOver = false;
  async function* queries() {
    try {
      for (;;) yield async () => controller.abort(new Error("enough"));
    } finally {
      isOver = true;
    }
  }
  const options = { concurrency: 2, perSecond: 0.01, signal: controller.signal };
  await expect(cached.$cache.warm(queries(), options)).rejects.toThrow("enough");
  await expect.poll(() => isOver).toBe(true);
});

test("nothing more is run once it has failed", async () => {
  const { cached } = await cachedShop();
  let ended = 0;
  const query = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    ended++;
  };
  const onProgress = () => {
    throw new Error("the display is gone");
  };
  const warming = cached.$cache.warm(
    Array.from({ length: 100 }, () => query),
    { concurrency: 4, onProgress },
  );
  await expect(warming).rejects.toThrow("the display is gone");
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBeLessThanOrEqual(4);
  // A list that fails once and goes on.
  let given = 0;
  const odd = {
    [Symbol.iterator]: () => ({
      next: () => {
        if (++given === 5) throw new Error("no more");
        return { done: given > 100, value: query };
      },
    }),
  };
  await expect(cached.$cache.warm(odd, { concurrency: 4 })).rejects.toThrow("no more");
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBeLessThanOrEqual(8);
});

test.each<[unknown, unknown, RegExp]>([
  [undefined, {}, /list of queries/],
  ["products", {}, /list of queries/],
  [{}, {}, /list of queries/],
  [[], { concurrency: 0 }, /concurrency: write a whole number from 1/],
  [[], { concurrency: 1.5 }, /concurrency/],
  [[], { perSecond: 0 }, /perSecond: write a number above 0/],
  [[], { onProgress: true }, /onProgress: write a function/],
  [[], { paralel: 2 }, /no option "paralel"/],
  [[], 5, /concurrency: 4/],
])("a mistake is refused: %j, %j", async (queries, options, message) => {
  const { cached } = await cachedShop();
  await expect(cached.$cache.warm(queries as never, options as never)).rejects.toThrow(
    expect.objectContaining({ name: "EvercacheError", message: expect.stringMatching(message) as string }),
  );
});
