import { describe, expect, test } from "vitest";
import { resultShape, type ShapeContext } from "../../src/codec/result-shape.js";
import { spellSlot } from "../../src/codec/shape.js";
import { parseSchema } from "../../src/schema/parse-schema.js";

const dataModel = parseSchema(`
datasource db {
  provider = "postgresql"
}
enum Role {
  USER
  ADMIN @map("admin")
}
model User {
  id      Int      @id
  email   String
  role    Role
  roles   Role[]
  balance Decimal?
  views   BigInt
  score   Float?
  active  Boolean
  born    DateTime?
  data    Json?
  log     Json[]
  avatar  Bytes?
  point   Unsupported("point")?
  secret  String   @ignore
  posts   Post[]
  profile Profile?
}
model Post {
  id       Int    @id
  title    String
  authorId Int
  author   User   @relation(fields: [authorId], references: [id])
  editorId Int?
  tags     Tag[]
}
model Profile {
  userId Int  @id
  user   User @relation(fields: [userId], references: [id])
}
model Tag {
  name  String @id
  posts Post[]
}
`);

const USER = "id:n,email:s,role:s,roles:[s],balance:m?,views:i,score:n?,active:b,born:d?,data:j?,log:[j],avatar:x?";
const POST = "id:n,title:s,authorId:n,editorId:n?";

function shapeOf(
  model: string,
  operation: string,
  args: unknown,
  more: { dataPath?: readonly string[]; context?: Omit<ShapeContext, "dataModel"> } = {},
): string | null {
  const { dataPath, context } = more;
  const slot = resultShape({ dataModel, ...context }, { model, operation, args, dataPath });
  return slot && spellSlot(slot);
}

test.each<[string, string, string, unknown, string | null]>([
  ["every type, without what Prisma does not know", "User", "findMany", undefined, `[{${USER}}]`],
  ["one row, or none", "Post", "findUnique", { where: { id: 1 } }, `{${POST}}?`],
  ["one row, or an error", "Post", "findFirstOrThrow", {}, `{${POST}}?`],
  [
    "selected columns, in the schema's order",
    "Post",
    "findMany",
    { select: { title: true, id: true } },
    "[{id:n,title:s}]",
  ],
  ["selected or not", "Post", "findMany", { select: { title: false, id: true, authorId: undefined } }, "[{id:n}]"],
  ["nothing selected", "Post", "findMany", { select: { id: false } }, null],
  ["left out", "Post", "findMany", { omit: { title: true, id: false } }, "[{id:n,authorId:n,editorId:n?}]"],
  [
    "a row that must be there",
    "Post",
    "findMany",
    { include: { author: { select: { id: true } } } },
    `[{${POST},author:{id:n}}]`,
  ],
  ["a row that may be missing", "User", "findMany", { select: { profile: true } }, "[{profile:{userId:n}?}]"],
  [
    "rows of rows",
    "Tag",
    "findFirst",
    { include: { posts: { include: { tags: true } } } },
    `{name:s,posts:[{${POST},tags:[{name:s}]}]}?`,
  ],
  [
    "relations that are not included",
    "Post",
    "findMany",
    { include: { tags: false, author: undefined } },
    `[{${POST}}]`,
  ],
  ["all counts", "User", "findFirst", { select: { _count: true } }, "{_count:{posts:n}}?"],
  [
    "some counts",
    "Post",
    "findFirst",
    { select: { id: true, _count: { select: { tags: { where: {} } } } } },
    "{id:n,_count:{tags:n}}?",
  ],
  ["no counts", "Tag", "findFirst", { select: { name: true, _count: { select: { posts: false } } } }, null],
  ["a count", "User", "count", { where: { id: 1 } }, "n"],
  ["counts of columns", "User", "count", { select: { _all: true, born: true, id: false } }, "{_all:n,born:n}"],
  [
    "an average of integers",
    "User",
    "aggregate",
    { _avg: { id: true, views: true, balance: true } },
    "{_avg:{balance:m?,id:n?,views:n?}}",
  ],
  [
    "sums",
    "User",
    "aggregate",
    { _sum: { id: true, views: true, balance: true, score: true } },
    "{_sum:{balance:m?,id:n?,score:n?,views:i?}}",
  ],
  [
    "least and greatest",
    "User",
    "aggregate",
    { _min: { email: true, role: true }, _max: { born: true } },
    "{_min:{email:s?,role:s?},_max:{born:d?}}",
  ],
  ["a count among aggregates", "User", "aggregate", { _max: { id: true }, _count: true }, "{_count:n,_max:{id:n?}}"],
  ["counts among aggregates", "User", "aggregate", { _count: { _all: true } }, "{_count:{_all:n}}"],
  ["groups", "User", "groupBy", { by: ["role", "born"], _count: true }, "[{role:s,born:d?,_count:n}]"],
  [
    "groups by one",
    "Post",
    "groupBy",
    { by: "authorId", _sum: { editorId: true } },
    "[{authorId:n,_sum:{editorId:n?}}]",
  ],
  ["groups by what is not known", "Post", "groupBy", { by: ["nothing"] }, null],
  ["an aggregate of what is not known", "Post", "aggregate", { _max: { nothing: true } }, null],
  ["an aggregate of nothing", "Post", "aggregate", {}, null],
  ["an unknown model", "Nobody", "findMany", {}, null],
  ["a write", "Post", "update", {}, null],
  ["a selection that is none", "Post", "findMany", { select: "id" }, null],
  ["a relation that is asked for oddly", "Post", "findMany", { include: { tags: "all" } }, null],
])("%s", (_, model, operation, args, shape) => {
  expect(shapeOf(model, operation, args)).toBe(shape);
});

