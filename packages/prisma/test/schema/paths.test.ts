import { describe, expect, test } from "vitest";
import type { Relation } from "../../src/schema/data-model.js";
import { linkPath, linkTag, tagsOfModel } from "../../src/schema/paths.js";
import { dataModelOf } from "./prisma-oracle.js";
import { MYSQL, NASTY, SHOP } from "./schemas.js";

const shop = dataModelOf(SHOP);

function relationOf(name: string, field: string, dataModel = shop): Relation {
  const relation = dataModel.models.get(name)?.relations.get(field);
  if (!relation) throw new Error(`no relation ${name}.${field}`);
  return relation;
}

describe("all tags of a model that do not name rows: any, two for each key, and one for each tracked field", () => {
  test.each([
    ["Tag", ["Tag:any", "Tag:by:name", "Tag:new:name"]],
    ["Comment", ["Comment:any", "Comment:by:id", "Comment:by:postId", "Comment:new:id"]],
    [
      "User",
      [
        "User:any",
        "User:by:email",
        "User:by:id",
        "User:by:managerId",
        "User:by:nickname",
        "User:by:role",
        "User:by:tenant,handle",
        "User:new:email",
        "User:new:id",
        "User:new:nickname",
        "User:new:tenant,handle",
      ],
    ],
    // The primary key is a moment.
    ["Reading", ["Reading:any", "Reading:by:sensor", "Reading:new:sensor"]],
    [
      "OrderLine",
      [
        "OrderLine:any",
        "OrderLine:by:orderId",
        "OrderLine:by:orderId,sku",
        "OrderLine:by:sku",
        "OrderLine:new:orderId,sku",
      ],
    ],
    ["_PostToTag", ["_PostToTag:any", "_PostToTag:by:Post.tags", "_PostToTag:by:Tag.posts"]],
    ["_Friends", ["_Friends:any", "_Friends:by:User.friendOf", "_Friends:by:User.friends"]],
    ["Nobody", ["Nobody:any"]],
  ])("%s", (model, tags) => expect(tagsOfModel(shop, model)).toEqual(tags));
});

describe("the links of a row in an implicit many-to-many relation", () => {
  test("are named by its primary key, on either side", () => {
    expect(linkTag(shop, relationOf("Post", "tags"), 5n)).toBe("_PostToTag:field:Post.tags=5");
    expect(linkTag(shop, relationOf("Tag", "posts"), "a=b")).toBe("_PostToTag:field:Tag.posts=a%3Db");
    expect(linkTag(shop, relationOf("User", "friendOf"), 5)).toBe("_Friends:field:User.friendOf=5");
    const mysql = dataModelOf(MYSQL);
    expect(linkTag(mysql, relationOf("Account", "groups", mysql), "Ann ")).toBe(
      "_AccountToGroup:field:Account.groups=ann",
    );
  });

  test.each([[undefined], [null], ["five"], [{ increment: 1 }]])("a key %o names none", (key) =>
    expect(linkTag(shop, relationOf("Post", "tags"), key)).toBeNull(),
  );

  test("where the relation's name holds any character", () => {
    expect(linkPath(relationOf("User", "liked", dataModelOf(NASTY)))).toBe("_Likes%20%26%20such:by:User.liked");
  });
});
