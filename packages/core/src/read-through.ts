import type { Codec } from "./codec/codec.js";
import { frameEntry, MOST_STAMPS, type Entry } from "./entry.js";
import type { BypassReason, CacheEvent, MissReason, Source } from "./events.js";
import { judge, type Expectation, type Verdict } from "./judge.js";
import { jitteredTtl, longestAge, type Policy } from "./policy.js";
import { SingleFlight } from "./single-flight.js";
import type { GuardedStore } from "./store/guarded-store.js";
import type { Lookup } from "./store/store.js";
import type { Tag } from "./tag.js";
import { QUARANTINED, type TokenState } from "./token.js";
import type { Verifier } from "./verifier.js";

/** A query, prepared: its name, what its result depends on, how long that is kept, how it travels, how to ask. */
export interface ReadPlan<T> {
  readonly source: Source;
  readonly key: string;
  readonly identity: string | null;
  readonly fingerprint: string;
  readonly tags: readonly Tag[];
  /** What a result of `null` depends on besides `tags`. */
  readonly absentTags: readonly Tag[];
  readonly policy: Policy;
  readonly codec: Codec;
  /** The database has no choice what to answer, but for the order of lists. Default true. */
  readonly isDetermined?: boolean;
  /** Asks the primary database, outside any transaction. */
  readonly load: () => Promise<T>;
}

/** Where an answer came from, and why. */
export interface ReadInfo {
  readonly status: "hit" | "miss" | "bypass";
  readonly reason: MissReason | BypassReason | null;
  /** The store's tier for a hit, else "database". */
  readonly tier: string;
  readonly key: string | null;
  readonly tags: readonly Tag[];
  readonly storedAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface ReadResult<T> {
  readonly data: T;
  readonly info: ReadInfo;
}

export interface ReadContext {
  readonly store: GuardedStore;
  /** Writes of this process that the store does not know of yet. */
  readonly recovery: { readonly size: number };
  /** Releases of this process' acknowledged writes that are still under way. */
  readonly releasing: ReadonlySet<Promise<void>>;
  readonly verifier: Verifier | undefined;
  readonly report: (event: CacheEvent) => void;
  readonly now: () => number;
  readonly random: () => number;
  /** Milliseconds that a fresh token of this tag lives. */
  readonly lifetime: (tag: Tag) => number;
  /** Called with work that nobody waits for, so that closing can. */
  readonly track: (work: Promise<unknown>) => void;
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

  constructor(private readonly context: ReadContext) {}

  async read<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    const sight = await this.#look(plan);
    switch (sight.kind) {
      case "hit":
        this.context.report({ type: "hit", ...plan.source, tier: sight.result.info.tier, key: plan.key });
        this.context.verifier?.sample(plan, allTags(plan), sight.entry);
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
      const lookup = await this.context.store.lookup(plan.key, allTags(plan));
      return judge(lookup, expectation(plan), this.context.now());
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  async #look<T>(plan: ReadPlan<T>): Promise<Sight<T>> {
    // What this process has acknowledged, it sees.
    if (this.context.releasing.size > 0) await Promise.all(this.context.releasing);
    if (this.context.recovery.size > 0) return { kind: "bypass", reason: "recovering" };
    const tags = allTags(plan);
    if (tags.length > MOST_STAMPS) {
      return { kind: "bypass", reason: "uncacheable", detail: `depends on more than ${MOST_STAMPS} tags` };
    }
    try {
      const lookup = await this.context.store.lookup(plan.key, tags);
      const verdict = judge(lookup, expectation(plan), this.context.now());
      if (verdict.kind === "bypass") return verdict;
      if (verdict.kind === "hit") {
        const result = this.#decode(plan, verdict.entry);
        if (result) return { kind: "hit", result, entry: verdict.entry };
      }
      const tokens = await this.#minted(tags, lookup);
      // A writer may have locked a tag between our look and the minting.
      if (tokens.slice(0, plan.tags.length).includes(QUARANTINED)) return { kind: "bypass", reason: "quarantined" };
      return { kind: "miss", reason: verdict.kind === "miss" ? verdict.reason : "damaged", tokens };
    } catch {
      return { kind: "bypass", reason: "unreachable" };
    }
  }

  #decode<T>(plan: ReadPlan<T>, entry: Entry): ReadResult<T> | null {
    const copy = entry.absent ? { value: null } : decoded(plan.codec, entry.payload);
    if (!copy) return null;
    return {
      data: copy.value as T,
      info: { ...infoOf(plan, "hit", null, this.context.store.tier), ...timesOf(entry) },
    };
  }

