import type { Codec } from "./codec/codec.js";
import { isSealed, MOST_STAMPS, type Entry } from "./entry.js";
import type { BypassReason, MissReason } from "./events.js";
import { Filler, type FillContext } from "./filler.js";
import { judge, type Expectation, type Unseen, type Verdict } from "./judge.js";
import { NamedTags } from "./named-tags.js";
import { areTokens } from "./narrowing.js";
import { longestAge } from "./policy.js";
import { allTags, entryTags, type ReadPlan } from "./read-plan.js";
import { unsealEntry } from "./seal/seal.js";
import { SingleFlight } from "./single-flight.js";
import type { GuardedStore } from "./store/guarded-store.js";
import type { Lookup } from "./store/store.js";
import type { Tag } from "./tag.js";
import { QUARANTINED, type TokenState } from "./token.js";
import type { Verifier } from "./verifier.js";

export type { Answer, ReadPlan } from "./read-plan.js";

/** Where an answer came from, and why. */
export interface ReadInfo {
  readonly status: "hit" | "miss" | "bypass";
  readonly reason: MissReason | BypassReason | null;
  /** The store's tier for a hit, else "database". */
  readonly tier: string;
  readonly key: string | null;
  /** Of a hit: what the entry depends on. Else what the query's arguments tell. */
  readonly tags: readonly Tag[];
  readonly storedAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface ReadResult<T> {
  readonly data: T;
  readonly info: ReadInfo;
}

export interface ReadContext extends FillContext {
  readonly store: GuardedStore;
  /** Writes of this process that the store does not know of yet. */
  readonly recovery: { readonly size: number };
  /** Releases of this process' acknowledged writes that are still under way. */
  readonly releasing: ReadonlySet<Promise<void>>;
  readonly verifier: Verifier | undefined;
}

interface Loaded {
  readonly value: unknown;
  /** Null where the value cannot be encoded, and so cannot be shared. */
  readonly payload: Uint8Array | null;
}

type Sight<T> =
  | { readonly kind: "hit"; readonly result: ReadResult<T>; readonly entry: Entry }
  | { readonly kind: "miss"; readonly reason: MissReason; readonly tokens: readonly TokenState[] }
  | { readonly kind: "bypass"; readonly reason: BypassReason; readonly detail?: string };

/** Answers queries from the store while what is there is valid, else from the database, and stores what it loaded. */
export class ReadThrough {
  readonly #flights = new SingleFlight<Loaded>();
  readonly #named = new NamedTags();
  readonly #filler: Filler;

  constructor(private readonly context: ReadContext) {
    this.#filler = new Filler(context, this.#named);
  }

  async read<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    const sight = await this.#look(plan);
    switch (sight.kind) {
      case "hit":
        this.context.report({ type: "hit", ...plan.source, tier: sight.result.info.tier, key: plan.key });
        this.context.verifier?.sample(plan, entryTags(plan, sight.entry), sight.entry);
        return sight.result;
      case "miss":
        this.context.report({ type: "miss", ...plan.source, reason: sight.reason, key: plan.key });
        return this.#miss(plan, sight.tokens, sight.reason);
      case "bypass": {
        const { reason, detail } = sight;
        this.context.report({ type: "bypass", ...plan.source, reason, ...(detail === undefined ? {} : { detail }) });
        return { data: await plan.load(), info: fromDatabase(plan, "bypass", reason) };
      }
      default:
        return sight satisfies never;
    }
  }

