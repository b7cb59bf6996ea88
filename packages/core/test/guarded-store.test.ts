import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import type { BreakerState } from "../src/breaker.js";
import { StoreUnavailableError } from "../src/errors.js";
import { GuardedStore } from "../src/store/guarded-store.js";
import type { Store, StoreStatus } from "../src/store/store.js";
import { customTag } from "../src/tag.js";
import { ScriptedStore } from "./support/scripted-store.js";

const DEADLINE = 50;
const WRITE_DEADLINE = 200;
const PROBE_INTERVAL = 1000;
const GIVE_UP_AFTER = 3000;
const TAGS = [customTag("a")];

interface Guarded {
  readonly inner: ScriptedStore;
  readonly store: GuardedStore;
  readonly breaker: BreakerState[];
  /** How often the guard said that the store can be asked. */
  readonly available: () => number;
}

const opened: GuardedStore[] = [];

function guard(status: StoreStatus = "ready"): Guarded {
  const inner = new ScriptedStore(status);
  const breaker: BreakerState[] = [];
  let available = 0;
  const store = new GuardedStore(inner, {
    deadline: DEADLINE,
    writeDeadline: WRITE_DEADLINE,
    failureThreshold: 3,
    probeInterval: PROBE_INTERVAL,
    giveUpAfter: GIVE_UP_AFTER,
    onBreaker: (state) => breaker.push(state),
    onAvailable: () => available++,
  });
  opened.push(store);
  return { inner, store, breaker, available: () => available };
}

/** How a call ended, and after how many milliseconds. */
async function outcomeOf(call: Promise<unknown>): Promise<{ outcome: string; after: number }> {
  const began = performance.now();
  const outcome = await call.then(
    () => "answered",
    (error: unknown) => (error instanceof StoreUnavailableError ? "unavailable" : "refused"),
  );
  return { outcome, after: performance.now() - began };
}

/** Runs the clock until `call` has ended. */
async function ended(call: Promise<unknown>): Promise<{ outcome: string; after: number }> {
  const watched = outcomeOf(call);
  await vi.advanceTimersByTimeAsync(WRITE_DEADLINE + 10);
  return watched;
}

const look = (store: Store) => store.lookup("key", TAGS);

async function openBreaker({ inner, store }: Guarded): Promise<void> {
  inner.behaviour = "breaks";
  for (let i = 0; i < 3; i++) await outcomeOf(look(store));
}

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  vi.useRealTimers();
});

describe("a store that does not answer", () => {
  test.each<[string, (store: Store) => Promise<unknown>, number]>([
    ["lookup", look, DEADLINE],
    ["mint", (store) => store.mint(TAGS, [1]), DEADLINE],
    ["fill", (store) => store.fill("key", new Uint8Array(), 1), WRITE_DEADLINE],
    ["remove", (store) => store.remove("key"), WRITE_DEADLINE],
    ["quarantine", (store) => store.quarantine("h", TAGS, 1), WRITE_DEADLINE],
    ["release", (store) => store.release("h", { changed: TAGS, unchanged: [] }), WRITE_DEADLINE],
    ["rotate", (store) => store.rotate(TAGS), WRITE_DEADLINE],
    ["probe", (store) => store.probe(), DEADLINE],
  ])("%s ends at its deadline", async (_, call, deadline) => {
    const { inner, store } = guard();
    inner.behaviour = "freezes";
    const { outcome, after } = await ended(call(store));
    expect(outcome).toBe("unavailable");
    expect(after).toBeGreaterThanOrEqual(deadline);
    expect(after).toBeLessThan(deadline + 5);
  });
});

