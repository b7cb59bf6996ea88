import { anyTag, QUARANTINED, type Store } from "@evercache/core";
import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../core/src/store/memory-store.js";
import { createGate, wrapStore } from "../src/index.js";
import { storeContract } from "../src/store-contract.js";

const TAG = anyTag("Product");
const LONG = 60_000;

storeContract("wrapped, without hooks", () => wrapStore(createMemoryStore(), {}));

const fail = () => {
  throw new Error("injected");
};

describe("wrapStore", () => {
  let inner: Store;
  beforeEach(() => {
    inner = createMemoryStore();
  });

  it("holds a caller before the store is asked", async () => {
    const gate = createGate();
    const store = wrapStore(inner, { before: { fill: () => gate.pass() } });
    const filling = store.fill("key", new Uint8Array(1), LONG);
    await gate.arrived;
    expect((await inner.lookup("key", [])).entry).toBeNull();
    gate.open();
    await filling;
    expect((await inner.lookup("key", [])).entry).not.toBeNull();
  });

  it("holds a caller when the store has done it already", async () => {
    const gate = createGate();
    const store = wrapStore(inner, { after: { quarantine: () => gate.pass() } });
    let known = false;
    const locking = store.quarantine("a", [TAG], LONG).then(() => (known = true));
    await gate.arrived;
    expect((await inner.lookup("key", [TAG])).tokens).toEqual([QUARANTINED]);
    expect(known).toBe(false);
    gate.open();
    await locking;
    expect(known).toBe(true);
  });

  it("calls both hooks of each method, with its arguments", async () => {
    const calls: unknown[][] = [];
    const note =
      (name: string) =>
      (...args: unknown[]) => {
        calls.push([name, ...args]);
      };
    const store = wrapStore(inner, {
      before: {
        lookup: note("<lookup"),
        mint: note("<mint"),
        fill: note("<fill"),
        remove: note("<remove"),
        quarantine: note("<quarantine"),
        release: note("<release"),
        rotate: note("<rotate"),
        probe: note("<probe"),
      },
      after: {
        lookup: note(">lookup"),
        mint: note(">mint"),
        fill: note(">fill"),
        remove: note(">remove"),
        quarantine: note(">quarantine"),
        release: note(">release"),
        rotate: note(">rotate"),
        probe: note(">probe"),
      },
    });
    const entry = new Uint8Array(1);
    const expected: [string, unknown[]][] = [
      ["lookup", ["key", [TAG]]],
      ["mint", [[TAG], [LONG]]],
      ["fill", ["key", entry, LONG]],
      ["remove", ["key"]],
      ["quarantine", ["a", [TAG], LONG, 100]],
      ["release", ["a", { changed: [TAG], unchanged: [] }]],
      ["rotate", [[TAG]]],
      ["probe", []],
    ];
    await store.lookup("key", [TAG]);
    await store.mint([TAG], [LONG]);
    await store.fill("key", entry, LONG);
    await store.remove("key");
    await store.quarantine("a", [TAG], LONG, 100);
    await store.release("a", { changed: [TAG], unchanged: [] });
    await store.rotate([TAG]);
    await store.probe();
    expect(calls).toEqual(
      expected.flatMap(([name, args]) => [
        [`<${name}`, ...args],
        [`>${name}`, ...args],
      ]),
    );
  });

  it("fails a caller before or after the store did it", async () => {
    const before = wrapStore(inner, { before: { rotate: fail } });
    const after = wrapStore(inner, { after: { rotate: fail } });
    const [token] = await inner.mint([TAG], [LONG]);
    await expect(before.rotate([TAG])).rejects.toThrow("injected");
    expect((await inner.lookup("key", [TAG])).tokens).toEqual([token]);
    await expect(after.rotate([TAG])).rejects.toThrow("injected");
    expect((await inner.lookup("key", [TAG])).tokens).toEqual([null]);
  });
});
