import { customTag, QUARANTINED, tagGroup, type Store, type Tag, type Token, type Watch } from "@evercache/core";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Recorder } from "./recorder.js";
import { LONG, otherLike, useSubject, type MakeStore } from "./subject.js";

const HEARTBEAT = 20;

/** For a store that tells; whoever leaves `watch` out does without. */
export function watchContract(makeStore: MakeStore): void {
  describe("watching", () => {
    const subject = useSubject(makeStore);
    beforeEach((context) => context.skip(subject().store.watch === undefined, "this store cannot tell"));

    /** A watch of the subject's store; `writer` sees the same data by connections of its own, where it can. */
    async function watching(...tags: readonly Tag[]): Promise<{ recorder: Recorder; writer: Store; watch: Watch }> {
      const { store } = subject();
      const recorder = new Recorder();
      const watch = store.watch!(recorder, HEARTBEAT);
      onTestFinished(() => expect(recorder.mistakes).toEqual([]));
      const groups = new Set(tags.map((tag) => tagGroup(tag)));
      for (const group of groups) watch.follow(group);
      const writer = await otherLike(subject(), makeStore);
      await recorder.untilFollowing(...groups);
      return { recorder, writer, watch };
    }

    it("tells of locks, rotations, and releases of what was never locked, by whomever", async () => {
      const [a, b, c, d] = subject().tags(4) as [Tag, Tag, Tag, Tag];
      const { recorder, writer } = await watching(a, b, c, d);
      for (const store of [writer, subject().store]) {
        recorder.told.length = 0;
        await store.quarantine(`w${store === writer}`, [a], 1);
        await store.rotate([b]);
        await store.release("w", { changed: [c], unchanged: [] });
        await store.release("w", { changed: [], unchanged: [d] });
        await recorder.untilHeard();
        expect(new Set(recorder.invalidated)).toEqual(new Set([a, b, c, d]));
        await subject().lapse("other", a);
      }
    });

    it("tells of the tags of one group in the order in which they were invalidated", async () => {
      const tags = Array.from({ length: 30 }, () => subject().tag());
      const { recorder, writer } = await watching(...tags);
      for (const [i, tag] of tags.entries()) await (i % 2 === 0 ? writer : subject().store).rotate([tag]);
      await recorder.untilHeard();
      expect(recorder.invalidated).toEqual(tags);
    });

    it("tells of all tags of a call, and of no other group than those followed", async () => {
      const followed = Array.from({ length: 50 }, () => subject().tag());
      const [other] = subject().tags(1) as [Tag];
      const { recorder, writer } = await watching(...followed);
      await writer.quarantine("w", [...followed, other], LONG);
      await recorder.untilHeard();
      expect(recorder.told.slice(1)).toEqual([{ kind: "invalidated", tags: followed }]);
    });

    it("tells once that a group is followed, however often that was asked for", async () => {
      const tag = subject().tag();
      const { recorder, writer, watch } = await watching(tag);
      watch.follow(tagGroup(tag));
      await writer.rotate([tag]);
      await recorder.untilHeard();
      expect(recorder.told.map(({ kind }) => kind)).toEqual(["following", "invalidated"]);
    });

    it("tells again of a tag whose lock has lapsed, and of one whose former token is back", async () => {
      const tag = subject().tag();
      const { recorder, writer } = await watching(tag);
      await subject().lapse("dead", tag);
      await subject().mint(tag);
      await recorder.untilHeard();
      recorder.told.length = 0;
      await writer.quarantine("w", [tag], LONG);
      await writer.release("w", { changed: [], unchanged: [tag] });
      await recorder.untilHeard();
      recorder.told.length = 0;
      // The former token is back.
      await writer.quarantine("w", [tag], LONG);
      await recorder.untilHeard();
      expect(recorder.invalidated).toEqual([tag]);
    });

    it.each(["a b", '"', "\\", "\u0000\u001F\n\r\t", "/*", "ümläut", "\u{1F600}", "%", "[1,2]", "#", ":"])(
      "spells tags as they were spelled: %j",
      async (name) => {
        const tag = customTag(`${subject().key()}${name}`);
        const { recorder, writer } = await watching(tag);
        await writer.rotate([tag]);
        await recorder.untilHeard();
        expect(recorder.invalidated).toEqual([tag]);
      },
    );

    it("has told of all that was invalidated before the moment that it says it has heard", async () => {
      const tags = Array.from({ length: 3 }, () => subject().tag());
      const { recorder, writer } = await watching(...tags);
      for (let i = 0; i < 40; i++) {
        await writer.rotate([tags[i % 3]!]);
        await recorder.untilHeard();
        expect(recorder.invalidated).toHaveLength(i + 1);
      }
    });

    it("tells nothing any more once it is closed", async () => {
      const tag = subject().tag();
      const { recorder, writer, watch } = await watching(tag);
      await watch.close();
      await watch.close();
      const told = recorder.told.length;
      await writer.rotate([tag]);
      watch.follow(tagGroup(customTag(subject().key())));
      const witness = await watching(tag);
      await witness.writer.rotate([tag]);
      await witness.recorder.untilHeard();
      expect(recorder.told).toHaveLength(told);
    });

    it("tells that all groups are lost when the store is closed, and nothing thereafter", async () => {
      const tags = subject().tags(3);
      const { recorder, watch } = await watching(...tags);
      await subject().store.close();
      expect(recorder.following.size).toBe(0);
      const told = recorder.told.length;
      watch.follow(tagGroup(subject().tag()));
      subject().store.watch!(recorder, HEARTBEAT).follow(tagGroup(tags[0]!));
      expect(recorder.told).toHaveLength(told);
    });

    it("lets a mirror hold no token but the present one", { timeout: 120_000 }, async () => {
      const tags = Array.from({ length: 3 }, () => subject().tag());
      const mirror = new Mirror(subject().store);
      const watch = subject().store.watch!(mirror, 10);
      watch.follow(tagGroup(tags[0]!));
      const writer = await otherLike(subject(), makeStore);
      await mirror.untilFollowing(tagGroup(tags[0]!));
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 10 }), async (steps) => {
          for (const step of steps) {
            const reads = () => Array.from({ length: 2 }, () => mirror.read(tags));
            await Promise.all([...reads(), take(writer, step, tags), ...reads()]);
            await mirror.untilHeard();
            const { tokens } = await subject().store.lookup(subject().key(), tags);
            for (const [i, tag] of tags.entries()) {
              const mirrored = mirror.tokens.get(tag);
              if (mirrored !== undefined) expect(mirrored).toBe(tokens[i]);
            }
          }
        }),
        { numRuns: 40 },
      );
      expect(mirror.taken).toBeGreaterThan(20);
      expect(mirror.mistakes).toEqual([]);
    });
  });
}

