import { anyTag, customTag, parseKeyring, rowTag, type Tag } from "@evercache/core";
import { describe, expect, test } from "vitest";
import { Encryption } from "../src/encryption.js";
import { concealedKey, queryKey, type QueryKey, type QuerySource } from "../src/query/key.js";
import { dataModelOf } from "./schema/prisma-oracle.js";
import { SHOP } from "./schema/schemas.js";
import { dependenciesOf, tracking } from "./query/read-tags.js";

const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString("base64");
const keyring = parseKeyring({ keys: [{ id: "a", key }] });
const shop = dataModelOf(SHOP);

function encrypts(tags: readonly Tag[], defaults: unknown, models: unknown, dataModel = shop): boolean {
  return new Encryption(keyring, dataModel, defaults, models).keyringFor(tags) !== undefined;
}

describe("a result is encrypted if anything in it, or anything that chose it, is of a model that is", () => {
  const USER = { User: { encrypt: true } };
  test.each<[model: string, operation: string, args: object, isEncrypted: boolean]>([
    ["User", "findUnique", { where: { id: 1 } }, true],
    ["User", "count", {}, true],
    ["User", "findMany", { select: { id: true } }, true],
    ["Order", "findMany", { include: { user: true } }, true],
    ["Order", "findMany", { where: { user: { role: "ADMIN" } } }, true],
    ["Order", "findMany", { orderBy: { user: { points: "asc" } } }, true],
    ["OrderLine", "findMany", { include: { order: { select: { user: { select: { role: true } } } } } }, true],
    ["Order", "findMany", { where: { userId: 1 } }, false],
    ["Product", "findMany", {}, false],
  ])("%s.%s %j: %s", (model, operation, args, isEncrypted) => {
    const { tags } = dependenciesOf(shop, { model, operation, args });
    expect(encrypts(tags, undefined, USER)).toBe(isEncrypted);
    expect(encrypts(tags, { encrypt: true }, undefined)).toBe(true);
    expect(encrypts(tags, { encrypt: false }, {})).toBe(false);
  });

  test("a model's own setting comes before that of the defaults, and one that is never cached has that of the defaults", () => {
    const user = [anyTag("User")];
    expect(encrypts(user, { encrypt: true }, { User: { encrypt: false } })).toBe(false);
    expect(encrypts(user, { encrypt: false }, USER)).toBe(true);
    expect(encrypts(user, { encrypt: true }, { User: { ttl: 1 } })).toBe(true);
    expect(encrypts(user, { encrypt: true }, { User: false })).toBe(true);
    expect(encrypts(user, false, USER)).toBe(true);
    expect(encrypts([anyTag("Order")], false, USER)).toBe(false);
  });

  test("volatile columns and join tables are their model's", () => {
    const volatile = tracking(shop, "User", { volatile: ["points", "updatedAt"] });
    const { tags } = dependenciesOf(volatile, { model: "User", operation: "findMany", args: {} });
    const twin = tags.filter((tag) => !tag.startsWith("User:"));
    expect(twin.length).toBeGreaterThan(0);
    expect(encrypts(twin, undefined, USER, volatile)).toBe(true);
    const joins = [...shop.models.values()].flatMap(({ name, relations }) =>
      [...relations.values()].flatMap(({ joinModel }) => (joinModel === null ? [] : [[name, joinModel] as const])),
    );
    expect(joins.length).toBeGreaterThan(0);
    for (const [model, join] of joins) {
      expect(encrypts([anyTag(join)], undefined, { [model]: { encrypt: true } })).toBe(true);
      expect(encrypts([anyTag(join)], undefined, { Country: { encrypt: true } })).toBe(false);
    }
  });

  test("what depends on tags of the application alone has the setting of the defaults", () => {
    expect(encrypts([customTag("home")], { encrypt: true }, undefined)).toBe(true);
    expect(encrypts([customTag("home")], undefined, USER)).toBe(false);
    expect(encrypts([customTag("User")], undefined, USER)).toBe(false);
    expect(
      encrypts([customTag("home"), rowTag("Product", ["1"])], { encrypt: true }, { Product: { encrypt: false } }),
    ).toBe(false);
  });
});

describe("the key of an encrypted result", () => {
  const SOURCE: QuerySource = { fingerprint: "f1", model: "User", operation: "findMany", args: { where: { id: 42 } } };
  const keyOf = (source: Partial<QuerySource>): QueryKey => {
    const result = queryKey({ ...SOURCE, ...source });
    if ("uncacheable" in result) throw new Error(result.uncacheable);
    return concealedKey(result, keyring);
  };

  test("shows the model and the operation alone, however short or long the query is", () => {
    const long = { where: { name: { in: Array.from({ length: 50 }, (_, i) => `Ann ${i}`) } } };
    for (const source of [{}, { args: {} }, { args: { where: { name: "Ann:x" } } }, { args: long }, { scope: "Ann" }]) {
      const { key: concealed, identity } = keyOf(source);
      expect(concealed).toMatch(/^f1:User:findMany:~[\w-]{43}$/);
      expect(identity).toBeNull();
    }
  });

  test("is equal for equal queries only", () => {
    const sources: Partial<QuerySource>[] = [
      {},
      { args: { where: { id: 43 } } },
      { scope: "a" },
      { scope: "b" },
      { tags: ["a"] },
      { model: "Order" },
      { operation: "count" },
      { fingerprint: "f2" },
      { args: { where: { name: { in: Array.from({ length: 50 }, (_, i) => `Ann ${i}`) } } } },
      { args: { where: { name: { in: Array.from({ length: 50 }, (_, i) => `Ann ${i + 1}`) } } } },
    ];
    const names = sources.map((source) => keyOf(source).key.split("~")[1]);
    expect(new Set(names).size).toBe(sources.length);
    expect(keyOf({ args: { where: { id: 42 }, take: undefined } })).toEqual(keyOf({}));
  });
});
