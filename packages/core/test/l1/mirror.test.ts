import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCurrent } from "../../src/l1/l1.js";
import { Mirror, type Cell } from "../../src/l1/mirror.js";
import { anyTag, customTag, pathTag, rowTag, tagGroup, type Tag } from "../../src/tag.js";

const ROW = rowTag("Product", ["1"]);
const PATH = pathTag("Product", ["id"]);
const POST = rowTag("Post", ["1"]);

/** A mirror over a store that tells at once, unless `follow` is given. */
function open({ mostTokens = 100, follows = true } = {}) {
  const asked: string[] = [];
  const changes: (readonly [string, readonly string[], unknown])[] = [];
  const mirror: Mirror = new Mirror(
    mostTokens,
    (group) => {
      asked.push(group);
      if (follows) mirror.onFollowing(group);
    },
    (status, groups, error) => changes.push([status, groups, error]),
  );
  return { mirror, asked, changes };
}

/** The cells of tags whose group is followed already, asked for now. */
function enter(mirror: Mirror, tags: readonly Tag[], tokens: readonly string[]): readonly Cell[] {
  mirror.cells(tags, tokens, mirror.now);
  return mirror.cells(tags, tokens, mirror.now)!;
}

describe("a token comes into the mirror", () => {
  it("with the others of its result, whose groups are all asked for at once", () => {
    const { mirror, asked } = open();
    expect(mirror.cells([ROW, POST, PATH], ["a", "b", "c"], mirror.now)).toBeNull();
    expect(asked).toEqual(["Product", "Post"]);
    expect(mirror.cells([ROW, POST, PATH], ["a", "b", "c"], mirror.now)).toHaveLength(3);
  });

  it("once its group is followed, and never by what was asked for before", () => {
    const { mirror, asked } = open({ follows: false });
    const before = mirror.now;
    expect(mirror.cells([ROW], ["a"], before)).toBeNull();
    expect(mirror.cells([PATH], ["b"], before)).toBeNull();
    expect(asked).toEqual(["Product"]);
    mirror.onFollowing("Product");
    expect(mirror.cells([ROW], ["a"], before)).toBeNull();
    expect(mirror.cells([ROW], ["a"], mirror.now)).toMatchObject([{ token: "a", isCurrent: true }]);
  });

  it("only if nothing was told of its tag since it was asked for", () => {
    const { mirror } = open();
    enter(mirror, [PATH], ["p"]);
    const since = mirror.now;
    mirror.onInvalidated([ROW]);
    expect(mirror.cells([ROW], ["a"], since)).toBeNull();
    expect(mirror.cells([PATH, ROW], ["p", "a"], since)).toBeNull();
    // Of another tag nothing was told.
    expect(mirror.cells([PATH], ["p"], since)).not.toBeNull();
    expect(mirror.cells([ROW], ["a"], mirror.now)).not.toBeNull();
  });

  it("not while this process itself invalidates its tag", () => {
    const { mirror } = open();
    const [cell] = enter(mirror, [ROW], ["a"]);
    const since = mirror.now;
    mirror.forget([ROW]);
    expect(cell!.isCurrent).toBe(false);
    expect(mirror.cells([ROW], ["a"], since)).toBeNull();
  });

  it("not where two answers differ and nothing was told: what is known leaves too", () => {
    const { mirror } = open();
    const [cell] = enter(mirror, [ROW], ["a"]);
    const since = mirror.now;
    expect(mirror.cells([ROW], ["b"], since)).toBeNull();
    expect(cell!.isCurrent).toBe(false);
    // Nobody knows which of them was the later one.
    expect(mirror.cells([ROW], ["a"], since)).toBeNull();
    expect(mirror.cells([ROW], ["b"], since)).toBeNull();
    expect(mirror.cells([ROW], ["b"], mirror.now)).not.toBeNull();
  });

  it("once: all results that depend on a tag share its cell", () => {
    const { mirror } = open();
    const [one] = enter(mirror, [ROW], ["a"]);
    const [other] = enter(mirror, [ROW], ["a"]);
    expect(one).toBe(other);
    mirror.onInvalidated([ROW]);
    expect(one!.isCurrent).toBe(false);
    const [next] = enter(mirror, [ROW], ["a"]);
    expect(next).not.toBe(one);
    expect(one!.isCurrent).toBe(false);
  });
});

