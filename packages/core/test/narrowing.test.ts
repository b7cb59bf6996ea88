import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import type { StoreHooks } from "../../testing/src/wrap-store.js";
import { MOST_STAMPS, openEntry } from "../src/entry.js";
import { MOST_EXACT_TAGS, type Narrowing } from "../src/narrowing.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import type { Store } from "../src/store/store.js";
import { customTag, modelTag, rowTag, type Tag } from "../src/tag.js";
import { QUARANTINED } from "../src/token.js";
import { makeCache, LONG, type CacheUnderTest } from "./support/make-cache.js";
import { makePlan } from "./support/plans.js";

const POST = rowTag("Post", ["1"]);
const POST_ALL = modelTag("Post", "all");
const POST_ANY = modelTag("Post", "any");
const USER_ALL = modelTag("User", "all");
const USER_ANY = modelTag("User", "any");
const author = (id: number): Tag => rowTag("User", [String(id)]);

interface Post {
  readonly id: number;
  readonly author: { readonly id: number; readonly name: string } | null;
}

/** A database of one post, whose author only the result tells. */
class Blog {
  authorId: number | null = 7;
  readonly names = new Map([
    [7, "ann"],
    [8, "bob"],
  ]);
  loads = 0;

  get post(): Post {
    const { authorId } = this;
    return { id: 1, author: authorId === null ? null : { id: authorId, name: this.names.get(authorId)! } };
  }

  get narrowing(): Narrowing {
    const exact = this.authorId === null ? [] : [USER_ALL, author(this.authorId)];
    return { replaced: [USER_ANY], exact };
  }

  /** The post with its author; what is loaded is on its way until `pass` says so. */
  plan(pass: () => Promise<void> = async () => {}, narrowing?: Narrowing | null) {
    const load = async (): Promise<Post> => {
      this.loads++;
      const answer = this.post;
      await pass();
      return answer;
    };
    return makePlan(load, {
      source: { model: "Post", operation: "findUnique" },
      key: "Post:id=1 with author",
      tags: [POST_ALL, POST, USER_ANY],
      absentTags: [POST_ANY],
      loadNarrow: async () => {
        const told = narrowing === undefined ? this.narrowing : narrowing;
        return { value: await load(), narrowing: told };
      },
    });
  }
}

let blog: Blog;
/** Shared by all processes of a test; its clock is `clock`. */
let store: Store;
let clock: number;

beforeEach(() => {
  clock = 0;
  blog = new Blog();
  store = createMemoryStore({ now: () => clock });
});

/** Counts what a process asks of the store. */
function start(
  hooks: StoreHooks = {},
): CacheUnderTest & { readonly asked: string[]; readonly see: (plan?: Plan) => Promise<Seen> } {
  const asked: string[] = [];
  const under = makeCache({
    store,
    hooks: {
      ...hooks,
      before: {
        ...hooks.before,
        lookup: (key, tags) => (asked.push("lookup"), hooks.before?.lookup?.(key, tags)),
        mint: (tags, lifetimes) => (asked.push("mint"), hooks.before?.mint?.(tags, lifetimes)),
      },
    },
  });
  return {
    ...under,
    asked,
    async see(plan = blog.plan()) {
      const { data, info } = await under.cache.read(plan);
      return [info.reason ? `${info.status}: ${info.reason}` : info.status, data.author?.name ?? null];
    },
  };
}
type Plan = ReturnType<Blog["plan"]>;
type Seen = [from: string, author: string | null];

/** The outcome of each fill, when `count` of them have one. */
async function fills({ of }: CacheUnderTest, count: number): Promise<string[]> {
  await expect.poll(() => of("fill").length).toBe(count);
  return of("fill").map(({ outcome }) => outcome);
}

/** The tags that the stored entry names; null where they are the plan's. */
async function names(): Promise<readonly Tag[] | null> {
  const { entry } = await store.lookup(blog.plan().key, []);
  return openEntry(entry!)!.names;
}

/** A write to a user, by a process of its own. */
async function rename(id: number, name: string, during: () => Promise<void> = async () => {}): Promise<void> {
  const { cache } = makeCache({ store });
  await cache.write({
    effects: { changed: [USER_ANY, author(id)], fenced: [] },
    run: async () => {
      blog.names.set(id, name);
      await during();
    },
    learn: () => ({ changed: [], unchanged: [] }),
    outcomeOf: () => "rolled-back",
  });
}

