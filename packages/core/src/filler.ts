import { inspect } from "node:util";
import { MOST_STAMPS, type Entry } from "./entry.js";
import type { CacheEvent } from "./events.js";
import type { L1 } from "./l1/l1.js";
import type { Moment } from "./l1/mirror.js";
import type { NamedTags } from "./named-tags.js";
import type { Lifetime } from "./freshness.js";
import { planSubstitution, substitute, withCustomTags, type Stamped, type Substitution } from "./narrowing.js";
import { tagsOfResult } from "./policy/result-tags.js";
import { keptFor, slides, type Policy } from "./policy/policy.js";
import { ttlOfResult } from "./policy/result-ttl.js";
import { allTags, entryTags, mayNameTags, type Answer, type ReadPlan } from "./read-plan.js";
import { largestPayload, sealEntry } from "./seal/seal.js";
import type { Store } from "./store/store.js";
import type { Tag } from "./tag.js";
import type { TokenState } from "./token.js";
import type { Verifier } from "./verifier.js";

export interface FillContext {
  readonly store: Pick<Store, "mint" | "fill">;
  readonly verifier: Pick<Verifier, "sampleFill"> | undefined;
  readonly l1: Pick<L1, "put">;
  readonly report: (event: CacheEvent) => void;
  readonly now: () => number;
  /** A clock that never jumps, in milliseconds. */
  readonly monotonicNow: () => number;
  readonly random: () => number;
  /** Milliseconds that a fresh token of this tag lives. */
  readonly lifetime: (tag: Tag, policy: Policy) => number;
  /** Called with work that nobody waits for, so that closing can. */
  readonly track: (work: Promise<unknown>) => void;
}

export type FillOutcome = Extract<CacheEvent, { type: "fill" }>["outcome"];

/** What an entry holds besides what its plan says. */
type Contents = Pick<Entry, "absent" | "names" | "stamps" | "payload" | "loadTime"> & {
  readonly encodeMilliseconds?: number | undefined;
};

/** How long an entry is kept: `ttl` in milliseconds. */
interface Term {
  readonly ttl: number;
  readonly isNothing: boolean;
}

/** Stores what was loaded. Nobody waits for it, and a write that came since has made the stamps dead: it may be late. */
export class Filler {
  constructor(
    private readonly context: FillContext,
    private readonly named: NamedTags,
  ) {}

  /**
   * `since`: when the tokens that became the stamps were asked for, or earlier; null: nobody has seen them yet, so that the
   * entry is not for this process's memory. Resolves, and rejects never, when it is known whether the entry is stored; null
   * where none is sent.
   */
  fill(
    plan: ReadPlan<unknown>,
    wide: Contents,
    answer: Pick<Answer<unknown>, "value"> | Answer<unknown>,
    since: Moment | null,
  ): Promise<boolean> | null {
    const bytes = wide.payload.byteLength;
    if (bytes > largestPayload(plan.policy)) {
      this.report(plan, "too-large", bytes);
      return null;
    }
    const ttl = this.#ttl(plan, answer.value);
    if (ttl === 0) {
      this.report(plan, "unwanted", bytes);
      return null;
    }
    const tags = this.#customTags(plan, answer.value);
    if (tags === "failed") {
      this.report(plan, "unwanted", bytes);
      return null;
    }
    const term = { ttl, isNothing: answer.value === null };
    const substitution = mayNameTags(plan) ? this.#substitution(plan, wide, answer, tags) : null;
    if (!substitution) return this.#sendNew(plan, wide, term, since);
    const stored = this.#sendNarrowed(plan, wide, term, substitution, since);
    this.context.track(stored);
    return stored;
  }

  /**
   * Stores an entry that lives on as another one: with a result and stamps of its own, for as long as it would have lived itself.
   * Resolves as `fill` does.
   */
  refit(plan: ReadPlan<unknown>, entry: Entry): Promise<boolean> {
    return this.#send(plan, entry, undefined, null);
  }

  report({ source, key }: ReadPlan<unknown>, outcome: FillOutcome, bytes: number, error?: unknown): void {
    const reason = error === undefined ? {} : { error };
    this.context.report({ type: "fill", ...source, outcome, key, bytes, ...reason });
  }

