import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { wrapStore } from "../../testing/src/wrap-store.js";
import { RecoveryQueue, type RecoveryStore } from "../src/recovery.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Release } from "../src/store/store.js";
import { customTag, anyTag, pathTag, rowTag, type Tag } from "../src/tag.js";
import { ANY, QUERIES, row } from "./support/plans.js";
import { startProcess } from "./support/process.js";
import { ScriptedStore } from "./support/scripted-store.js";
import { ToyDatabase } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const version = (of: number) => ({ id: 1, name: "name-1", version: of });
const REFUSED = () => Promise.reject(new Error("READONLY"));
const modelTags = (model: string) => [anyTag(model), pathTag(model, ["id"])];
const EVERYTHING = [...modelTags("Product"), ...modelTags("User")];

/** What a store was told, in order; refuses while `away`. */
class Receiver implements RecoveryStore {
  away = false;
  readonly rotated: Tag[] = [];
  readonly held: Tag[] = [];
  readonly released: [holder: string, tag: Tag][] = [];
  readonly sizes: number[] = [];
  before: () => void | Promise<void> = () => {};

  async rotate(tags: readonly Tag[]): Promise<void> {
    await this.before();
    if (this.away) throw new Error("away");
    this.sizes.push(tags.length);
    this.rotated.push(...tags);
  }

  async release(holder: string, { changed }: Release): Promise<void> {
    if (this.away) throw new Error("away");
    for (const tag of changed) this.released.push([holder, tag]);
  }

  async quarantine(_: string, tags: readonly Tag[]): Promise<void> {
    if (this.away) throw new Error("away");
    this.held.push(...tags);
  }
}

function makeQueue(): { queue: RecoveryQueue; changes: [string, number][] } {
  const changes: [string, number][] = [];
  return { queue: new RecoveryQueue(EVERYTHING, (outcome, pending) => changes.push([outcome, pending])), changes };
}

const rows = (count: number, model = "Product") => Array.from({ length: count }, (_, i) => rowTag(model, [String(i)]));

