import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { StoreUnavailableError } from "../src/errors.js";
import { startProcess } from "./support/process.js";
import { ToyDatabase } from "./support/toy-database.js";

let database: ToyDatabase;

beforeEach(() => {
  database = new ToyDatabase();
  database.bump(1);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a write whose statement others hold", () => {
  /** A writer whose locks the store has, and does not know of yet. */
  function locking() {
    const locked = createGate();
    const writer = startProcess(database, { hooks: { after: { quarantine: () => locked.pass() } } });
    return { locked, writer };
  }

  it("runs while its locks are under way, which whoever holds it can wait for", async () => {
    const { locked, writer } = locking();
    const held: Promise<unknown>[] = [];
    const story: string[] = [];
    const writing = writer.bump(1, {
      hold: (locks) => held.push(locks),
      run: async () => {
        story.push("running");
        await held[0];
        story.push("locked");
        return database.bump(1);
      },
    });
    await locked.arrived;
    await turn();
    expect(story).toEqual(["running"]);
    locked.open();
    expect((await writing).version).toBe(2);
    expect(writer.of("release").map(({ outcome }) => outcome)).toEqual(["changed"]);
  });

  it.each([
    ["committed", async () => database.bump(1)],
    ["failed", () => Promise.reject(new Error("no"))],
  ])("is not settled before its locks are, where it has %s without waiting for them", async (_, run) => {
    const { locked, writer } = locking();
    let isOver = false;
    const writing = writer.bump(1, { hold: () => {}, run }).then(
      () => (isOver = true),
      () => (isOver = true),
    );
    await locked.arrived;
    await turn();
    expect(isOver).toBe(false);
    expect(writer.of("release")).toEqual([]);
    locked.open();
    await writing;
    await expect.poll(() => writer.of("release")).toHaveLength(1);
  });

  it("runs after its locks all the same where their failure must stop it", async () => {
    const writer = startProcess(database, {
      onUnreachable: "reject",
      hooks: { before: { quarantine: () => Promise.reject(new StoreUnavailableError("away")) } },
    });
    let isHeld = false;
    const writing = writer.bump(1, { hold: () => (isHeld = true) });
    await expect(writing).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(isHeld).toBe(false);
    expect(database.now.get(1)?.version).toBe(1);
  });
});
