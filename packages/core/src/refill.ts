import type { Entry } from "./entry.js";
import type { Recalled } from "./finder.js";
import type { Policy } from "./policy/policy.js";
import type { ReadPlan } from "./read-plan.js";
import type { Replacement, Store } from "./store/store.js";
import { anyTag, isModelTag, tagGroup, type Tag } from "./tag.js";
import type { Token } from "./token.js";
import type { Refilled, WriteFence } from "./write-fence.js";

/** The entries that the result of a write may take the place of. */
export interface Refill<T> {
  /** Tags that these depend on, as far as they can be named before the write has run. */
  readonly tags: readonly Tag[];
  /** Of these queries. */
  readonly policy: Policy;
  /** The keys of queries that the result will answer, as far as they can be named before the write has run. */
  readonly keys: readonly string[];
  /** The queries that the result answers as the database would from now on. Must not throw. */
  readonly answered: (result: T) => readonly Answered[];
  /** Entries that stay as they are but for what the result tells. Left out: none. */
  readonly patches?: readonly Patch<T>[];
}

/** An entry that a write leaves true but for what its result tells. */
export interface Patch<T> {
  readonly plan: ReadPlan<unknown>;
  /**
   * What the database would answer from now on, where it answered `before` until the write: not null. Undefined: that cannot be told.
   * Must not throw; `before` is nobody else's.
   */
  readonly apply: (before: unknown, result: T) => unknown;
}

/** `value`: not null. */
export interface Answered {
  readonly plan: ReadPlan<unknown>;
  readonly value: unknown;
}

export interface RefillContext {
  readonly store: Pick<Store, "lookup" | "mint" | "draw">;
  readonly fence: Pick<WriteFence, "touches" | "changes" | "locks">;
  /** Milliseconds that a fresh token of this tag lives. */
  readonly lifetime: (tag: Tag, policy: Policy) => number;
  /** As `ReadThrough.store`. */
  readonly fill: (plan: ReadPlan<unknown>, stamps: readonly Token[], value: unknown) => Promise<unknown>;
  /** As of `ReadThrough`. */
  readonly recall: (plan: ReadPlan<unknown>) => Promise<Recalled | null>;
  readonly refit: (plan: ReadPlan<unknown>, entry: Entry, stamps: readonly Token[], value: unknown) => Promise<unknown>;
}

/**
 * One write that is the load of its own entries. The database answered it at a moment when its tags were locked, and whoever
 * else changes one of these rows touches, as for any entry, at least one tag that the entry depends on:
 * - One that this write has locked itself. Whoever was in that lock, or released the tag, between our quarantine and our
 *   release is seen by the store, which then puts no token there. Whoever was done before our quarantine had committed before
 *   our statement began, which has seen it. Whoever comes after our release ends the token.
 * - One that only the result named, such as the row of a new id. Whoever changes the row locks, or releases, the `any` tag of
 *   its model as well, which this write has locked: that lock tells in its place.
 * - One that this write does not touch. Its stamp is the token that was seen before the statement was sent: whoever locked the
 *   tag since has ended that token, or has given it back and ended the token of an exact tag; whoever had locked it by then
 *   shows, and whoever was done by then had committed.
 *
 * Tokens are drawn of the incarnation of the store in which the others were seen, before the statement: in one that came since,
 * which may have forgotten somebody's lock, they are worth nothing.
 *
 * An entry that is patched was true when its tags had the tokens with which it is stamped, whenever it was looked at. Of a tag that
 * this write changes, the store says whether that was so until the lock began, and that nobody else was in the lock: then nothing but
 * this write has changed what the entry is about. Of any other tag, its stamp says so as ever.
 */
export class Refilling<T> {
  readonly #seen = new Map<Tag, Token>();
  readonly #recalled: (Recalled & { readonly patch: Patch<T> })[] = [];

  constructor(
    private readonly refill: Refill<T>,
    private readonly context: RefillContext,
  ) {}

  /** Of the queries that it is about to answer, as far as they can be named by now. */
  get keys(): ReadonlySet<string> {
    const { keys, patches = [] } = this.refill;
    return new Set([...keys, ...patches.map(({ plan }) => plan.key)]);
  }

