import { createSecretKey, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Keyring, type NamedKey } from "../../src/seal/keyring.js";

const keyOf = (id: string): NamedKey => ({ id, key: createSecretKey(randomBytes(32)) });
const OLD = keyOf("2025");
const NEW = keyOf("2026");
const ring = new Keyring([OLD]);
const PLAIN = Buffer.from("what nobody may read");
const CONTEXT = Buffer.from("context");
const bytes = fc.uint8Array({ maxLength: 200 });

describe("a keyring", () => {
  it("gives back what it encrypted", () => {
    fc.assert(
      fc.property(bytes, fc.string({ unit: "grapheme" }), bytes, (plain, name, context) => {
        expect([...ring.decrypt(ring.encrypt(plain, name, context), name, context)]).toEqual([...plain]);
      }),
    );
  });

  it("never encrypts the same to the same, and shows nothing of it but its length", () => {
    const made = Array.from({ length: 50 }, () => Buffer.from(ring.encrypt(PLAIN, "k", CONTEXT)));
    expect(new Set(made.map((each) => each.toString("hex"))).size).toBe(50);
    for (const each of made) {
      expect(each).toHaveLength(1 + OLD.id.length + 12 + PLAIN.length + 16);
      expect(each.includes("nobody")).toBe(false);
    }
  });

  it("refuses it with any bit turned, at any length, under another name, in another context", () => {
    const made = Buffer.from(ring.encrypt(PLAIN, "k", CONTEXT));
    for (let bit = 0; bit < made.length * 8; bit++) {
      const turned = Buffer.from(made);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => ring.decrypt(turned, "k", CONTEXT)).toThrow();
    }
    for (let length = 0; length < made.length; length++) {
      expect(() => ring.decrypt(made.subarray(0, length), "k", CONTEXT)).toThrow();
    }
    expect(() => ring.decrypt(Buffer.concat([made, Buffer.of(0)]), "k", CONTEXT)).toThrow();
    for (const [name, context] of [
      ["K", CONTEXT],
      ["", CONTEXT],
      ["k", Buffer.from("Context")],
      ["k", Buffer.alloc(0)],
      ["kcontext", Buffer.alloc(0)],
    ] as const) {
      expect(() => ring.decrypt(made, name, context)).toThrow();
    }
    expect(Buffer.from(ring.decrypt(made, "k", CONTEXT))).toEqual(PLAIN);
  });

  it("decrypts under each of its keys, encrypts under the first, and knows no others", () => {
    const both = new Keyring([NEW, OLD]);
    const only = new Keyring([NEW]);
    const before = ring.encrypt(PLAIN, "k", CONTEXT);
    const after = both.encrypt(PLAIN, "k", CONTEXT);
    expect(Buffer.from(both.decrypt(before, "k", CONTEXT))).toEqual(PLAIN);
    expect(Buffer.from(only.decrypt(after, "k", CONTEXT))).toEqual(PLAIN);
    expect(() => ring.decrypt(after, "k", CONTEXT)).toThrow("not among these");
    expect(() => only.decrypt(before, "k", CONTEXT)).toThrow("not among these");
    const impostor = new Keyring([{ id: OLD.id, key: NEW.key }]);
    expect(() => impostor.decrypt(before, "k", CONTEXT)).toThrow();
  });

  it("names a text by what only its keys tell, the same while a new key is put before the others", () => {
    const name = ring.nameOf("email:ann@example.com");
    expect(name).toMatch(/^[\w-]{43}$/);
    expect(ring.nameOf("email:ann@example.com")).toBe(name);
    expect(ring.nameOf("email:bob@example.com")).not.toBe(name);
    expect(new Keyring([NEW, OLD]).nameOf("email:ann@example.com")).toBe(name);
    expect(new Keyring([NEW]).nameOf("email:ann@example.com")).not.toBe(name);
  });
});
