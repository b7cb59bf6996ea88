import { describe, expect, test } from "vitest";
import type { GlobalOmit } from "../../src/mutation/returned-row.js";
import { exactTags, widenSelection, type SelectionContext } from "../../src/query/narrowing.js";
import type { DataModel } from "../../src/schema/data-model.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";
import { dependenciesOf, tracking } from "./read-tags.js";

const shop = dataModelOf(SHOP);

interface Setting {
  readonly dataModel?: DataModel;
  readonly globalOmit?: GlobalOmit;
  readonly neededBy?: SelectionContext["neededBy"];
}

function narrow(model: string, args: Readonly<Record<string, unknown>>, setting: Setting = {}) {
  const { dataModel = shop, globalOmit, neededBy = () => [] } = setting;
  const { narrowable } = dependenciesOf(dataModel, { model, operation: "findMany", args });
  if (!narrowable) return expect.fail("nothing is left for the result to tell");
  const { level, tags } = narrowable;
  return {
    ...widenSelection({ dataModel, globalOmit, neededBy }, level, args),
    of: (result: unknown) => exactTags(dataModel, level, tags, result),
  };
}

describe("columns that tell the rows are read", () => {
  test.each<[string, string, object, object]>([
    ["all of them are read anyway", "Post", { include: { author: true } }, { include: { author: true } }],
    [
      "beside a selection",
      "Post",
      { select: { title: true, author: true } },
      { select: { title: true, author: true, authorId: true } },
    ],
    [
      "in place of an omission",
      "Post",
      { omit: { authorId: true, title: true }, include: { author: true } },
      { omit: { authorId: false, title: true }, include: { author: true } },
    ],
    [
      "at each depth",
      "Comment",
      { select: { post: { select: { author: { select: { orders: { select: { id: true } } } } } } } },
      {
        select: {
          postId: true,
          post: {
            select: {
              authorId: true,
              author: { select: { id: true, orders: { select: { id: true } } } },
            },
          },
        },
      },
    ],
    [
      "of a level that is taken as it is",
      "Comment",
      { include: { post: { select: { author: true } } } },
      { include: { post: { select: { author: true, authorId: true } } } },
    ],
    [
      "for a count",
      "Post",
      { select: { author: { select: { _count: { select: { orders: true } } } } } },
      { select: { authorId: true, author: { select: { _count: { select: { orders: true } }, id: true } } } },
    ],
    [
      "of a foreign key of two columns",
      "Address",
      { select: { region: { select: { title: true } } } },
      { select: { region: { select: { title: true } }, regionCode: true, regionNumber: true } },
    ],
    [
      "of a foreign key to another unique key",
      "Post",
      { select: { editor: { select: { points: true } } } },
      { select: { editor: { select: { points: true } }, editorEmail: true } },
    ],
    [
      "of what others reference by another unique key",
      "Comment",
      { select: { post: { select: { author: { select: { edited: { select: { id: true } } } } } } } },
      {
        select: {
          postId: true,
          post: { select: { authorId: true, author: { select: { email: true, edited: { select: { id: true } } } } } },
        },
      },
    ],
  ])("%s", (_, model, args, widened) => {
    const before = structuredClone(args);
    expect(narrow(model, args as Record<string, unknown>).args).toEqual(widened);
    expect(args).toEqual(before);
  });

  test("that the client always leaves out", () => {
    const setting = { globalOmit: { post: { authorId: true }, user: { id: true } } };
    expect(narrow("Post", { include: { author: { include: { orders: true } } } }, setting).args).toEqual({
      omit: { authorId: false },
      include: { author: { omit: { id: false }, include: { orders: true } } },
    });
    expect(narrow("Post", { include: { author: true } }, setting).args).toEqual({
      omit: { authorId: false },
      include: { author: true },
    });
  });

  test("but for those that Prisma reads by itself, for a computed field", () => {
    const neededBy = (model: string, select: object | null) =>
      model === "Post" && (!select || "byline" in select) ? ["authorId"] : [];
    const computed = { select: { byline: true, author: { select: { email: true } } } };
    expect(narrow("Post", computed, { neededBy }).args).toEqual(computed);
    expect(narrow("Post", { select: { author: true } }, { neededBy }).args).toEqual({
      select: { author: true, authorId: true },
    });
  });
});