describe("a fluent call", () => {
  test.each<[string, string, unknown, readonly string[], string | null]>([
    ["a row", "Post", { select: { author: true } }, ["select", "author"], `{${USER}}?`],
    ["rows", "Post", { select: { tags: { where: {} } } }, ["select", "tags"], "[{name:s}]?"],
    [
      "a path",
      "Post",
      { select: { author: { select: { profile: { omit: {} } } } } },
      ["select", "author", "select", "profile"],
      "{userId:n}?",
    ],
    ["with a selection", "Post", { select: { author: { select: { id: true } } } }, ["select", "author"], "{id:n}?"],
    [
      "beyond a list",
      "Tag",
      { select: { posts: { select: { author: true } } } },
      ["select", "posts", "select", "author"],
      null,
    ],
    ["a path that is not in the arguments", "Post", { select: { author: true } }, ["select", "tags"], null],
    ["half a path", "Post", { select: { author: true } }, ["select"], null],
  ])("%s", (_, model, args, dataPath, shape) => {
    expect(shapeOf(model, "findUnique", args, { dataPath })).toBe(shape);
  });
});

describe("what the client says", () => {
  const globalOmit = { post: { title: true, authorId: true }, tag: { name: false } };
  const post = (args: unknown) => shapeOf("Post", "findMany", args, { context: { globalOmit } });

  test("is left out, unless the query wants it", () => {
    expect(post({})).toBe("[{id:n,editorId:n?}]");
    expect(post({ omit: { title: false } })).toBe("[{id:n,title:s,editorId:n?}]");
    // Prisma takes this for "not left out".
    expect(post({ omit: { title: undefined, id: true } })).toBe("[{title:s,editorId:n?}]");
    expect(post({ select: { title: true } })).toBe("[{title:s}]");
    expect(shapeOf("Tag", "findMany", { include: { posts: true } }, { context: { globalOmit } })).toBe(
      "[{name:s,posts:[{id:n,editorId:n?}]}]",
    );
  });

  const needing = (needs: readonly string[]) => ({
    neededBy: (_: string, select: Readonly<Record<string, unknown>> | null) =>
      !select || select["label"] === true ? needs : [],
  });

  test("columns that a computed field may need are there or not", () => {
    const context = needing(["title"]);
    expect(shapeOf("Post", "findMany", { select: { label: true, id: true } }, { context })).toBe("[{id:n,title~s}]");
    expect(shapeOf("Post", "findMany", { select: { id: true } }, { context })).toBe("[{id:n}]");
    expect(shapeOf("Post", "findMany", { omit: { title: true } }, { context })).toBe(
      "[{id:n,title~s,authorId:n,editorId:n?}]",
    );
  });

  test("of a field that needs another computed one, any column may", () => {
    const context = needing(["other"]);
    const shape = shapeOf("Post", "findMany", { select: { label: true, id: true } }, { context });
    expect(shape).toBe("[{id:n,title~s,authorId~n,editorId~n?}]");
  });
});

test("without the text of the schema there is no shape", () => {
  const vague = { dataModel: { ...dataModel, isPrecise: false } };
  expect(resultShape(vague, { model: "Tag", operation: "findMany", args: {} })).toBeNull();
});
