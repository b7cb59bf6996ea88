import { QUARANTINED, tagGroup, type Store, type Tag, type Token } from "@evercache/core";
import { expect } from "vitest";
import { Recorder } from "../../packages/testing/src/contract/recorder.js";
import { afterwards, eventually } from "./kit.js";

export const HEARTBEAT = 25;

/** Writes down what a store tells, until the test is over. */
export function watch(store: Store, ...groups: readonly string[]): Recorder {
  return attach(new Recorder(), store, groups);
}

function attach<R extends Recorder>(recorder: R, store: Store, groups: readonly string[]): R {
  const watching = store.watch!(recorder, HEARTBEAT);
  for (const group of groups) watching.follow(group);
  afterwards(() => {
    expect(recorder.mistakes).toEqual([]);
    return watching.close();
  });
  return recorder;
}

export async function following(recorder: Recorder, ...groups: readonly string[]): Promise<void> {
  await eventually(() => expect([...recorder.following]).toEqual(expect.arrayContaining([...groups])));
}

/** Resolves when everything that was invalidated by now has been told. */
export async function heard(recorder: Recorder): Promise<void> {
  const now = performance.now();
  await eventually(() => expect(recorder.heard).toBeGreaterThan(now));
}

/** Tokens in memory, as those keep them who read without asking. */
export class Mirror extends Recorder {
  readonly tokens = new Map<Tag, Token>();
  #told = 0;

  static of(store: Store, groups: readonly string[]): Mirror {
    return attach(new Mirror(), store, groups);
  }

  override onInvalidated(tags: readonly Tag[]): void {
    super.onInvalidated(tags);
    this.#told++;
    for (const tag of tags) this.tokens.delete(tag);
  }

  override onLost(groups: readonly string[]): void {
    super.onLost(groups);
    this.#told++;
    for (const tag of this.tokens.keys()) if (groups.includes(tagGroup(tag))) this.tokens.delete(tag);
  }

  /** Reads what it follows and does not have. Nothing comes in if anything was told meanwhile. */
  async read(store: Store, tags: readonly Tag[]): Promise<void> {
    const wanted = tags.filter((tag) => this.following.has(tagGroup(tag)) && !this.tokens.has(tag));
    const before = this.#told;
    const { tokens } = await store.lookup("none", wanted);
    if (before !== this.#told) return;
    for (const [i, tag] of wanted.entries()) {
      const token = tokens[i]!;
      if (token !== null && token !== QUARANTINED) this.tokens.set(tag, token);
    }
  }
}
