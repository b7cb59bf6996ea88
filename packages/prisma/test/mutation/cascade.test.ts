import { describe, expect, test } from "vitest";
import { cascadeDelete, cascadeUpdate } from "../../src/mutation/cascade.js";
import { Changes } from "../../src/mutation/changes.js";
import { touchedBy } from "../../src/mutation/touched.js";
import { impliedBy } from "../../src/query/equalities.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, SHOP, SQLITE } from "../schema/schemas.js";
import { allOf, tags, USER_PATHS, withoutNew } from "./tags.js";

const shop = dataModelOf(SHOP);
const all = allOf(shop);
const UNKNOWN = {};

function deleted(name: string, where: object, dataModel = shop): string[] {
  const changes = new Changes(dataModel);
  const model = dataModel.models.get(name);
  if (model) cascadeDelete(changes, model, impliedBy(model, where));
  return withoutNew(changes.tags());
}

function updated(name: string, where: object, data: object, dataModel = shop): string[] {
  const changes = new Changes(dataModel);
  const model = dataModel.models.get(name);
  if (model) cascadeUpdate(changes, model, impliedBy(model, where), touchedBy(dataModel, model, data));
  return withoutNew(changes.tags());
}

describe("a delete of rows of which nothing is known", () => {
  test("deletes, and changes, transitively, also in its own model and in join tables", () => {
    // User: Cascade to Profile and Post, and from there to Comment; SetNull to Cart and to User; SetDefault to Post.
    expect(deleted("User", UNKNOWN)).toEqual(
      all("Cart", "Comment", "Post", "Profile", "User", "_Friends", "_PostToTag", "_ProductToUser").sort(),
    );
  });

  test.each([
    ["Restrict", "Country", []],
    ["Restrict by default, join table", "Product", all("_ProductToUser")],
    ["SetNull by default, of a compound key", "Region", all("Address")],
    ["Cascade", "Order", all("OrderLine")],
    ["SetNull that goes no further", "Address", all("Order")],
    ["nothing", "Comment", []],
    ["join table alone", "Tag", all("_PostToTag")],
  ])("%s", (_, model, expected) => expect(deleted(model, UNKNOWN)).toEqual(expected));

  test("where Prisma emulates foreign keys", () => {
    const mysql = dataModelOf(MYSQL);
    expect(deleted("Account", UNKNOWN, mysql)).toEqual(allOf(mysql)("Note", "_AccountToGroup"));
  });
});

describe("a delete of rows whose key is known changes those that hold it", () => {
  test.each<[string, string, object, string[]]>([
    [
      "Cascade, and no further than it is known",
      "Post",
      { id: 5 },
      [
        ...tags("Comment", "any", "by:id", "field:postId=5"),
        ...links("_PostToTag", "field:Post.tags=5", "by:Tag.posts"),
      ],
    ],
    [
      "of several rows",
      "Order",
      { id: { in: [1, 2] } },
      tags("OrderLine", "any", "by:orderId,sku", "by:sku", "field:orderId=1", "field:orderId=2"),
    ],
    [
      "SetNull",
      "Address",
      { id: 5n },
      tags("Order", "any", "by:id", "by:userId", "field:addressId=5", "field:addressId=~"),
    ],
    [
      "SetNull, of a compound key",
      "Region",
      { countryCode: "DE", number: 1 },
      tags("Address", "any", "by:id", ...each("regionCode", "DE", "~"), ...each("regionNumber", "1", "~")),
    ],
    [
      "half of a compound key",
      "Region",
      { number: 1 },
      tags("Address", "any", "by:id", "by:regionCode", ...each("regionNumber", "1", "~")),
    ],
    ["by another key than the one that is held", "Region", { title: "x" }, all("Address")],
    [
      "join table, on either side",
      "Product",
      { sku: "a" },
      links("_ProductToUser", "field:Product.fans=a", "by:User.favourites"),
    ],
  ])("%s", (_, model, where, expected) => expect(deleted(model, where)).toEqual(expected));

  test("also in its own model", () => {
    const changed = deleted("User", { id: 5 });
    const own = changed.filter((tag) => tag.startsWith("User:"));
    const others = USER_PATHS.filter((path) => path !== "by:managerId");
    expect(own).toEqual(tags("User", "any", "by:id", ...each("managerId", "5", "~"), ...others));
    expect(changed).toEqual(
      expect.arrayContaining([
        ...tags("Cart", "any", "by:id", "unique:userId=5", ...each("userId", "5", "~")),
        ...tags("Profile", "any", "by:id", "unique:userId=5", "field:userId=5"),
        ...links("_ProductToUser", "field:User.favourites=5", "by:Product.fans"),
        // Whose posts these are is known, which they are is not: whatever belongs to posts may go.
        ...all("Comment", "_PostToTag"),
      ]),
    );
    expect(changed).not.toContain("Cart:by:userId");
    expect(changed).not.toContain("Profile:by:userId");
  });

  test("SetDefault writes the default", () => {
    const text = schema(`
model A {
  id Int @id
  bs B[]
}
model B {
  id  Int  @id
  aId Int? @default(7)
  a   A?   @relation(fields: [aId], references: [id], onDelete: SetDefault)
}`);
    expect(deleted("A", { id: 5 }, dataModelOf(text))).toEqual(tags("B", "any", "by:id", ...each("aId", "5", "7")));
  });

  test("what is known goes on as long as keys are foreign keys, too", () => {
    const text = schema(`
model A {
  id Int @id
  b  B?
}
model B {
  id Int @id
  a  A   @relation(fields: [id], references: [id], onDelete: Cascade)
  cs C[]
}
model C {
  id  Int @id
  bId Int
  b   B   @relation(fields: [bId], references: [id], onDelete: Cascade)
}`);
    expect(deleted("A", { id: 5 }, dataModelOf(text))).toEqual([
      ...tags("B", "any", "field:id=5", "row:5"),
      ...tags("C", "any", "by:id", "field:bId=5"),
    ]);
  });

  test("a value that the foreign key would spell otherwise is not known", () => {
    const text = schema(`
model A {
  code String @id @db.Citext
  bs   B[]
}
model B {
  id    Int    @id
  aCode String
  a     A      @relation(fields: [aCode], references: [code], onDelete: Cascade)
}`);
    const dataModel = dataModelOf(text);
    expect(deleted("A", { code: "x" }, dataModel)).toEqual(allOf(dataModel)("B"));
    expect(updated("A", { code: "x" }, { code: "y" }, dataModel)).toEqual(allOf(dataModel)("B"));
  });
});