describe("a result that tells its tags", () => {
  it("is kept through writes to other rows, and dropped by a write to its own", async () => {
    const { see, ...under } = start();
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await names()).toEqual([POST_ALL, POST, USER_ALL, author(7)]);
    await rename(8, "bea");
    expect(await see()).toEqual(["hit", "ann"]);
    await rename(7, "amy");
    expect(await see()).toEqual(["miss: invalidated", "amy"]);
  });

  it("is dropped when it comes to be about other rows", async () => {
    const { see, ...under } = start();
    await see();
    await fills(under, 1);
    blog.authorId = 8;
    await store.rotate([POST_ANY, POST]);
    expect(await see()).toEqual(["miss: invalidated", "bob"]);
    await fills(under, 2);
    await rename(8, "bea");
    expect(await see()).toEqual(["miss: invalidated", "bea"]);
  });

  it("says with each hit what it depends on", async () => {
    const { cache, ...under } = start();
    expect((await cache.read(blog.plan())).info.tags).toEqual([POST_ALL, POST, USER_ANY]);
    await fills({ cache, ...under }, 1);
    expect((await cache.read(blog.plan())).info.tags).toEqual([POST_ALL, POST, USER_ALL, author(7)]);
  });

  it("is a hit while somebody writes to other rows, and asks the database while somebody writes to its own", async () => {
    const { see, ...under } = start();
    await see();
    await fills(under, 1);
    await rename(8, "bea", async () => expect(await see()).toEqual(["hit", "ann"]));
    await rename(7, "amy", async () => expect(await see()).toEqual(["bypass: quarantined", "amy"]));
  });

  it("without rows of the other model needs no second look, and no tag of it", async () => {
    blog.authorId = null;
    const { see, asked, ...under } = start();
    expect(await see()).toEqual(["miss: absent", null]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(asked).toEqual(["lookup", "mint"]);
    expect(await names()).toEqual([POST_ALL, POST]);
    await rename(7, "amy");
    expect(await see()).toEqual(["hit", null]);
  });

  it("of which nothing was found depends on what may be found, too", async () => {
    const { cache, ...under } = start();
    const plan = {
      ...blog.plan(),
      loadNarrow: async () => ({ value: null, narrowing: { replaced: [USER_ANY], exact: [] } }),
    };
    expect((await cache.read(plan)).data).toBeNull();
    expect(await fills({ cache, ...under }, 1)).toEqual(["stored"]);
    expect(await names()).toEqual([POST_ALL, POST, POST_ANY]);
    await rename(7, "amy");
    expect((await cache.read(plan)).info).toMatchObject({ status: "hit", tags: [POST_ALL, POST, POST_ANY] });
    await store.rotate([POST_ANY]);
    expect((await cache.read(plan)).info.reason).toBe("invalidated");
  });

  it("stands for several wide tags at once, each by tags of its own group", async () => {
    const tags = [modelTag("Tag", "any"), modelTag("User", "any"), customTag("home")];
    const exact = [author(7), rowTag("Tag", ["3"])];
    const { cache, asked, ...under } = start();
    const plan = { ...blog.plan(undefined, { replaced: tags.slice(0, 2), exact }), tags };
    await cache.read(plan);
    expect(await fills({ cache, ...under }, 1)).toEqual(["stored"]);
    expect(await names()).toEqual([customTag("home"), ...exact]);
    expect(asked).toEqual(["lookup", "mint", "mint"]);
  });
});

