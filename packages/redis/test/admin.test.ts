import { anyTag, customTag, frameEntry, newTag, pathTag, rowTag, type Entry, type Tag } from "@evercache/core";
import { describe, expect, it, test } from "vitest";
import { startRedis } from "../../../test/setup/redis.js";
import { openAdmin, type FoundKey, type KeysOptions } from "../src/admin.js";
import { admin as rawClient, afterwards, connect, LONG, server, stateOf, type ObservedStore } from "./kit.js";

const KEY = "0123456789:Product:findUnique:where(id:1)";
const TAGS = [pathTag("Product", ["id"]), rowTag("Product", ["1"])] as const;

async function start(namespace = "test") {
  const running = await server();
  const redis = rawClient(running);
  const store = await connect({ redis: running.url, namespace });
  const admin = await openAdmin({ redis: running.url, namespace });
  afterwards(() => admin.close());
  return { running, redis, store, admin };
}

type Started = Awaited<ReturnType<typeof start>>;

async function allKeys({ admin }: Started, options?: KeysOptions): Promise<FoundKey[]> {
  const found: FoundKey[] = [];
  for await (const { keys } of admin.keys(options)) found.push(...keys);
  return found;
}

/** Stores an entry with the tokens that its tags have, or get. */
async function fill(
  store: ObservedStore,
  key: string,
  tags: readonly Tag[],
  more: Partial<Entry> = {},
): Promise<Entry> {
  const tokens = await store.mint(
    tags,
    tags.map(() => LONG),
  );
  const entry: Entry = {
    fingerprint: "0123456789",
    identity: null,
    storedAt: Date.now(),
    freshUntil: Date.now() + LONG,
    loadTime: 12,
    sliding: null,
    absent: false,
    names: null,
    stamps: tokens.map(String),
    payload: Buffer.from("payload"),
    ...more,
  };
  await store.fill(key, frameEntry(entry), 2 * LONG);
  return entry;
}

async function verdict({ admin }: Started, key = KEY) {
  const validity = await admin.validity((await admin.entry(key))!);
  return validity && { verdict: validity.verdict, states: validity.stamps.map(({ tag, state }) => [tag, state]) };
}

describe("keys", () => {
  it("are told by what they are", async () => {
    const started = await start();
    const { store, redis } = started;
    await fill(store, KEY, TAGS);
    await store.quarantine("a writer", [anyTag("Product"), customTag("home")], LONG);
    await store.acquire!("a load", "somebody", LONG);
    await store.claim!(null, "the database", LONG);
    await redis.set("test:tag:{Product}:row:2", "Tokenless");
    await redis.lpush("test:tag:{Product}:row:3", "a list");
    await redis.mset({ "test:else": "1", "test:tag:broken": "1", "other:0123456789:Product:findUnique:": "1" });
    await redis.set("test:eu:0123456789:Product:findUnique:where(id:1)", "of the namespace test:eu");
    const kinds = Object.fromEntries((await allKeys(started)).map((key) => [key.name, key.kind]));
    expect(kinds).toEqual({
      [`test:${KEY}`]: "entry",
      "test:tag:{Product}:by:id": "token",
      "test:tag:{Product}:row:1": "token",
      "test:tag:{Product}:row:2": "spent",
      "test:tag:{Product}:row:3": "spent",
      "test:tag:{Product}:any": "lock",
      "test:tag:{#home}": "lock",
      [Object.keys(kinds).find((name) => name.startsWith("test:lease:"))!]: "lease",
      "test:{database}": "claim",
      "test:else": "foreign",
      "test:tag:broken": "foreign",
      "test:eu:0123456789:Product:findUnique:where(id:1)": "foreign",
    });
  });

  it("say which query and which tag they are of", async () => {
    const started = await start();
    await fill(started.store, KEY, TAGS);
    const found = await allKeys(started);
    expect(found).toContainEqual({
      kind: "entry",
      name: `test:${KEY}`,
      key: KEY,
      fingerprint: "0123456789",
      model: "Product",
      operation: "findUnique",
    });
    expect(found).toContainEqual({ kind: "token", name: "test:tag:{Product}:row:1", group: "Product", tag: TAGS[1] });
  });

  it("are all found, page by page, and how far that is", async () => {
    const { store, admin } = await start();
    const tags = Array.from({ length: 500 }, (_, i) => rowTag("Product", [String(i)]));
    await store.mint(
      tags,
      tags.map(() => LONG),
    );
    const found = new Set<string>();
    const progress: number[] = [];
    for await (const { keys, examined, total } of admin.keys({ pageSize: 50 })) {
      for (const { name } of keys) found.add(name);
      progress.push(examined);
      expect(total).toBe(500);
    }
    expect(found.size).toBe(500);
    expect(progress.length).toBeGreaterThan(5);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(500);
  });

  it("of a namespace with the characters of a pattern are its own alone", async () => {
    const started = await start("a*[b]?");
    await fill(started.store, KEY, TAGS);
    await started.redis.set("axb?:0123456789:Product:findUnique:", "of another namespace");
    expect((await allKeys(started)).map(({ kind }) => kind).toSorted()).toEqual(["entry", "token", "token"]);
  });

  it("take memory", async () => {
    const { store, admin } = await start();
    await fill(store, KEY, TAGS, { payload: Buffer.alloc(10_000) });
    const [entry, nothing] = await admin.memoryOf([`test:${KEY}`, "test:nothing"]);
    expect(entry).toBeGreaterThan(10_000);
    expect(nothing).toBeNull();
  });
});

