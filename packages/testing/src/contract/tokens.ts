import { anyTag, customTag, newTag, QUARANTINED, rowTag, type Tag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, until, useSubject, type MakeStore } from "./subject.js";

export function tokenContract(makeStore: MakeStore): void {
  describe("tokens", () => {
    const subject = useSubject(makeStore);

    it("are null until minted, and then stay", async () => {
      const { store } = subject();
      const tag = subject().tag();
      expect(await subject().state(tag)).toBeNull();
      const token = await subject().mint(tag);
      expect(await subject().state(tag)).toBe(token);
      expect(await store.mint([tag], [LONG])).toEqual([token]);
      expect(await subject().state(tag)).toBe(token);
    });

    it("are told in the order in which their tags were asked for", async () => {
      const { store } = subject();
      const [locked, absent, held] = subject().tags(3) as [Tag, Tag, Tag];
      const token = await subject().mint(held);
      await store.quarantine("w", [locked], LONG);
      const key = subject().key();
      expect((await store.lookup(key, [locked, absent, held])).tokens).toEqual([QUARANTINED, null, token]);
      expect((await store.lookup(key, [held, locked, absent])).tokens).toEqual([token, QUARANTINED, null]);
      const minted = await store.mint([held, absent, locked], [LONG, LONG, LONG]);
      expect(minted).toEqual([token, await subject().state(absent), QUARANTINED]);
    });

    it("are all different", async () => {
      const tags = subject().tags(200);
      const tokens = await subject().store.mint(
        tags,
        tags.map(() => LONG),
      );
      expect(new Set(tokens).size).toBe(200);
    });

    it("are the same for all who mint at once", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const minted = await Promise.all(Array.from({ length: 30 }, () => store.mint([tag], [LONG])));
      expect(new Set(minted.map(([token]) => token))).toEqual(new Set([await subject().state(tag)]));
    });

    it("never overwrite a lock, however often they are minted", async () => {
      const { store } = subject();
      const tag = subject().tag();
      await store.quarantine("w", [tag], LONG);
      for (let i = 0; i < 3; i++) expect(await store.mint([tag], [LONG])).toEqual([QUARANTINED]);
      expect(await subject().state(tag)).toBe(QUARANTINED);
    });

    it("are minted once for a tag that is named twice", async () => {
      const tag = subject().tag();
      const [first, second] = await subject().store.mint([tag, tag], [LONG, LONG]);
      expect(first).toBeTypeOf("string");
      expect(second).toBe(first);
    });

    it("live for their time, and are followed by another", async () => {
      const [short, long] = [subject().tag(), subject().tag()];
      const token = await subject().mint(short, 40);
      const other = await subject().mint(long);
      await until(async () => (await subject().state(short)) === null, "a lifetime of 40 ms ended");
      expect(await subject().mint(short)).not.toBe(token);
      expect(await subject().state(long)).toBe(other);
    });

    it("get the lifetime at their own place in the list", async () => {
      const { store } = subject();
      const [long, short] = subject().tags(2) as [Tag, Tag];
      await store.mint([long, short], [LONG, 30]);
      await until(async () => (await subject().state(short)) === null, "a lifetime of 30 ms ended");
      expect(await subject().state(long)).toBeTypeOf("string");
    });

    it("are dropped by rotate, and do not come back", async () => {
      const { store } = subject();
      const [tag, absent, other] = subject().tags(3) as [Tag, Tag, Tag];
      const seen = new Set<unknown>();
      const bystander = await subject().mint(other);
      for (let i = 0; i < 5; i++) {
        seen.add(await subject().mint(tag));
        await store.rotate([tag, absent]);
        expect(await subject().state(tag)).toBeNull();
      }
      expect(seen.size).toBe(5);
      expect(await subject().state(absent)).toBeNull();
      expect(await subject().state(other)).toBe(bystander);
    });

    it("belong to one tag each, however alike the names are", async () => {
      const { store } = subject();
      const name = subject().key();
      const tags = [
        anyTag(name),
        newTag(name, ["id"]),
        rowTag(name, ["any"]),
        rowTag(name, ["1"]),
        rowTag(name, ["1", "2"]),
        rowTag(name, ["1,2"]),
        rowTag(name, ["{1}"]),
        rowTag(name, [" 1 "]),
        rowTag(name, ["\u00e9"]),
        rowTag(name, ["e\u0301"]),
        rowTag(name, ["x".repeat(500)]),
        customTag(name),
        customTag(`${name}:any`),
        customTag(`{${name}}`),
      ];
      const tokens = await store.mint(
        tags,
        tags.map(() => LONG),
      );
      expect(new Set(tokens).size).toBe(tags.length);
      await store.rotate([tags[3]!]);
      const after = (await store.lookup(name, tags)).tokens;
      expect(after).toEqual(tokens.map((token, i) => (i === 3 ? null : token)));
    });

    it("can be asked for none at all", async () => {
      const { store } = subject();
      expect((await store.lookup(subject().key(), [])).tokens).toEqual([]);
      expect(await store.mint([], [])).toEqual([]);
      await store.quarantine("w", [], LONG);
      await store.release("w", { changed: [], unchanged: [] });
      await store.rotate([]);
    });

    it("can be asked for by the hundred", async () => {
      const { store } = subject();
      const tags = subject().tags(500);
      const tokens = await store.mint(
        tags,
        tags.map(() => LONG),
      );
      expect((await store.lookup(subject().key(), tags)).tokens).toEqual(tokens);
      await store.quarantine("w", tags, LONG);
      expect(new Set((await store.lookup(subject().key(), tags)).tokens)).toEqual(new Set([QUARANTINED]));
      await store.release("w", { changed: tags.slice(0, 250), unchanged: tags.slice(250) });
      const after = (await store.lookup(subject().key(), tags)).tokens;
      expect(after.slice(250)).toEqual(tokens.slice(250));
      // Those that changed have none, or another.
      expect(after.slice(0, 250).filter((token) => tokens.includes(token) || token === QUARANTINED)).toEqual([]);
      await store.rotate(tags);
      expect(new Set((await store.lookup(subject().key(), tags)).tokens)).toEqual(new Set([null]));
    });
  });
}