describe("between the load and the second look", () => {
  it("a write to the model comes and goes: nothing is stored", async () => {
    const gate = createGate();
    const { see, ...under } = start();
    const slow = see(blog.plan(() => gate.pass()));
    await gate.arrived;
    await rename(7, "amy");
    gate.open();
    expect(await slow).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["overtaken"]);
    expect(under.cache.stats().fills).toMatchObject({ stored: 0, overtaken: 1 });
    expect(await see()).toEqual(["miss: absent", "amy"]);
  });

  it("a write begins that ends after it: nothing is stored", async () => {
    const [loading, committing] = [createGate(), createGate()];
    const { see, ...under } = start();
    const slow = see(blog.plan(() => loading.pass()));
    await loading.arrived;
    const writing = rename(7, "amy", () => committing.pass());
    await committing.arrived;
    loading.open();
    expect(await slow).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["overtaken"]);
    committing.open();
    await writing;
    expect(await see()).toEqual(["miss: absent", "amy"]);
  });

  it("a write that had begun before the read ends: the read stored nothing", async () => {
    const committing = createGate();
    const { see, of } = start();
    const writing = rename(7, "amy", () => committing.pass());
    await committing.arrived;
    expect(await see()).toEqual(["bypass: quarantined", "amy"]);
    committing.open();
    await writing;
    expect(of("fill")).toEqual([]);
  });

  it.each<[string, () => Promise<void>]>([
    ["is dropped, and minted again", () => store.rotate([USER_ANY])],
    ["has lived its life, and is minted again", async () => void (clock += 31 * 86_400_000)],
  ])("the wide token %s: nothing is stored", async (_, lose) => {
    const gate = createGate();
    const { see, ...under } = start();
    const slow = see(blog.plan(() => gate.pass()));
    await gate.arrived;
    await lose();
    await store.mint([USER_ANY], [LONG]);
    gate.open();
    await slow;
    expect(await fills(under, 1)).toEqual(["overtaken"]);
  });

  it("another writer is refused and rolls back: the exact tags are as good as before", async () => {
    const gate = createGate();
    const { see, ...under } = start();
    const slow = see(blog.plan(() => gate.pass()));
    await gate.arrived;
    const { cache } = makeCache({ store });
    const fence = cache.fence();
    fence.add({ changed: [USER_ANY, author(7)], fenced: [] });
    await fence.lock();
    await fence.settle("rolled-back");
    await expect.poll(async () => (await store.lookup("", [USER_ANY])).tokens).not.toContain(QUARANTINED);
    gate.open();
    await slow;
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await names()).toContain(author(7));
  });

  it("an exact tag is locked although the wide one is as it was: the wide tags stand", async () => {
    const { see, ...under } = start();
    await store.quarantine("who lost its other lock", [author(7)], LONG);
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await names()).toBeNull();
    await rename(8, "bea");
    expect((await see())[0]).toBe("miss: invalidated");
  });

  it("the store does not answer: the wide tags stand", async () => {
    let minted = 0;
    const { see, ...under } = start({
      before: { mint: async () => (++minted === 2 ? Promise.reject(new Error("OOM")) : undefined) },
    });
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await names()).toBeNull();
    expect((await see())[0]).toBe("hit");
  });
});

describe("after the second look", () => {
  it("a write to its row comes before the fill: what is stored is never served", async () => {
    const gate = createGate();
    const { see, ...under } = start({ before: { fill: () => gate.pass() } });
    expect(await see()).toEqual(["miss: absent", "ann"]);
    await gate.arrived;
    await rename(7, "amy");
    gate.open();
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await see()).toEqual(["miss: invalidated", "amy"]);
  });

  it("its answer has long been given, and whoever asks meanwhile shares it", async () => {
    const gate = createGate();
    let minted = 0;
    const { see, ...under } = start({ before: { mint: async () => (++minted === 2 ? gate.pass() : undefined) } });
    expect(await see()).toEqual(["miss: absent", "ann"]);
    await gate.arrived;
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(blog.loads).toBe(1);
    await rename(7, "amy");
    expect(await see()).toEqual(["miss: absent", "amy"]);
    expect(blog.loads).toBe(2);
    gate.open();
    expect(await fills(under, 2)).toContain("overtaken");
    expect((await see())[1]).toBe("amy");
  });

  it("the cache can be closed: it waits for the fill", async () => {
    const gate = createGate();
    const filled: string[] = [];
    const { see, cache } = start({
      after: { mint: () => gate.pass(), fill: (key) => void filled.push(key) },
    });
    const reading = see();
    gate.open();
    await reading;
    await cache.close();
    expect(filled).toEqual([blog.plan().key]);
  });
});

