import { createSecretKey, randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { StoreHooks } from "../../testing/src/wrap-store.js";
import type { CacheOptions } from "../src/cache-options.js";
import { frameEntry, openEntry, type Entry } from "../src/entry.js";
import type { ReadPlan } from "../src/read-plan.js";
import type { Patch } from "../src/refill.js";
import { Keyring } from "../src/seal/keyring.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { fieldTag, pathTag, type Tag } from "../src/tag.js";
import type { WritePlan } from "../src/write-plan.js";
import { LONG } from "./support/make-cache.js";
import { ANY, EVERYTHING, MODEL, POLICY, readOf, row, type Query } from "./support/plans.js";
import { startProcess, type Process } from "./support/process.js";
import { ToyDatabase, type Row } from "./support/toy-database.js";

/** All rows are of one kind, which each write says. */
const KIND = fieldTag(MODEL, "kind", "1");
const KINDS = pathTag(MODEL, ["kind"]);
const list: Query = {
  key: "Product:kind",
  tags: [KINDS, KIND],
  absentTags: [],
  answer: (rows) => [...rows.values()],
};
const name = "name-1";
const bumped = (version: number) => ({ id: 1, name, version });
const other = { id: 2, name: "name-2", version: 1 };
const rows = (version: number) => [bumped(version), other];

let database: ToyDatabase;
let store: Store;
let reader: Process;
const clock = { now: 0 };

beforeEach(async () => {
  clock.now = 1_000_000;
  database = new ToyDatabase();
  database.bump(1);
  database.bump(2);
  store = createMemoryStore({ now: () => clock.now });
  reader = processWith();
  await reader.read(list);
});

function processWith(hooks: StoreHooks = {}, options: Partial<CacheOptions> = {}): Process {
  const everything = [...EVERYTHING, KINDS];
  return startProcess(database, { store, hooks, now: () => clock.now, everything, ...options });
}

function patchOf(changes: Partial<ReadPlan<unknown>> = {}, apply?: Patch<Row>["apply"]): Patch<Row> {
  const plan = { ...readOf(database, list), ...changes };
  return {
    plan,
    apply: apply ?? ((before, written) => (before as Row[]).map((each) => (each.id === written.id ? written : each))),
  };
}

/** A new version of row 1, with the list that it is in. */
function bump(writer: Process, changes: Partial<WritePlan<Row>> = {}, patches: readonly Patch<Row>[] = [patchOf()]) {
  return writer.bump(1, {
    effects: { changed: [ANY, row(1), KIND], fenced: [] },
    learn: () => ({ changed: [], unchanged: [] }),
    refill: { tags: [], keys: [], policy: POLICY, answered: () => [], patches },
    ...changes,
  });
}

/** Another row of the kind changes, as any writer says it. */
const bumpOther = (writer: Process, changed: readonly Tag[] = [ANY, row(2), KIND]) =>
  writer.bump(2, { effects: { changed, fenced: [] }, learn: () => ({ changed: [], unchanged: [] }) });

/** Holds the statement of a write when it is done, until `then` is over. */
function meanwhile(then: () => unknown): Pick<WritePlan<Row>, "run"> {
  return {
    run: async () => {
      const written = database.bump(1);
      await then();
      return written;
    },
  };
}

async function stored(): Promise<Entry | null> {
  const { entry } = await store.lookup(list.key, []);
  return entry && openEntry(entry);
}

/** Puts another one in its place. */
const tamper = async (changes: Partial<Entry>, sealed = false) =>
  store.fill(list.key, frameEntry({ ...(await stored())!, ...changes }, sealed), LONG);

describe("a write leaves an entry with its new row", () => {
  it("which the next read anywhere has, also after a further write", async () => {
    await bump(processWith());
    expect(await reader.see(list)).toEqual(["hit", rows(2)]);
    await bump(processWith({}, { awaitRelease: false }));
    await expect.poll(() => reader.see(list)).toEqual(["hit", rows(3)]);
  });

  it("which is dead until its release is there", async () => {
    const [releasing, filling] = [createGate(), createGate()];
    const writing = bump(processWith({ before: { release: () => releasing.pass(), fill: () => filling.pass() } }));
    await Promise.all([releasing.arrived, filling.arrived]);
    filling.open();
    expect((await reader.cache.inspect(readOf(database, list))).kind).not.toBe("hit");
    releasing.open();
    await writing;
    expect(await reader.see(list)).toEqual(["hit", rows(2)]);
  });

  it("which a read of the same process waits for", async () => {
    const statement = createGate();
    const run = async () => {
      await statement.pass();
      return database.bump(1);
    };
    const writing = bump(reader, { run });
    await statement.arrived;
    const reading = reader.see(list);
    await nextTurn();
    statement.open();
    expect(await reading).toEqual(["hit", rows(2)]);
    await writing;
  });

  it("as the database said it, whatever the caller does to it", async () => {
    const filling = createGate();
    const writing = bump(processWith({ before: { fill: () => filling.pass() } }, { awaitRelease: false }));
    Object.assign(await writing, { version: 99 });
    filling.open();
    await expect.poll(() => reader.see(list)).toEqual(["hit", rows(2)]);
  });

  it("also one that depends on a tag which the write leaves alone, and which nobody changed", async () => {
    const fence = processWith().cache.fence();
    fence.add({ changed: [KINDS], fenced: [] });
    await fence.lock();
    await bump(processWith());
    await fence.settle("rolled-back");
    await expect.poll(() => reader.see(list)).toEqual(["hit", rows(2)]);
  });

  it("that was loaded while the write was under way, and has the row already", async () => {
    const [loading, filled] = [createGate(), createGate()];
    await reader.cache.invalidate([KIND]);
    const late = processWith({ after: { fill: () => filled.open() } });
    const slow = late.cache.read({
      ...readOf(database, list),
      load: async () => {
        await loading.pass();
        return list.answer(database.now);
      },
    });
    await loading.arrived;
    const [looking, recalled] = [createGate(), createGate()];
    const ofList = (gate: () => unknown) => (key: string | null) => void (key === list.key && gate());
    const writer = processWith({
      before: { lookup: (key) => (key === list.key ? looking.pass() : undefined) },
      after: { lookup: ofList(() => recalled.open()) },
    });
    await bump(
      writer,
      meanwhile(async () => {
        loading.open();
        await slow;
        await filled.pass();
        looking.open();
        await recalled.pass();
        // Until the writer has read it.
        await nextTurn();
      }),
    );
    expect(await reader.see(list)).toEqual(["hit", rows(2)]);
  });

  it("together with a row that depends on the same tag", async () => {
    const byId: Query = { ...list, key: "Product:row of a kind", answer: (all) => all.get(1) ?? null };
    const answered = (value: Row) => [{ plan: readOf(database, byId), value }];
    const refill = { keys: [], tags: [KIND, KINDS], policy: POLICY, answered, patches: [patchOf()] };
    await reader.read(byId);
    await bump(processWith(), { refill });
    expect(await reader.see(byId)).toEqual(["hit", bumped(2)]);
    expect(await reader.see(list)).toEqual(["hit", rows(2)]);
  });

  it("encrypted again", async () => {
    const keyring = new Keyring([{ id: "1", key: createSecretKey(randomBytes(32)) }]);
    const sealed = { keyring, key: "Product:sealed" };
    const plan = { ...readOf(database, list), ...sealed };
    await reader.cache.read(plan);
    await bump(processWith(), {}, [patchOf(sealed)]);
    const { data, info } = await reader.cache.read(plan);
    expect([info.status, data]).toEqual(["hit", rows(2)]);
  });
});

describe("the entry that a write leaves", () => {
  it("expires when the one expires whose place it took, and is as old", async () => {
    const before = (await stored())!;
    clock.now += 40_000;
    const ttls: number[] = [];
    await bump(processWith({ before: { fill: (_key, _entry, ttl) => void ttls.push(ttl) } }));
    const after = (await stored())!;
    expect(after.stamps).not.toEqual(before.stamps);
    const { storedAt, freshUntil, loadTime, sliding } = before;
    expect(after).toMatchObject({ storedAt, freshUntil, loadTime, sliding });
    expect(ttls).toEqual([before.freshUntil - clock.now]);
    clock.now = before.freshUntil;
    expect((await reader.see(list))[0]).toBe("miss: absent");
  });

  it.each([
    ["swr", { swr: 5_000 }, (ttl: number) => ttl + 5_000],
    ["staleIfError", { staleIfError: 2 * POLICY.ttl }, () => 2 * POLICY.ttl - 40_000],
  ])("is kept as long as the other would have been, with %s", async (_, policy, kept) => {
    const changes = { policy: { ...POLICY, ...policy }, key: "Product:kept" };
    await reader.cache.read({ ...readOf(database, list), ...changes });
    clock.now += 40_000;
    const ttls: number[] = [];
    const hooks: StoreHooks = { before: { fill: (_key, _entry, ttl) => void ttls.push(ttl) } };
    await bump(processWith(hooks), {}, [patchOf(changes)]);
    expect(ttls).toEqual([kept(POLICY.ttl - 40_000)]);
  });

  it("is not held in this process's memory, which nobody has looked into", async () => {
    const policy = { ...POLICY, l1: { mode: "validated" as const, maxStaleness: 0, share: false } };
    const writer = processWith({}, { l1: { maxEntries: 10, maxBytes: 1 << 20, leastStaleness: null } });
    await bump(writer, {}, [patchOf({ policy })]);
    expect(writer.of("fill")).toMatchObject([{ outcome: "stored" }]);
    expect(writer.cache.stats().l1.entries).toBe(0);
  });
});

describe("a write leaves nothing", () => {
  const isLoadedAnew = async (version: number, others: unknown = other) => {
    expect(await reader.see(list)).toEqual(["miss: invalidated", [bumped(version), others]]);
  };
  const other2 = { ...other, version: 2 };

  it("of an entry that was stored before another write", async () => {
    await bumpOther(processWith());
    await bump(processWith());
    await isLoadedAnew(2, other2);
  });

  it("of an entry that was stored before another write, whose tokens somebody has minted again", async () => {
    await bumpOther(processWith());
    await store.mint([KIND], [LONG]);
    await bump(processWith());
    await isLoadedAnew(2, other2);
  });

  it("where another writer was in its lock, and has gone before it", async () => {
    const writer = processWith();
    await bump(
      processWith(),
      meanwhile(() => bumpOther(writer)),
    );
    await isLoadedAnew(2, other2);
  });

  it("where another writer was in its lock already, and left it as it was", async () => {
    const fence = processWith().cache.fence();
    fence.add({ changed: [KIND], fenced: [] });
    await fence.lock();
    await bump(processWith());
    await fence.settle("rolled-back");
    await isLoadedAnew(2);
  });

  it("where somebody without a lock told meanwhile that rows of the kind have changed", async () => {
    const writer = processWith({}, { consistency: "eventual" });
    await bump(
      processWith(),
      meanwhile(() => bumpOther(writer)),
    );
    await isLoadedAnew(2, other2);
  });

  it("that a write after it does not end", async () => {
    await bump(processWith());
    await bumpOther(processWith());
    await isLoadedAnew(2, other2);
  });

  it("where somebody has changed meanwhile what the write leaves alone", async () => {
    const writer = processWith();
    await bump(
      processWith(),
      meanwhile(() => bumpOther(writer, [ANY, KINDS])),
    );
    await isLoadedAnew(2, other2);
  });

  it("of an entry that had ended by a tag which the write leaves alone", async () => {
    await bumpOther(processWith(), [ANY, KINDS]);
    await bump(processWith());
    await isLoadedAnew(2, other2);
  });

  it("where the store has lost the token of its tag", async () => {
    store = createMemoryStore({ now: () => clock.now, maxEntries: 1 });
    reader = processWith();
    await reader.read(list);
    // So many that the oldest have gone.
    const tags = Array.from({ length: 8 }, (_, i) => row(100 + i));
    await store.mint(
      tags,
      tags.map(() => LONG),
    );
    const bare = await store.lookup(list.key, [KIND]);
    expect([bare.entry === null, bare.tokens]).toEqual([false, [null]]);
    await bump(processWith());
    expect((await reader.see(list))[0]).toBe("miss: invalidated");
  });

  it("where its lock was lost", async () => {
    await bump(
      processWith(),
      meanwhile(() => (clock.now += 2 * LONG)),
    );
    expect((await reader.see(list))[0]).not.toBe("hit");
  });

  it("that depends on a tag of many rows which it changes, or on one that it may change", async () => {
    await bump(processWith(), { effects: { changed: [ANY, row(1), KIND, KINDS], fenced: [] } });
    await isLoadedAnew(2);
    const writer = processWith();
    await bump(writer, {
      effects: { changed: [ANY, row(1)], fenced: [KIND] },
      learn: () => ({ changed: [], unchanged: [KIND] }),
    });
    expect(writer.of("fill")).toEqual([]);
  });

  it("that depends on a tag which only its result named", async () => {
    await bump(processWith(), {
      effects: { changed: [ANY, row(1)], fenced: [] },
      learn: () => ({ changed: [KIND], unchanged: [] }),
    });
    await isLoadedAnew(2);
  });

  it("that cannot be told from its result", async () => {
    await bump(processWith(), {}, [patchOf({}, () => undefined)]);
    await isLoadedAnew(2);
  });

  it("of what it has not seen in time: it does not wait for that", async () => {
    const looking = createGate();
    const hooks: StoreHooks = { after: { lookup: (key) => (key === list.key ? looking.pass() : undefined) } };
    const writer = processWith(hooks, { deadline: LONG });
    await bump(writer);
    await isLoadedAnew(2);
    looking.open();
    expect(writer.of("fill")).toEqual([]);
  });

  it("of what cannot be looked at", async () => {
    await bump(processWith({ before: { lookup: () => Promise.reject(new Error("no")) } }));
    await isLoadedAnew(2);
  });

  it("in the end where the store does not take it, or the codec cannot write it", async () => {
    const writer = processWith({ before: { fill: () => Promise.reject(new Error("no")) } });
    await bump(writer);
    expect(writer.of("fill")).toMatchObject([{ outcome: "refused" }]);
    await isLoadedAnew(2);
    const plan = readOf(database, list);
    const encode = () => {
      throw new Error("cannot");
    };
    await bump(writer, {}, [patchOf({ codec: { ...plan.codec, encode } })]);
    expect(writer.of("fill")).toMatchObject([{ outcome: "refused" }, { outcome: "unencodable" }]);
    await isLoadedAnew(3);
  });

  it("that has become too large", async () => {
    const writer = processWith();
    await bump(writer, {}, [patchOf({ policy: { ...POLICY, maxEntryBytes: 1 } })]);
    expect(writer.of("fill")).toMatchObject([{ outcome: "too-large" }]);
  });

  const strange: Readonly<Record<string, () => Promise<unknown>>> = {
    "that is not there": () => store.remove(list.key),
    "that is damaged": () => store.fill(list.key, new Uint8Array([0xec, 4, 1, 2, 3]), LONG),
    "whose result is damaged": () => tamper({ payload: new Uint8Array([1]) }),
    "of another schema": () => tamper({ fingerprint: "schema-2" }),
    "of another query with its key": () => tamper({ identity: "another" }),
    "that is sealed, where others are not": () => tamper({ payload: new Uint8Array([2, 0, 0]) }, true),
    "that names its tags": () => tamper({ names: [KINDS, KIND] }),
    "that says that nothing was found": () => tamper({ absent: true }),
    "that has expired": async () => void (clock.now = (await stored())!.freshUntil),
    "that is older than the policy lets it be": () => tamper({ storedAt: clock.now - 2 * POLICY.ttl }),
    "with fewer tags": async () => tamper({ stamps: (await stored())!.stamps.slice(0, 1) }),
    "with more tags": async () => tamper({ stamps: [...(await stored())!.stamps, "one more"] }),
  };

  it.each(Object.entries(strange))("of an entry %s", async (_, prepare) => {
    await prepare();
    const writer = processWith();
    await bump(writer);
    expect(writer.of("fill")).toEqual([]);
  });

  it("of an entry that expires while it writes", async () => {
    const writer = processWith();
    const entry = (await stored())!;
    const soon = { freshUntil: clock.now + 1000 };
    await store.fill(list.key, frameEntry({ ...entry, ...soon }), LONG);
    await bump(
      writer,
      meanwhile(() => (clock.now += 1000)),
    );
    expect(writer.of("fill")).toEqual([]);
  });
});

it("two lists that had another token each are not both left: one of them is old", async () => {
  const old = (await stored())!;
  await reader.cache.invalidate([KIND]);
  await reader.read(list);
  await store.fill("Product:old", frameEntry(old), LONG);
  for (const patches of [
    [patchOf({ key: "Product:old" }), patchOf()],
    [patchOf(), patchOf({ key: "Product:old" })],
  ]) {
    await bump(processWith(), {}, patches);
    expect((await reader.cache.inspect({ ...readOf(database, list), key: "Product:old" })).kind).not.toBe("hit");
    await reader.read(list);
  }
});
