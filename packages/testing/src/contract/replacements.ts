import { anyTag, QUARANTINED, rowTag, type Replacement, type Tag, type Token } from "@evercache/core";
import { describe, expect, it } from "vitest";
import { LONG, until, useSubject, type MakeStore, type Subject } from "./subject.js";

/** Of stores that can draw tokens. */
export function replacementContract(makeStore: MakeStore): void {
  describe("replacements", () => {
    const subject = useSubject(makeStore);

    it("put the token there that was drawn, and no store ever draws one twice", async () => {
      const { store } = subject();
      const { tag, guard, draw } = await drawn(subject());
      const tokens = Array.from({ length: 100 }, () => draw());
      expect(new Set(tokens).size).toBe(100);
      await store.quarantine("a", [tag, guard], LONG);
      await store.release("a", { changed: [tag, guard], unchanged: [], replaced: [replacing(tag, tag, tokens[0]!)] });
      expect(await subject().state(tag)).toBe(tokens[0]);
      expect(tokens).not.toContain(await subject().state(guard));
      // It is a token like any other.
      expect(await store.mint([tag], [LONG])).toEqual([tokens[0]]);
      await store.quarantine("b", [tag], LONG);
      await store.release("b", { changed: [], unchanged: [tag] });
      expect(await subject().state(tag)).toBe(tokens[0]);
      await store.quarantine("b", [tag], LONG);
      await store.release("b", { changed: [tag], unchanged: [] });
      expect(tokens).not.toContain(await subject().state(tag));
    });

    it("put it there for a time", async () => {
      const { tag, draw } = await drawn(subject());
      await subject().store.quarantine("a", [tag], LONG);
      await release(subject(), "a", { ...replacing(tag, tag, draw()), lifetime: 60 });
      await until(async () => (await subject().state(tag)) === null, "a token that was drawn ended");
    });

    it("may be guarded by the lock of another tag, and put the token over one that was there", async () => {
      const { store } = subject();
      const { tag, guard, draw } = await drawn(subject());
      for (const before of [null, await subject().mint(tag)]) {
        await store.quarantine("a", [guard], LONG);
        const token = draw();
        expect(token).not.toBe(before);
        await release(subject(), "a", replacing(tag, guard, token));
        expect(await subject().state(tag)).toBe(token);
      }
    });

    it("do nothing to a tag that somebody else has locked", async () => {
      const { store } = subject();
      const { tag, guard, draw } = await drawn(subject());
      await store.quarantine("a", [guard], LONG);
      await store.quarantine("b", [tag], LONG);
      await release(subject(), "a", replacing(tag, guard, draw()));
      expect(await subject().state(tag)).toBe(QUARANTINED);
      await store.release("b", { changed: [], unchanged: [tag] });
      expect(await subject().state(tag)).toBeNull();
    });

    const meetings: Readonly<Record<string, (of: Subject, tag: Tag) => Promise<void>>> = {
      "somebody was in its lock before and has gone": async ({ store }, tag) => {
        await store.quarantine("b", [tag], LONG);
        await store.quarantine("a", [tag], LONG);
        await store.release("b", { changed: [tag], unchanged: [] });
      },
      "somebody has come and gone without a change": async ({ store }, tag) => {
        await store.quarantine("a", [tag], LONG);
        await store.quarantine("b", [tag], LONG);
        await store.release("b", { changed: [], unchanged: [tag] });
      },
      "somebody has come and gone with a change": async ({ store }, tag) => {
        await store.quarantine("a", [tag], LONG);
        await store.quarantine("b", [tag], LONG);
        await store.release("b", { changed: [tag], unchanged: [] });
      },
      "somebody is still in its lock": async ({ store }, tag) => {
        await store.quarantine("a", [tag], LONG);
        await store.quarantine("b", [tag], LONG);
      },
      "somebody who had no lock has changed it": async ({ store }, tag) => {
        await store.quarantine("a", [tag], LONG);
        await store.release("b", { changed: [tag], unchanged: [] });
      },
      "it was rotated": async ({ store }, tag) => {
        await store.quarantine("a", [tag], LONG);
        await store.rotate([tag]);
      },
      "somebody's lease ended in its lock": async (of, tag) => {
        await of.store.quarantine("a", [tag], LONG);
        await of.lapse("b", tag);
      },
      "the lease of the holder has ended": (of, tag) => of.lapse("a", tag),
      "the lease of the holder has ended, and somebody else has locked it": async (of, tag) => {
        await of.lapse("a", tag);
        await of.store.quarantine("b", [tag], LONG);
      },
      "it was never locked": async () => {},
      "it is released already": async ({ store }, tag) => {
        await store.quarantine("a", [tag], LONG);
        await store.release("a", { changed: [tag], unchanged: [] });
      },
      "only somebody else has locked it": async ({ store }, tag) => store.quarantine("b", [tag], LONG),
    };

    describe.each(["the tag itself", "another tag"])("guarded by %s, are refused where", (by) => {
      it.each(Object.entries(meetings))("%s", async (_, meet) => {
        const { tag, guard: other, draw } = await drawn(subject());
        const guard = by === "another tag" ? other : tag;
        const [former] = (await subject().store.lookup(null, [tag])).tokens;
        await meet(subject(), guard);
        const isLocked = (await subject().state(guard)) === QUARANTINED;
        const token = draw();
        await release(subject(), "a", replacing(tag, guard, token));
        const state = await subject().state(tag);
        expect(state).not.toBe(token);
        if (former !== null) expect(state).not.toBe(former);
        // Nor does it come when the others go.
        if (isLocked) await subject().store.release("b", { changed: [], unchanged: [guard] });
        expect(await subject().state(tag)).not.toBe(token);
      });
    });

    it("may ask for the token that the tag had before its lock: granted where it was that one", async () => {
      const { store } = subject();
      const { tag, draw } = await drawn(subject());
      const former = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      const wanted = { ...replacing(tag, tag, draw()), former };
      await release(subject(), "a", wanted);
      expect(await subject().state(tag)).toBe(wanted.token);
    });

    const others: Readonly<Record<string, (of: Subject, tag: Tag) => Promise<Token>>> = {
      "it had another one": async (of, tag) => {
        const former = await of.mint(tag);
        await of.store.rotate([tag]);
        await of.mint(tag);
        return former;
      },
      "it had none": async (of, tag) => {
        const former = await of.mint(tag);
        await of.store.rotate([tag]);
        return former;
      },
      "it had one that begins like it": async (of, tag) => (await of.mint(tag)).slice(0, -1),
      "another tag had it": async (of, tag) => {
        await of.mint(tag);
        return of.mint(rowTag("Other", [of.key()]));
      },
    };

    it.each(Object.entries(others))("that ask for a token are refused where %s", async (_, prepare) => {
      const { tag, draw } = await drawn(subject());
      const former = await prepare(subject(), tag);
      await subject().store.quarantine("a", [tag], LONG);
      const wanted = { ...replacing(tag, tag, draw()), former };
      await release(subject(), "a", wanted);
      expect([wanted.token, former]).not.toContain(await subject().state(tag));
    });

    it("that ask for a token are refused, though it was that one, where somebody else was in the lock", async () => {
      const { store } = subject();
      const { tag, draw } = await drawn(subject());
      const former = await subject().mint(tag);
      await store.quarantine("a", [tag], LONG);
      await store.quarantine("b", [tag], LONG);
      await store.release("b", { changed: [], unchanged: [tag] });
      const wanted = { ...replacing(tag, tag, draw()), former };
      await release(subject(), "a", wanted);
      expect([wanted.token, former]).not.toContain(await subject().state(tag));
    });

    it("are refused when the release comes for the second time: what it put there goes", async () => {
      const { tag, draw } = await drawn(subject());
      await subject().store.quarantine("a", [tag], LONG);
      const wanted = replacing(tag, tag, draw());
      for (const expected of [wanted.token, null]) {
        await release(subject(), "a", wanted);
        expect(await subject().state(tag)).toBe(expected);
      }
    });

    it("are granted to a holder that has renewed its lease in a lock that stood", async () => {
      const { tag, draw } = await drawn(subject());
      for (let i = 0; i < 3; i++) await subject().store.quarantine("a", [tag], LONG);
      const wanted = replacing(tag, tag, draw());
      await release(subject(), "a", wanted);
      expect(await subject().state(tag)).toBe(wanted.token);
    });
  });
}

const replacing = (tag: Tag, guard: Tag, token: Token): Replacement => ({ tag, guard, token, lifetime: LONG });

function release({ store }: Subject, holder: string, replaced: Replacement): Promise<void> {
  return store.release(holder, {
    changed: [...new Set([replaced.tag, replaced.guard])],
    unchanged: [],
    replaced: [replaced],
  });
}

/** Two tags of one group, of which a third one has a token. */
async function drawn(subject: Subject): Promise<{ tag: Tag; guard: Tag; draw: () => Token }> {
  const group = subject.key().replaceAll(/\W/g, "");
  const like = await subject.mint(rowTag(group, ["like"]));
  return { tag: rowTag(group, ["1"]), guard: anyTag(group), draw: () => subject.store.draw!(like) };
}
