import { LRUCache } from "../lru-cache.js";
import type { Codec } from "../codec/codec.js";
import type { Entry } from "../entry.js";
import type { Lifetime } from "../freshness.js";
import { entryTags, longestAgeOf, longestIdleOf, type ReadPlan } from "../read-plan.js";
import type { Tag } from "../tag.js";
import type { Token, TokenState } from "../token.js";
import { freezeDeep } from "./freeze-deep.js";
import type { Cell, Mirror, Moment } from "./mirror.js";

/** What reports call this tier. */
export const L1_TIER = "l1";

export interface L1Options {
  /** Results kept; the least recently used go first. */
  readonly maxEntries: number;
  /** What they may take together, in bytes, as it is estimated by their encoded size. */
  readonly maxBytes: number;
}

/** One result in the memory of this process. */
export interface Held extends Lifetime {
  readonly fingerprint: string;
  readonly identity: string | null;
  /** Later with each renewal. */
  freshUntil: number;
  readonly absent: boolean;
  readonly tags: readonly Tag[];
  readonly stamps: readonly Token[];
  /** Its tags in the mirror; null: they were not all known to be current when it was last looked at. */
  cells: readonly Cell[] | null;
  /** As the codec wrote it, until it is asked for. */
  payload: Uint8Array;
  /** Makes the result; null until it is asked for. */
  make: (() => unknown) | null;
  /** The one, frozen, for callers who share it; undefined until one asks. */
  shared: unknown;
}

/** Objects take more room than their bytes in a message. */
const ROOM_PER_BYTE = 4;
const ROOM_OF_ENTRY = 500;
const ROOM_OF_TAG = 50;
const NOTHING = new Uint8Array();

/**
 * The tier in front of the store: results as objects in this process's memory. Says nothing about whether they are still
 * true but for their time: that is in their stamps, and in their cells of the mirror.
 */
export class L1 {
  readonly #held: LRUCache<string, Held>;

  constructor(
    { maxEntries, maxBytes }: L1Options,
    private readonly mirror: Mirror,
  ) {
    this.#held = new LRUCache({ max: maxEntries, maxSize: maxBytes });
  }

  /** `bytes`: as it is estimated. */
  get held(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#held.size, bytes: this.#held.totalSize };
  }

  /** What is held for a plan and not expired. */
  get(plan: ReadPlan<unknown>, now: number): Held | undefined {
    const held = this.#of(plan);
    if (!held || now >= held.freshUntil || now - held.storedAt >= longestAgeOf(plan, held.absent)) return undefined;
    const { sliding, freshUntil, absent } = held;
    const isIdle = sliding !== null && now >= freshUntil - sliding.ttl + longestIdleOf(plan, absent);
    return isIdle ? undefined : held;
  }

  /** What is held for a plan and not older than that, in milliseconds, whether or not it is still true. */
  lastKnown(plan: ReadPlan<unknown>, longestAge: number, now: number): Held | null {
    const held = this.#of(plan);
    return held && now - held.storedAt < longestAge ? held : null;
  }

  /** Lets what was stored at that time be fresh until then. */
  renew({ key }: ReadPlan<unknown>, storedAt: number, freshUntil: number): void {
    const held = this.#held.peek(key);
    if (held?.storedAt === storedAt) held.freshUntil = Math.max(held.freshUntil, freshUntil);
  }

  /** `since`: when the tokens that became the stamps were asked for, or earlier. */
  put(plan: ReadPlan<unknown>, entry: Entry, since: Moment): void {
    const { fingerprint, identity, storedAt, freshUntil, loadTime, sliding, absent, stamps, payload } = entry;
    const tags = entryTags(plan, entry);
    const cells = this.#isTracked(plan) ? this.mirror.cells(tags, stamps, since) : null;
    // A late answer does not take the place of what is known to be current.
    if (cells === null && isCurrent(this.#held.peek(plan.key)?.cells ?? null)) return;
    this.#held.set(
      plan.key,
      {
        fingerprint,
        identity,
        storedAt,
        freshUntil,
        loadTime,
        sliding,
        absent,
        tags,
        stamps,
        cells,
        // Of its own: a view would keep the whole message alive that it came in.
        payload: new Uint8Array(payload),
        make: null,
        shared: undefined,
      },
      { size: ROOM_OF_ENTRY + ROOM_PER_BYTE * payload.byteLength + ROOM_OF_TAG * tags.length + 2 * plan.key.length },
    );
  }

  /** Whether `held` is what `entry` says. */
  isSame(held: Held, entry: Entry): boolean {
    return held.storedAt === entry.storedAt && areEqual(entry.stamps, held.stamps);
  }

  /** Whether these are still the tokens of its tags, asked for after `since`: then they may be in the mirror from now on. */
  confirm(plan: ReadPlan<unknown>, held: Held, tokens: readonly TokenState[], since: Moment): boolean {
    if (!areEqual(tokens, held.stamps)) {
      // A message of it is on its way. What was seen once must not be unseen until it comes.
      this.mirror.forget(held.tags.filter((_, i) => tokens[i] !== held.stamps[i]));
      return false;
    }
    if (this.#isTracked(plan)) held.cells = this.mirror.cells(held.tags, held.stamps, since);
    else if (!isCurrent(held.cells)) held.cells = null;
    return true;
  }

  /**
   * The result, for the caller alone; or one for all callers, where the policy says that they change nothing.
   * @throws where the codec did not write these bytes
   */
  valueOf({ codec, policy }: ReadPlan<unknown>, held: Held): unknown {
    if (held.absent) return null;
    if (!held.make) prepare(codec, held);
    if (policy.l1?.share !== true) return held.make!();
    if (held.shared === undefined) {
      const value = held.make!();
      freezeDeep(value);
      held.shared = value;
    }
    return held.shared;
  }

  #of(plan: ReadPlan<unknown>): Held | undefined {
    const held = this.#held.get(plan.key);
    return held && held.fingerprint === plan.fingerprint && held.identity === plan.identity ? held : undefined;
  }

  delete(key: string): void {
    this.#held.delete(key);
  }

  #isTracked({ policy }: ReadPlan<unknown>): boolean {
    return policy.l1?.mode === "tracked";
  }
}

function prepare(codec: Codec, held: Held): void {
  const { payload } = held;
  if (codec.prepare) {
    held.make = codec.prepare(payload);
    held.payload = NOTHING;
  } else held.make = () => codec.decode(payload);
}

/** Whether none of the tags was invalidated as far as this process has been told. */
export function isCurrent(cells: readonly Cell[] | null): boolean {
  if (cells === null) return false;
  for (let i = 0; i < cells.length; i++) if (!cells[i]!.isCurrent) return false;
  return true;
}

function areEqual(tokens: readonly TokenState[], stamps: readonly Token[]): boolean {
  if (tokens.length !== stamps.length) return false;
  for (let i = 0; i < stamps.length; i++) if (tokens[i] !== stamps[i]) return false;
  return true;
}