  /** What a read would find now. Asks the store, never the database, and changes nothing. */
  async inspect(
    plan: ReadPlan<unknown>,
  ): Promise<Verdict | { readonly kind: "bypass"; readonly reason: BypassReason }> {
    if (this.context.releasing.size > 0) await Promise.all(this.context.releasing);
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    try {
      const own = allTags(plan);
      const tags = this.#worthSeeing(plan, own);
      const verdict = this.#judge(plan, tags, await this.context.store.lookup(plan.key, tags));
      return verdict.kind === "unseen" ? (await this.#lookAgain(plan, own, verdict))[1] : verdict;
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  async #look<T>(plan: ReadPlan<T>): Promise<Sight<T>> {
    // What this process has acknowledged, it sees.
    if (this.context.releasing.size > 0) await Promise.all(this.context.releasing);
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    const own = allTags(plan);
    if (own.length > MOST_STAMPS) {
      return { kind: "bypass", reason: "uncacheable", detail: `depends on more than ${MOST_STAMPS} tags` };
    }
    try {
      const tags = this.#worthSeeing(plan, own);
      let lookup = await this.context.store.lookup(plan.key, tags);
      let verdict = this.#judge(plan, tags, lookup);
      if (verdict.kind === "unseen") [lookup, verdict] = await this.#lookAgain(plan, own, verdict);
      if (verdict.kind === "bypass") return verdict;
      if (verdict.kind === "hit") {
        const result = this.#decode(plan, verdict.entry);
        if (result) return { kind: "hit", result, entry: verdict.entry };
      }
      const tokens = await this.#minted(own, lookup);
      // A writer may have locked a tag between our look and the minting.
      if (tokens.slice(0, plan.tags.length).includes(QUARANTINED)) return { kind: "bypass", reason: "quarantined" };
      return { kind: "miss", reason: verdict.kind === "miss" ? verdict.reason : "damaged", tokens };
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

  #decode<T>(plan: ReadPlan<T>, entry: Entry): ReadResult<T> | null {
    const copy = entry.absent ? { value: null } : decoded(plan.codec, entry.payload);
    if (!copy) return null;
    return {
      data: copy.value as T,
      info: {
        ...infoOf(plan, "hit", null, this.context.store.tier),
        tags: entryTags(plan, entry),
        ...timesOf(entry),
      },
    };
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

  async #miss<T>(plan: ReadPlan<T>, tokens: readonly TokenState[], reason: MissReason): Promise<ReadResult<T>> {
    const info = fromDatabase(plan, "miss", reason);
    // A lock on a tag that only "found nothing" depends on leaves what is found cacheable, but makes this load unlike any other.
    if (tokens.includes(QUARANTINED)) return { data: (await this.#load(plan, tokens)).value as T, info };

    // Who comes while the fill is on its way, and sees the same tokens, knows that nothing was written since the load.
    const { answer, joined } = this.#flights.run(`${plan.key}\0${tokens.join()}`, (linger) =>
      this.#load(plan, tokens, linger),
    );
    const { value, payload } = await answer;
    if (!joined) return { data: value as T, info };
    if (value === null) return { data: value as T, info };
    // Callers never share an object: what one of them changes, the others must not see.
    const copy = payload && decoded(plan.codec, payload);
    return { data: (copy ? copy.value : await plan.load()) as T, info };
  }

  async #load(
    plan: ReadPlan<unknown>,
    tokens: readonly TokenState[],
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
      const sending = this.#filler.fill(plan, { absent, names: null, stamps, payload }, loaded);
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

function expectation(
  { fingerprint, identity, tags, absentTags, policy }: ReadPlan<unknown>,
  lookedUp: readonly Tag[],
): Expectation {
  return {
    fingerprint,
    identity,
    tags: lookedUp,
    tagCount: tags.length,
    absentTags,
    longestAge: longestAge(policy),
  };
}

function infoOf(
  plan: ReadPlan<unknown>,
  status: ReadInfo["status"],
  reason: ReadInfo["reason"],
  tier: string,
): ReadInfo {
  return { status, reason, tier, key: plan.key, tags: plan.tags, storedAt: null, expiresAt: null };
}

/** Of an answer that the store did not give. */
export function fromDatabase(plan: ReadPlan<unknown>, status: "miss" | "bypass", reason: ReadInfo["reason"]): ReadInfo {
  return infoOf(plan, status, reason, "database");
}

function timesOf(entry: Entry): Pick<ReadInfo, "storedAt" | "expiresAt"> {
  return { storedAt: new Date(entry.storedAt), expiresAt: new Date(entry.freshUntil) };
}