describe("a store that fails", () => {
  it("is asked no more after three failures in a row, and callers are told at once", async () => {
    const guarded = guard();
    const { inner, store, breaker } = guarded;
    await openBreaker(guarded);
    expect(breaker).toEqual(["open"]);
    expect(store.available).toBe(false);
    const asked = inner.calls.length;
    inner.behaviour = "answers";
    expect(await outcomeOf(look(store))).toEqual({ outcome: "unavailable", after: 0 });
    expect(await outcomeOf(store.quarantine("h", TAGS, 1))).toEqual({ outcome: "unavailable", after: 0 });
    expect(inner.calls.length).toBe(asked);
  });

  it("counts silence as failure", async () => {
    const { inner, store, breaker } = guard();
    inner.behaviour = "freezes";
    for (let i = 0; i < 3; i++) {
      expect(store.available).toBe(true);
      await ended(look(store));
    }
    expect(breaker).toEqual(["open"]);
  });

  it("is forgiven by an answer in between", async () => {
    const { inner, store, breaker } = guard();
    for (let i = 0; i < 4; i++) {
      inner.behaviour = "breaks";
      await outcomeOf(look(store));
      await outcomeOf(look(store));
      inner.behaviour = "answers";
      expect((await outcomeOf(look(store))).outcome).toBe("answered");
    }
    expect(breaker).toEqual([]);
  });

  it("that refuses is there: refusals are handed on and do not open the breaker", async () => {
    const { inner, store, breaker } = guard();
    inner.behaviour = "refuses";
    for (let i = 0; i < 10; i++) {
      await expect(store.fill("key", new Uint8Array(), 1)).rejects.toThrow("OOM command not allowed");
    }
    expect(breaker).toEqual([]);
    expect(store.available).toBe(true);
  });
});

describe("a probe", () => {
  it("closes the breaker, and only then says that the store is available", async () => {
    const guarded = guard();
    const { inner, store, breaker, available } = guarded;
    await openBreaker(guarded);
    inner.behaviour = "answers";
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL / 4 - 1);
    expect({ probes: inner.count("probe"), available: available() }).toEqual({ probes: 0, available: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(inner.count("probe")).toBe(1);
    expect(breaker).toEqual(["open", "closed"]);
    expect(available()).toBe(1);
    expect((await outcomeOf(look(store))).outcome).toBe("answered");
  });

  it("that fails leaves it open, and comes again four times as often as in good times", async () => {
    const guarded = guard();
    const { inner, store, breaker } = guarded;
    await openBreaker(guarded);
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL);
    expect(inner.count("probe")).toBe(4);
    expect(breaker).toEqual(["open"]);
    expect((await outcomeOf(look(store))).outcome).toBe("unavailable");
  });

  it("comes once per interval while all is well, and says each time that the store is available", async () => {
    const { inner, available } = guard();
    await vi.advanceTimersByTimeAsync(3 * PROBE_INTERVAL);
    expect(inner.count("probe")).toBe(3);
    expect(available()).toBe(3);
  });

  it("finds a store dead that nobody asks", async () => {
    const { inner, breaker } = guard();
    inner.behaviour = "breaks";
    await vi.advanceTimersByTimeAsync(3 * PROBE_INTERVAL);
    expect(breaker).toEqual(["open"]);
  });

  it("is not sent while there is no connection", async () => {
    const { inner } = guard();
    inner.become("unavailable");
    await vi.advanceTimersByTimeAsync(3 * PROBE_INTERVAL);
    expect(inner.count("probe")).toBe(0);
  });
});

describe("a frozen store", () => {
  it("gets one probe at a time, and a new connection when that one is given up", async () => {
    const { inner, breaker } = guard();
    inner.behaviour = "freezes";
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL + GIVE_UP_AFTER - 1);
    expect(breaker).toEqual(["open"]);
    expect(inner.count("probe")).toBe(1);
    // When the breaker opened.
    expect(inner.reconnects).toBe(1);
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL);
    expect(inner.reconnects).toBe(2);
    // The new connection is probed anew, and has as long as the first.
    expect(inner.count("probe")).toBe(2);
    await vi.advanceTimersByTimeAsync(GIVE_UP_AFTER - PROBE_INTERVAL);
    expect(inner.reconnects).toBe(2);
  });

  it("that thaws is available with the next probe, not with the answer to the late one", async () => {
    const { inner, store } = guard();
    inner.behaviour = "freezes";
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL + 2000);
    expect(store.available).toBe(false);
    inner.thaw();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.available).toBe(false);
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL / 4);
    expect(store.available).toBe(true);
  });
});

