import { expect, test } from "vitest";
import { queryKey, type QuerySource } from "../../src/query/key.js";

const SOURCE: QuerySource = { fingerprint: "f1", model: "User", operation: "findMany", args: { where: { id: 42 } } };

function keyOf(source: Partial<QuerySource>): string {
  const result = queryKey({ ...SOURCE, ...source });
  if ("uncacheable" in result) throw new Error(result.uncacheable);
  return result.key;
}

test("short queries can be read in their keys", () => {
  expect(queryKey(SOURCE)).toEqual({ key: "f1:User:findMany:where(id:42)", identity: null });
  expect(keyOf({ args: undefined })).toBe("f1:User:findMany:");
  expect(keyOf({ args: {} })).toBe("f1:User:findMany:");
  expect(
    keyOf({
      dataPath: ["select", "posts"],
      scope: "tenant 1",
      tags: ["b", "a", "b"],
      globalOmit: { user: { email: true } },
    }),
  ).toBe(
    String.raw`f1:User:findMany:where(id:42);omit(user(email:true)),path:["select","posts"],scope:"tenant\x00201",tags:["a","b"]`,
  );
});

test("long ones have a hash in the key, and are told in full beside it", () => {
  const args = { where: { id: { in: Array.from({ length: 100 }, (_, i) => i) } } };
  const result = queryKey({ ...SOURCE, args });
  if ("uncacheable" in result) throw new Error("uncacheable");
  expect(result.key).toMatch(/^f1:User:findMany:~[\w-]{43}$/);
  expect(result.identity).toMatch(/^f1:User:findMany:where\(id\(in:\[0,1,.*,99\]\)\)$/);
  expect(keyOf({ args: { where: { id: { in: [...args.where.id.in, 100] } } } })).not.toBe(result.key);
});

test("an operation that throws shares the key of the one that does not", () => {
  expect(keyOf({ operation: "findUniqueOrThrow" })).toBe(keyOf({ operation: "findUnique" }));
  expect(keyOf({ operation: "findFirstOrThrow" })).toBe(keyOf({ operation: "findFirst" }));
});

test("whatever makes another result makes another key", () => {
  const args = { where: { id: 1 }, select: { posts: true } };
  const keys = [
    keyOf({ args }),
    keyOf({ args, dataPath: ["select", "posts"] }),
    keyOf({ args, operation: "findFirst" }),
    keyOf({ args, operation: "findUnique" }),
    keyOf({ args, model: "Post" }),
    keyOf({ args, fingerprint: "f2" }),
    keyOf({ args, scope: "" }),
    keyOf({ args, scope: "a" }),
    keyOf({ args, tags: ["a"] }),
    keyOf({ args, isTaggedByResult: true }),
    keyOf({ args, isTaggedByResult: true, tags: ["a"] }),
    keyOf({ args, tags: ["a", "b"] }),
    keyOf({ args, tags: ['a","b'] }),
    keyOf({ args, globalOmit: { user: { email: true } } }),
    keyOf({ args: { ...args, x: ';scope:"a"' } }),
    keyOf({ args: { where: { id: "1" }, select: { posts: true } } }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf({ args, dataPath: [], tags: [] })).toBe(keyOf({ args }));
  expect(keyOf({ args, tags: ["b", "a"] })).toBe(keyOf({ args, tags: ["a", "b"] }));
});

test("what has no text has no key", () => {
  expect(queryKey({ ...SOURCE, args: { where: { id: new Map() } } })).toHaveProperty("uncacheable");
  expect(queryKey({ ...SOURCE, globalOmit: { user: new Map() } })).toHaveProperty("uncacheable");
});
