import { describe, expect, it } from "vitest";
import { keySlot } from "../src/slot.js";
import { admin, server } from "./kit.js";

describe("keySlot", () => {
  it("is what the server says", async () => {
    const running = await server("--cluster-enabled", "yes", "--cluster-port", "0");
    const redis = admin(running);
    const keys = Array.from({ length: 200 }, (_, i) => `key:${i}:${"x".repeat(i)}`);
    keys.push("", "a", "shop:Product:findUnique:id=42", "shop:tag:{Product}:row:1", "shop:tag:{#ü}:", "é€😀");
    keys.push("{}a", "a{}", "{a", "a}", "}a{", "{a}{b}", "{{a}}", "a{b}c{d}", "{a}", "x{}{a}", 'where={"a":{"b":1}}');
    for (const key of keys) {
      expect(keySlot(key), key).toBe(await redis.call("CLUSTER", ["KEYSLOT", key]));
    }
  });

  it("is the same for all tags of a model", () => {
    expect(keySlot("shop:tag:{Product}:row:1")).toBe(keySlot("shop:tag:{Product}:any"));
  });
});