describe("another process", () => {
  it("looks twice at what it has not seen yet, and once from then on", async () => {
    const [writer, reader] = [start(), start()];
    await writer.see();
    await fills(writer, 1);
    expect(await writer.see()).toEqual(["hit", "ann"]);
    expect(writer.asked).toEqual(["lookup", "mint", "mint", "lookup"]);
    expect(await reader.see()).toEqual(["hit", "ann"]);
    expect(reader.asked).toEqual(["lookup", "lookup"]);
    expect(await reader.see()).toEqual(["hit", "ann"]);
    expect(reader.asked).toEqual(["lookup", "lookup", "lookup"]);
  });

  it("looks twice again when the entry has come to name other tags", async () => {
    const [writer, reader] = [start(), start()];
    await writer.see();
    await fills(writer, 1);
    await reader.see();
    blog.authorId = 8;
    await store.rotate([POST]);
    expect(await writer.see()).toEqual(["miss: invalidated", "bob"]);
    await fills(writer, 2);
    reader.asked.length = 0;
    expect(await reader.see()).toEqual(["hit", "bob"]);
    expect(await reader.see()).toEqual(["hit", "bob"]);
    expect(reader.asked).toEqual(["lookup", "lookup", "lookup"]);
  });

  it("takes for a miss what has been replaced between its two looks, and is not stale", async () => {
    const writer = start();
    await writer.see();
    await fills(writer, 1);
    let looks = 0;
    const reader = start({
      before: {
        lookup: async () => {
          if (++looks !== 2) return;
          blog.authorId = 8;
          await store.rotate([POST]);
          await writer.see();
          await fills(writer, 2);
        },
      },
    });
    expect(await reader.see()).toEqual(["miss: invalidated", "bob"]);
    expect(reader.asked.filter((command) => command === "lookup")).toHaveLength(2);
  });

  it("judges by the second look alone what a write ended between the two", async () => {
    const writer = start();
    await writer.see();
    await fills(writer, 1);
    let looks = 0;
    const reader = start({ before: { lookup: async () => (++looks === 2 ? rename(7, "amy") : undefined) } });
    expect(await reader.see()).toEqual(["miss: invalidated", "amy"]);
  });

  it("that cannot narrow reads it all the same", async () => {
    const writer = start();
    await writer.see();
    await fills(writer, 1);
    const reader = start();
    const { loadNarrow: _, ...plain } = blog.plan();
    expect(await reader.see(plain)).toEqual(["hit", "ann"]);
    expect(await reader.see(plain)).toEqual(["hit", "ann"]);
    await rename(7, "amy");
    expect(await reader.see(plain)).toEqual(["miss: invalidated", "amy"]);
    await fills(reader, 1);
    expect(await names()).toBeNull();
    expect(await writer.see()).toEqual(["hit", "amy"]);
  });
});

