import { customTag, anyTag, rowTag, uniqueTag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { Keyspace } from "../src/keyspace.js";

describe("Keyspace", () => {
  const keyspace = new Keyspace("shop");

  it.each([
    [anyTag("Product"), "shop:tag:{Product}:any"],
    [rowTag("Product", ["42"]), "shop:tag:{Product}:row:42"],
    [rowTag("Product", ["{a}"]), "shop:tag:{Product}:row:{a}"],
    [uniqueTag("User", [["email", "a@x.org"]]), "shop:tag:{User}:unique:email=a@x.org"],
    [customTag("home"), "shop:tag:{#home}"],
    [customTag("a:b"), "shop:tag:{#a:b}"],
  ])("names the key of %s", (tag, key) => {
    expect(keyspace.tagKey(tag)).toBe(key);
  });

  it("names entries", () => {
    expect(keyspace.entryKey("Product:findUnique:id=42")).toBe("shop:Product:findUnique:id=42");
  });

  it("groups tags by model, each group in order", () => {
    const tags = [
      rowTag("A", ["1"]),
      rowTag("B", ["1"]),
      anyTag("A"),
      customTag("a"),
      customTag("b"),
      rowTag("B", ["2"]),
    ];
    expect(keyspace.groups(tags)).toEqual([[0, 2], [1, 5], [3], [4]]);
    expect(keyspace.groups([])).toEqual([]);
  });

  it.each(["shop", "a", "shop-2:eu.west/1", "ü", "x".repeat(64)])("takes the namespace %j", (namespace) => {
    expect(new Keyspace(namespace).entryKey("k")).toBe(`${namespace}:k`);
  });

  it.each(["", " ", "a b", "a\n", "{a}", "a}", "x".repeat(65), "a\u0000", undefined, null, 7, {}])(
    "refuses the namespace %j",
    (namespace) => {
      expect(() => new Keyspace(namespace)).toThrow(
        expect.objectContaining({
          name: "EvercacheError",
          code: "INVALID_OPTION",
          value: namespace,
          message: expect.stringContaining("namespace:"),
        }),
      );
    },
  );
});
