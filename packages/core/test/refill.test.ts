import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { StoreHooks } from "../../testing/src/wrap-store.js";
import type { CacheOptions } from "../src/cache-options.js";
import type { Refill } from "../src/refill.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import type { WritePlan } from "../src/write-plan.js";
import { LONG } from "./support/make-cache.js";
import { POLICY, ALL, ANY, QUERIES, readOf, row } from "./support/plans.js";
import { startProcess, type Process } from "./support/process.js";
import { ToyDatabase, type Row } from "./support/toy-database.js";

const byId = QUERIES.byId(1);
const name = "name-1";
const version = (of: number) => ({ id: 1, name, version: of });

let database: ToyDatabase;
let store: Store;
let reader: Process;

beforeEach(async () => {
  database = new ToyDatabase();
  database.bump(1);
  store = createMemoryStore();
  reader = startProcess(database, { store });
  await reader.read(byId);
});

function writerWith(hooks: StoreHooks = {}, options: Partial<CacheOptions> = {}): Process {
  return startProcess(database, { store, hooks, ...options });
}

/** What the row that comes back from a bump answers. */
function refill(changes: Partial<Refill<Row>> = {}): Refill<Row> {
  return {
    tags: [ALL, row(1)],
    policy: POLICY,
    keys: [readOf(database, byId).key],
    answered: (value) => [{ plan: readOf(database, byId), value }],
    ...changes,
  };
}

const bump = (writer: Process, changes: Partial<WritePlan<Row>> = {}) =>
  writer.bump(1, { refill: refill(), ...changes });

/** A write of which only the result tells which row it was. */
const create = (writer: Process, changes: Partial<WritePlan<Row>> = {}) =>
  writer.bump(1, {
    effects: { changed: [ANY], fenced: [] },
    learn: () => ({ changed: [row(1)], unchanged: [] }),
    refill: refill({ tags: [ALL] }),
    ...changes,
  });

/** Holds the statement of a write when it is done, until `then` is over. */
function meanwhile(then: () => Promise<unknown>): Pick<WritePlan<Row>, "run"> {
  return {
    run: async () => {
      const written = database.bump(1);
      await then();
      return written;
    },
  };
}

