import { LRUCache } from "../lru-cache.js";
import type { Watcher } from "../store/store.js";
import { isCustomTag, tagGroup, type Tag } from "../tag.js";
import type { Token } from "../token.js";

/** A token that a tag has, as far as this process has been told. */
export interface Cell {
  readonly token: Token;
  /** False from the moment on in which this process is told that the tag was invalidated. It never becomes true again. */
  isCurrent: boolean;
}

/** A place in the order in which this process was told of invalidations. */
export type Moment = number;

/** Groups that are followed. A tag of any further one is never mirrored. */
const MOST_GROUPS = 1000;
/** Of these, custom tags: each is a group, and results may tell any number of them, which must leave room for the models. */
const MOST_CUSTOM_GROUPS = 500;
/** Tags of which it is remembered when they were last invalidated. */
const MOST_TOLD = 10_000;

/**
 * The tokens of tags in this process's memory. A token may enter only if nothing was told of its tag since it was asked
 * for: the answer may have been on its way when the tag was locked. It leaves as soon as the tag is invalidated by anybody,
 * or may have been.
 */
export class Mirror implements Watcher {
  readonly #cells: LRUCache<Tag, Cell>;
  /** From when on each group is followed. */
  readonly #followed = new Map<string, Moment>();
  readonly #asked = new Set<string>();
  #askedCustom = 0;
  /** When the tags were last invalidated, the latest at the end. */
  readonly #told = new Map<Tag, Moment>();
  /** What was told up to this moment may be forgotten. */
  #forgotten: Moment = 0;
  #now: Moment = 0;
  #heard = Number.NEGATIVE_INFINITY;

  /**
   * `follow`: asks the store to tell of a group. `onChange`: whether groups are followed has changed. `onDropped`: so many
   * tokens are known no more.
   */
  constructor(
    mostTokens: number,
    private readonly follow: (group: string) => void,
    private readonly onChange: (
      status: "following" | "lost",
      groups: readonly string[],
      error?: unknown,
    ) => void = () => {},
    private readonly onDropped: (cause: "told" | "lost", tokens: number) => void = () => {},
  ) {
    this.#cells = new LRUCache({ max: mostTokens, dispose: retire });
  }

  /** To be noted before a token is asked for. */
  get now(): Moment {
    return this.#now;
  }

  /** Whether all that was invalidated more than `maxStaleness` before `time` (milliseconds of `performance.now()`) is known. */
  isTrusted(time: number, maxStaleness: number): boolean {
    return time - this.#heard < maxStaleness;
  }

  /** The cells of tags that had these tokens, all of them asked for after `since`; null where one may have changed meanwhile. */
  cells(tags: readonly Tag[], tokens: readonly Token[], since: Moment): readonly Cell[] | null {
    const cells: Cell[] = [];
    for (let i = 0; i < tags.length; i++) {
      const cell = this.#cell(tags[i]!, tokens[i]!, since);
      if (cell) cells.push(cell);
    }
    // Not at the first that is missing: all groups are asked for at once.
    return cells.length === tags.length ? cells : null;
  }

  /** These tags were, or are being, invalidated by this process itself. */
  forget(tags: readonly Tag[]): void {
    this.onInvalidated(tags);
  }

  onInvalidated(tags: readonly Tag[]): void {
    this.#now++;
    let dropped = 0;
    for (const tag of tags) {
      if (this.#cells.delete(tag)) dropped++;
      this.#told.delete(tag);
      this.#told.set(tag, this.#now);
    }
    if (this.#told.size > MOST_TOLD) this.#forgetOldest();
    if (dropped > 0) this.onDropped("told", dropped);
  }

  onFollowing(group: string): void {
    // Whatever was asked for before may have been invalidated without a word.
    if (!this.#asked.has(group)) return;
    this.#followed.set(group, ++this.#now);
    this.onChange("following", [group]);
  }

  onLost(groups: readonly string[], error?: unknown): void {
    this.onChange("lost", groups, error);
    this.#now++;
    const lost = new Set(groups);
    for (const group of groups) this.#followed.delete(group);
    let dropped = 0;
    for (const tag of this.#cells.keys()) if (lost.has(tagGroup(tag)) && this.#cells.delete(tag)) dropped++;
    if (dropped > 0) this.onDropped("lost", dropped);
  }

  onHeard(moment: number): void {
    this.#heard = Math.max(this.#heard, moment);
  }

  #cell(tag: Tag, token: Token, since: Moment): Cell | null {
    const group = tagGroup(tag);
    const followed = this.#followed.get(group);
    if (followed === undefined) {
      this.#ask(group);
      return null;
    }
    if (since < followed || since < this.#forgotten || (this.#told.get(tag) ?? 0) > since) return null;
    const known = this.#cells.get(tag);
    if (known?.token === token) return known;
    if (known) {
      // Two answers that differ, and no word yet of what came between: the next one will tell.
      this.onInvalidated([tag]);
      return null;
    }
    const cell = { token, isCurrent: true };
    this.#cells.set(tag, cell);
    return cell;
  }

  #forgetOldest(): void {
    for (const [tag, moment] of this.#told) {
      if (this.#told.size <= MOST_TOLD) return;
      this.#told.delete(tag);
      this.#forgotten = moment;
    }
  }

  #ask(group: string): void {
    if (this.#asked.has(group) || this.#asked.size >= MOST_GROUPS) return;
    if (isCustomTag(group as Tag)) {
      if (this.#askedCustom === MOST_CUSTOM_GROUPS) return;
      this.#askedCustom++;
    }
    this.#asked.add(group);
    this.follow(group);
  }
}

function retire(cell: Cell): void {
  cell.isCurrent = false;
}
