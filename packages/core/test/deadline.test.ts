import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "../src/deadline.js";
import { StoreUnavailableError } from "../src/errors.js";

/** A promise that the test settles. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What has become of each promise so far. */
function watch(promises: readonly Promise<unknown>[]): string[] {
  const states = promises.map(() => "pending");
  promises.forEach((promise, i) => {
    promise.then(
      () => (states[i] = "answered"),
      (error: unknown) => (states[i] = error instanceof StoreUnavailableError ? "late" : "failed"),
    );
  });
  return states;
}

const never = () => new Promise<never>(() => {});

describe("a deadline", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("rejects after its time and not before, and says how long that was", async () => {
    const race = new Deadline(50).race(never());
    const states = watch([race]);
    const rejected = expect(race).rejects.toThrow("no answer within 50 ms");
    await vi.advanceTimersByTimeAsync(49);
    expect(states).toEqual(["pending"]);
    await vi.advanceTimersByTimeAsync(2);
    expect(states).toEqual(["late"]);
    await rejected;
  });

  it("gives each its own time, with one timer for all", async () => {
    const deadline = new Deadline(50);
    const states: string[][] = [];
    for (let i = 0; i < 4; i++) {
      states.push(watch([deadline.race(never())]));
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(20);
    }
    // Begun at 0, 20, 40, 60; it is 80 now.
    expect(states.flat()).toEqual(["late", "late", "pending", "pending"]);
    await vi.advanceTimersByTimeAsync(12);
    expect(states.flat()).toEqual(["late", "late", "late", "pending"]);
    await vi.advanceTimersByTimeAsync(20);
    expect(states.flat()).toEqual(["late", "late", "late", "late"]);
  });

  it("expires those that wait although others before and after them were answered", async () => {
    const deadline = new Deadline(50);
    const [first, last] = [deferred<string>(), deferred<string>()];
    const states = watch([deadline.race(first.promise), deadline.race(never()), deadline.race(last.promise)]);
    first.resolve("a");
    last.resolve("b");
    await vi.advanceTimersByTimeAsync(51);
    expect(states).toEqual(["answered", "late", "answered"]);
  });

  it("has no timer left when nobody waits, and starts one again for the next", async () => {
    const deadline = new Deadline(50);
    await deadline.race(Promise.resolve("a"));
    await vi.advanceTimersByTimeAsync(51);
    expect(vi.getTimerCount()).toBe(0);
    const states = watch([deadline.race(never())]);
    await vi.advanceTimersByTimeAsync(51);
    expect(states).toEqual(["late"]);
  });

  it("hands on answers and failures as they are", async () => {
    const deadline = new Deadline(50);
    const failure = new RangeError("out of memory");
    await expect(deadline.race(Promise.resolve("a"))).resolves.toBe("a");
    await expect(deadline.race(Promise.reject(failure))).rejects.toBe(failure);
  });

  it("ignores an answer that is late, and a failure that is late", async () => {
    const deadline = new Deadline(50);
    const calls = [deferred<string>(), deferred<string>()];
    const states = watch(calls.map(({ promise }) => deadline.race(promise)));
    await vi.advanceTimersByTimeAsync(51);
    calls[0]!.resolve("late");
    calls[1]!.reject(new Error("late"));
    await vi.advanceTimersByTimeAsync(51);
    expect(states).toEqual(["late", "late"]);
  });
});

describe("an event loop that was blocked for longer than the deadline", () => {
  it("does not fail what was answered meanwhile", async () => {
    const race = new Deadline(20).race(new Promise<string>((resolve) => void setImmediate(() => resolve("here"))));
    block(60);
    await expect(race).resolves.toBe("here");
  });

  it("does not fail what a socket brought meanwhile", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [[answering]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
      [Socket],
      unknown,
    ];
    const race = new Deadline(20).race(once(client, "data"));
    // The answer lies in the socket before the time is over, and nobody looks until it is.
    answering.write("here");
    block(60);
    await expect(race.then(String)).resolves.toBe("here");
    client.destroy();
    server.close();
  });
});

/** Keeps the process busy, as a long computation does. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