describe("a lost group", () => {
  it("takes all its tokens with it, and those of no other", () => {
    const { mirror, changes } = open();
    const tags = Array.from({ length: 20 }, (_, i) => [rowTag("Product", [String(i)]), rowTag("Post", [String(i)])]);
    const cells = tags.map(([product, post]) => enter(mirror, [product!, post!], ["a", "b"]));
    const error = new Error("gone");
    mirror.onLost(["Product"], error);
    expect(cells.map(([product, post]) => [product!.isCurrent, post!.isCurrent])).toEqual(
      tags.map(() => [false, true]),
    );
    expect(changes).toEqual([
      ["following", ["Product"], undefined],
      ["following", ["Post"], undefined],
      ["lost", ["Product"], error],
    ]);
  });

  it("is followed again when the store says so, by what is asked for from then on", () => {
    const { mirror, asked } = open();
    enter(mirror, [ROW], ["a"]);
    mirror.onLost(["Product"]);
    const between = mirror.now;
    expect(mirror.cells([ROW], ["a"], between)).toBeNull();
    expect(asked).toEqual(["Product"]);
    mirror.onFollowing("Product");
    expect(mirror.cells([ROW], ["a"], between)).toBeNull();
    expect(mirror.cells([ROW], ["a"], mirror.now)).not.toBeNull();
  });

  it("that was never asked for is not followed", () => {
    const { mirror, changes } = open({ follows: false });
    mirror.onFollowing("Product");
    expect(changes).toEqual([]);
    expect(mirror.cells([ROW], ["a"], mirror.now)).toBeNull();
  });
});

describe("a mirror is trusted", () => {
  it("for as long after the last moment that it heard of as its caller says", () => {
    const { mirror } = open();
    expect(mirror.isTrusted(0, 1e9)).toBe(false);
    mirror.onHeard(100);
    expect(mirror.isTrusted(100, 50)).toBe(true);
    expect(mirror.isTrusted(149, 50)).toBe(true);
    expect(mirror.isTrusted(150, 50)).toBe(false);
    // Those of several connections may come in any order.
    mirror.onHeard(80);
    expect(mirror.isTrusted(149, 50)).toBe(true);
    mirror.onHeard(Infinity);
    expect(mirror.isTrusted(1e15, 50)).toBe(true);
  });
});

describe("the memory of a mirror is bounded", () => {
  it("by tokens: whatever depends on one that had to go is no longer current", () => {
    const { mirror } = open({ mostTokens: 3 });
    const first = enter(mirror, [ROW, PATH], ["a", "b"]);
    expect(isCurrent(first)).toBe(true);
    enter(mirror, [anyTag("Product"), rowTag("Product", ["2"])], ["c", "d"]);
    expect(first.map((cell) => cell.isCurrent)).toEqual([false, true]);
    expect(isCurrent(first)).toBe(false);
  });

  it("by what was told: what is forgotten counts as told just then", () => {
    const { mirror } = open();
    enter(mirror, [ROW], ["a"]);
    const since = mirror.now;
    mirror.onInvalidated([ROW]);
    const told = mirror.now;
    for (let i = 0; i < 10_000; i++) mirror.onInvalidated([rowTag("Product", [`other ${i}`])]);
    expect(mirror.cells([ROW], ["a"], since)).toBeNull();
    // A tag of which nothing was ever told cannot be told from one of which it was forgotten.
    expect(mirror.cells([PATH], ["p"], told - 1)).toBeNull();
    expect(mirror.cells([PATH], ["p"], told)).not.toBeNull();
  });

  it("by what was told at once", () => {
    const { mirror } = open();
    enter(mirror, [ROW], ["a"]);
    const since = mirror.now;
    mirror.onInvalidated([ROW, ...Array.from({ length: 10_000 }, (_, i) => rowTag("Product", [`other ${i}`]))]);
    expect(mirror.cells([ROW], ["a"], since)).toBeNull();
    expect(mirror.cells([ROW], ["a"], mirror.now)).not.toBeNull();
  });

  it("by groups: tags of any further one stay out", () => {
    const { mirror, asked } = open();
    for (let i = 0; i < 1100; i++) enter(mirror, [rowTag(`Model${i}`, ["1"])], ["a"]);
    expect(asked).toHaveLength(1000);
    expect(mirror.cells([rowTag("Model999", ["2"])], ["a"], mirror.now)).not.toBeNull();
    expect(mirror.cells([rowTag("Model1000", ["1"])], ["a"], mirror.now)).toBeNull();
  });
});

