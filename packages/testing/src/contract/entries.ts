import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { LONG, until, useSubject, type MakeStore } from "./subject.js";

export function entryContract(makeStore: MakeStore): void {
  describe("entries", () => {
    const subject = useSubject(makeStore);
    const entryOf = async (key: string) => (await subject().store.lookup(key, [])).entry;

    it("are null until filled, then what was filled, then null once removed", async () => {
      const { store } = subject();
      const key = subject().key();
      expect(await entryOf(key)).toBeNull();
      await store.fill(key, Buffer.from("one"), LONG);
      expect(Buffer.from((await entryOf(key))!).toString()).toBe("one");
      await store.fill(key, Buffer.from("two"), LONG);
      expect(Buffer.from((await entryOf(key))!).toString()).toBe("two");
      await store.remove(key);
      expect(await entryOf(key)).toBeNull();
      await store.remove(key);
    });

    it.each([
      ["every byte value", Uint8Array.from({ length: 256 }, (_, i) => i)],
      ["a megabyte", new Uint8Array(randomBytes(1024 * 1024))],
      ["nothing at all", new Uint8Array()],
      ["line ends and protocol marks", new Uint8Array(Buffer.from("\r\n$-1\r\n*0\r\n\0"))],
      ["a view into a larger buffer", new Uint8Array(randomBytes(64).buffer, 8, 16)],
    ])("come back byte for byte: %s", async (_, bytes) => {
      const key = subject().key();
      await subject().store.fill(key, bytes, LONG);
      const entry = await entryOf(key);
      expect(entry).toBeInstanceOf(Uint8Array);
      expect(Buffer.compare(entry!, bytes)).toBe(0);
    });

    it("are left out where the tokens alone are asked for", async () => {
      const { store } = subject();
      const [one, other] = [subject().tag(), subject().tag()];
      const [token] = await store.mint([one], [LONG]);
      expect(await store.lookup(null, [one, other, one])).toEqual({ entry: null, tokens: [token, null, token] });
      expect(await store.lookup(null, [])).toEqual({ entry: null, tokens: [] });
    });

    it("are found under the very key that they were filled under", async () => {
      const { store } = subject();
      const name = subject().key();
      const keys = [name, `${name} `, `${name}:`, name.toUpperCase(), `${name}ü`, `${name}{a}`, `${name}\n`];
      await Promise.all(keys.map((key) => store.fill(key, Buffer.from(key), LONG)));
      for (const key of keys) expect(Buffer.from((await entryOf(key))!).toString()).toBe(key);
    });

    it("cannot be changed through what was given or handed out", async () => {
      const key = subject().key();
      const given = Uint8Array.from([1, 2, 3]);
      await subject().store.fill(key, given, LONG);
      given[0] = 9;
      const handedOut = await entryOf(key);
      handedOut![1] = 9;
      expect([...(await entryOf(key))!]).toEqual([1, 2, 3]);
    });

    it("live for their time and no longer", async () => {
      const { store } = subject();
      const [short, long] = [subject().key(), subject().key()];
      await store.fill(long, Buffer.from("long"), LONG);
      await store.fill(short, Buffer.from("short"), 40);
      await until(async () => (await entryOf(short)) === null, "a ttl of 40 ms ended");
      expect(await entryOf(long)).not.toBeNull();
    });

    it("get the time of their last fill", async () => {
      const { store } = subject();
      const [renewed, witness] = [subject().key(), subject().key()];
      await store.fill(renewed, Buffer.from("old"), 30);
      await store.fill(renewed, Buffer.from("new"), LONG);
      await store.fill(witness, Buffer.from("witness"), 30);
      await until(async () => (await entryOf(witness)) === null, "a ttl of 30 ms ended");
      expect(Buffer.from((await entryOf(renewed))!).toString()).toBe("new");
    });

    it("get another end, and live on, where they are still what they were", async () => {
      const { store } = subject();
      if (!store.renew) return;
      const [renewed, other, short] = [subject().key(), subject().key(), subject().key()];
      const renewal = { at: 2, expected: Buffer.from("cd"), tail: Buffer.from([0, 255]) };
      await store.fill(renewed, Buffer.from("abcdef"), 60);
      await store.fill(other, Buffer.from("abxxef"), LONG);
      await store.fill(short, Buffer.from("abc"), LONG);
      for (const key of [renewed, other, short, subject().key()]) await store.renew(key, renewal, LONG);
      expect([...(await entryOf(renewed))!]).toEqual([...Buffer.from("abcd"), 0, 255]);
      expect(Buffer.from((await entryOf(other))!).toString()).toBe("abxxef");
      expect(Buffer.from((await entryOf(short))!).toString()).toBe("abc");
      const witness = subject().key();
      await store.fill(witness, Buffer.from("witness"), 60);
      await until(async () => (await entryOf(witness)) === null, "a ttl of 60 ms ended");
      expect(await entryOf(renewed)).not.toBeNull();
    });

    it("do not come to be by a renewal, nor live shorter", async () => {
      const { store } = subject();
      if (!store.renew) return;
      const [missing, kept] = [subject().key(), subject().key()];
      const renewal = { at: 0, expected: Buffer.from("a"), tail: Buffer.from("z") };
      await store.renew(missing, renewal, LONG);
      expect(await entryOf(missing)).toBeNull();
      await store.fill(kept, Buffer.from("ab"), LONG);
      await store.renew(kept, renewal, 1);
      const witness = subject().key();
      await store.fill(witness, Buffer.from("witness"), 30);
      await until(async () => (await entryOf(witness)) === null, "a ttl of 30 ms ended");
      expect(Buffer.from((await entryOf(kept))!).toString()).toBe("az");
    });

    it("are apart from tokens, whatever their names", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const token = await subject().mint(tag);
      await store.fill(tag, Buffer.from("entry"), LONG);
      expect(await subject().state(tag)).toBe(token);
      await store.rotate([tag]);
      expect(await entryOf(tag)).not.toBeNull();
      await store.remove(tag);
    });

    it("come with the tokens, in one lookup", async () => {
      const { store } = subject();
      const key = subject().key();
      const tags = subject().tags(3);
      const tokens = await store.mint(tags, [LONG, LONG, LONG]);
      await store.fill(key, Buffer.from("entry"), LONG);
      const lookup = await store.lookup(key, tags);
      expect(Buffer.from(lookup.entry!).toString()).toBe("entry");
      expect(lookup.tokens).toEqual(tokens);
    });
  });
}
