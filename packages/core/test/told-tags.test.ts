import { describe, expect, it } from "vitest";
import { MOST_STAMPS, openEntry } from "../src/entry.js";
import { MOST_EXACT_TAGS } from "../src/narrowing.js";
import type { TagsOf } from "../src/policy/settings.js";
import type { ReadPlan } from "../src/read-plan.js";
import { ANY_CUSTOM, anyTag, customTag, rowTag, type Tag } from "../src/tag.js";
import { fills } from "./support/blog.js";
import { LONG, makeCache, type CacheUnderTest } from "./support/make-cache.js";
import { ALL, ANY, makePlan, POLICY, row } from "./support/plans.js";

const ORDER = { id: 1, tenant: 7 };
const byTenant: TagsOf = (result) => [`tenant:${(result as typeof ORDER).tenant}`];
const SEVEN = customTag("tenant:7");
const EIGHT = customTag("tenant:8");

function planOf<T>(value: T, tagsOf: TagsOf = byTenant, changes: Partial<ReadPlan<T>> = {}): ReadPlan<T> {
  return makePlan(async () => value, {
    tags: [ALL, row(1), ANY_CUSTOM],
    absentTags: [row(1), ANY, ANY_CUSTOM],
    policy: { ...POLICY, tagsOf },
    ...changes,
  });
}

async function namesOf({ store }: CacheUnderTest): Promise<readonly Tag[] | null> {
  const { entry } = await store.lookup(planOf(null).key, []);
  return openEntry(entry!)!.names;
}

async function statusOf({ cache }: CacheUnderTest, plan: ReadPlan<unknown>): Promise<string> {
  const { info } = await cache.read(plan);
  return info.reason ? `${info.status}: ${info.reason}` : info.status;
}

/** A process that has stored the result of one plan. */
async function stored(plan: ReadPlan<unknown>): Promise<CacheUnderTest> {
  const under = makeCache();
  await under.cache.read(plan);
  expect(await fills(under, 1)).toEqual(["stored"]);
  return under;
}

describe("a result that tells its custom tags", () => {
  it("is dropped by them, and by no others", async () => {
    const plan = planOf(ORDER);
    const under = await stored(plan);
    expect(await namesOf(under)).toEqual([ALL, row(1), SEVEN]);
    await under.cache.invalidate([EIGHT]);
    const { info } = await under.cache.read(plan);
    expect(info).toMatchObject({ status: "hit", tags: [ALL, row(1), SEVEN] });
    await under.cache.invalidate([SEVEN]);
    expect(await statusOf(under, plan)).toBe("miss: invalidated");
  });

  it("is a hit in a process that has not seen it, which says what it depends on without asking the database", async () => {
    const plan = planOf(ORDER);
    const { store } = await stored(plan);
    const { cache } = makeCache({ store });
    expect(await cache.inspect(plan)).toEqual({ kind: "hit", tags: [ALL, row(1), SEVEN] });
    expect((await cache.read(plan)).info.tags).toContain(SEVEN);
  });

  it("is a hit while a write has another one locked, and none while its own is", async () => {
    const plan = planOf(ORDER);
    const under = await stored(plan);
    const fence = under.cache.fence();
    fence.add({ changed: [EIGHT], fenced: [] });
    await fence.lock();
    expect(await statusOf(under, plan)).toBe("hit");
    fence.add({ changed: [SEVEN], fenced: [] });
    await fence.lock();
    expect(await statusOf(under, plan)).toBe("bypass: quarantined");
    await fence.settle("committed");
    expect(await statusOf(under, plan)).toBe("miss: invalidated");
  });

  it("has those of its query too", async () => {
    const home = customTag("home");
    const plan = planOf(ORDER, () => ["home", "tenant:7", "tenant:7"], { tags: [ALL, row(1), home, ANY_CUSTOM] });
    const under = await stored(plan);
    expect(await namesOf(under)).toEqual([ALL, row(1), home, SEVEN]);
  });

  it("tells the rows that it shows as well: both wide tags leave, each behind a look at its own", async () => {
    const author = rowTag("User", ["7"]);
    const plan = planOf(ORDER, byTenant, {
      tags: [ALL, row(1), anyTag("User"), ANY_CUSTOM],
      loadNarrow: async () => ({ value: ORDER, narrowing: { replaced: [anyTag("User")], exact: [author] } }),
    });
    const minted: (readonly Tag[])[] = [];
    const under = makeCache({ hooks: { before: { mint: (tags) => void minted.push(tags) } } });
    await under.cache.read(plan);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(await namesOf(under)).toEqual([ALL, row(1), SEVEN, author]);
    expect(minted.slice(1)).toEqual([[SEVEN], [author, anyTag("User"), ANY_CUSTOM]]);
  });

  it("and shows nothing that has one needs no second look", async () => {
    const minted: (readonly Tag[])[] = [];
    const under = makeCache({ hooks: { before: { mint: (tags) => void minted.push(tags) } } });
    const plan = planOf([], () => []);
    await under.cache.read(plan);
    expect(await fills(under, 1)).toEqual(["stored"]);
    expect(minted).toHaveLength(1);
    await under.cache.invalidate([SEVEN]);
    expect(await statusOf(under, plan)).toBe("hit");
  });

  it("in this process's memory is dropped by them, and by no others", async () => {
    const l1 = { mode: "tracked", maxStaleness: 60_000, share: false } as const;
    const plan = planOf(ORDER, byTenant, { policy: { ...POLICY, tagsOf: byTenant, l1 } });
    const options = { l1: { maxEntries: 100, maxBytes: 1e6, leastStaleness: 60_000 } };
    const under = makeCache(options);
    const tierOf = async () => (await under.cache.read(plan)).info.tier;
    await expect.poll(tierOf).toBe("l1");
    const other = makeCache({ ...options, store: under.store });
    await other.cache.invalidate([EIGHT]);
    expect(await tierOf()).toBe("l1");
    await other.cache.invalidate([SEVEN]);
    expect(await tierOf()).toBe("database");
    await expect.poll(tierOf).toBe("l1");
    const dropping = under.cache.invalidate([SEVEN]);
    expect(under.cache.readNow(plan)).toBeUndefined();
    await dropping;
  });
});