/** What happens to a mirror. Lookups are sent, answered at the server, and come back, each at its time. */
type Happening =
  | { readonly kind: "ask" | "answer" | "take"; readonly slot: number; readonly tag: number }
  | { readonly kind: "write" | "tell" | "own" | "evict"; readonly tag: number }
  | { readonly kind: "lose" | "follow" };

it("never calls a token current whose invalidation it was told of, or could have missed", () => {
  const tags = [ROW, PATH, POST];
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    fc.record({
      kind: fc.constantFrom("ask" as const, "answer" as const, "take" as const),
      slot: fc.nat(2),
      tag: fc.nat(2),
    }),
    fc.record({
      kind: fc.constantFrom("write" as const, "tell" as const, "own" as const, "evict" as const),
      tag: fc.nat(2),
    }),
    fc.record({ kind: fc.constantFrom("lose" as const, "follow" as const) }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const { mirror } = open({ mostTokens: 2 });
      // What the server has: the number of the last write, and of the token.
      const server = tags.map(() => ({ writes: 0, token: 0 }));
      const told = tags.map(() => 0);
      let isConnected = true;
      const slots: ({ since: number; tag: number; seen: { writes: number; token: number } | null } | null)[] = [];
      const taken: { tag: number; writes: number; cells: readonly Cell[] }[] = [];
      for (const tag of tags) mirror.cells([tag], ["0"], mirror.now);
      for (const happens of happenings) {
        switch (happens.kind) {
          case "ask":
            slots[happens.slot] = { since: mirror.now, tag: happens.tag, seen: null };
            break;
          case "answer": {
            const slot = slots[happens.slot];
            if (slot && !slot.seen) slot.seen = { ...server[slot.tag]! };
            break;
          }
          case "take": {
            const slot = slots[happens.slot];
            if (!slot?.seen) break;
            const cells = mirror.cells([tags[slot.tag]!], [String(slot.seen.token)], slot.since);
            if (cells) taken.push({ tag: slot.tag, writes: slot.seen.writes, cells });
            slots[happens.slot] = null;
            break;
          }
          case "write":
            server[happens.tag]!.writes++;
            server[happens.tag]!.token++;
            break;
          case "evict":
            server[happens.tag]!.token++;
            break;
          case "tell":
            if (!isConnected) break;
            told[happens.tag] = server[happens.tag]!.writes;
            mirror.onInvalidated([tags[happens.tag]!]);
            break;
          case "own":
            mirror.forget([tags[happens.tag]!]);
            server[happens.tag]!.writes++;
            server[happens.tag]!.token++;
            mirror.forget([tags[happens.tag]!]);
            told[happens.tag] = server[happens.tag]!.writes;
            break;
          case "lose":
            if (!isConnected) break;
            isConnected = false;
            mirror.onLost([...new Set(tags.map(tagGroup))]);
            break;
          case "follow":
            if (isConnected) break;
            isConnected = true;
            for (const [i, { writes }] of server.entries()) told[i] = writes;
            for (const group of new Set(tags.map(tagGroup))) mirror.onFollowing(group);
            break;
          default:
            happens satisfies never;
        }
        for (const { tag, writes, cells } of taken) {
          if (!isCurrent(cells)) continue;
          if (!isConnected) throw new Error(`${tags[tag]} is current although its group is lost`);
          if (writes < told[tag]!)
            throw new Error(`${tags[tag]} is current as of write ${writes}, told of ${told[tag]}`);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

it("follows no more custom tags than leave room for the models", () => {
  const followed: string[] = [];
  const mirror = new Mirror(10_000, (group) => void followed.push(group));
  const ask = (tag: Tag) => mirror.cells([tag], ["token"], mirror.now);
  for (let i = 0; i < 2000; i++) ask(customTag(String(i)));
  expect(followed).toHaveLength(500);
  ask(anyTag("Product"));
  expect(followed.at(-1)).toBe("Product");
});