describe("the wide tags stand", () => {
  const many = (count: number): Tag[] => Array.from({ length: count }, (_, i) => author(i));
  const wide = [POST_ALL, POST, USER_ANY];

  it.each<[string, Narrowing | null]>([
    ["if the result tells nothing", null],
    ["if nothing is replaced", { replaced: [], exact: [] }],
    ["if what is replaced is exact as well", { replaced: [USER_ANY], exact: [USER_ANY] }],
    ["if there are too many exact tags", { replaced: [USER_ANY], exact: many(MOST_EXACT_TAGS + 1) }],
  ])("%s", async (_, narrowing) => {
    const { see, asked, ...under } = start();
    await see(blog.plan(undefined, narrowing));
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await names()).toBeNull();
    expect(asked).toEqual(["lookup", "mint"]);
    expect(under.of("warning")).toEqual([]);
    expect((await under.cache.read(blog.plan())).info).toMatchObject({ status: "hit", tags: wide });
  });

  it("but not if there are just as many exact tags as may be", async () => {
    const { see, ...under } = start();
    await see(blog.plan(undefined, { replaced: [USER_ANY], exact: many(MOST_EXACT_TAGS) }));
    await fills(under, 1);
    expect(await names()).toHaveLength(2 + MOST_EXACT_TAGS);
  });

  it("if there would be more tags than an entry carries", async () => {
    const { cache, ...under } = start();
    const tags = [USER_ANY, ...Array.from({ length: MOST_STAMPS - 2 }, (_, i) => customTag(String(i)))];
    for (const [count, isNamed] of [
      [2, true],
      [3, false],
    ] as const) {
      await cache.read({ ...blog.plan(undefined, { replaced: [USER_ANY], exact: many(count) }), tags, absentTags: [] });
      await fills({ cache, ...under }, isNamed ? 1 : 2);
      expect((await names()) !== null).toBe(isNamed);
      await store.rotate(tags);
    }
  });

  it.each<[string, Narrowing]>([
    ["replaces what the plan does not carry", { replaced: [modelTag("Other", "any")], exact: [author(7)] }],
    ["has nothing that stood for it before", { replaced: [USER_ANY], exact: [rowTag("Other", ["1"])] }],
  ])("if an exact tag %s, with a warning", async (_, narrowing) => {
    const { see, ...under } = start();
    await see(blog.plan(undefined, narrowing));
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await names()).toBeNull();
    expect(under.of("warning")).toMatchObject([{ code: "NARROWING_NOT_UNDERSTOOD" }]);
  });

  it("if it cannot be told what the result depends on, with a warning, and the answer is given all the same", async () => {
    const { see, ...under } = start();
    const value = blog.post;
    const failing = {
      value,
      get narrowing(): Narrowing {
        throw new TypeError("no author");
      },
    };
    expect(await see({ ...blog.plan(), loadNarrow: async () => failing })).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(under.of("warning")).toMatchObject([{ message: expect.stringContaining("no author") }]);
  });
});

it("a database that does not answer is the caller's, and nothing is stored", async () => {
  const { cache, of } = start();
  const failure = new Error("away");
  const plan = { ...blog.plan(), loadNarrow: () => Promise.reject(failure) };
  await expect(cache.read(plan)).rejects.toBe(failure);
  expect(of("fill")).toEqual([]);
  expect((await cache.read(blog.plan())).data).toEqual(blog.post);
});

it("a bypass does not ask for more than it needs", async () => {
  const { cache } = start({ before: { lookup: () => Promise.reject(new Error("away")) } });
  const plan = { ...blog.plan(), loadNarrow: () => Promise.reject(new Error("asked for more")) };
  expect((await cache.read(plan)).info.reason).toBe("unreachable");
});

it("`inspect` judges it by its own tags, and asks no database", async () => {
  const [writer, other] = [start(), start()];
  await writer.see();
  await fills(writer, 1);
  await rename(8, "bea");
  for (const { cache } of [writer, other]) expect(await cache.inspect(blog.plan())).toMatchObject({ kind: "hit" });
  await rename(7, "amy", async () => {
    expect(await other.cache.inspect(blog.plan())).toEqual({ kind: "bypass", reason: "quarantined" });
  });
  for (const { cache } of [writer, other]) {
    expect(await cache.inspect(blog.plan())).toEqual({ kind: "miss", reason: "invalidated" });
  }
  expect(blog.loads).toBe(1);
});

it("a hit is verified by its own tags", async () => {
  const under = makeCache({ store, verify: 1 });
  await under.cache.read(blog.plan());
  await fills(under, 1);
  const outcomes = () => under.of("verify").map(({ outcome }) => outcome);
  await rename(8, "bea");
  await under.cache.read(blog.plan());
  await expect.poll(outcomes).toEqual(["match"]);
  // Somebody who writes past the cache.
  blog.names.set(7, "amy");
  expect((await under.cache.read(blog.plan())).data.author?.name).toBe("ann");
  await expect.poll(outcomes).toEqual(["match", "violation"]);
  await expect
    .poll(() => under.of("invalidate"))
    .toMatchObject([{ tags: expect.arrayContaining([USER_ALL, POST_ALL]) }]);
  expect((await under.cache.read(blog.plan())).data.author?.name).toBe("amy");
  const loading = createGate();
  await fills(under, 2);
  await under.cache.read({ ...blog.plan(), load: async () => (await loading.pass(), blog.post) });
  await loading.arrived;
  await rename(7, "ann");
  loading.open();
  await expect.poll(outcomes).toEqual(["match", "violation", "inconclusive"]);
});
