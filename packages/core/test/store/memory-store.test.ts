import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { storeContract } from "../../../testing/src/store-contract.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import { anyTag, QUARANTINED, rowTag } from "../../src/index.js";

storeContract("memory", () => createMemoryStore());

const TAG = anyTag("Product");
const LONG = 60_000;

describe("the memory store", () => {
  it("tells whoever waited for a lease that lapsed nothing of the next holder's", async () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    const told: (string | null)[] = [];
    await store.acquire!("name", "a", 100);
    expect(await store.acquire!("name", "b", 100, (note) => void told.push(note))).toBe(100);
    now = 100;
    expect(await store.acquire!("name", "c", 100)).toBe(0);
    await store.free!("name", "c", "done");
    expect(told).toEqual([]);
    await store.acquire!("name", "d", 100);
    await store.acquire!("name", "e", 100, (note) => void told.push(note));
    await store.free!("name", "d", "done");
    expect(told).toEqual(["done"]);
  });

  it("drops the entry that was used least recently, beyond maxEntries", async () => {
    const store = createMemoryStore({ maxEntries: 2 });
    await store.fill("a", new Uint8Array(1), LONG);
    await store.fill("b", new Uint8Array(1), LONG);
    await store.lookup("a", []);
    await store.fill("c", new Uint8Array(1), LONG);
    expect((await store.lookup("a", [])).entry).not.toBeNull();
    expect((await store.lookup("b", [])).entry).toBeNull();
    expect((await store.lookup("c", [])).entry).not.toBeNull();
  });

  it("keeps no more than maxBytes, and takes no entry that is larger", async () => {
    const store = createMemoryStore({ maxBytes: 1_000 });
    await store.fill("a", new Uint8Array(600), LONG);
    await store.fill("b", new Uint8Array(600), LONG);
    expect((await store.lookup("a", [])).entry).toBeNull();
    expect((await store.lookup("b", [])).entry).toHaveLength(600);
    await store.fill("b", new Uint8Array(2_000), LONG);
    // Not the older one either: the fill was to replace it.
    expect((await store.lookup("b", [])).entry).toBeNull();
  });

  it("tells time by the clock that it was given, from zero on", async () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    const [token] = await store.mint([TAG], [1_000]);
    await store.fill("key", new Uint8Array(1), 500);
    now = 499;
    expect((await store.lookup("key", [TAG])).entry).not.toBeNull();
    now = 500;
    expect(await store.lookup("key", [TAG])).toEqual({ entry: null, tokens: [token] });
    await store.quarantine("a", [TAG], 300);
    now = 799;
    expect((await store.lookup("key", [TAG])).tokens).toEqual([QUARANTINED]);
    now = 800;
    expect((await store.lookup("key", [TAG])).tokens).toEqual([null]);
  });

  it("gives a token back for as long as it had left to live", async () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    const [token] = await store.mint([TAG], [1_000]);
    now = 400;
    await store.quarantine("a", [TAG], LONG);
    now = 5_000;
    await store.release("a", { changed: [], unchanged: [TAG] });
    now = 5_599;
    expect((await store.lookup("key", [TAG])).tokens).toEqual([token]);
    now = 5_600;
    expect((await store.lookup("key", [TAG])).tokens).toEqual([null]);
  });

  it("never drops a lock to make room for tokens", async () => {
    const store = createMemoryStore({ maxEntries: 1 });
    await store.quarantine("a", [TAG], LONG);
    const tags = Array.from({ length: 1_000 }, (_, i) => rowTag("Product", [String(i)]));
    await store.mint(
      tags,
      tags.map(() => LONG),
    );
    const { tokens } = await store.lookup("key", [TAG, ...tags]);
    expect(tokens[0]).toBe(QUARANTINED);
    // Bounded all the same: most of the tokens had to go.
    expect(tokens.filter((token) => token === null).length).toBeGreaterThan(900);
  });

  it("forgets the locks of writers that never came back", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    const heap = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    for (let i = 0; i < 100_000; i++) {
      now += 1;
      await store.quarantine("a", [rowTag("Product", [String(i)])], 10);
    }
    const after = heap();
    // Used once more, so that it is not collected itself.
    await store.close();
    expect(after - before).toBeLessThan(8 * 1024 * 1024);
  });

  it("tells a watcher within the call that invalidates, and that nothing is ever missed", () => {
    const store = createMemoryStore();
    const told: unknown[] = [];
    const watch = store.watch!(
      {
        onFollowing: (group) => told.push(group),
        onInvalidated: (tags) => told.push(tags),
        onLost: (groups) => told.push(["lost", ...groups]),
        onHeard: (moment) => told.push(moment),
      },
      1_000,
    );
    watch.follow("Product");
    void store.rotate([TAG]);
    void store.quarantine("a", [TAG, anyTag("Order")], LONG);
    void store.quarantine("b", [TAG], LONG);
    void store.release("a", { changed: [TAG], unchanged: [] });
    void store.release("b", { changed: [TAG], unchanged: [] });
    void store.release("b", { changed: [], unchanged: [TAG] });
    void store.close();
    expect(told).toEqual([Infinity, "Product", [TAG], [TAG], [TAG], ["lost", "Product"]]);
  });

  it("starts no timer and opens nothing", async () => {
    const before = process.getActiveResourcesInfo().length;
    const store = createMemoryStore();
    await store.mint([TAG], [LONG]);
    await store.quarantine("a", [TAG], LONG);
    await store.fill("key", new Uint8Array(1), LONG);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
  });
});