  /** Null: the wide tags stand. */
  #substitution(
    plan: ReadPlan<unknown>,
    { absent, stamps }: Contents,
    answer: Pick<Answer<unknown>, "value"> | Answer<unknown>,
    tags: readonly Tag[] | null,
  ): Substitution | null {
    try {
      // What found nothing has no rows to tell of.
      const told = absent || !("narrowing" in answer) ? null : answer.narrowing;
      const narrowing = tags === null ? told : withCustomTags(told, tags);
      const substitution = narrowing && planSubstitution({ tags: plan.tags, stamps }, narrowing);
      if (substitution && substitution.kept.tags.length + substitution.exact.length <= MOST_STAMPS) return substitution;
    } catch (error) {
      const { model, operation } = plan.source;
      const message = `What a result of ${model}.${operation} told of its tags was not understood: ${String(error)}`;
      this.context.report({ type: "warning", code: "NARROWING_NOT_UNDERSTOOD", message });
    }
    this.named.set(plan.key, []);
    return null;
  }

  async #sendNarrowed(
    plan: ReadPlan<unknown>,
    wide: Contents,
    term: Term,
    substitution: Substitution,
    since: Moment | null,
  ): Promise<boolean> {
    const stamped = await this.#substitute(plan, substitution);
    if (stamped === "overtaken") {
      // With the wide tags it would be dead already.
      this.report(plan, "overtaken", 0);
      return false;
    }
    if (stamped === "wide") return this.#sendNew(plan, wide, term, since);
    const { tags: names, stamps } = stamped;
    const own = allTags(plan);
    this.named.set(
      plan.key,
      names.filter((name) => !own.includes(name)),
    );
    return this.#sendNew(plan, { ...wide, names, stamps }, term, since);
  }

  async #substitute(
    { policy }: ReadPlan<unknown>,
    substitution: Substitution,
  ): Promise<Stamped | "overtaken" | "wide"> {
    const seen: TokenState[] = [];
    try {
      // The wide tags last: one that was looked at before an exact tag would not tell of a write between the two.
      for (const tags of substitution.looks) {
        const lifetimes = tags.map((tag) => this.context.lifetime(tag, policy));
        seen.push(...(await this.context.store.mint(tags, lifetimes)));
      }
      return substitute(substitution, seen);
    } catch {
      return "wide";
    }
  }

  /** 0: not to be stored. */
  #ttl({ policy, source }: ReadPlan<unknown>, value: unknown): number {
    try {
      return ttlOfResult(policy, value, source, this.context.random());
    } catch (error) {
      const message =
        `The ttl of a result of ${source.model}.${source.operation} was not understood, so that it is not stored: ` +
        `${inspect(error)}. The function must return a duration such as "5m", or false.`;
      this.context.report({ type: "warning", code: "TTL_FAILED", message });
      return 0;
    }
  }

  /** Null: the result is not asked for any. What found nothing shows nothing: the tag for all of them stays. */
  #customTags({ policy, source }: ReadPlan<unknown>, value: unknown): readonly Tag[] | "failed" | null {
    if (!policy.tagsOf || value === null) return null;
    try {
      return tagsOfResult(policy.tagsOf, value, source);
    } catch (error) {
      const message =
        `The tags of a result of ${source.model}.${source.operation} were not understood, so that it is not stored: ` +
        `${inspect(error)}. The function must return an array of names, for example ["tenant:7"].`;
      this.context.report({ type: "warning", code: "TAGS_FAILED", message });
      return "failed";
    }
  }

  #sendNew(plan: ReadPlan<unknown>, contents: Contents, term: Term, since: Moment | null): Promise<boolean> {
    return this.#send(plan, this.#entry(plan, contents, term), contents.encodeMilliseconds, since);
  }

  #send(
    plan: ReadPlan<unknown>,
    entry: Entry,
    encodeMilliseconds: number | undefined,
    since: Moment | null,
  ): Promise<boolean> {
    const { policy, key } = plan;
    const { byteLength } = entry.payload;
    let frame: Uint8Array | null;
    try {
      frame = sealEntry(plan, entry);
    } catch (error) {
      this.report(plan, "unencodable", byteLength, error);
      return Promise.resolve(false);
    }
    if (!frame) {
      this.report(plan, "too-large", byteLength);
      return Promise.resolve(false);
    }
    if (policy.l1 && since !== null) this.context.l1.put(plan, entry, since);
    const bytes = frame.byteLength;
    const now = this.context.now();
    const kept = keptFor(policy, entry.freshUntil - now, now - entry.storedAt);
    const began = this.context.monotonicNow();
    const told = (outcome: "stored" | "refused", measures?: { encodeMilliseconds?: number; error?: unknown }) => {
      const milliseconds = this.context.monotonicNow() - began;
      this.context.report({ type: "fill", ...plan.source, outcome, key, bytes, milliseconds, ...measures });
      return outcome === "stored";
    };
    const sent = this.context.store.fill(key, frame, kept).then(
      () => told("stored", encodeMilliseconds === undefined ? undefined : { encodeMilliseconds }),
      (error: unknown) => told("refused", { error }),
    );
    this.context.track(sent);
    this.context.verifier?.sampleFill(plan, entryTags(plan, entry), entry.stamps, sent);
    return sent;
  }

  // Each property by its name: to copy them all takes longer than the rest of a fill.
  #entry(
    { policy, fingerprint, identity }: ReadPlan<unknown>,
    { absent, names, stamps, payload, loadTime }: Contents,
    { ttl, isNothing }: Term,
  ): Entry {
    const storedAt = this.context.now();
    const { freshUntil, sliding } = timesOf(policy, storedAt, ttl, isNothing);
    return { fingerprint, identity, storedAt, freshUntil, sliding, absent, names, stamps, payload, loadTime };
  }
}

function timesOf(
  policy: Policy,
  storedAt: number,
  ttl: number,
  isNothing: boolean,
): Pick<Lifetime, "freshUntil" | "sliding"> {
  if (!slides(policy, isNothing)) return { freshUntil: storedAt + ttl, sliding: null };
  const cappedAt = storedAt + policy.sliding!.cap;
  return { freshUntil: Math.min(storedAt + ttl, cappedAt), sliding: { ttl, cappedAt } };
}