describe("the queue of what the store was not told", () => {
  it("delivers all of it in pieces, and says when it begins and ends to owe", async () => {
    const { queue, changes } = makeQueue();
    const store = new Receiver();
    queue.add(rows(1200), "rotate");
    queue.add([ANY], "rotate");
    expect(queue.size).toBe(1201);
    expect(await queue.flush(store, "h", 1)).toBe(true);
    expect(new Set(store.rotated)).toEqual(new Set([...rows(1200), ANY]));
    expect(Math.max(...store.sizes)).toBeLessThanOrEqual(500);
    expect(queue.size).toBe(0);
    expect(changes).toEqual([
      ["queued", 1200],
      ["queued", 1201],
      ["flushed", 0],
    ]);
  });

  it("keeps what could not be delivered, and delivers it later", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    store.away = true;
    queue.add(rows(3), "rotate");
    expect(await queue.flush(store, "h", 1)).toBe(false);
    expect(queue.size).toBe(3);
    store.away = false;
    expect(await queue.flush(store, "h", 1)).toBe(true);
    expect(store.rotated).toEqual(rows(3));
  });

  it("locks what may yet commit, and rotates the rest", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    queue.add([row(1), row(2)], "rotate");
    queue.add([row(3)], "hold");
    await queue.flush(store, "h", 1);
    expect({ rotated: store.rotated, held: store.held }).toEqual({ rotated: [row(1), row(2)], held: [row(3)] });
  });

  it("releases whoever may have left a lock, every one of them, and nobody whose write may yet commit", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    queue.add([row(1), row(2)], "rotate", "a");
    queue.add([row(1)], "rotate", "b");
    queue.add([row(1)], "rotate");
    queue.add([row(3)], "rotate", "c");
    queue.add([row(3)], "hold", "d");
    await queue.flush(store, "h", 1);
    expect(store.released).toEqual([
      ["a", row(1)],
      ["a", row(2)],
      ["b", row(1)],
    ]);
    expect({ rotated: store.rotated, held: store.held }).toEqual({ rotated: [], held: [row(3)] });
  });

  it("locks what may yet commit although another write of it is over, whichever came first", async () => {
    for (const kinds of [["hold", "rotate"] as const, ["rotate", "hold"] as const]) {
      const { queue } = makeQueue();
      const store = new Receiver();
      for (const kind of kinds) queue.add([row(1)], kind);
      await queue.flush(store, "h", 1);
      expect({ rotated: store.rotated, held: store.held }).toEqual({ rotated: [], held: [row(1)] });
    }
  });

  it("delivers again what was added again while it was being delivered", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    let rounds = 0;
    store.before = () => {
      if (rounds++ === 0) queue.add([row(1), row(2)], "rotate");
    };
    queue.add([row(1)], "rotate");
    expect(await queue.flush(store, "h", 1)).toBe(true);
    expect(store.rotated).toEqual([row(1), row(1), row(2)]);
    expect(queue.size).toBe(0);
  });

  it("is not done while something was added meanwhile that could not be delivered", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    let rounds = 0;
    store.before = () => {
      if (rounds++ > 0) store.away = true;
      else queue.add([row(2)], "rotate");
    };
    queue.add([row(1)], "rotate");
    expect(await queue.flush(store, "h", 1)).toBe(false);
    expect(queue.size).toBe(1);
  });

  it.each<[string, (queue: RecoveryQueue) => void]>([
    [
      "another writer has left a lock on the wide tag",
      (queue) => {
        queue.add([row(1), ANY], "rotate");
        queue.add([ANY, row(2)], "rotate", "w2");
      },
    ],
    [
      "another writer may yet commit",
      (queue) => {
        queue.add([row(1), ANY], "rotate");
        queue.add([ANY, row(2)], "hold");
      },
    ],
    [
      "there is more than fits into one call",
      (queue) => {
        queue.add([row(1), ...rows(600, "Product").slice(10)], "rotate");
        queue.add([ANY], "rotate");
      },
    ],
  ])("tells of no exact tag of a write before the wide one, also where %s", async (_, fill) => {
    const { queue } = makeQueue();
    const store = createMemoryStore();
    const [wide, exact] = await store.mint([ANY, row(1)], [60_000, 60_000]);
    const seen: boolean[] = [];
    const look = async () => {
      const { tokens } = await store.lookup("", [ANY, row(1)]);
      if (tokens[1] !== exact) seen.push(tokens[0] === wide);
    };
    // The slower a call is, the longer the others stand alone.
    const held = createGate();
    const watched = wrapStore(store, {
      before: { release: () => held.pass(), quarantine: () => held.pass() },
      after: { rotate: look, release: look, quarantine: look },
    });
    fill(queue);
    const flushing = queue.flush(watched, "h", 60_000);
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    held.open();
    expect(await flushing).toBe(true);
    expect(seen).not.toContain(true);
  });

  it("is delivered once, whoever asks at the same time", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    const gate = createGate();
    store.before = () => gate.pass();
    queue.add([row(1)], "rotate");
    const flushes = [queue.flush(store, "h", 1), queue.flush(store, "h", 1)];
    gate.open();
    expect(await Promise.all(flushes)).toEqual([true, true]);
    expect(store.rotated).toEqual([row(1)]);
    queue.add([row(2)], "rotate");
    expect(await queue.flush(store, "h", 1)).toBe(true);
    expect(store.rotated).toEqual([row(1), row(2)]);
  });

  it("of nothing tells nobody anything", async () => {
    const { queue, changes } = makeQueue();
    queue.add([], "rotate");
    expect(await queue.flush(new Receiver(), "h", 1)).toBe(true);
    expect(changes).toEqual([]);
  });
});

describe("too many tags to remember", () => {
  it("become their models, up to the limit they do not", async () => {
    const { queue } = makeQueue();
    queue.add(rows(10_000), "rotate");
    expect(queue.size).toBe(10_000);
    queue.add(rows(1, "User"), "rotate");
    expect(queue.size).toBe(4);
    const store = new Receiver();
    await queue.flush(store, "h", 1);
    expect(new Set(store.rotated)).toEqual(new Set(EVERYTHING));
  });

  it("lock the whole model where one of them may yet commit, and that one only", async () => {
    const { queue } = makeQueue();
    // First, last and in between, so that no order hides the one.
    queue.add(rows(2), "rotate");
    queue.add([row(5)], "hold");
    queue.add([row(6)], "rotate");
    queue.add(rows(10_000, "User"), "rotate");
    const store = new Receiver();
    await queue.flush(store, "h", 1);
    expect(new Set(store.held)).toEqual(new Set(modelTags("Product")));
    expect(new Set(store.rotated)).toEqual(new Set(modelTags("User")));
  });

  it("become everything where the application chose one of them", async () => {
    const { queue } = makeQueue();
    queue.add([customTag("home")], "rotate");
    queue.add(rows(10_000), "rotate");
    const store = new Receiver();
    await queue.flush(store, "h", 1);
    expect(new Set(store.rotated)).toEqual(new Set(EVERYTHING));
  });

  it("while they are being delivered are all delivered all the same", async () => {
    const { queue } = makeQueue();
    const store = new Receiver();
    let rounds = 0;
    store.before = () => {
      if (rounds++ === 0) queue.add(rows(10_001), "rotate");
    };
    queue.add([row(1)], "rotate");
    expect(await queue.flush(store, "h", 1)).toBe(true);
    expect(store.rotated).toEqual([row(1), ...modelTags("Product")]);
  });
});

