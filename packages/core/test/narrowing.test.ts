import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../testing/src/gate.js";
import { MOST_STAMPS } from "../src/entry.js";
import { MOST_EXACT_TAGS, type Narrowing } from "../src/narrowing.js";
import { customTag, anyTag, rowTag, type Tag } from "../src/tag.js";
import { QUARANTINED } from "../src/token.js";
import { author, Blog, fills, POST, POST_ANY, POST_PATH, USER_ANY, USER_PATH } from "./support/blog.js";
import { LONG, makeCache } from "./support/make-cache.js";

let blog: Blog;
beforeEach(() => void (blog = new Blog()));

describe("a result that tells its tags", () => {
  it("is kept through writes to other rows, and dropped by a write to its own", async () => {
    const { see, ...under } = blog.start();
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toEqual([POST_PATH, POST, USER_PATH, author(7)]);
    await blog.rename(8, "bea");
    expect(await see()).toEqual(["hit", "ann"]);
    await blog.rename(7, "amy");
    expect(await see()).toEqual(["miss: invalidated", "amy"]);
  });

  it("is dropped when it comes to be about other rows", async () => {
    const { see, ...under } = blog.start();
    await see();
    await fills(under, 1);
    blog.authorId = 8;
    await blog.store.rotate([POST_ANY, POST]);
    expect(await see()).toEqual(["miss: invalidated", "bob"]);
    await fills(under, 2);
    await blog.rename(8, "bea");
    expect(await see()).toEqual(["miss: invalidated", "bea"]);
  });

  it("says with each hit what it depends on", async () => {
    const { cache, ...under } = blog.start();
    expect((await cache.read(blog.plan())).info.tags).toEqual([POST_PATH, POST, USER_ANY]);
    await fills({ cache, ...under }, 1);
    expect((await cache.read(blog.plan())).info.tags).toEqual([POST_PATH, POST, USER_PATH, author(7)]);
  });

  it("is a hit while somebody writes to other rows, and asks the database while somebody writes to its own", async () => {
    const { see, ...under } = blog.start();
    await see();
    await fills(under, 1);
    await blog.rename(8, "bea", async () => expect(await see()).toEqual(["hit", "ann"]));
    await blog.rename(7, "amy", async () => expect(await see()).toEqual(["bypass: quarantined", "amy"]));
  });

  it("without rows of the other model needs no second look, and no tag of it", async () => {
    blog.authorId = null;
    const { see, asked, ...under } = blog.start();
    expect(await see()).toEqual(["miss: absent", null]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(asked).toEqual(["lookup", "mint"]);
    expect(await blog.namesOfEntry()).toEqual([POST_PATH, POST]);
    await blog.rename(7, "amy");
    expect(await see()).toEqual(["hit", null]);
  });

  it("of which nothing was found depends on what may be found, whatever it tells", async () => {
    const { cache, ...under } = blog.start();
    const plan = {
      ...blog.plan(),
      loadNarrow: async () => ({ value: null, narrowing: { replaced: [USER_ANY], exact: [] } }),
    };
    expect((await cache.read(plan)).data).toBeNull();
    expect(await fills({ cache, ...under }, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toBeNull();
    await blog.rename(7, "amy");
    await blog.store.rotate([POST_PATH]);
    expect((await cache.read(plan)).info).toMatchObject({ status: "hit", tags: [POST, POST_ANY] });
    await blog.store.rotate([POST_ANY]);
    expect((await cache.read(plan)).info.reason).toBe("invalidated");
  });

  it("stands for several wide tags at once, each by tags of its own group", async () => {
    const tags = [anyTag("Tag"), anyTag("User"), customTag("home")];
    const exact = [author(7), rowTag("Tag", ["3"])];
    const { cache, asked, ...under } = blog.start();
    const plan = { ...blog.plan(undefined, { replaced: tags.slice(0, 2), exact }), tags };
    await cache.read(plan);
    expect(await fills({ cache, ...under }, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toEqual([customTag("home"), ...exact]);
    expect(asked).toEqual(["lookup", "mint", "mint"]);
  });
});

describe("between the load and the second look", () => {
  it("a write to the model comes and goes: nothing is stored", async () => {
    const gate = createGate();
    const { see, ...under } = blog.start();
    const slow = see(blog.plan(() => gate.pass()));
    await gate.arrived;
    await blog.rename(7, "amy");
    gate.open();
    expect(await slow).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["overtaken"]);
    expect(under.cache.stats().fills).toMatchObject({ stored: 0, overtaken: 1 });
    expect(await see()).toEqual(["miss: absent", "amy"]);
  });

  it("a write begins that ends after it: nothing is stored", async () => {
    const [loading, committing] = [createGate(), createGate()];
    const { see, ...under } = blog.start();
    const slow = see(blog.plan(() => loading.pass()));
    await loading.arrived;
    const writing = blog.rename(7, "amy", () => committing.pass());
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
    const { see, of } = blog.start();
    const writing = blog.rename(7, "amy", () => committing.pass());
    await committing.arrived;
    expect(await see()).toEqual(["bypass: quarantined", "amy"]);
    committing.open();
    await writing;
    expect(of("fill")).toEqual([]);
  });

  it.each<[string, () => Promise<void>]>([
    ["is dropped, and minted again", () => blog.store.rotate([USER_ANY])],
    ["has lived its life, and is minted again", async () => void (blog.clock += 31 * 86_400_000)],
  ])("the wide token %s: nothing is stored", async (_, lose) => {
    const gate = createGate();
    const { see, ...under } = blog.start();
    const slow = see(blog.plan(() => gate.pass()));
    await gate.arrived;
    await lose();
    await blog.store.mint([USER_ANY], [LONG]);
    gate.open();
    await slow;
    expect(await fills(under, 1)).toEqual(["overtaken"]);
  });

  it("another writer is refused and rolls back: the exact tags are as good as before", async () => {
    const gate = createGate();
    const { see, ...under } = blog.start();
    const slow = see(blog.plan(() => gate.pass()));
    await gate.arrived;
    const { cache } = makeCache({ store: blog.store });
    const fence = cache.fence();
    fence.add({ changed: [USER_ANY, author(7)], fenced: [] });
    await fence.lock();
    await fence.settle("rolled-back");
    await expect.poll(async () => (await blog.store.lookup("", [USER_ANY])).tokens).not.toContain(QUARANTINED);
    gate.open();
    await slow;
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toContain(author(7));
  });

  it("an exact tag is locked although the wide one is as it was: the wide tags stand", async () => {
    const { see, ...under } = blog.start();
    await blog.store.quarantine("who lost its other lock", [author(7)], LONG);
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toBeNull();
    await blog.rename(8, "bea");
    expect((await see())[0]).toBe("miss: invalidated");
  });

  it("the store does not answer: the wide tags stand", async () => {
    let minted = 0;
    const { see, ...under } = blog.start({
      before: { mint: async () => (++minted === 2 ? Promise.reject(new Error("OOM")) : undefined) },
    });
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toBeNull();
    expect((await see())[0]).toBe("hit");
  });
});

describe("after the second look", () => {
  it("a write to its row comes before the fill: what is stored is never served", async () => {
    const gate = createGate();
    const { see, ...under } = blog.start({ before: { fill: () => gate.pass() } });
    expect(await see()).toEqual(["miss: absent", "ann"]);
    await gate.arrived;
    await blog.rename(7, "amy");
    gate.open();
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await see()).toEqual(["miss: invalidated", "amy"]);
  });

  it("its answer has long been given, and whoever asks meanwhile shares it", async () => {
    const gate = createGate();
    let minted = 0;
    const { see, ...under } = blog.start({ before: { mint: async () => (++minted === 2 ? gate.pass() : undefined) } });
    expect(await see()).toEqual(["miss: absent", "ann"]);
    await gate.arrived;
    expect(await see()).toEqual(["miss: absent", "ann"]);
    expect(blog.loads).toBe(1);
    await blog.rename(7, "amy");
    expect(await see()).toEqual(["miss: absent", "amy"]);
    expect(blog.loads).toBe(2);
    gate.open();
    expect(await fills(under, 2)).toContain("overtaken");
    expect((await see())[1]).toBe("amy");
  });

  it("the cache can be closed: it waits for the fill", async () => {
    const gate = createGate();
    const filled: string[] = [];
    const { see, cache } = blog.start({
      after: { mint: () => gate.pass(), fill: (key) => void filled.push(key) },
    });
    const reading = see();
    gate.open();
    await reading;
    await cache.close();
    expect(filled).toEqual([blog.plan().key]);
  });
});

describe("the wide tags stand", () => {
  const many = (count: number): Tag[] => Array.from({ length: count }, (_, i) => author(i));
  const wide = [POST_PATH, POST, USER_ANY];

  it.each<[string, Narrowing | null]>([
    ["if the result tells nothing", null],
    ["if nothing is replaced", { replaced: [], exact: [] }],
    ["if what is replaced is exact as well", { replaced: [USER_ANY], exact: [USER_ANY] }],
    ["if there are too many exact tags", { replaced: [USER_ANY], exact: many(MOST_EXACT_TAGS + 1) }],
  ])("%s", async (_, narrowing) => {
    const { see, asked, ...under } = blog.start();
    await see(blog.plan(undefined, narrowing));
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toBeNull();
    expect(asked).toEqual(["lookup", "mint"]);
    expect(under.of("warning")).toEqual([]);
    expect((await under.cache.read(blog.plan())).info).toMatchObject({ status: "hit", tags: wide });
  });

  it("but not if there are just as many exact tags as may be", async () => {
    const { see, ...under } = blog.start();
    await see(blog.plan(undefined, { replaced: [USER_ANY], exact: many(MOST_EXACT_TAGS) }));
    await fills(under, 1);
    expect(await blog.namesOfEntry()).toHaveLength(2 + MOST_EXACT_TAGS);
  });

  it("if there would be more tags than an entry carries", async () => {
    const { cache, ...under } = blog.start();
    const tags = [USER_ANY, ...Array.from({ length: MOST_STAMPS - 2 }, (_, i) => customTag(String(i)))];
    for (const [count, isNamed] of [
      [2, true],
      [3, false],
    ] as const) {
      await cache.read({ ...blog.plan(undefined, { replaced: [USER_ANY], exact: many(count) }), tags, absentTags: [] });
      await fills({ cache, ...under }, isNamed ? 1 : 2);
      expect((await blog.namesOfEntry()) !== null).toBe(isNamed);
      await blog.store.rotate(tags);
    }
  });

  it.each<[string, Narrowing]>([
    ["replaces what the plan does not carry", { replaced: [anyTag("Other")], exact: [author(7)] }],
    ["has nothing that stood for it before", { replaced: [USER_ANY], exact: [rowTag("Other", ["1"])] }],
  ])("if an exact tag %s, with a warning", async (_, narrowing) => {
    const { see, ...under } = blog.start();
    await see(blog.plan(undefined, narrowing));
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await blog.namesOfEntry()).toBeNull();
    expect(under.of("warning")).toMatchObject([{ code: "NARROWING_NOT_UNDERSTOOD" }]);
  });

  it("if it cannot be told what the result depends on, with a warning, and the answer is given all the same", async () => {
    const { see, ...under } = blog.start();
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
  const { cache, of } = blog.start();
  const failure = new Error("away");
  const plan = { ...blog.plan(), loadNarrow: () => Promise.reject(failure) };
  await expect(cache.read(plan)).rejects.toBe(failure);
  expect(of("fill")).toEqual([]);
  expect((await cache.read(blog.plan())).data).toEqual(blog.post);
});

it("a bypass does not ask for more than it needs", async () => {
  const { cache } = blog.start({ before: { lookup: () => Promise.reject(new Error("away")) } });
  const plan = { ...blog.plan(), loadNarrow: () => Promise.reject(new Error("asked for more")) };
  expect((await cache.read(plan)).info.reason).toBe("unreachable");
});