/** Keeps tokens in memory by the rule: one may come in only if nothing was told of its tag since its lookup was sent. */
class Mirror extends Recorder {
  readonly tokens = new Map<Tag, Token>();
  taken = 0;
  /** How often each tag was told of. */
  readonly #told = new Map<Tag, number>();

  constructor(private readonly store: Store) {
    super();
  }

  override onInvalidated(tags: readonly Tag[]): void {
    super.onInvalidated(tags);
    for (const tag of tags) {
      this.tokens.delete(tag);
      this.#told.set(tag, (this.#told.get(tag) ?? 0) + 1);
    }
  }

  async read(tags: readonly Tag[]): Promise<void> {
    const before = tags.map((tag) => this.#told.get(tag));
    const { tokens } = await this.store.lookup("contract:none", tags);
    for (const [i, tag] of tags.entries()) {
      const token = tokens[i]!;
      if (token === null || token === QUARANTINED) continue;
      if (this.#told.get(tag) !== before[i]) continue;
      this.taken += 1;
      this.tokens.set(tag, token);
    }
  }
}

interface Step {
  readonly call: "mint" | "rotate" | "quarantine" | "changed" | "unchanged" | "lapse";
  readonly holder: string;
  /** Bits, one for each tag. */
  readonly tags: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  call: fc.oneof(
    { weight: 4, arbitrary: fc.constant("mint" as const) },
    { weight: 2, arbitrary: fc.constantFrom("quarantine", "changed", "unchanged") },
    { weight: 1, arbitrary: fc.constantFrom("rotate", "lapse") },
  ),
  holder: fc.constantFrom("a", "b"),
  tags: fc.integer({ min: 1, max: 7 }),
});

async function take(store: Store, { call, holder, tags: bits }: Step, all: readonly Tag[]): Promise<void> {
  const tags = all.filter((_, i) => (bits & (1 << i)) !== 0);
  switch (call) {
    case "mint":
      await store.mint(
        tags,
        tags.map(() => LONG),
      );
      return;
    case "rotate":
      return store.rotate(tags);
    case "quarantine":
      return store.quarantine(holder, tags, LONG);
    case "lapse":
      return store.quarantine(holder, tags, 1);
    case "changed":
      return store.release(holder, { changed: tags, unchanged: [] });
    case "unchanged":
      return store.release(holder, { changed: [], unchanged: tags });
    default:
      return call satisfies never;
  }
}