describe.each([
  ["of a row that is known beforehand", bump],
  ["of a row that only the result names", create],
] as const)("a write %s", (_, write) => {
  it("leaves the new row in the cache: the next read anywhere has it", async () => {
    await write(writerWith());
    expect(await reader.see(byId)).toEqual(["hit", version(2)]);
    await write(writerWith({}, { awaitRelease: false }));
    await expect.poll(() => reader.see(byId)).toEqual(["hit", version(3)]);
  });

  it("has it there in the round trip of its release", async () => {
    const [releasing, filling] = [createGate(), createGate()];
    const writing = write(writerWith({ before: { release: () => releasing.pass(), fill: () => filling.pass() } }));
    await Promise.all([releasing.arrived, filling.arrived]);
    filling.open();
    // It is dead until the release is there.
    expect((await reader.cache.inspect(readOf(database, byId))).kind).not.toBe("hit");
    releasing.open();
    await writing;
    expect(await reader.see(byId)).toEqual(["hit", version(2)]);
  });

  it("leaves nothing where another writer was in its lock, and has gone before it", async () => {
    const other = writerWith();
    await write(
      writerWith(),
      meanwhile(() => other.bump(1)),
    );
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(3)]);
  });

  it("leaves nothing where another writer was in its lock already", async () => {
    const running = createGate();
    const other = writerWith().bump(1, {
      run: async () => {
        await running.pass();
        return database.bump(1);
      },
    });
    await running.arrived;
    const [written, release] = [createGate(), createGate()];
    const writing = write(
      writerWith({ before: { release: () => release.pass() } }),
      meanwhile(async () => written.open()),
    );
    await written.pass();
    await release.arrived;
    running.open();
    await other;
    release.open();
    await writing;
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(3)]);
  });

  it("leaves nothing where somebody without a lock told that the row has changed", async () => {
    const other = writerWith({}, { consistency: "eventual" });
    await write(
      writerWith(),
      meanwhile(() => other.bump(1)),
    );
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(3)]);
  });

  it("leaves nothing where its lock was lost and another writer came in between", async () => {
    const clock = { now: 0 };
    store = createMemoryStore({ now: () => clock.now });
    reader = startProcess(database, { store });
    const other = writerWith();
    const lapsing = meanwhile(async () => {
      clock.now += 2 * LONG;
      await other.bump(1);
    });
    await write(writerWith(), lapsing);
    expect((await reader.see(byId))[1]).toEqual(version(3));
  });

  it("leaves nothing where it has renewed its locks: one that was lost stands again, as if nobody had come", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const clock = { now: 0 };
    store = createMemoryStore({ now: () => clock.now });
    reader = startProcess(database, { store });
    const renewed = createGate();
    let quarantines = 0;
    const other = writerWith();
    const writer = writerWith({ after: { quarantine: () => void (++quarantines === 2 && renewed.open()) } });
    await write(
      writer,
      meanwhile(async () => {
        clock.now += 2 * LONG;
        await other.bump(1);
        vi.advanceTimersByTime(LONG / 3);
        await renewed.pass();
      }),
    );
    vi.useRealTimers();
    expect((await reader.see(byId))[1]).toEqual(version(3));
  });

  it("leaves nothing that depends on a tag which somebody else has changed since it was looked at", async () => {
    // All rows, as far as he knows: he does not lock the row itself.
    const wide = { effects: { changed: [ALL], fenced: [] }, learn: () => ({ changed: [], unchanged: [] }) };
    const other = writerWith();
    await write(
      writerWith(),
      meanwhile(() => other.bump(1, wide)),
    );
    expect((await reader.see(byId))[1]).toEqual(version(3));
  });

  it("leaves nothing that depends on a tag which was locked when it was looked at", async () => {
    const fence = writerWith().cache.fence();
    fence.add({ changed: [ALL], fenced: [] });
    await fence.lock();
    await write(writerWith());
    await fence.settle("rolled-back");
    expect((await reader.see(byId))[0]).not.toBe("hit");
  });

  it("looks before its statement, and waits for the answer", async () => {
    const looking = createGate();
    let hasRun = false;
    const writing = write(writerWith({ after: { lookup: () => looking.pass() } }), {
      run: async () => {
        hasRun = true;
        return database.bump(1);
      },
    });
    await looking.arrived;
    expect(hasRun).toBe(false);
    looking.open();
    await writing;
  });

  it("succeeds all the same where the store cannot be looked at, or does not take the row", async () => {
    const refuse = () => Promise.reject(new Error("no"));
    await write(writerWith({ before: { lookup: refuse, mint: refuse } }));
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
    await write(writerWith({ before: { fill: refuse } }));
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(3)]);
  });

  it.each(["before", "after"] as const)(
    "whose release fails %s it is carried out leaves nothing in the end",
    async (when) => {
      let releases = 0;
      const fail = () => (++releases === 1 ? Promise.reject(new Error("lost")) : undefined);
      const writer = writerWith({ [when]: { release: fail } });
      await write(writer);
      await expect.poll(() => releases > 1 && writer.cache.stats().recovering).toBe(0);
      expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
    },
  );

  it("stores nothing at eventual, while the cache is paused, or while releases are owed", async () => {
    const fills = async (options: Partial<CacheOptions>, prepare: (writer: Process) => unknown = () => {}) => {
      const writer = writerWith({}, options);
      await prepare(writer);
      await write(writer);
      return writer.of("fill").length;
    };
    expect(await fills({})).toBe(1);
    expect(await fills({ consistency: "eventual" })).toBe(0);
    expect(await fills({}, ({ cache }) => cache.pause(true))).toBe(0);
  });

  it("stores nothing that the policy or the codec does not take", async () => {
    const plans = [
      { policy: { ttl: 1000, jitter: 0, maxEntryBytes: 1, l1: null } },
      { policy: { ttl: 1000, jitter: 0, maxEntryBytes: 1000, l1: null, ttlOf: () => false as const } },
      {
        codec: {
          name: "none",
          encode: () => {
            throw new Error("cannot");
          },
          decode: () => null,
        },
      },
    ];
    const outcomes: string[] = [];
    for (const changes of plans) {
      const writer = writerWith();
      const answered: Refill<Row>["answered"] = (value) => [{ plan: { ...readOf(database, byId), ...changes }, value }];
      await write(writer, { refill: { ...refill(), answered } });
      outcomes.push(...writer.of("fill").map(({ outcome }) => outcome));
    }
    expect(outcomes).toEqual(["too-large", "unwanted", "unencodable"]);
    expect(await reader.see(byId)).toEqual(["miss: invalidated", version(4)]);
  });

  it("is overtaken by a reader who has loaded before it, and comes late with what he has", async () => {
    const loading = createGate();
    await reader.cache.invalidate([row(1)]);
    const slow = writerWith().readSlowly(byId, () => loading.pass());
    await loading.arrived;
    await write(writerWith());
    loading.open();
    await slow;
    await expect.poll(async () => (await reader.see(byId))[1]).toEqual(version(2));
  });
});

it("a row that only the result names is not left where its model's `any` is not locked", async () => {
  await create(writerWith(), { effects: { changed: [row(2)], fenced: [] } });
  expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
});

it("nothing is left that depends on a tag of more rows than one which the write touches", async () => {
  await bump(writerWith(), { effects: { changed: [ANY, ALL, row(1)], fenced: [] } });
  expect(await reader.see(byId)).toEqual(["miss: invalidated", version(2)]);
});

