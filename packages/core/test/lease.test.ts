import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { NotReplicatedError, StoreUnavailableError } from "../src/errors.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import { QUARANTINED } from "../src/token.js";
import { ANY, LOOKUP, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

const AWAY = () => Promise.reject(new StoreUnavailableError("away"));

describe("a process that stands still between the quarantine and the statement", () => {
  // Only the clock moves: timers do not run in a process that stands still.
  const stalled = (pauses: number[], options: Parameters<typeof startProcess>[1] = {}) => {
    const database = new ToyDatabase();
    let now = 0;
    const leases: number[] = [];
    const process = startProcess(database, {
      lease: 10_000,
      monotonicNow: () => now,
      ...options,
      hooks: {
        ...options.hooks,
        after: {
          quarantine: () => {
            leases.push(now);
            now += pauses.shift() ?? 1;
          },
        },
      },
    });
    return { process, database, leases };
  };

  it("quarantines again before the statement when half of the lease is gone", async () => {
    const { process, leases } = stalled([9_000]);
    await process.bump(1);
    expect(leases).toEqual([0, 9_000]);
  });

  it("does not while more than half is left", async () => {
    const { process, leases } = stalled([4_999]);
    await process.bump(1);
    expect(leases).toEqual([0]);
  });

  it("again and again goes on in the end, or is refused where that is the policy", async () => {
    const pauses = [9_000, 9_000, 9_000, 9_000];
    const { process, leases } = stalled([...pauses]);
    await process.bump(1);
    expect(leases).toHaveLength(4);

    const rejecting = stalled([...pauses], { onUnreachable: "reject" });
    await expect(rejecting.process.bump(1)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(rejecting.database.now.get(1)).toBeUndefined();
    // The last renewal that is tried may be the one that comes in time.
    const late = stalled([9_000, 9_000, 9_000], { onUnreachable: "reject" });
    await late.process.bump(1);
    expect(late.leases).toHaveLength(4);
  });

  it("is refused at once where a renewal is, if that is the policy", async () => {
    let quarantines = 0;
    const unreplicated = () =>
      quarantines++ === 0 ? undefined : Promise.reject(new NotReplicatedError("no replica answered"));
    const { process, database } = stalled([9_000], {
      consistency: "strict",
      onUnreachable: "reject",
      hooks: { before: { quarantine: unreplicated } },
    });
    await expect(process.bump(1)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(database.now.get(1)).toBeUndefined();
    expect(quarantines).toBe(2);
  });

  it("acknowledges only when the release has landed, although it need not be awaited", async () => {
    const releasing = createGate();
    let now = 0;
    const database = new ToyDatabase();
    const process = startProcess(database, {
      lease: 10_000,
      awaitRelease: false,
      monotonicNow: () => now,
      hooks: { before: { release: () => releasing.pass() } },
    });
    let acknowledged = false;
    const writing = process
      .bump(1, {
        run: async () => {
          now += 9_000;
          return database.bump(1);
        },
      })
      .then(() => (acknowledged = true));
    await releasing.arrived;
    await new Promise(setImmediate);
    expect(acknowledged).toBe(false);
    releasing.open();
    await writing;
  });
});

describe("a statement that waits for longer than the lease", () => {
  let database: ToyDatabase;
  beforeEach(() => {
    vi.useFakeTimers();
    database = new ToyDatabase();
  });
  afterEach(() => void vi.useRealTimers());

  it("keeps its lock for as long as it runs, and not for longer", async () => {
    const timed = createMemoryStore();
    const process = startProcess(database, { store: timed, lease: 300 });
    const running = createGate();
    const writing = process.bump(1, {
      run: async () => {
        await running.pass();
        return database.bump(1);
      },
    });
    await running.arrived;
    const locked = async () =>
      (await timed.lookup("", [ANY, row(1), LOOKUP])).tokens.every((token) => token === QUARANTINED);
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(290);
      expect(await locked()).toBe(true);
    }
    running.open();
    await writing;
    expect(await locked()).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await timed.lookup("", [ANY])).tokens).toEqual([null]);
  });

  it("and of which the outcome is unknown is renewed no more, but held for as long as the database may take", async () => {
    const timed = createMemoryStore();
    const process = startProcess(database, { store: timed, lease: 300, ambiguousLease: 5000 });
    await expect(
      process.bump(1, { run: () => Promise.reject(new Error("lost")), outcomeOf: () => "ambiguous" }),
    ).rejects.toThrow("lost");
    await vi.advanceTimersByTimeAsync(4990);
    expect((await timed.lookup("", [ANY, row(1), LOOKUP])).tokens).toEqual([QUARANTINED, QUARANTINED, QUARANTINED]);
    await vi.advanceTimersByTimeAsync(20);
    expect((await timed.lookup("", [ANY, row(1), LOOKUP])).tokens).toEqual([null, null, null]);
  });

  it("and whose lock could not be renewed is acknowledged only when its release has landed", async () => {
    const releasing = createGate();
    let quarantines = 0;
    const writer = startProcess(database, {
      lease: 300,
      awaitRelease: false,
      store: createMemoryStore(),
      hooks: {
        before: {
          quarantine: () => (quarantines++ === 0 ? undefined : AWAY()),
          release: () => releasing.pass(),
        },
      },
    });
    const running = createGate();
    let acknowledged = false;
    const writing = writer
      .bump(1, {
        run: async () => {
          await running.pass();
          return database.bump(1);
        },
      })
      .then(() => (acknowledged = true));
    await running.arrived;
    await vi.advanceTimersByTimeAsync(160);
    expect(quarantines).toBe(2);
    running.open();
    await releasing.arrived;
    await vi.advanceTimersByTimeAsync(10);
    expect(acknowledged).toBe(false);
    releasing.open();
    await writing;
  });

  it("and whose last renewal arrives after its release leaves no lock", async () => {
    const store = createMemoryStore();
    const renewal = createGate();
    let quarantines = 0;
    const writer = startProcess(database, {
      lease: 300,
      consistency: "strict",
      store,
      // As a command on another connection than the release may be.
      hooks: { before: { quarantine: () => (quarantines++ === 0 ? undefined : renewal.pass()) } },
    });
    const running = createGate();
    const writing = writer.bump(1, {
      run: async () => {
        await running.pass();
        return database.bump(1);
      },
    });
    await running.arrived;
    await vi.advanceTimersByTimeAsync(110);
    await renewal.arrived;
    running.open();
    await writing;
    renewal.open();
    await vi.advanceTimersByTimeAsync(10);
    expect((await store.lookup("", [ANY, row(1), LOOKUP])).tokens).not.toContain(QUARANTINED);
  });
});
