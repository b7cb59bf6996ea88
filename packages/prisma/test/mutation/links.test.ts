import { describe, expect, test } from "vitest";
import { effects } from "../../src/mutation/effects.js";
import { shop } from "./key-effects.js";
import { created, others, updated } from "./nested-effects.js";
import { allOf, tags, USER_PATHS } from "./tags.js";

const all = allOf(shop);

describe("many to many: the links of both sides", () => {
  const join = (...kinds: string[]) => tags("_PostToTag", "any", ...kinds);
  const one = join("field:Post.tags=1", "field:Tag.posts=a");
  const fresh = tags("Tag", "any", "row:a");
  const gone = join("field:Tag.posts=a", "by:Post.tags");
  test.each<[string, object, string[]]>([
    ["create", { create: { name: "a" } }, [...fresh, ...one]],
    ["connect", { connect: [{ name: "a" }] }, one],
    ["connect of several", { connect: [{ name: "a" }, { name: "b" }] }, [...one, "_PostToTag:field:Tag.posts=b"]],
    ["connectOrCreate", { connectOrCreate: { where: { name: "a" }, create: { name: "a" } } }, [...fresh, ...one]],
    ["disconnect", { disconnect: { name: "a" } }, one],
    // Which leave is not known.
    ["set", { set: [{ name: "a" }] }, join("field:Post.tags=1", "by:Tag.posts")],
    [
      "update of the key",
      { update: { where: { name: "a" }, data: { name: "b" } } },
      [...tags("Tag", "any", "row:a", "row:b"), ...join("field:Tag.posts=a", "field:Tag.posts=b", "by:Post.tags")],
    ],
    [
      "updateMany",
      { updateMany: { where: {}, data: { name: "b" } } },
      [...all("Tag"), "Tag:row:b", ...all("_PostToTag")],
    ],
    ["upsert", { upsert: { where: { name: "a" }, create: { name: "a" }, update: {} } }, [...fresh, ...one]],
    ["delete", { delete: { name: "a" } }, [...fresh, ...gone]],
    ["deleteMany", { deleteMany: {} }, [...all("Tag"), ...all("_PostToTag")]],
    ["deleteMany by keys", { deleteMany: { name: { in: ["a"] } } }, [...fresh, ...gone]],
  ])("%s", (_, operations, expected) => {
    const sorted = [...expected].sort();
    expect(updated("Post", { tags: operations })).toEqual(sorted);
    if (["create", "connect", "connectOrCreate"].includes(Object.keys(operations)[0] ?? "")) {
      expect(created("Post", { id: 1, tags: operations })).toEqual(sorted);
    }
  });

  test("an update of other columns leaves them alone", () => {
    const data = { posts: { update: { where: { id: 1 }, data: { title: "x" } } } };
    expect(updated("Tag", data, { name: "a" }).filter((tag) => tag.startsWith("_"))).toEqual([]);
  });

  test("of a row that is known by another key", () => {
    expect(updated("Post", { tags: { connect: { name: "a" } } }, { slug: "s" })).toEqual(
      join("field:Tag.posts=a", "by:Post.tags"),
    );
    expect(updated("Tag", { posts: { connect: { slug: "s" } } }, { name: "a" })).toEqual(
      join("field:Tag.posts=a", "by:Post.tags"),
    );
  });

  test("of a new row, by the key that is learnt", () => {
    const data = { email: "a", nickname: "n", tenant: 1, handle: "h", favourites: { connect: { sku: "x" } } };
    const ofUser = (...kinds: string[]) => tags("_ProductToUser", "any", "field:Product.fans=x", ...kinds);
    const user = effects(shop, { model: "User", operation: "create", args: { data, select: { email: true } } });
    expect(user.changed).toEqual(expect.arrayContaining(ofUser()));
    expect(user.fenced).toEqual(["User:new:id", "_ProductToUser:by:User.favourites"]);
    expect(user.args).toMatchObject({ select: { email: true, id: true } });
    expect(user.after({ email: "a", id: 7 })).toEqual({
      changed: ["User:row:7", "_ProductToUser:field:User.favourites=7"],
      unchanged: ["User:new:id", "_ProductToUser:by:User.favourites"],
    });
    expect(user.after({ email: "a" }).changed).toEqual(user.fenced);
    const upserted = others("User", "upsert", { where: { id: 7 }, create: data, update: {} });
    expect(upserted).toEqual(ofUser("by:User.favourites"));
    // Of these no row is returned.
    for (const below of [
      created("Post", { id: 1, slug: "s", title: "t", author: { create: data } }),
      effects(shop, { model: "User", operation: "createMany", args: { data } }).changed,
      effects(shop, { model: "User", operation: "create", args: { data }, dataPath: ["select", "posts"] }).changed,
    ]) {
      expect(below.filter((tag) => tag.startsWith("_"))).toEqual(ofUser("by:User.favourites"));
    }
  });

  test("with itself", () => {
    const friends = (operations: object) =>
      effects(shop, {
        model: "User",
        operation: "update",
        args: { where: { id: 1 }, data: { friends: operations } },
      });
    const changed = friends({ update: { where: { id: 2 }, data: { handle: "x" } } });
    expect(changed).toMatchObject({
      changed: tags("User", "any", "new:tenant,handle", "row:1", "row:2", ...USER_PATHS),
      fenced: [],
    });
    expect(friends({ connect: { id: 2 } }).changed).toEqual([
      ...tags("User", "any", "row:1"),
      ...tags("_Friends", "any", "field:User.friends=1", "field:User.friendOf=2"),
    ]);
  });
});