describe("an entry", () => {
  it("is what was stored, with or without the namespace", async () => {
    const { store, admin } = await start();
    const entry = await fill(store, KEY, TAGS);
    for (const key of [KEY, `test:${KEY}`]) {
      const stored = await admin.entry(key);
      expect(stored).toMatchObject({
        key: KEY,
        frame: { kind: "entry", seal: { isCompressed: false, isEncrypted: false } },
      });
      expect(stored?.frame).toMatchObject({ entry: { storedAt: entry.storedAt, stamps: entry.stamps, loadTime: 12 } });
      expect(stored?.bytes).toBe(frameEntry(entry).byteLength);
      expect(stored?.ttl).toBeGreaterThan(LONG);
    }
    expect(await admin.entry("0123456789:Product:findUnique:where(id:2)")).toBeNull();
  });

  it("that evercache did not write so is said to be that", async () => {
    const { store, admin, redis } = await start();
    const frame = Buffer.from(frameEntry(await fill(store, KEY, TAGS)));
    const kindOf = async (value: Buffer | string) => {
      await redis.set(`test:${KEY}`, value);
      const stored = (await admin.entry(KEY))!;
      expect(await admin.validity(stored)).toBeNull();
      return stored.frame.kind;
    };
    expect(await kindOf(frame.subarray(0, -1))).toBe("damaged");
    const other = Buffer.from(frame);
    other[1] = 3;
    expect(await kindOf(other)).toBe("other-version");
    expect(await kindOf("{}")).toBe("foreign");
    await redis.del(`test:${KEY}`);
    await redis.lpush(`test:${KEY}`, "x");
    expect(await admin.entry(KEY)).toEqual({ key: KEY, bytes: 0, ttl: null, frame: { kind: "foreign" } });
  });
});

describe.each([
  ["that names its tags", TAGS],
  ["that does not name its tags", null],
])("the validity of an entry %s", (_, names) => {
  it("is told, and by which tags", async () => {
    const started = await start();
    const { store } = started;
    await fill(store, KEY, TAGS, { names });
    expect(await verdict(started)).toEqual({
      verdict: "valid",
      states: [
        [TAGS[0], "equal"],
        [TAGS[1], "equal"],
      ],
    });

    await store.quarantine("a writer", [TAGS[1]], LONG);
    expect(await verdict(started)).toEqual({
      verdict: "locked",
      states: [
        [TAGS[0], "equal"],
        [TAGS[1], "locked"],
      ],
    });

    await store.release("a writer", { changed: [], unchanged: [TAGS[1]] });
    expect(await verdict(started)).toMatchObject({ verdict: "valid" });

    await store.rotate([TAGS[1]]);
    await store.mint([TAGS[1]], [LONG]);
    expect(await verdict(started)).toEqual({
      verdict: "invalidated",
      states: [
        [TAGS[0], "equal"],
        [names ? TAGS[1] : null, "changed"],
      ],
    });
  });

  it("ends with its time, and with the server that minted its stamps", async () => {
    const started = await start();
    const { store, running, redis } = started;
    await fill(store, KEY, TAGS, { names, freshUntil: Date.now() - 1 });
    expect(await verdict(started)).toMatchObject({ verdict: "expired" });
    await fill(store, KEY, TAGS, { names, absent: true });
    expect(await verdict(started)).toMatchObject({ verdict: "valid" });
    const dump = await Promise.all(TAGS.map((tag) => redis.get(`test:tag:{Product}${tag.slice("Product".length)}`)));
    const entry = await redis.getBuffer(`test:${KEY}`);
    // Another incarnation, with the old one's data.
    await running.restart();
    const restored = rawClient(running);
    await restored.set(`test:${KEY}`, entry!);
    for (const [i, tag] of TAGS.entries())
      await restored.set(`test:tag:{Product}${tag.slice("Product".length)}`, dump[i]!);
    const admin = await openAdmin({ redis: running.url, namespace: "test" });
    afterwards(() => admin.close());
    const validity = await admin.validity((await admin.entry(KEY))!);
    expect(validity).toMatchObject({ verdict: "invalidated", stamps: [{ state: "changed" }, { state: "changed" }] });
  });
});

