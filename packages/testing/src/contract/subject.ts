import { setImmediate as nextTurn } from "node:timers/promises";
import { customTag, anyTag, QUARANTINED, rowTag, type Store, type Tag, type TokenState } from "@evercache/core";
import { afterEach, beforeEach, expect, onTestFinished } from "vitest";

/** Long enough never to end during a test. */
export const LONG = 60_000;

/** The store of the running test, with names that no other test uses. */
export interface Subject {
  readonly store: Store;
  tag(): Tag;
  tags(count: number): Tag[];
  key(): string;
  /** What the tag holds now. */
  state(tag: Tag): Promise<TokenState>;
  /** A token for a tag that has none. */
  mint(tag: Tag, lifetime?: number): Promise<string>;
  /** Locks `tag` for `holder` with the shortest lease and resolves once that lease has ended by the store's clock. */
  lapse(holder: string, tag: Tag): Promise<void>;
}

export type MakeStore = () => Store | Promise<Store>;

/** Makes a store for each test of the calling `describe`, and closes it afterwards. */
export function useSubject(makeStore: MakeStore): () => Subject {
  let subject: Subject | undefined;
  beforeEach(async () => {
    const store = await makeStore();
    await untilReady(store);
    subject = createSubject(store);
  });
  afterEach(async () => {
    await subject?.store.close();
    subject = undefined;
  });
  return () => subject!;
}

/** Asks again and again, for as long as it takes a slow machine. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await nextTurn();
  }
}

export async function untilReady(store: Store): Promise<void> {
  await until(() => store.status === "ready", "the store is ready");
}

/**
 * A store that sees what the subject's does, by connections of its own, so that commands can meet; where no store can, that
 * of the subject.
 */
export async function otherLike(subject: Subject, makeStore: MakeStore): Promise<Store> {
  const tag = subject.tag();
  const token = await subject.mint(tag);
  const other = await makeStore();
  await untilReady(other);
  if ((await other.lookup("", [tag])).tokens[0] === token) {
    onTestFinished(() => other.close());
    return other;
  }
  await other.close();
  return subject.store;
}

const run = Math.random().toString(36).slice(2, 10);
let names = 0;

const newTag = () => rowTag("Contract", [`${run}-${names++}`]);

export function createSubject(store: Store): Subject {
  const state = async (of: Tag) => (await store.lookup(`contract:${run}:none`, [of])).tokens[0]!;
  return {
    store,
    tag: newTag,
    // Of several models and custom ones, so that a store which spreads tags has to.
    tags: (count) =>
      Array.from({ length: count }, (_, i) => {
        const name = `${run}-${names++}`;
        if (i % 4 === 0) return customTag(name);
        if (i % 4 === 1) return anyTag(`Model${name}`);
        return rowTag(`Model${i % 7}`, [name]);
      }),
    key: () => `Contract:key=${run}-${names++}`,
    state,
    async mint(of, lifetime = LONG) {
      const [token] = await store.mint([of], [lifetime]);
      expect(token).toBeTypeOf("string");
      return token as string;
    },
    async lapse(holder, of) {
      await store.quarantine(holder, [of], 1);
      // Locked later and as long: when this one is free, the other's lease has ended too.
      const witness = newTag();
      await store.quarantine(holder, [witness], 1);
      await until(async () => (await state(witness)) !== QUARANTINED, "a lease of 1 ms ended");
    },
  };
}
