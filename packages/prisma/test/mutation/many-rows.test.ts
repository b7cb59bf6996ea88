import { describe, expect, test } from "vitest";
import { effectsOf, shop } from "./key-effects.js";
import { allOf, tags, USER_PATHS } from "./tags.js";

const all = allOf(shop);

describe("an update of many", () => {
  test.each([
    [{ id: 5 }, ["row:5"]],
    [{ id: { equals: 5 } }, ["row:5"]],
    [{ id: { in: [5, 6, 5n] }, points: { gt: 3 } }, ["row:5", "row:6"]],
    [{ AND: [{ points: 1 }, { AND: { id: { in: [7] } } }], OR: [{ points: 2 }] }, ["row:7"]],
    [{ id: { in: [] } }, []],
  ])("by %o names rows, and not their other keys", (where, rows) => {
    const result = effectsOf("User", "updateMany", { where, data: { points: 1 } });
    expect(result).toMatchObject({ changed: tags("User", "any", ...rows, ...USER_PATHS), fenced: [] });
  });

  test("by a compound key", () => {
    const result = effectsOf("OrderLine", "updateMany", {
      where: { orderId: 1, AND: { sku: "a" } },
      data: { quantity: 1 },
    });
    expect(result.changed).toEqual(tags("OrderLine", "any", "row:1,a"));
  });

  test.each([
    [undefined],
    [{}],
    [{ points: 1 }],
    [{ id: { gt: 5 } }],
    [{ id: { in: Array.from({ length: 101 }, (_, i) => i) } }],
    [{ id: { in: [1, "one"] } }],
    [{ id: { in: [1], mode: "insensitive" } }],
    [{ id: { notIn: [1] } }],
    [{ OR: [{ id: 1 }] }],
    [{ NOT: { id: 1 } }],
    [{ manager: { id: 1 } }],
  ])("by %o changes rows that cannot be told", (where) => {
    expect(effectsOf("User", "updateMany", { where, data: { points: 1 } })).toMatchObject({
      changed: all("User"),
      fenced: [],
    });
    expect(effectsOf("User", "deleteMany", { where }).changed).toEqual(expect.arrayContaining(all("User")));
  });

  test("by another key names that alone", () => {
    const result = effectsOf("User", "updateMany", { where: { email: "a@x.com" }, data: { points: 1 } });
    expect(result).toMatchObject({
      changed: tags(
        "User",
        "any",
        "by:id",
        "unique:email=a@x.com",
        ...USER_PATHS.filter((path) => path !== "by:email"),
      ),
      fenced: [],
    });
  });

  test("that moves rows", () => {
    const result = effectsOf("Comment", "updateMany", { where: { id: 1 }, data: { id: 2 } });
    expect(result.changed).toEqual(tags("Comment", "any", "by:postId", "row:1", "row:2"));
    const several = effectsOf("Comment", "updateMany", { where: { id: { in: [1, 3] } }, data: { id: 2 } });
    expect(several.changed).toEqual(tags("Comment", "any", "by:postId", "row:1", "row:2", "row:3"));
  });

  test("that deletes them", () => {
    const result = effectsOf("Order", "deleteMany", { where: { id: { in: [1, 2] } } });
    expect(result.changed).toEqual([
      ...tags("Order", "any", "by:addressId", "by:userId", "row:1", "row:2"),
      ...tags("OrderLine", "any", "by:orderId,sku", "by:sku"),
    ]);
  });

  describe("that returns them", () => {
    const args = { where: { points: 1 }, data: { points: 2 }, select: { points: true } };
    const paths = tags("User", "by:id", ...USER_PATHS);

    test("learns which they were", () => {
      const result = effectsOf("User", "updateManyAndReturn", args);
      expect(result).toMatchObject({ changed: ["User:any"], fenced: paths });
      const rows = [
        { points: 2, id: 1, email: "a", nickname: null, tenant: 1, handle: "a", role: "USER", managerId: null },
        { points: 2, id: 2, email: "b", nickname: "B", tenant: 1, handle: "b", role: "ADMIN", managerId: 1 },
      ];
      expect(result.after(rows)).toEqual({
        changed: tags(
          "User",
          "row:1",
          "row:2",
          "unique:email=a",
          "unique:email=b",
          "unique:nickname=b",
          "unique:tenant=1,handle=a",
          "unique:tenant=1,handle=b",
        ),
        unchanged: paths,
      });
      expect(result.strip(rows)).toEqual([{ points: 2 }, { points: 2 }]);
      expect(result.after([])).toEqual({ changed: [], unchanged: paths });
    });

    test("learns their other keys if it knew which they were", () => {
      const result = effectsOf("User", "updateManyAndReturn", { ...args, where: { id: { in: [1, 2] } } });
      expect(result).toMatchObject({
        changed: tags("User", "any", "row:1", "row:2"),
        fenced: tags("User", ...USER_PATHS),
      });
    });

    test("does not name too many", () => {
      const rows = Array.from({ length: 101 }, (_, id) => ({
        id,
        email: `${id}`,
        nickname: null,
        tenant: 1,
        handle: `${id}`,
      }));
      expect(effectsOf("User", "updateManyAndReturn", args).after(rows)).toEqual({
        changed: paths,
        unchanged: [],
      });
    });

    test("cannot learn what it overwrote", () => {
      const result = effectsOf("User", "updateManyAndReturn", { ...args, data: { handle: "x" } });
      expect(result).toMatchObject({
        changed: tags("User", "any", "by:tenant,handle"),
        fenced: paths.filter((path) => path !== "User:by:tenant,handle"),
      });
    });
  });
});
