import { skip } from "@prisma/client/runtime/client";
import { describe, expect, test } from "vitest";
import { coveringTags } from "../../src/query/covering-tags.js";
import type { DataModel } from "../../src/schema/data-model.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, NASTY, SHOP } from "../schema/schemas.js";
import { readTags, tracking } from "./read-tags.js";

const shop = dataModelOf(SHOP);
const mysql = dataModelOf(MYSQL);

function covering(model: string, where: unknown, dataModel: DataModel = shop): readonly string[] | null {
  const tags = coveringTags(dataModel, dataModel.models.get(model)!, where);
  return tags && [...tags].sort();
}

/** The first `count` whole numbers. */
const numbers = (count: number) => [...Array.from({ length: count }).keys()];

describe("a filter is covered by what it implies", () => {
  test.each<[string, string, unknown, string[]]>([
    ["a foreign key", "Post", { authorId: 5 }, ["Post:by:authorId", "Post:field:authorId=5"]],
    ["… among others", "Post", { title: "x", authorId: 5 }, ["Post:by:authorId", "Post:field:authorId=5"]],
    [
      "… in AND",
      "Post",
      { AND: [{ title: "x" }, { AND: { authorId: 5 } }] },
      ["Post:by:authorId", "Post:field:authorId=5"],
    ],
    ["… of no value", "Post", { editorEmail: null }, ["Post:by:editorEmail", "Post:field:editorEmail=~"]],
    ["… equals null", "Post", { editorEmail: { equals: null } }, ["Post:by:editorEmail", "Post:field:editorEmail=~"]],
    ["an enum by its own name", "User", { role: "ADMIN" }, ["User:by:role", "User:field:role=ADMIN"]],
    [
      "a list of values",
      "Post",
      { authorId: { in: [1, 2] } },
      ["Post:by:authorId", "Post:field:authorId=1", "Post:field:authorId=2"],
    ],
    ["a primary key", "Post", { id: 5 }, ["Post:by:id", "Post:new:id", "Post:row:5"]],
    ["… of a list", "Post", { id: { in: [5, 6] } }, ["Post:by:id", "Post:new:id", "Post:row:5", "Post:row:6"]],
    ["a unique key", "User", { email: "a@x" }, ["User:by:email", "User:new:email", "User:unique:email=a@x"]],
    [
      "a compound key by its columns",
      "User",
      { tenant: 1, handle: { equals: "ann" } },
      ["User:by:tenant,handle", "User:new:tenant,handle", "User:unique:tenant=1,handle=ann"],
    ],
    [
      "a compound key by its name",
      "User",
      { tenantHandle: { tenant: 1, handle: "ann" } },
      ["User:by:tenant,handle", "User:new:tenant,handle", "User:unique:tenant=1,handle=ann"],
    ],
    [
      "a foreign key within a compound key",
      "OrderLine",
      { line: { orderId: 7, sku: "a" } },
      ["OrderLine:by:orderId", "OrderLine:field:orderId=7"],
    ],
    [
      "branches, each in its own way",
      "Post",
      { OR: [{ authorId: 5 }, { AND: [{ id: 7 }, { title: "x" }] }] },
      ["Post:by:authorId", "Post:by:id", "Post:field:authorId=5", "Post:new:id", "Post:row:7"],
    ],
    [
      "branches within branches",
      "Post",
      { OR: [{ OR: [{ authorId: 5 }, { authorId: 6 }] }, { authorId: 7 }] },
      ["Post:by:authorId", "Post:field:authorId=5", "Post:field:authorId=6", "Post:field:authorId=7"],
    ],
    ["beside branches", "Post", { OR: [{ title: "x" }], authorId: 5 }, ["Post:by:authorId", "Post:field:authorId=5"]],
    ["the owner's key", "Post", { author: { id: 5 } }, ["Post:by:authorId", "Post:field:authorId=5"]],
    ["… by is", "Post", { author: { is: { id: { in: [5] } } } }, ["Post:by:authorId", "Post:field:authorId=5"]],
    [
      "… by another key of it",
      "Post",
      { editor: { email: "a@x", points: { gt: 3 } } },
      ["Post:by:editorEmail", "Post:field:editorEmail=a@x"],
    ],
    [
      "… of two columns",
      "Address",
      { region: { countryCode_number: { countryCode: "DE", number: 3 } } },
      ["Address:by:regionCode", "Address:field:regionCode=DE"],
    ],
    ["no branch at all, which lets nothing through", "Post", { OR: [] }, []],
    ["an empty list, which lets nothing through", "Post", { authorId: { in: [] } }, ["Post:by:authorId"]],
  ])("%s", (_, model, where, tags) => {
    expect(covering(model, where)).toEqual(tags);
  });

  test("up to 32 values", () => {
    expect(covering("Post", { authorId: { in: numbers(32) } })).toHaveLength(33);
    expect(covering("Post", { id: { in: numbers(32) } })).toHaveLength(34);
  });

  test("of several ways the one with the fewest tags", () => {
    const where = { id: { in: [1, 2, 3] }, authorId: { in: [1, 2] }, editorEmail: "a@x" };
    expect(covering("Post", where)).toEqual(["Post:by:editorEmail", "Post:field:editorEmail=a@x"]);
  });
});