describe("an update of what others reference", () => {
  test.each<[string, string, object, string[]]>([
    ["Cascade, transitively", "Country", { code: "AT" }, all("Address", "Region")],
    ["of a column that nobody references", "Country", { name: "x" }, []],
    ["of half a key", "Region", { number: 2 }, all("Address")],
    ["SetNull", "User", { email: "b" }, all("Post")],
    ["of the primary key, with join tables", "Product", { sku: "b" }, all("OrderLine", "_ProductToUser")],
    ["NoAction", "User", { points: 1 }, []],
    ["of nothing", "User", {}, []],
  ])("%s, of unknown rows", (_, model, data, expected) => expect(updated(model, UNKNOWN, data)).toEqual(expected));

  test.each<[string, string, object, object, string[]]>([
    [
      "Cascade, with join tables",
      "Product",
      { sku: "a" },
      { sku: "b" },
      [
        ...tags("OrderLine", "any", "by:orderId", "by:orderId,sku", ...each("sku", "a", "b")),
        ...links("_ProductToUser", ...each("Product.fans", "a", "b"), "by:User.favourites"),
      ],
    ],
    [
      "of half a key: the other half stays",
      "Region",
      { countryCode: "DE", number: 1 },
      { number: 2 },
      tags("Address", "any", "by:id", "field:regionCode=DE", ...each("regionNumber", "1", "2")),
    ],
    [
      "SetNull",
      "User",
      { email: "a" },
      { email: "b" },
      tags("Post", "any", "by:id", "by:slug", "by:authorId", "by:authorId,title", ...each("editorEmail", "a", "~")),
    ],
    [
      "to a value that nobody knows",
      "Product",
      { sku: "a" },
      { sku: {} },
      [...all("OrderLine"), ...links("_ProductToUser", "by:Product.fans", "by:User.favourites")],
    ],
  ])("%s, of known rows", (_, model, where, data, expected) => expect(updated(model, where, data)).toEqual(expected));

  test("Restrict", () => {
    const sqlite = dataModelOf(SQLITE);
    expect(updated("A", UNKNOWN, { id: 2 }, sqlite)).toEqual(allOf(sqlite)("B"));
  });
});

describe("where relations go in circles", () => {
  const circle = dataModelOf(
    schema(`
model A {
  id Int @id
  next B @relation("ab", fields: [id], references: [id], onDelete: Cascade)
  before B? @relation("ba")
}
model B {
  id Int @id
  next A @relation("ba", fields: [id], references: [id], onDelete: Cascade)
  before A? @relation("ab")
}`),
  );

  test("it ends", () => {
    expect(deleted("A", UNKNOWN, circle)).toEqual(allOf(circle)("A", "B"));
    expect(updated("B", UNKNOWN, { id: 2 }, circle)).toEqual([...allOf(circle)("A", "B"), "A:row:2", "B:row:2"].sort());
  });

  test("with what is known", () => {
    const five = (model: string) => tags(model, "any", "field:id=5", "row:5");
    expect(deleted("A", { id: 5 }, circle)).toEqual([...five("A"), ...five("B")]);
    const moved = (model: string) => tags(model, "any", "field:id=5", "field:id=6", "row:5", "row:6");
    expect(updated("B", { id: 5 }, { id: 6 }, circle)).toEqual([...moved("A"), ...moved("B")]);
  });

  test("each column that moves is followed", () => {
    const text = schema(`
model A {
  id    Int @id
  ones  B[] @relation("one")
  twos  B[] @relation("two")
}
model B {
  id    Int  @id
  oneId Int?
  twoId Int? @unique
  one   A?   @relation("one", fields: [oneId], references: [id])
  two   A?   @relation("two", fields: [twoId], references: [id])
  cs    C[]
}
model C {
  id  Int  @id
  bId Int?
  b   B?   @relation(fields: [bId], references: [twoId])
}`);
    const dataModel = dataModelOf(text);
    expect(deleted("A", UNKNOWN, dataModel)).toEqual(allOf(dataModel)("B", "C"));
  });

  test("rows of the same model of which more is known, and less", () => {
    const tree = dataModelOf(
      schema(`
model Node {
  id       Int    @id
  parentId Int?
  parent   Node?  @relation("tree", fields: [parentId], references: [id], onDelete: Cascade)
  children Node[] @relation("tree")
}`),
    );
    expect(deleted("Node", { id: 5 }, tree)).toEqual(allOf(tree)("Node"));
  });
});

function links(join: string, ...kinds: string[]): string[] {
  return tags(join, "any", ...kinds);
}

function each(field: string, ...values: string[]): string[] {
  return values.map((value) => `field:${field}=${value}`);
}

function schema(models: string): string {
  return `datasource db {\n  provider = "postgresql"\n}\n${models}\n`;
}
