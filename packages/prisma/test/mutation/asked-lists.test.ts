import { fieldTag, pathTag, type Policy, type Tag } from "@evercache/core";
import { describe, expect, test } from "vitest";
import { AskedList, AskedLists } from "../../src/mutation/asked-lists.js";
import type { Prepared } from "../../src/query/prepared.js";
import type { CachedView } from "../../src/runtime.js";

const MODEL = "Book";
const POLICY: Policy = { ttl: 1000, jitter: 0, maxEntryBytes: 1000, l1: null };
const shelf = (id: number | string): Tag => fieldTag(MODEL, "shelfId", String(id));
const PATH = pathTag(MODEL, ["shelfId"]);
const VIEW = { fingerprint: "one" } as unknown as CachedView;

/** As far as is looked at. */
function prepared(key: string, tags: readonly Tag[], model = MODEL): Prepared {
  return { key, tags: [...tags, PATH], source: { model, operation: "findMany" } } as unknown as Prepared;
}

const newList = () => new AskedList({ primaryKey: ["id"], decisive: ["shelfId", "id"] });

interface Asking {
  readonly list?: AskedList;
  readonly view?: CachedView;
  readonly scope?: string;
  readonly policy?: Partial<Policy>;
  readonly model?: string;
}

function start() {
  const lists = new AskedLists();
  return {
    lists,
    ask: (key: string, tags: readonly Tag[], { list = newList(), view = VIEW, scope, policy, model }: Asking = {}) => {
      lists.see(list, view, scope, { ...POLICY, ...policy }, prepared(key, tags, model));
      return list;
    },
    keys: (tags: readonly Tag[], { view = VIEW, scope, model = MODEL }: Asking = {}) =>
      lists.patches(view, scope, model, tags).map(({ plan }) => plan.key),
  };
}

describe("a list", () => {
  test("is found behind the tags that name values, with its query and its row", () => {
    const { lists, ask } = start();
    ask("a", [shelf(1), shelf(2)]);
    const patches = lists.patches(VIEW, undefined, MODEL, [shelf(2), shelf(1)]);
    expect(patches).toHaveLength(1);
    const patch = patches.at(0)!;
    expect(patch.plan).toMatchObject({ key: "a", tags: [shelf(1), shelf(2), PATH], policy: POLICY });
    expect(patch.apply([{ id: 1, shelfId: 1, title: "a" }], { id: 1, shelfId: 1, title: "b" })).toEqual([
      { id: 1, shelfId: 1, title: "b" },
    ]);
  });

  test("is not found behind others, nor behind those of all rows", () => {
    const { ask, keys } = start();
    ask("a", [shelf(1), "#custom" as Tag]);
    expect(keys([shelf(3), PATH, "#custom" as Tag])).toEqual([]);
    expect(keys([shelf(1)])).toEqual(["a"]);
  });

  test("is told once for each time that it was asked for since, however often that was", () => {
    const { ask, keys } = start();
    const list = ask("a", [shelf(1)]);
    ask("a", [shelf(1)], { list });
    expect(keys([shelf(1)])).toEqual(["a"]);
    expect(keys([shelf(1)])).toEqual([]);
    ask("a", [shelf(1)], { list });
    expect(keys([shelf(1)])).toEqual(["a"]);
    ask("a", [shelf(1)], { list });
    expect(keys([shelf(1)])).toEqual(["a"]);
  });

  test("that nobody asked for since the last write is forgotten, behind all of its tags", () => {
    const { ask, keys } = start();
    const list = ask("a", [shelf(1), shelf(2)]);
    keys([shelf(1)]);
    keys([shelf(1)]);
    expect(list.asked).toBeNull();
    // Where it is still found, it is as it was.
    list.isAsked = true;
    expect(keys([shelf(2)])).toEqual([]);
  });

  test("is not told to a client that is shown other results, in another scope, or of another model; and stays", () => {
    const { ask, keys } = start();
    ask("a", [shelf(1)], { scope: "tenant" });
    const view = { fingerprint: "two" } as unknown as CachedView;
    expect(keys([shelf(1)])).toEqual([]);
    expect(keys([shelf(1)], { scope: "other" })).toEqual([]);
    expect(keys([shelf(1)], { scope: "tenant", view })).toEqual([]);
    expect(keys([shelf(1)], { scope: "tenant", model: "Shelf" })).toEqual([]);
    expect(keys([shelf(1)], { scope: "tenant" })).toEqual(["a"]);
  });

  test("is told to every client that is shown the same, and keeps none", () => {
    const { lists, ask } = start();
    const [first, second] = [{ ...VIEW }, { ...VIEW }];
    const list = ask("a", [shelf(1)], { view: first });
    expect(Object.values(list.asked!)).not.toContain(first);
    const patch = lists.patches(second, undefined, MODEL, [shelf(1)]).at(0)!;
    expect(patch.plan.fingerprint).toBe("one");
  });

  test.each<[string, Partial<Policy>]>([
    ["its time", { ttlOf: () => false }],
    ["its tags", { tagsOf: () => [] }],
    ["how long it is used", { sliding: { cap: 1000 } }],
  ])("whose rows say %s is not told", (_, policy) => {
    const { ask, keys } = start();
    const list = ask("a", [shelf(1)], { policy });
    expect(keys([shelf(1)])).toEqual([]);
    expect(list.asked).toBeNull();
  });

  test("is never asked", async () => {
    const { lists, ask } = start();
    ask("a", [shelf(1)]);
    const patch = lists.patches(VIEW, undefined, MODEL, [shelf(1)]).at(0)!;
    await expect(async () => patch.plan.load()).rejects.toThrow();
  });
});

describe("memory is bounded", () => {
  test("by the lists behind one tag: those that came last are kept, and the others are gone from their other tags, too", () => {
    const { ask, keys } = start();
    const lists = [1, 2, 3, 4, 5, 6].map((i) => ask(`list ${i}`, [shelf("all"), shelf(i)]));
    expect(keys([shelf("all")])).toEqual(["list 3", "list 4", "list 5", "list 6"]);
    for (const list of lists) list.isAsked = true;
    expect(keys([shelf(1), shelf(2), shelf(3)])).toEqual(["list 3"]);
    expect(lists.map(({ asked }) => asked !== null)).toEqual([false, false, true, true, true, true]);
  });

  test("by a query: one that was prepared anew takes the place of its former self", () => {
    const { ask, keys } = start();
    const former = ask("a", [shelf(1), shelf(2)]);
    for (const key of ["b", "c", "d"]) ask(key, [shelf(1)]);
    const list = ask("a", [shelf(1), shelf(2)]);
    expect([former.asked === null, list.asked === null]).toEqual([true, false]);
    expect(keys([shelf(1)])).toEqual(["b", "c", "d", "a"]);
    list.isAsked = true;
    expect(keys([shelf(2)])).toEqual(["a"]);
  });

  test("by the tags: those behind which a list came last are kept", () => {
    const { ask, keys } = start();
    const first = ask("first", [shelf("first"), shelf("other")]);
    const second = ask("second", [shelf("second")]);
    for (let i = 0; i < 9_998; i++) ask(`${i}`, [shelf(i)]);
    expect(first.asked).toBeNull();
    expect(second.asked).not.toBeNull();
    expect(keys([shelf("first"), shelf("other")])).toEqual([]);
    expect(keys([shelf("second"), shelf(9_997)])).toEqual(["second", "9997"]);
  });
});
