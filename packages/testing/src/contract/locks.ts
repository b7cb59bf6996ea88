import { QUARANTINED, type Tag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, until, useSubject, type MakeStore } from "./subject.js";

const changed = (...tags: Tag[]) => ({ changed: tags, unchanged: [] });
const unchanged = (...tags: Tag[]) => ({ changed: [], unchanged: tags });
const ORDERS = [
  ["a", "b", "c"],
  ["a", "c", "b"],
  ["b", "a", "c"],
  ["b", "c", "a"],
  ["c", "a", "b"],
  ["c", "b", "a"],
] as const;

export function lockContract(makeStore: MakeStore): void {
  describe("locks", () => {
    const subject = useSubject(makeStore);

    it("hide the token, whether there was one or not", async () => {
      const { store } = subject();
      const [held, absent, other] = subject().tags(3) as [Tag, Tag, Tag];
      await subject().mint(held);
      const bystander = await subject().mint(other);
      await store.quarantine("a", [held, absent], LONG);
      expect(await subject().state(held)).toBe(QUARANTINED);
      expect(await subject().state(absent)).toBe(QUARANTINED);
      expect(await subject().state(other)).toBe(bystander);
    });

    it("end with a token that was never there, when the tag changed", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      await store.release("a", changed(tag));
      expect(await subject().state(tag)).not.toBe(QUARANTINED);
      expect(await subject().state(tag)).not.toBe(before);
      expect(await subject().mint(tag)).not.toBe(before);
    });

    it("end with the very token that they replaced, when the tag did not change", async () => {
      const { store } = subject();
      const [held, absent] = subject().tags(2) as [Tag, Tag];
      const before = await subject().mint(held);
      for (let i = 0; i < 3; i++) {
        await store.quarantine("a", [held, absent], LONG);
        await store.release("a", unchanged(held, absent));
        expect(await subject().state(held)).toBe(before);
        expect(await subject().state(absent)).toBeNull();
      }
    });

    it("give back a token with a time to live", async () => {
      const { store } = subject();
      const tag = subject().tag();
      await subject().mint(tag, 60);
      await store.quarantine("a", [tag], LONG);
      await store.release("a", unchanged(tag));
      await until(async () => (await subject().state(tag)) === null, "a restored token ended");
    });

    it("treat a tag that is named on both lists as changed", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      await store.release("a", { changed: [tag], unchanged: [tag] });
      expect(await subject().state(tag)).not.toBe(QUARANTINED);
      expect(await subject().state(tag)).not.toBe(before);
    });

    it.each(ORDERS)("live until their last holder has gone: %s, %s, %s", async (...order) => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      for (const holder of ["a", "b", "c"]) await store.quarantine(holder, [tag], LONG);
      for (const [i, holder] of order.entries()) {
        expect(await subject().state(tag)).toBe(QUARANTINED);
        expect(await store.mint([tag], [LONG])).toEqual([QUARANTINED]);
        await store.release(holder, i === 0 ? changed(tag) : unchanged(tag));
      }
      expect(await subject().state(tag)).not.toBe(QUARANTINED);
      expect(await subject().state(tag)).not.toBe(before);
    });

    it.each(
      [true, false].flatMap((a) => [true, false].flatMap((b) => [true, false].map((bFirst) => ({ a, b, bFirst })))),
    )("restore only if all holders left the tag unchanged: %o", async ({ a, b, bFirst }) => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      await store.quarantine("b", [tag], LONG);
      const releases = [() => store.release("a", (a ? unchanged : changed)(tag))];
      releases[bFirst ? "unshift" : "push"](() => store.release("b", (b ? unchanged : changed)(tag)));
      await releases[0]!();
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await releases[1]!();
      const after = await subject().state(tag);
      expect(after).not.toBe(QUARANTINED);
      expect(after === before).toBe(a && b);
    });

    it("do not restore for a holder that came back after it had changed the tag", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      await store.quarantine("b", [tag], LONG);
      await store.release("a", changed(tag));
      await store.quarantine("a", [tag], LONG);
      await store.release("a", unchanged(tag));
      await store.release("b", unchanged(tag));
      expect(await subject().state(tag)).not.toBe(before);
    });

    it("of overlapping writers on overlapping tags are kept apart", async () => {
      const { store } = subject();
      const [first, shared, last] = subject().tags(3) as [Tag, Tag, Tag];
      await store.quarantine("a", [first, shared], LONG);
      await store.quarantine("b", [shared, last], LONG);
      await store.release("a", changed(first, shared));
      const states = (await store.lookup(subject().key(), [first, shared, last])).tokens;
      expect(states).toEqual([null, QUARANTINED, QUARANTINED]);
      await store.release("b", changed(shared, last));
      expect((await store.lookup(subject().key(), [first, shared, last])).tokens).toEqual([null, null, null]);
    });

    it("are one lock per holder, however often it quarantines", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      for (let i = 0; i < 4; i++) await store.quarantine("a", [tag], LONG);
      await store.release("a", unchanged(tag));
      expect(await subject().state(tag)).toBe(before);
    });

    it("survive a release that is repeated", async () => {
      const { store } = subject();
      const tag = subject().tag();
      await store.quarantine("a", [tag], LONG);
      await store.quarantine("b", [tag], LONG);
      for (let i = 0; i < 3; i++) await store.release("a", changed(tag));
      for (let i = 0; i < 3; i++) await store.release("a", unchanged(tag));
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("b", changed(tag));
      expect(await subject().state(tag)).toBeNull();
    });

    it("survive the release of somebody who never held them, who may still have changed the tag", async () => {
      const { store } = subject();
      const [touched, untouched] = subject().tags(2) as [Tag, Tag];
      const before = await subject().mint(touched);
      const kept = await subject().mint(untouched);
      await store.quarantine("a", [touched, untouched], LONG);
      await store.release("stranger", { changed: [touched], unchanged: [untouched] });
      expect(await subject().state(touched)).toBe(QUARANTINED);
      expect(await subject().state(untouched)).toBe(QUARANTINED);
      await store.release("a", unchanged(touched, untouched));
      expect(await subject().state(touched)).not.toBe(before);
      expect(await subject().state(untouched)).toBe(kept);
    });

    it("need not be there for a release to change a tag", async () => {
      const { store } = subject();
      const [held, absent] = subject().tags(2) as [Tag, Tag];
      const before = await subject().mint(held);
      await store.release("a", changed(held, absent));
      expect(await subject().state(held)).not.toBe(before);
      expect(await subject().state(absent)).not.toBe(QUARANTINED);
      expect(await subject().mint(held)).not.toBe(before);
    });

    it("stay when the tag is rotated, and restore nothing then", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      await store.rotate([tag]);
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("a", unchanged(tag));
      expect(await subject().state(tag)).not.toBe(QUARANTINED);
      expect(await subject().state(tag)).not.toBe(before);
    });

    it("belong to holders whose names may hold anything", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const holders = ["a", "", "a,b", "a@1", "a|b", "L", " ", "%2C", "\u00e9", "x".repeat(300)];
      for (const holder of holders) await store.quarantine(holder, [tag], LONG);
      for (const holder of holders) {
        expect(await subject().state(tag)).toBe(QUARANTINED);
        await store.release(holder, changed(tag));
      }
      expect(await subject().state(tag)).toBeNull();
    });

    it("of many writers at once all count", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const holders = Array.from({ length: 50 }, (_, i) => `w${i}`);
      await Promise.all(holders.map((holder) => store.quarantine(holder, [tag], LONG)));
      await Promise.all(holders.slice(1).map((holder) => store.release(holder, changed(tag))));
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("w0", changed(tag));
      expect(await subject().state(tag)).toBeNull();
    });
  });
}