  /** Looks at the tags that the write leaves alone, and at what may be patched. Awaited before the statement. Rejects never. */
  async look(): Promise<void> {
    const { store, fence, lifetime } = this.context;
    const { policy, patches = [] } = this.refill;
    // What is patched need not have been seen before the statement: what comes too late is left to die.
    for (const patch of patches) {
      void this.context.recall(patch.plan).then((recalled) => recalled && this.#recalled.push({ ...recalled, patch }));
    }
    const tags = this.refill.tags.filter((tag) => !fence.touches(tag));
    if (tags.length === 0) return;
    try {
      const { tokens } = await store.lookup(null, tags);
      const missing = tags.filter((_, i) => tokens[i] === null);
      for (const [i, tag] of tags.entries()) this.#see(tag, tokens[i]);
      if (missing.length === 0) return;
      const minted = await store.mint(
        missing,
        missing.map((tag) => lifetime(tag, policy)),
      );
      for (const [i, tag] of missing.entries()) this.#see(tag, minted[i]);
    } catch {
      // What was not seen is not refilled.
    }
  }

  /** What to release the fence with, which has learnt of the result. Undefined: nothing can be refilled. */
  refilled(result: T): Refilled | undefined {
    const replaced = new Map<Tag, Replacement>();
    const fills: (() => Promise<unknown>)[] = [];
    for (const { plan, value } of this.refill.answered(result)) {
      const needed = new Map(replaced);
      const stamps = plan.tags.map((tag) => this.#stamp(tag, needed));
      if (!stamps.every((stamp) => stamp !== undefined)) continue;
      for (const [tag, each] of needed) replaced.set(tag, each);
      fills.push(() => this.context.fill(plan, stamps, value));
    }
    for (const { patch, entry, value } of this.#recalled) {
      const { plan } = patch;
      if (entry.stamps.length !== plan.tags.length) continue;
      const needed = new Map(replaced);
      const stamps = plan.tags.map((tag, i) => this.#restamp(plan, tag, entry.stamps[i]!, needed));
      if (!stamps.every((stamp) => stamp !== undefined)) continue;
      const patched = patch.apply(value, result);
      if (patched === undefined) continue;
      for (const [tag, each] of needed) replaced.set(tag, each);
      fills.push(() => this.context.refit(plan, entry, stamps, patched));
    }
    if (fills.length === 0) return undefined;
    return { replaced: [...replaced.values()], fill: () => Promise.all(fills.map((fill) => fill())) };
  }

  #see(tag: Tag, state: unknown): void {
    if (typeof state === "string") this.#seen.set(tag, state);
  }

  #stamp(tag: Tag, replaced: Map<Tag, Replacement>): Token | undefined {
    const { fence, lifetime } = this.context;
    if (!fence.touches(tag)) return this.#seen.get(tag);
    const known = replaced.get(tag);
    if (known) return known.token;
    const guard = this.#guard(tag);
    const token = guard === undefined ? undefined : this.#draw(tagGroup(tag));
    if (guard === undefined || token === undefined) return undefined;
    replaced.set(tag, { tag, guard, token, lifetime: lifetime(tag, this.refill.policy) });
    return token;
  }

  /** The stamp of a tag in an entry that is patched, in the place of the one that it has. */
  #restamp({ policy }: ReadPlan<unknown>, tag: Tag, former: Token, replaced: Map<Tag, Replacement>): Token | undefined {
    const { fence, store, lifetime } = this.context;
    if (!fence.touches(tag)) return former;
    // Nobody but the lock of the tag itself knows which token it had.
    if (!fence.changes(tag) || this.#guard(tag) !== tag) return undefined;
    const known = replaced.get(tag);
    if (known && (known.guard !== tag || (known.former ?? former) !== former)) return undefined;
    const token = known?.token ?? store.draw?.(former);
    if (token === undefined) return undefined;
    const longest = Math.max(known?.lifetime ?? 0, lifetime(tag, policy));
    replaced.set(tag, { tag, guard: tag, token, lifetime: longest, former });
    return token;
  }

  /** The lock in which it shows whether anybody else came to what `tag` is about. */
  #guard(tag: Tag): Tag | undefined {
    const { fence } = this.context;
    // A write that touches more rows than it returns may have done more to the one that it returned, too.
    if (isModelTag(tag) || tag.startsWith("#")) return undefined;
    const any = anyTag(tagGroup(tag));
    return [tag, any].find((each) => fence.locks(each));
  }

  #draw(group: string): Token | undefined {
    for (const [tag, token] of this.#seen) if (tagGroup(tag) === group) return this.context.store.draw?.(token);
    return undefined;
  }
}