it("compares an entry with the tags of its query, without a search, where these are told", async () => {
  const { store, admin } = await start();
  await fill(store, KEY, TAGS);
  const looked: number[] = [];
  const judge = async (query: { tags: readonly Tag[]; absentTags: readonly Tag[] }) => {
    looked.length = 0;
    return admin.validity((await admin.entry(KEY))!, { query, onProgress: (examined) => looked.push(examined) });
  };
  const absentTags = [newTag("Product", ["id"]), TAGS[1]];
  await store.rotate([TAGS[1]]);
  expect(await judge({ tags: TAGS, absentTags })).toMatchObject({
    verdict: "invalidated",
    stamps: [
      { tag: TAGS[0], state: "equal" },
      { tag: TAGS[1], state: "changed" },
    ],
  });
  expect(looked).toEqual([]);
  await fill(store, KEY, absentTags, { absent: true });
  expect(await judge({ tags: TAGS, absentTags })).toMatchObject({ verdict: "valid" });
  // Not those that it was stored with.
  await store.rotate([TAGS[1]]);
  expect(await judge({ tags: TAGS, absentTags: [TAGS[1]] })).toMatchObject({ verdict: "invalidated" });
  expect(looked.length).toBeGreaterThan(0);
});

describe("what is ended", () => {
  const OF_MODEL = [anyTag("Product"), newTag("Product", ["sku"]), pathTag("Product", ["id"])] as const;
  const OTHERS = [
    rowTag("Product", ["1"]),
    anyTag("Products"),
    anyTag("Order"),
    pathTag("Order", ["id"]),
    customTag("home"),
  ];

  async function minted() {
    const started = await start();
    const tags = [...OF_MODEL, ...OTHERS];
    const before = await started.store.mint(
      tags,
      tags.map(() => LONG),
    );
    const gone = async () => {
      const now = await Promise.all(tags.map((tag) => stateOf(started.store, tag)));
      return tags.filter((_, i) => now[i] !== before[i]);
    };
    return { ...started, gone };
  }

  it("of a model are all tags that it has whatever rows are in it, and no others", async () => {
    const { admin, gone } = await minted();
    expect(await admin.invalidate({ models: ["Product"] })).toEqual({
      models: { Product: 3 },
      tags: [],
      inMemory: "ended",
    });
    expect(await gone()).toEqual(OF_MODEL);
  });

  it("of several models and tags is all of them", async () => {
    const { admin, gone } = await minted();
    const ended = await admin.invalidate({ models: ["Order", "Nothing"], tags: ["home", "home"] });
    expect(ended).toEqual({ models: { Nothing: 0, Order: 2 }, tags: ["home"], inMemory: "ended" });
    expect(await gone()).toEqual([anyTag("Order"), pathTag("Order", ["id"]), customTag("home")]);
  });

  it("of everything is a tag of each entry", async () => {
    const { admin, gone } = await minted();
    expect(await admin.invalidateAll()).toEqual({
      models: { Order: 2, Product: 3, Products: 1 },
      tags: [],
      inMemory: "ended",
    });
    expect(await gone()).toEqual([...OF_MODEL, anyTag("Products"), anyTag("Order"), pathTag("Order", ["id"])]);
  });

  it("does not come back with a writer who was there before", async () => {
    const { admin, store } = await minted();
    const [path] = await store.mint([OF_MODEL[2]], [LONG]);
    await store.quarantine("a writer", OF_MODEL, LONG);
    await admin.invalidate({ models: ["Product"] });
    await store.release("a writer", { changed: [], unchanged: OF_MODEL });
    expect(await stateOf(store, OF_MODEL[2])).not.toBe(path);
  });

  it("is told to those who keep results in memory, also of what Redis has forgotten", async () => {
    const { admin, store } = await start();
    const lost: unknown[] = [];
    const followed: string[] = [];
    let onFollowed: () => void = () => {};
    const watching = store.watch!(
      {
        onFollowing: (group) => {
          followed.push(group);
          onFollowed();
        },
        onInvalidated: () => {},
        onLost: (groups, error) => lost.push([...groups, error]),
        onHeard: () => {},
      },
      20,
    );
    const follows = (count: number) =>
      new Promise<void>((resolve) => {
        onFollowed = () => {
          if (followed.length >= count) resolve();
        };
        onFollowed();
      });
    watching.follow("Product");
    await follows(1);
    await admin.invalidate({ models: ["Product"] });
    await follows(2);
    await admin.invalidateAll();
    await follows(3);
    expect(lost).toEqual([
      ["Product", undefined],
      ["Product", undefined],
    ]);
    await watching.close();
  });

  test.each([[{ models: "Product" }], [{ models: [""] }], [{ models: ["#home"] }], [{ tags: [1] }]])(
    "%j is refused",
    async (what) => {
      const { admin } = await start();
      await expect(admin.invalidate(what as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    },
  );
});

describe("the connection", () => {
  it("is waited for, and what is wrong with it is said", async () => {
    const gone = await startRedis();
    await gone.stop();
    await expect(openAdmin({ redis: gone.url, timeout: "100ms" })).rejects.toMatchObject({
      name: "EvercacheError",
      code: "STORE_UNAVAILABLE",
      message: expect.stringMatching(/within 100 ms: .*ECONNREFUSED/) as string,
    });
    await expect(openAdmin({ redis: "http://x" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("needs few rights, and does without some of them", async () => {
    const { running, redis, store } = await start();
    const own = "+ping +info +mget +set +del +pttl +pexpiretime +time +publish +evalsha +eval +script|load";
    const rules = `on >secret resetchannels &test:* resetkeys ~test:* -@all ${own} +scan +dbsize +get`;
    await redis.call("ACL", "SETUSER", "tool", ...rules.split(" "));
    const admin = await openAdmin({ redis: `redis://tool:secret@127.0.0.1:${running.port}`, namespace: "test" });
    afterwards(() => admin.close());
    await fill(store, KEY, TAGS);
    for await (const { keys } of admin.keys()) expect(keys).toHaveLength(3);
    expect(await admin.memoryOf([`test:${KEY}`])).toEqual([null]);
    expect(await admin.validity((await admin.entry(KEY))!)).toMatchObject({ verdict: "valid" });
    expect(await admin.invalidateAll()).toMatchObject({ inMemory: "uncertain" });
    expect(await admin.validity((await admin.entry(KEY))!)).toMatchObject({ verdict: "invalidated" });
  });

  it("that is lost is said in one kind of error", async () => {
    const { admin, running } = await start();
    expect(await admin.ping()).toEqual([expect.any(Number)]);
    await running.stop();
    await expect(admin.entry(KEY)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(admin.keys()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("to a server that is frozen is said to be so, too", async () => {
    const { running, store } = await start();
    await fill(store, KEY, TAGS);
    const admin = await openAdmin({ redis: running.url, namespace: "test", timeout: "2s" });
    afterwards(() => admin.close());
    const entry = (await admin.entry(KEY))!;
    const pages = admin.keys({ pageSize: 1 })[Symbol.asyncIterator]();
    await pages.next();
    await running.pause();
    const calls = [
      pages.next(),
      admin.validity(entry),
      admin.memoryOf([KEY]),
      admin.invalidate({ tags: ["home"] }),
      admin.invalidateAll(),
    ];
    const errors = (await Promise.allSettled(calls)).map((call) =>
      call.status === "rejected" ? (call.reason as unknown) : call,
    );
    for (const error of errors) expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await running.resume();
  });
});