  /** The tokens of all tags, the missing ones minted: they become the stamps, so they must be known before the load. */
  async #minted(tags: readonly Tag[], { tokens }: Lookup): Promise<readonly TokenState[]> {
    const missing = tags.filter((_, i) => tokens[i] === null);
    if (missing.length === 0) return tokens;
    const minted = await this.context.store.mint(missing, missing.map(this.context.lifetime));
    let next = 0;
    return tokens.map((token) => (token === null ? minted[next++]! : token));
  }

  async #miss<T>(plan: ReadPlan<T>, tokens: readonly TokenState[], reason: MissReason): Promise<ReadResult<T>> {
    const info = fromDatabase(plan, "miss", reason);
    // A lock on a tag of "found nothing" leaves what is found cacheable, but makes this load unlike any other.
    if (tokens.includes(QUARANTINED)) return { data: (await this.#load(plan, tokens)).value as T, info };

    const { answer, joined } = this.#flights.run(`${plan.key}\0${tokens.join()}`, () => this.#load(plan, tokens));
    const { value, payload } = await answer;
    if (!joined) return { data: value as T, info };
    if (value === null) return { data: value as T, info };
    // Callers never share an object: what one of them changes, the others must not see.
    const copy = payload && decoded(plan.codec, payload);
    return { data: (copy ? copy.value : await plan.load()) as T, info };
  }

  async #load(plan: ReadPlan<unknown>, tokens: readonly TokenState[]): Promise<Loaded> {
    const began = performance.now();
    const value = await plan.load();
    this.context.report({ type: "load", ...plan.source, key: plan.key, milliseconds: performance.now() - began });

    const absent = value === null && plan.absentTags.length > 0;
    const stamps = absent ? tokens : tokens.slice(0, plan.tags.length);
    let payload: Uint8Array | null;
    try {
      payload = absent ? new Uint8Array() : plan.codec.encode(value);
    } catch (error) {
      this.context.report({ type: "fill", ...plan.source, outcome: "unencodable", key: plan.key, bytes: 0, error });
      return { value, payload: null };
    }
    if (stamps.every((stamp) => typeof stamp === "string")) this.#fill(plan, absent, stamps, payload);
    return { value, payload };
  }

  /** Stores without being awaited. A write that came since has made the stamps dead, so a late fill does no harm. */
  #fill(plan: ReadPlan<unknown>, absent: boolean, stamps: readonly string[], payload: Uint8Array): void {
    const { policy, key, source, fingerprint, identity } = plan;
    const { report, store } = this.context;
    if (payload.byteLength > policy.maxEntryBytes) {
      report({ type: "fill", ...source, outcome: "too-large", key, bytes: payload.byteLength });
      return;
    }
    const storedAt = this.context.now();
    const ttl = jitteredTtl(policy, this.context.random());
    let frame: Uint8Array;
    try {
      frame = frameEntry({ fingerprint, identity, storedAt, freshUntil: storedAt + ttl, absent, stamps, payload });
    } catch (error) {
      report({ type: "fill", ...source, outcome: "unencodable", key, bytes: payload.byteLength, error });
      return;
    }
    const bytes = frame.byteLength;
    this.context.track(
      store.fill(key, frame, ttl).then(
        () => report({ type: "fill", ...source, outcome: "stored", key, bytes }),
        (error: unknown) => report({ type: "fill", ...source, outcome: "refused", key, bytes, error }),
      ),
    );
  }
}

/** Null where the codec did not write these bytes. */
function decoded(codec: Codec, payload: Uint8Array): { readonly value: unknown } | null {
  try {
    return { value: codec.decode(payload) };
  } catch {
    return null;
  }
}

function allTags(plan: ReadPlan<unknown>): readonly Tag[] {
  return plan.absentTags.length === 0 ? plan.tags : [...plan.tags, ...plan.absentTags];
}

function expectation({ fingerprint, identity, tags, policy }: ReadPlan<unknown>): Expectation {
  return { fingerprint, identity, tagCount: tags.length, longestAge: longestAge(policy) };
}

function infoOf(
  plan: ReadPlan<unknown>,
  status: ReadInfo["status"],
  reason: ReadInfo["reason"],
  tier: string,
): ReadInfo {
  return { status, reason, tier, key: plan.key, tags: plan.tags, storedAt: null, expiresAt: null };
}

function fromDatabase(plan: ReadPlan<unknown>, status: "miss" | "bypass", reason: ReadInfo["reason"]): ReadInfo {
  return infoOf(plan, status, reason, "database");
}

function timesOf(entry: Entry): Pick<ReadInfo, "storedAt" | "expiresAt"> {
  return { storedAt: new Date(entry.storedAt), expiresAt: new Date(entry.freshUntil) };
}