it("what is stored is what the database said, whatever the caller does to it", async () => {
  const filling = createGate();
  const writing = bump(writerWith({ before: { fill: () => filling.pass() } }, { awaitRelease: false }));
  Object.assign(await writing, { version: 99 });
  filling.open();
  await expect.poll(() => reader.see(byId)).toEqual(["hit", version(2)]);
});

describe("a read of what a write of its process is about to answer", () => {
  /** Writes a row; the statement is held until `statement` is open. */
  async function startWriting(writer: Process, changes: Partial<WritePlan<Row>> = {}, id = 1) {
    const statement = createGate();
    const run = async () => {
      await statement.pass();
      return database.bump(id);
    };
    const writing = writer.bump(id, { refill: refill(), run, ...changes });
    await statement.arrived;
    return { statement, writing };
  }
  const turn = () => new Promise(setImmediate);
  /** Until the test is over, no wait ends by itself. */
  const stopTimers = () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
  };
  beforeEach(stopTimers);

  it("waits for the row, and asks no database", async () => {
    const writer = writerWith();
    const { statement, writing } = await startWriting(writer);
    const reading = writer.see(byId);
    await turn();
    statement.open();
    expect(await reading).toEqual(["hit", version(2)]);
    await writing;
    expect(writer.cache.stats().reads).toMatchObject({ hit: 1, miss: 0, bypass: 0 });
  });

  it("waits until it is there, where the write is acknowledged before", async () => {
    const release = createGate();
    const hooks: StoreHooks = { before: { release: () => release.pass() } };
    const writer = writerWith(hooks, { awaitRelease: false });
    const { statement, writing } = await startWriting(writer);
    const reading = writer.see(byId);
    await turn();
    statement.open();
    await Promise.all([writing, release.arrived]);
    release.open();
    expect(await reading).toEqual(["hit", version(2)]);
  });

  it("has the row as it was where the write fails", async () => {
    const writer = writerWith();
    const refusal = new Error("refused");
    const failing = createGate();
    const run = async () => {
      await failing.pass();
      throw refusal;
    };
    const writing = bump(writer, { run });
    await failing.arrived;
    const reading = writer.see(byId);
    await turn();
    failing.open();
    await expect(writing).rejects.toBe(refusal);
    expect(await reading).toEqual(["hit", version(1)]);
  });

  it("waits for no longer than 20 ms from when the write began: that may be waiting for the reader", async () => {
    const writer = writerWith();
    const { statement, writing } = await startWriting(writer);
    let answer: unknown;
    const reading = writer.see(byId).then((seen) => (answer = seen));
    vi.advanceTimersByTime(19);
    await turn();
    expect(answer).toBeUndefined();
    vi.advanceTimersByTime(2);
    await reading;
    expect(answer).toEqual(["bypass: quarantined", version(1)]);
    expect(await writer.see(byId)).toEqual(["bypass: quarantined", version(1)]);
    statement.open();
    await writing;
    expect(writer.cache.stats().reads).toMatchObject({ hit: 0, miss: 0, bypass: 2 });
  });

  it("waits once, whoever comes next", async () => {
    const [looking, lookup] = [createGate(), createGate()];
    looking.open();
    let gate = looking;
    const writer = writerWith({ before: { lookup: () => gate.pass() } });
    const foreign = await startWriting(writerWith());
    const own = await startWriting(writer);
    const reading = writer.see(byId);
    await turn();
    gate = lookup;
    own.statement.open();
    await Promise.all([own.writing, lookup.arrived]);
    const next = startWriting(writer);
    lookup.open();
    expect(await reading).toEqual(["bypass: quarantined", version(2)]);
    for (const { statement } of [await next, foreign]) statement.open();
    await Promise.all([(await next).writing, foreign.writing]);
  });

  it("waits beside a write to another row", async () => {
    const writer = writerWith();
    const another = await startWriting(
      writer,
      { refill: refill({ keys: [QUERIES.byId(2).key], answered: () => [] }) },
      2,
    );
    const { statement, writing } = await startWriting(writer);
    const reading = writer.see(byId);
    await turn();
    statement.open();
    await writing;
    expect(await reading).toEqual(["hit", version(2)]);
    another.statement.open();
    await another.writing;
  });

  it.each<[string, (writer: Process) => Promise<readonly [Process, ...Awaited<ReturnType<typeof startWriting>>[]]>]>([
    ["the write is one of another process", async (writer) => [reader, await startWriting(writer)]],
    ["there are two", async (writer) => [writer, await startWriting(writer), await startWriting(writer)]],
    ["the write leaves nothing", async (writer) => [writer, await startWriting(writer, { refill: undefined })]],
    [
      "the write leaves other things",
      async (writer) => [writer, await startWriting(writer, { refill: refill({ keys: [] }) })],
    ],
  ])("asks the database at once where %s", async (_, start) => {
    const [process, ...writes] = await start(writerWith());
    expect(await process.see(byId)).toEqual(["bypass: quarantined", version(1)]);
    for (const { statement } of writes) statement.open();
    await Promise.all(writes.map(({ writing }) => writing));
  });
});
