import type { Codec } from "./codec/codec.js";
import { isSealed, MOST_STAMPS, type Entry } from "./entry.js";
import type { BypassReason, MissReason } from "./events.js";
import { Filler, type FillContext } from "./filler.js";
import { isCurrent, L1_TIER, type Held, type L1 } from "./l1/l1.js";
import type { Mirror, Moment } from "./l1/mirror.js";
import { judge, type Expectation, type Unseen, type Verdict } from "./judge.js";
import { NamedTags } from "./named-tags.js";
import { areTokens } from "./narrowing.js";
import { allTags, entryTags, isTooOld, longestAgeOf, type ReadPlan } from "./read-plan.js";
import { fromDatabase, ReadResult } from "./read-result.js";
import { unsealEntry } from "./seal/seal.js";
import { SingleFlight, type Asker } from "./single-flight.js";
import type { GuardedStore } from "./store/guarded-store.js";
import type { Lookup } from "./store/store.js";
import type { Tag } from "./tag.js";
import { QUARANTINED, type TokenState } from "./token.js";
import type { Verifier } from "./verifier.js";

export interface ReadContext extends FillContext {
  readonly store: GuardedStore;
  /** Writes of this process that the store does not know of yet. */
  readonly recovery: { readonly size: number };
  /** Releases of this process' acknowledged writes that are still under way. */
  readonly releasing: ReadonlySet<Promise<void>>;
  readonly verifier: Verifier | undefined;
  readonly l1: L1;
  readonly mirror: Mirror;
  /** A clock that never jumps, in milliseconds. */
  readonly monotonicNow: () => number;
  /** As `report` of a hit. */
  readonly reportHit: (plan: ReadPlan<unknown>, tier: string) => void;
}

interface Loaded {
  readonly value: unknown;
  /** Null where the value cannot be encoded, and so cannot be shared. */
  readonly payload: Uint8Array | null;
}

/** `joined`: somebody else asked. */
interface Loading {
  readonly answer: Promise<Loaded>;
  readonly joined: boolean;
}

interface Missed {
  readonly kind: "miss";
  readonly reason: MissReason;
  readonly tokens: readonly TokenState[];
}

type Sight =
  | { readonly kind: "hit"; readonly data: unknown; readonly entry: Entry }
  | { readonly kind: "l1"; readonly data: unknown; readonly held: Held }
  | Missed
  | { readonly kind: "bypass"; readonly reason: BypassReason; readonly detail?: string };

/** What a read would find. */
export type Found =
  | { readonly kind: "hit"; readonly tags: readonly Tag[] }
  | Exclude<Verdict, { readonly kind: "hit" }>
  | { readonly kind: "bypass"; readonly reason: BypassReason };

/** Answers queries from the store while what is there is valid, else from the database, and stores what it loaded. */
export class ReadThrough {
  readonly #flights = new SingleFlight<Loaded>();
  readonly #named = new NamedTags();
  readonly #filler: Filler;

  constructor(private readonly context: ReadContext) {
    this.#filler = new Filler(context, this.#named);
  }

  /** The result, where it is at hand in this process's memory; undefined where `ask` has to. `moment`: of `monotonicNow`. */
  readNow<T>(plan: ReadPlan<T>, moment: number): T | undefined {
    const held = this.#current(plan, moment);
    if (held === null) return undefined;
    const data = this.#copied(plan, held);
    if (data !== undefined) this.#reportL1(plan, held);
    return data as T | undefined;
  }