describe("the first calls", () => {
  it("wait for the first connection", async () => {
    const { inner, store } = guard("connecting");
    const call = outcomeOf(look(store));
    await vi.advanceTimersByTimeAsync(30);
    expect(inner.calls).toEqual([]);
    inner.become("ready");
    expect((await call).outcome).toBe("answered");
  });

  it("wait for it no longer than their deadline", async () => {
    const { inner, store } = guard("connecting");
    const { outcome, after } = await ended(look(store));
    expect(outcome).toBe("unavailable");
    expect(after).toBeLessThan(DEADLINE + 5);
    expect(inner.calls).toEqual([]);
  });

  it("end as soon as it is known that there is none", async () => {
    const { inner, store } = guard("connecting");
    const call = outcomeOf(look(store));
    await vi.advanceTimersByTimeAsync(10);
    inner.become("unavailable");
    expect(await call).toEqual({ outcome: "unavailable", after: 10 });
  });

  it("and the later ones do not wait for another", async () => {
    const { inner, store } = guard();
    inner.become("unavailable");
    expect(await outcomeOf(look(store))).toEqual({ outcome: "unavailable", after: 0 });
    expect(inner.calls).toEqual([]);
  });
});

describe("a connection that comes back", () => {
  it("makes the store available at once", async () => {
    const { inner, store, available } = guard();
    inner.become("unavailable");
    expect(store.available).toBe(false);
    inner.become("ready");
    expect(store.available).toBe(true);
    expect(available()).toBe(1);
  });

  it("does not while the breaker is open: a probe decides", async () => {
    const guarded = guard();
    const { inner, store, available } = guarded;
    await openBreaker(guarded);
    inner.become("unavailable");
    inner.become("ready");
    expect({ can: store.available, told: available() }).toEqual({ can: false, told: 0 });
    inner.behaviour = "answers";
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL / 4);
    expect({ can: store.available, told: available() }).toEqual({ can: true, told: 1 });
  });
});

it("a closed store is probed no more, and nothing is left behind", async () => {
  const guarded = guard();
  await openBreaker(guarded);
  await guarded.store.close();
  // The deadlines of the calls run out; the next probe would be due later.
  await vi.advanceTimersByTimeAsync(DEADLINE + 10);
  expect(vi.getTimerCount()).toBe(0);
  expect(guarded.inner.count("probe")).toBe(0);
  expect((await outcomeOf(look(guarded.store))).outcome).toBe("unavailable");
});

it("lets watch whoever wants to, whether or not the store can be asked, where the store can tell", () => {
  const watch = { follow: vi.fn(), close: async () => {} };
  const asked = vi.fn(() => watch);
  const inner: Store = Object.assign(new ScriptedStore("unavailable"), { watch: asked });
  const options = { deadline: DEADLINE, writeDeadline: WRITE_DEADLINE, failureThreshold: 3 };
  const intervals = { probeInterval: PROBE_INTERVAL, giveUpAfter: GIVE_UP_AFTER };
  const store = new GuardedStore(inner, { ...options, ...intervals, onBreaker: () => {}, onAvailable: () => {} });
  opened.push(store);
  const watcher = { onFollowing: () => {}, onInvalidated: () => {}, onLost: () => {}, onHeard: () => {} };
  expect(store.watch?.(watcher, 500)).toBe(watch);
  expect(asked).toHaveBeenCalledWith(watcher, 500);
  expect(guard().store.watch).toBeUndefined();
});