describe("a filter is not covered", () => {
  test.each<[string, string, unknown]>([
    ["that lets every row through", "Post", {}],
    ["that is none", "Post", null],
    ["by a column that nobody tracks", "Post", { title: "x" }],
    ["by what is not the case", "Post", { NOT: { authorId: 5 } }],
    ["by another value", "Post", { authorId: { not: 5 } }],
    ["by a range", "Post", { authorId: { gt: 5 } }],
    ["by what is not in a list", "Post", { authorId: { notIn: [5] } }],
    ["by a list beside nothing", "Post", { authorId: { in: undefined, gt: 3 } }],
    ["with a branch that says nothing", "Post", { OR: [{ authorId: 5 }, { title: "x" }] }],
    ["with a branch that lets every row through", "Post", { OR: [{ authorId: 5 }, { authorId: undefined }] }],
    ["by a value that is left out", "Post", { authorId: undefined, id: skip }],
    ["by half of a key", "User", { tenant: 1 }],
    ["by letters whose case does not matter", "User", { email: { equals: "a@x", mode: "insensitive" } }],
    ["by a list without regard to case", "Post", { editorEmail: { in: ["a@x"], mode: "insensitive" } }],
    ["by what its owner is not", "Post", { author: { isNot: { id: 5 } } }],
    ["by an owner that is not there", "Post", { editor: null }],
    ["by an owner that is not there, with is", "Post", { editor: { is: null } }],
    ["by one of several owners", "Post", { author: { OR: [{ id: 5 }] } }],
    ["by a column of its owner", "Post", { author: { role: "ADMIN" } }],
    ["by what belongs to it", "User", { posts: { some: { id: 5 } } }],
    ["by what it belongs to, many to many", "Post", { tags: { some: { name: "x" } } }],
    ["by more than 32 values", "Post", { authorId: { in: numbers(33) } }],
    ["by more than 32 keys", "Post", { id: { in: numbers(33) } }],
    ["by a value of another type", "Post", { authorId: { in: [1, "five"] } }],
    ["by a moment that the database rounds", "Reading", { at: new Date(0) }],
    ["by a reference to another column", "Post", { authorId: { equals: { name: "id", modelName: "Post" } } }],
  ])("%s", (_, model, where) => {
    expect(covering(model, where)).toBeNull();
  });

  test("by anything of a model that is tracked as a whole", () => {
    const whole = tracking(shop, "Post", { granularity: "model" });
    expect(covering("Post", { authorId: 5 }, whole)).toBeNull();
    expect(covering("Post", { id: 5 }, whole)).toBeNull();
    expect(readTags(whole, "Post", "findUnique", { where: { id: 5 } })).toEqual({ tags: ["Post:any"], narrowable: [] });
    // Rows of other models are told apart as ever, those of this one are not.
    expect(readTags(whole, "User", "findUnique", { where: { id: 1 }, include: { posts: true } })).toEqual({
      tags: ["Post:any", "User:by:id", "User:row:1"],
      narrowable: [],
    });
    expect(readTags(whole, "Comment", "findUnique", { where: { id: 1 }, include: { post: true } })).toEqual({
      tags: ["Comment:by:id", "Comment:row:1", "Post:any"],
      narrowable: [],
    });
  });
});

describe("trackBy", () => {
  const posts = tracking(shop, "Post", { trackBy: ["title"] });
  const nasty = tracking(dataModelOf(NASTY), "Comment", { trackBy: ["id"] });

  test("covers lists by that value", () => {
    expect(covering("Post", { title: "x" }, posts)).toEqual(["Post:by:title", "Post:field:title=x"]);
    expect(covering("Post", { title: { contains: "x" } }, posts)).toBeNull();
    expect(covering("Comment", { id: { in: ["a", "b"] } }, nasty)).toContain("Comment:field:id=a");
  });

  test("spells moments and numbers as the database compares them", () => {
    const text = (type: string) => `
      datasource db {
        provider = "postgresql"
      }
      model Event {
        id Int @id
        value ${type}
      }`;
    const spelled = (type: string, value: unknown) =>
      covering("Event", { value }, tracking(dataModelOf(text(type)), "Event", { trackBy: ["value"] }))?.at(-1);
    expect(spelled("DateTime", "2024-05-01T12:00:00+02:00")).toBe("Event:field:value=1714557600000");
    expect(spelled("DateTime", new Date("2024-05-01T10:00:00Z"))).toBe("Event:field:value=1714557600000");
    expect(spelled("Decimal", "1.50")).toBe("Event:field:value=1.5");
    expect(spelled("Decimal", 1.5)).toBe("Event:field:value=1.5");
    expect(spelled("Decimal?", null)).toBe("Event:field:value=~");
    expect(spelled("Decimal @db.Decimal(10, 2)", 1.5)).toBeUndefined();
    expect(spelled("DateTime @db.Date", new Date(0))).toBeUndefined();
  });

  test("takes for equal what MySQL takes for equal", () => {
    const notes = tracking(mysql, "Note", { trackBy: ["text"] });
    expect(covering("Note", { text: "Hello " }, notes)).toEqual(covering("Note", { text: "hello" }, notes));
    expect(covering("Note", { text: "hello" }, notes)).not.toBeNull();
    // Who knows which letters a collation takes for this one.
    expect(covering("Note", { text: "hällo" }, notes)).toBeNull();
  });
});