  async read<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    const held = this.#current(plan);
    const data = held === null ? undefined : this.#copied(plan, held);
    return held === null || data === undefined ? this.ask(plan) : this.#servedL1(plan, data, held);
  }

  /** As `read`, of what is known not to be at hand. */
  async ask<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    const since = this.context.mirror.now;
    // Whoever sees no entry, and has yet to mint what is missing, comes late to a load that has stored it meanwhile.
    const asker = this.#flights.announce();
    let sight: Sight;
    let loading: Loading | null = null;
    try {
      sight = await this.#look(plan, since);
      if (sight.kind === "miss") loading = this.#startLoading(plan, sight, asker, since);
    } finally {
      this.#flights.leave(asker);
    }
    switch (sight.kind) {
      case "hit": {
        const { entry } = sight;
        const { tier } = this.context.store;
        const tags = entryTags(plan, entry);
        this.context.reportHit(plan, tier);
        this.context.verifier?.sample(plan, tags, entry.stamps, () =>
          entry.absent ? null : plan.codec.decode(entry.payload),
        );
        const { storedAt, freshUntil } = entry;
        return new ReadResult(sight.data as T, "hit", null, tier, plan, { tags, storedAt, freshUntil });
      }
      case "l1":
        return this.#servedL1(plan, sight.data, sight.held);
      case "miss":
        return fromDatabase(plan, "miss", sight.reason, await this.#loaded(plan, loading!));
      case "bypass": {
        const { reason, detail } = sight;
        this.context.report({ type: "bypass", ...plan.source, reason, ...(detail === undefined ? {} : { detail }) });
        return fromDatabase(plan, "bypass", reason, await plan.load());
      }
      default:
        return sight satisfies never;
    }
  }

  /** What a read would find now. Asks the store, never the database, and changes nothing. */
  async inspect(plan: ReadPlan<unknown>): Promise<Found> {
    if (this.context.releasing.size > 0) await Promise.all(this.context.releasing);
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    const held = this.#current(plan);
    if (held) return { kind: "hit", tags: held.tags };
    try {
      const own = allTags(plan);
      const tags = this.#worthSeeing(plan, own);
      let verdict = this.#judge(plan, tags, await this.context.store.lookup(plan.key, tags));
      if (verdict.kind === "unseen") [, verdict] = await this.#lookAgain(plan, own, verdict);
      return verdict.kind === "hit" ? { kind: "hit", tags: entryTags(plan, verdict.entry) } : verdict;
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  /** What is held of a plan in this process, if it may be served without asking the store. */
  #current(plan: ReadPlan<unknown>, moment = this.context.monotonicNow()): Held | null {
    const { l1 } = plan.policy;
    if (l1?.mode !== "tracked") return null;
    const { mirror, recovery, releasing } = this.context;
    // What this process has acknowledged, it sees.
    if (recovery.size > 0 || releasing.size > 0) return null;
    const held = this.context.l1.get(plan, this.context.now());
    if (!held || !isCurrent(held.cells) || !mirror.isTrusted(moment, l1.maxStaleness)) return null;
    return held;
  }

  #servedL1<T>(plan: ReadPlan<T>, data: unknown, held: Held): ReadResult<T> {
    this.#reportL1(plan, held);
    return new ReadResult(data as T, "hit", null, L1_TIER, plan, held);
  }

  #reportL1(plan: ReadPlan<unknown>, held: Held): void {
    const { reportHit, verifier, l1 } = this.context;
    reportHit(plan, L1_TIER);
    verifier?.sample(plan, held.tags, held.stamps, () => l1.valueOf(plan, held));
  }

  /** Undefined where it is too old for the plan, or the codec did not write what is held: then it is dropped. */
  #copied(plan: ReadPlan<unknown>, held: Held): unknown {
    try {
      const value = this.context.l1.valueOf(plan, held);
      return isTooOld(plan, held.storedAt, value, this.context.now()) ? undefined : value;
    } catch {
      this.context.l1.delete(plan.key);
      return undefined;
    }
  }

  /** The result in a valid entry of the store, which is held from now on where the policy says so. */
  #opened(plan: ReadPlan<unknown>, entry: Entry, since: Moment): { readonly value: unknown } | null {
    if (plan.policy.l1) {
      const { l1 } = this.context;
      const held = l1.get(plan, this.context.now());
      if (held && l1.isSame(held, entry) && l1.confirm(plan, held, entry.stamps, since)) {
        const value = this.#copied(plan, held);
        if (value !== undefined) return { value };
      }
    }
    const copy = entry.absent ? { value: null } : decoded(plan.codec, entry.payload);
    if (copy && plan.policy.l1) this.context.l1.put(plan, entry, since);
    return copy;
  }

  /** What is held of a plan, if the store says that nothing it depends on was written since. */
  async #validated(plan: ReadPlan<unknown>, since: Moment): Promise<Sight | null> {
    const held = this.context.l1.get(plan, this.context.now());
    // Of what is known to be invalidated the store may have a newer one: that is asked for together with the tokens.
    if (!held || (held.cells !== null && !isCurrent(held.cells))) return null;
    const { tokens } = await this.context.store.lookup(null, held.tags);
    if (!this.context.l1.confirm(plan, held, tokens, since)) return null;
    const data = this.#copied(plan, held);
    return data === undefined ? null : { kind: "l1", data, held };
  }

  async #look(plan: ReadPlan<unknown>, since: Moment): Promise<Sight> {
    // What this process has acknowledged, it sees.
    if (this.context.releasing.size > 0) await Promise.all(this.context.releasing);
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    const own = allTags(plan);
    if (own.length > MOST_STAMPS) {
      return { kind: "bypass", reason: "uncacheable", detail: `depends on more than ${MOST_STAMPS} tags` };
    }
    try {
      const validated = plan.policy.l1 && (await this.#validated(plan, since));
      if (validated) return validated;
      const tags = this.#worthSeeing(plan, own);
      let lookup = await this.context.store.lookup(plan.key, tags);
      let verdict = this.#judge(plan, tags, lookup);
      if (verdict.kind === "unseen") [lookup, verdict] = await this.#lookAgain(plan, own, verdict);
      if (verdict.kind === "bypass") return verdict;
      let reason: MissReason = "damaged";
      if (verdict.kind === "hit") {
        const { entry } = verdict;
        const copy = this.#opened(plan, entry, since);
        if (copy && !isTooOld(plan, entry.storedAt, copy.value, this.context.now())) {
          return { kind: "hit", data: copy.value, entry };
        }
        if (copy) reason = "expired";
      }
      const tokens = await this.#minted(own, lookup);
      // A writer may have locked a tag between our look and the minting.
      if (tokens.slice(0, plan.tags.length).includes(QUARANTINED)) return { kind: "bypass", reason: "quarantined" };
      return { kind: "miss", reason: verdict.kind === "miss" ? verdict.reason : reason, tokens };
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  /** The entry of a hit is one that was unsealed. */
  #judge(plan: ReadPlan<unknown>, tags: readonly Tag[], lookup: Lookup): Verdict | Unseen {
    const verdict = judge(lookup, expectation(plan, tags), this.context.now());
    if (verdict.kind !== "hit") return verdict;
    const entry = unsealEntry(plan, verdict.entry, isSealed(lookup.entry!));
    if (entry === verdict.entry) return verdict;
    return entry ? { kind: "hit", entry } : { kind: "miss", reason: "damaged" };
  }

  /** The tags of the plan, and those that its entry named when this process last saw it. */
  #worthSeeing(plan: ReadPlan<unknown>, own: readonly Tag[]): readonly Tag[] {
    const named = plan.loadNarrow && this.#named.get(plan.key);
    return named ? [...own, ...named] : own;
  }

  /** For an entry that names tags which this process did not know of. */
  async #lookAgain(plan: ReadPlan<unknown>, own: readonly Tag[], { names }: Unseen): Promise<[Lookup, Verdict]> {
    const others = names.filter((name) => !own.includes(name));
    if (plan.loadNarrow) this.#named.set(plan.key, others);
    const tags = [...own, ...others];
    const lookup = await this.context.store.lookup(plan.key, tags);
    const verdict = this.#judge(plan, tags, lookup);
    // Another entry has come meanwhile. Whoever loses that race again and again had better ask the database.
    return [lookup, verdict.kind === "unseen" ? verdict.otherwise : verdict];
  }

  /** The tokens of all tags, the missing ones minted: they become the stamps, so they must be known before the load. */
  async #minted(tags: readonly Tag[], lookup: Lookup): Promise<readonly TokenState[]> {
    const tokens = lookup.tokens.length === tags.length ? lookup.tokens : lookup.tokens.slice(0, tags.length);
    const missing = tags.filter((_, i) => tokens[i] === null);
    if (missing.length === 0) return tokens;
    const minted = await this.context.store.mint(missing, missing.map(this.context.lifetime));
    let next = 0;
    return tokens.map((token) => (token === null ? minted[next++]! : token));
  }

  /** Asks the database, or joins who does. */
  #startLoading(plan: ReadPlan<unknown>, { tokens, reason }: Missed, asker: Asker, since: Moment): Loading {
    this.context.report({ type: "miss", ...plan.source, reason, key: plan.key });
    // A lock on a tag that only "found nothing" depends on leaves what is found cacheable, but makes this load unlike any other.
    if (tokens.includes(QUARANTINED)) return { answer: this.#load(plan, tokens, since), joined: false };
    // Who comes while the fill is on its way, and sees the same tokens, knows that nothing was written since the load.
    return this.#flights.run(`${plan.key}\0${tokens.join()}`, asker, (linger) =>
      this.#load(plan, tokens, since, linger),
    );
  }

  async #loaded<T>(plan: ReadPlan<T>, { answer, joined }: Loading): Promise<T> {
    const { value, payload } = await answer;
    if (!joined || value === null) return value as T;
    // Callers never share an object: what one of them changes, the others must not see.
    const copy = payload && decoded(plan.codec, payload);
    return copy ? (copy.value as T) : plan.load();
  }

  async #load(
    plan: ReadPlan<unknown>,
    tokens: readonly TokenState[],
    since: Moment,
    linger?: (until: Promise<unknown>) => void,
  ): Promise<Loaded> {
    const began = performance.now();
    const loaded = plan.loadNarrow ? await plan.loadNarrow() : { value: await plan.load() };
    const { value } = loaded;
    this.context.report({ type: "load", ...plan.source, key: plan.key, milliseconds: performance.now() - began });

    const absent = value === null && plan.absentTags.length > 0;
    const stamps = absent ? absentStamps(plan, tokens) : tokens.slice(0, plan.tags.length);
    let payload: Uint8Array | null;
    try {
      payload = absent ? new Uint8Array() : plan.codec.encode(value);
    } catch (error) {
      this.#filler.report(plan, "unencodable", 0, error);
      return { value, payload: null };
    }
    if (areTokens(stamps) && (value !== null || plan.keepsAbsent !== false)) {
      const sending = this.#filler.fill(plan, { absent, names: null, stamps, payload }, loaded, since);
      if (sending) linger?.(sending);
    } else if (value === null && plan.keepsAbsent === false) {
      this.#filler.report(plan, "uncertain", 0);
    }
    return { value, payload };
  }
}

/** `tokens`: those of all tags. */
function absentStamps(plan: ReadPlan<unknown>, tokens: readonly TokenState[]): readonly TokenState[] {
  const all = allTags(plan);
  return plan.absentTags.map((tag) => tokens[all.indexOf(tag)]!);
}

/** Null where the codec did not write these bytes. */
function decoded(codec: Codec, payload: Uint8Array): { readonly value: unknown } | null {
  try {
    return { value: codec.decode(payload) };
  } catch {
    return null;
  }
}

function expectation(plan: ReadPlan<unknown>, lookedUp: readonly Tag[]): Expectation {
  const { fingerprint, identity, tags, absentTags } = plan;
  return {
    fingerprint,
    identity,
    tags: lookedUp,
    tagCount: tags.length,
    absentTags,
    longestAge: longestAgeOf(plan, false),
    longestAbsence: longestAgeOf(plan, true),
  };
}
