import { describe, expect, test } from "vitest";
import { cascadeDelete, cascadeUpdate } from "../../src/mutation/cascade.js";
import { Changes } from "../../src/mutation/changes.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { MYSQL, SHOP, SQLITE } from "../schema/schemas.js";

const shop = dataModelOf(SHOP);
const all = (...models: string[]) => models.flatMap((model) => [`${model}:all`, `${model}:any`]).sort();

function deleted(name: string, dataModel = shop): string[] {
  const changes = new Changes(dataModel);
  const model = dataModel.models.get(name);
  if (model) cascadeDelete(changes, model);
  return changes.tags();
}

function updated(name: string, columns: string[], dataModel = shop): string[] {
  const changes = new Changes(dataModel);
  const model = dataModel.models.get(name);
  if (model) cascadeUpdate(changes, model, new Set(columns));
  return changes.tags();
}

describe("a delete", () => {
  test("deletes, and changes, transitively, also in its own model and in join tables", () => {
    // User: Cascade to Profile and Post, and from there to Comment; SetNull to Cart and to User; SetDefault to Post.
    expect(deleted("User")).toEqual(
      [
        ...all("Cart", "Comment", "Post", "Profile", "User"),
        "_Friends:any",
        "_PostToTag:any",
        "_ProductToUser:any",
      ].sort(),
    );
  });

  test.each([
    ["Restrict", "Country", []],
    ["Restrict by default, join table", "Product", ["_ProductToUser:any"]],
    ["SetNull by default, of a compound key", "Region", all("Address")],
    ["Cascade", "Order", all("OrderLine")],
    ["SetNull that goes no further", "Address", all("Order")],
    ["nothing", "Comment", []],
    ["join table alone", "Tag", ["_PostToTag:any"]],
  ])("%s", (_, model, expected) => expect(deleted(model)).toEqual(expected));

  test("where Prisma emulates foreign keys", () => {
    expect(deleted("Account", dataModelOf(MYSQL))).toEqual([...all("Note"), "_AccountToGroup:any"]);
  });
});

describe("an update of what others reference", () => {
  test.each<[string, string, string[], string[]]>([
    ["Cascade, transitively", "Country", ["code"], all("Address", "Region")],
    ["of a column that nobody references", "Country", ["name"], []],
    ["of half a key", "Region", ["number"], all("Address")],
    ["SetNull", "User", ["email"], all("Post")],
    ["of the primary key, with join tables", "Product", ["sku"], [...all("OrderLine"), "_ProductToUser:any"]],
    ["NoAction", "User", ["points"], []],
    ["of nothing", "User", [], []],
  ])("%s", (_, model, columns, expected) => expect(updated(model, columns)).toEqual(expected));

  test("Restrict", () => {
    expect(updated("A", ["id"], dataModelOf(SQLITE))).toEqual(all("B"));
  });
});

test("ends where relations go in circles", () => {
  const text = `datasource db {
  provider = "postgresql"
}
model A {
  id Int @id
  next B @relation("ab", fields: [id], references: [id], onDelete: Cascade)
  before B? @relation("ba")
}
model B {
  id Int @id
  next A @relation("ba", fields: [id], references: [id], onDelete: Cascade)
  before A? @relation("ab")
}
`;
  const circle = dataModelOf(text);
  expect(deleted("A", circle)).toEqual(all("A", "B"));
  expect(updated("B", ["id"], circle)).toEqual(all("A", "B"));
});