describe("a store that is away while the application writes", () => {
  let database: ToyDatabase;
  beforeEach(() => {
    database = new ToyDatabase();
    database.bump(1);
  });

  it("serves this process nothing until it knows, although it can be read, and then nothing old", async () => {
    const store = createMemoryStore();
    const told = createGate();
    let [probes, releases] = [0, 0];
    const process = startProcess(database, {
      store,
      hooks: {
        before: {
          quarantine: REFUSED,
          release: () => (releases++ === 0 ? REFUSED() : told.pass()),
          probe: () => void probes++,
        },
      },
    });
    await process.read(byId);
    await process.bump(1);
    await told.arrived;
    // It was tried at once: the store answers, so nothing has to be waited for.
    expect(probes).toBe(0);
    expect(process.cache.stats().recovering).toBe(4);
    expect(await process.see(byId)).toEqual(["bypass: recovering", version(2)]);
    told.open();
    await expect.poll(() => process.cache.stats().recovering).toBe(0);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });

  it("is told when it is back, before one more read is served from it", async () => {
    const store = new ScriptedStore();
    const process = startProcess(database, { openStore: () => store });
    await process.read(byId);
    expect((await process.see(byId))[0]).toBe("hit");
    store.become("unavailable");
    await process.bump(1);
    expect(await process.see(byId)).toEqual(["bypass: recovering", version(2)]);
    expect(process.cache.stats().recovering).toBeGreaterThan(0);
    // Nothing is awaited between the return and the read: only the queue keeps the old entry away.
    store.become("ready");
    expect(await process.see(byId)).toEqual(["bypass: recovering", version(2)]);
    await expect.poll(() => process.cache.stats().recovering).toBe(0);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect(await process.see(byId)).toEqual(["hit", version(2)]);
  });

  it("and for whom a commit is unknown locks its tags when it is back", async () => {
    const store = new ScriptedStore();
    const process = startProcess(database, { openStore: () => store });
    await process.read(byId);
    store.become("unavailable");
    await expect(
      process.bump(1, { run: () => Promise.reject(new Error("lost")), outcomeOf: () => "ambiguous" }),
    ).rejects.toThrow("lost");
    store.become("ready");
    await expect.poll(() => process.cache.stats().recovering).toBe(0);
    expect(await process.see(byId)).toEqual(["bypass: quarantined", version(1)]);
    database.bump(1);
    expect(await process.see(byId)).toEqual(["bypass: quarantined", version(2)]);
  });

  it("owes an invalidation too", async () => {
    const store = new ScriptedStore();
    const process = startProcess(database, { openStore: () => store });
    await process.read(byId);
    database.bump(1);
    store.become("unavailable");
    expect(await process.cache.invalidate([row(1)])).toBe(false);
    expect(process.of("invalidate")).toMatchObject([{ applied: false }]);
    store.become("ready");
    await expect.poll(() => process.cache.stats().recovering).toBe(0);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
  });

  it("owes nothing for a write that failed", async () => {
    const store = new ScriptedStore();
    const process = startProcess(database, { openStore: () => store });
    await process.read(byId);
    store.become("unavailable");
    await expect(process.bump(1, { run: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    expect(process.cache.stats().recovering).toBe(0);
    store.become("ready");
    expect(await process.see(byId)).toEqual(["hit", version(1)]);
  });

  it("has been told when `close` is done, if it was back by then", async () => {
    const store = new ScriptedStore();
    const process = startProcess(database, { openStore: () => store });
    await process.read(byId);
    store.behaviour = "refuses";
    await process.bump(1);
    expect(process.cache.stats().recovering).toBeGreaterThan(0);
    store.behaviour = "answers";
    await process.cache.close();
    expect(store.calls.at(-1)).toBe("release");
    expect(process.cache.stats().recovering).toBe(0);
  });

  it("takes back the locks that were left in it: nothing waits for their leases to end", async () => {
    const store = new ScriptedStore();
    const process = startProcess(database, { openStore: () => store });
    await process.read(byId);
    await process.bump(1, {
      run: async () => {
        store.become("unavailable");
        return database.bump(1);
      },
    });
    store.become("ready");
    await expect.poll(() => process.cache.stats().recovering).toBe(0);
    expect(await process.see(byId)).toEqual(["miss: invalidated", version(2)]);
    expect(await process.see(byId)).toEqual(["hit", version(2)]);
  });
});
