import { QUARANTINED, type Tag } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, until, useSubject, type MakeStore } from "./subject.js";

const changed = (...tags: Tag[]) => ({ changed: tags, unchanged: [] });
const unchanged = (...tags: Tag[]) => ({ changed: [], unchanged: tags });

export function leaseContract(makeStore: MakeStore): void {
  describe("leases", () => {
    const subject = useSubject(makeStore);

    it("hold for their time, then let go by themselves and leave the tag changed", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      const locked = performance.now();
      await store.quarantine("a", [tag], 100);
      await until(async () => (await subject().state(tag)) !== QUARANTINED, "a lease of 100 ms ended");
      // The server may count in whole milliseconds, and its clock may be set a little meanwhile.
      expect(performance.now() - locked).toBeGreaterThan(90);
      expect(await subject().state(tag)).not.toBe(before);
      expect(await subject().mint(tag)).not.toBe(before);
    });

    it.each(["changed", "unchanged"] as const)("that ended make a late release as %s harmless", async (kind) => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await subject().lapse("a", tag);
      await store.quarantine("b", [tag], LONG);
      await store.release("a", { changed: [], unchanged: [], [kind]: [tag] });
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("b", unchanged(tag));
      expect(await subject().state(tag)).not.toBe(QUARANTINED);
      expect(await subject().state(tag)).not.toBe(before);
    });

    it("that ended do not bring the old token back by a late release", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await subject().lapse("a", tag);
      await store.release("a", unchanged(tag));
      expect(await subject().state(tag)).not.toBe(before);
      const after = await subject().mint(tag);
      await store.release("a", changed(tag));
      expect(await subject().state(tag)).not.toBe(after);
    });

    it("that ended leave the lock to the others, and the tag changed", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      await store.quarantine("b", [tag], LONG);
      await subject().lapse("a", tag);
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("b", unchanged(tag));
      expect(await subject().state(tag)).not.toBe(QUARANTINED);
      expect(await subject().state(tag)).not.toBe(before);
    });

    it("that ended first cannot be made good by the next fence", async () => {
      const { store } = subject();
      const tag = subject().tag();
      const before = await subject().mint(tag);
      // The writer that died fenced the tag, committed, and never came back.
      await subject().lapse("dead", tag);
      await store.quarantine("b", [tag], LONG);
      await store.release("b", unchanged(tag));
      expect(await subject().state(tag)).not.toBe(before);
    });

    it("are renewed by the same holder, and the tag stays locked in between", async () => {
      const { store } = subject();
      const [tag, witness] = subject().tags(2) as [Tag, Tag];
      const before = await subject().mint(tag);
      await store.quarantine("a", [tag], 100);
      await store.quarantine("a", [tag], LONG);
      await store.quarantine("a", [witness], 100);
      await until(async () => (await subject().state(witness)) !== QUARANTINED, "a lease of 100 ms ended");
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("a", unchanged(tag));
      expect(await subject().state(tag)).toBe(before);
    });

    it("of different holders end each in its own time", async () => {
      const { store } = subject();
      const [tag, witness] = subject().tags(2) as [Tag, Tag];
      await store.quarantine("short", [tag], 30);
      await store.quarantine("long", [tag], 150);
      await store.quarantine("short", [witness], 30);
      await until(async () => (await subject().state(witness)) !== QUARANTINED, "a lease of 30 ms ended");
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await until(async () => (await subject().state(tag)) !== QUARANTINED, "a lease of 150 ms ended");
      expect(await subject().state(tag)).toBeNull();
    });
  });
}