describe("what was added is taken out again", () => {
  test("at each depth, of lists and single rows, and nothing else", () => {
    const { strip } = narrow("Comment", {
      select: {
        text: true,
        post: { select: { title: true, author: { select: { orders: { select: { id: true } } } } } },
      },
    });
    const rows = [
      { text: "a", postId: 1, post: { title: "x", authorId: 5, author: { id: 5, orders: [{ id: 9 }] } } },
      { text: "b", postId: 2, post: { title: "y", authorId: 6, author: { id: 6, orders: [] } } },
    ];
    strip(rows);
    expect(rows).toEqual([
      { text: "a", post: { title: "x", author: { orders: [{ id: 9 }] } } },
      { text: "b", post: { title: "y", author: { orders: [] } } },
    ]);
  });

  test("of nothing, and of rows that lead nowhere", () => {
    const { strip } = narrow("User", { select: { manager: { select: { cart: { select: { note: true } } } } } }, {});
    for (const [row, stripped] of [
      [null, null],
      [[], []],
    ]) {
      strip(row);
      expect(row).toEqual(stripped);
    }
  });

  test("what was asked for stays", () => {
    const { strip } = narrow("Post", { select: { authorId: true, author: { select: { id: true } } } });
    const row = { authorId: 5, author: { id: 5 } };
    strip(row);
    expect(row).toEqual({ authorId: 5, author: { id: 5 } });
  });
});

describe("the tags of a result", () => {
  test("name the owner, what belongs to it, and nothing that is not there", () => {
    const { of } = narrow("Comment", { include: { post: { include: { author: true, editor: true } } } });
    const wide = ["Post:any", "User:any"];
    const post = { id: 3, authorId: 5, editorEmail: null, author: { id: 5 }, editor: null };
    const result = of([{ id: 1, postId: 3, post }]);
    expect([...result.replaced].sort()).toEqual(wide);
    expect([...result.exact].sort()).toEqual(["Post:by:id", "Post:row:3", "User:by:id", "User:row:5"]);
    const edited = of([{ id: 1, postId: 3, post: { ...post, editorEmail: "b@x", editor: { id: 6 } } }]);
    expect(edited.exact).toEqual(expect.arrayContaining(["User:by:email", "User:unique:email=b@x"]));
    for (const empty of [[], null, [null]]) {
      expect([...of(empty).replaced].sort()).toEqual(wide);
      expect(of(empty).exact).toEqual([]);
    }
  });

  test("name what may come, where nothing belongs to a row yet", () => {
    const { of } = narrow("Post", { include: { comments: true } });
    expect(of([{ id: 7, comments: [] }])).toEqual({
      replaced: ["Comment:any"],
      exact: ["Comment:by:postId", "Comment:field:postId=7"],
    });
  });

  test("name the row that a foreign key of two columns references, if both have a value", () => {
    const { of } = narrow("Address", { include: { region: true } });
    expect(of({ regionCode: "DE", regionNumber: 3, region: {} }).exact).toEqual([
      "Region:by:countryCode,number",
      "Region:row:DE,3",
    ]);
    expect(of({ regionCode: "DE", regionNumber: null, region: null })).toEqual({ replaced: ["Region:any"], exact: [] });
  });

  test("stay wide where a row does not tell", () => {
    const { of } = narrow("Post", { include: { author: true, comments: true } });
    expect(of([{ id: 7, author: { id: 5 }, comments: [] }])).toEqual({
      replaced: ["Comment:any"],
      exact: ["Comment:by:postId", "Comment:field:postId=7"],
    });
    expect(of("rows").replaced).toEqual([]);
    expect(of([undefined]).replaced).toEqual([]);
  });

  const posts = (count: number, authorOf: (i: number) => number) =>
    Array.from({ length: count }).map((_, id) => ({ id, authorId: authorOf(id), comments: [] }));

  test("stay wide where there are more than 32, each model by itself, the smaller first", () => {
    const { of } = narrow("Post", { include: { author: true, comments: true } });
    // One of the tags is the path's.
    expect(of(posts(31, () => 1)).replaced).toEqual(["User:any"]);
    expect(of(posts(29, () => 1)).exact).toHaveLength(30 + 2);
    expect([...of(posts(29, () => 1)).replaced].sort()).toEqual(["Comment:any", "User:any"]);
    expect(of(posts(40, () => 1))).toEqual({ replaced: ["User:any"], exact: ["User:by:id", "User:row:1"] });
    expect(of(posts(40, (i) => i))).toEqual({ replaced: [], exact: [] });
  });

  test("are those of the twin, too, where volatile columns are shown", () => {
    const dataModel = tracking(shop, "User", { volatile: ["points", "updatedAt"] });
    const { of } = narrow("Post", { include: { author: true } }, { dataModel });
    expect([...of([{ authorId: 5 }]).exact].sort()).toEqual([
      "User.volatile:by:id",
      "User.volatile:row:5",
      "User:by:id",
      "User:row:5",
    ]);
  });
});