describe("the tag for all custom tags stays", () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `tenant:${i}`);

  it.each<[string, ReadPlan<unknown>]>([
    ["of what found nothing, which is not asked", planOf(null)],
    ["of null as any other result", planOf(null, byTenant, { absentTags: [] })],
    ["of what has too many", planOf(ORDER, () => many(MOST_EXACT_TAGS + 1))],
    [
      "of what has too many beside its others",
      planOf(ORDER, () => many(MOST_EXACT_TAGS), {
        tags: [...Array.from({ length: MOST_STAMPS - MOST_EXACT_TAGS + 1 }, (_, i) => row(i)), ANY_CUSTOM],
      }),
    ],
  ])("%s: any custom tag drops it", async (_, plan) => {
    const under = await stored(plan);
    expect(await namesOf(under)).toBeNull();
    expect(under.of("warning")).toEqual([]);
    expect(await statusOf(under, plan)).toBe("hit");
    await under.cache.invalidate([EIGHT]);
    expect(await statusOf(under, plan)).toBe("miss: invalidated");
  });

  it("and nothing else is dropped by tags that it does not have", async () => {
    const home = customTag("home");
    const plan = makePlan(async () => ORDER, { tags: [ALL, row(1), home] });
    const under = await stored(plan);
    await under.cache.invalidate([SEVEN]);
    expect(await statusOf(under, plan)).toBe("hit");
  });
});

it.each<[string, TagsOf]>([
  [
    "throws",
    () => {
      throw new Error("no such property");
    },
  ],
  ["answers later", (async () => ["home"]) as never],
  ["fails later", (() => Promise.reject(new Error("later"))) as never],
  ["answers nothing", (() => undefined) as never],
  ["answers a name", (() => "home") as never],
  ["answers what is no name", () => ["home", ""]],
  ["answers numbers", (() => [7]) as never],
  // oxlint-disable-next-line typescript/only-throw-error -- an application may
  [
    "throws what has no text",
    () => {
      throw Object.create(null);
    },
  ],
])("one that %s leaves the result out, with a warning, and the caller has it", async (_, tagsOf) => {
  const under = makeCache();
  expect((await under.cache.read(planOf(ORDER, tagsOf))).data).toBe(ORDER);
  expect(await fills(under, 1)).toEqual(["unwanted"]);
  expect(under.of("warning")).toMatchObject([
    { code: "TAGS_FAILED", message: expect.stringContaining("Product.findUnique") as string },
  ]);
});

it("a result that is not kept is not asked", async () => {
  const tagsOf: TagsOf = () => expect.fail("asked");
  const under = makeCache();
  const { policy } = planOf(ORDER, tagsOf);
  await under.cache.read(planOf(ORDER, tagsOf, { policy: { ...policy, ttlOf: () => false } }));
  expect(await fills(under, 1)).toEqual(["unwanted"]);
  expect(under.of("warning")).toEqual([]);
});

it("what the server was not told of, it is told in that order when it is back", async () => {
  const told: (readonly Tag[])[] = [];
  let isAway = true;
  const under = makeCache({
    hooks: {
      before: {
        rotate: (tags) => {
          if (isAway) throw new Error("READONLY");
          told.push(tags);
        },
      },
    },
  });
  expect(await under.cache.invalidate([SEVEN])).toBe(false);
  isAway = false;
  await under.store.mint([SEVEN], [LONG]);
  await under.cache.invalidate([row(1)]);
  await under.cache.close();
  expect(told.filter((tags) => !tags.includes(row(1)))).toEqual([[ANY_CUSTOM], [SEVEN]]);
});
