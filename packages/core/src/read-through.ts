import type { Codec } from "./codec/codec.js";
import { storedAtOf, type Entry } from "./entry.js";
import type { BypassReason, ReadMeasures } from "./events.js";
import { Filler, type FillContext } from "./filler.js";
import { decoded, Finder, type FinderContext, type Found, type Missed, type Recalled, type Sight } from "./finder.js";
import { endOf, isDueEarly, type Lifetime } from "./freshness.js";
import { L1_TIER, type Held } from "./l1/l1.js";
import type { Moment } from "./l1/mirror.js";
import { LastKnown } from "./last-known.js";
import { Leases } from "./leases.js";
import { Loader, type Loaded } from "./loader.js";
import { NamedTags } from "./named-tags.js";
import { NextFlight } from "./next-flight.js";
import { longestAge } from "./policy/policy.js";
import { entryTags, expiryOfResult, type ReadPlan } from "./read-plan.js";
import { fromDatabase, fromEntry, pastCache, ReadResult } from "./read-result.js";
import type { Refills } from "./refills.js";
import { Refresher } from "./refresher.js";
import { Renewer } from "./renewer.js";
import { SharedLoads, type Seen, type Shareable, type Wanted } from "./shared-loads.js";
import { SingleFlight, type Asker } from "./single-flight.js";
import type { GuardedStore } from "./store/guarded-store.js";
import { QUARANTINED, type Token, type TokenState } from "./token.js";
import type { Verifier } from "./verifier.js";

export interface ReadContext extends FillContext, FinderContext {
  readonly store: GuardedStore;
  readonly l1: FinderContext["l1"];
  readonly now: () => number;
  readonly lifetime: FinderContext["lifetime"];
  readonly refills: Pick<Refills, "of">;
  readonly verifier: Verifier | undefined;
  /** As `report` of a hit. `savedMilliseconds`, `tagCount`, `measures`: as of the event. */
  readonly reportHit: (
    plan: ReadPlan<unknown>,
    tier: string,
    savedMilliseconds: number,
    tagCount: number,
    measures?: ReadMeasures,
  ) => void;
  /** A name that nobody else uses. */
  readonly nextHolder: () => string;
}

/** `joined`: somebody else asked. */
interface Loading {
  readonly answer: Promise<Loaded>;
  readonly joined: boolean;
}

const HIT = ["hit", null] as const;

/** A load that begins now, under these tokens, which were asked for after that moment. */
type Want = (tokens: readonly TokenState[], since: Moment) => Wanted<Loaded>;

/** Answers queries from the store while what is there is valid, else from the database, and stores what it loaded. */
export class ReadThrough {
  readonly #flights = new SingleFlight<Loaded>();
  /** Loads while a write is under way. */
  readonly #behindLocks = new NextFlight<Loaded>();
  readonly #finder: Finder;
  readonly #filler: Filler;
  readonly #loader: Loader;
  readonly #lastKnown: LastKnown;
  readonly #sharedLoads: SharedLoads;
  readonly #refresher: Refresher;
  readonly #renewer: Renewer;

  constructor(private readonly context: ReadContext) {
    const named = new NamedTags();
    this.#finder = new Finder(context, named);
    this.#filler = new Filler(context, named);
    this.#loader = new Loader(context, this.#filler);
    this.#lastKnown = new LastKnown(context);
    this.#renewer = new Renewer(context);
    const leases = new Leases(context.store, context.nextHolder, context.track);
    this.#sharedLoads = new SharedLoads(leases, context.monotonicNow);
    const { report, monotonicNow, track } = context;
    this.#refresher = new Refresher({
      leases,
      report,
      monotonicNow,
      track,
      load: (...seen) => this.#loadAnew(...seen),
    });
  }

  /** The result, where it is at hand in this process's memory; undefined where `ask` has to. `moment`: of `monotonicNow`. */
  readNow<T>(plan: ReadPlan<T>, moment: number): T | undefined {
    const held = this.#finder.current(plan, moment);
    if (held === null) return undefined;
    const data = this.#finder.copyOf(plan, held);
    if (data !== undefined) this.#usedL1(plan, held, data);
    return data as T | undefined;
  }

  async read<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    const held = this.#finder.current(plan);
    const data = held === null ? undefined : this.#finder.copyOf(plan, held);
    return held === null || data === undefined ? this.ask(plan) : this.#servedL1(plan, data, held);
  }

  /** As `read`, of what is known not to be at hand. */
  ask<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    const { isHeard, monotonicNow } = this.context;
    return this.#ask(plan, isHeard() ? monotonicNow() : null, true);
  }

  /** `began`: as of `monotonicNow`, where it is measured. `mayWait`: for a write that is about to answer. */
  async #ask<T>(plan: ReadPlan<T>, began: number | null, mayWait: boolean): Promise<ReadResult<T>> {
    const since = this.context.mirror.now;
    // Whoever sees no entry, and has yet to mint what is missing, comes late to a load that has stored it meanwhile.
    const asker = this.#flights.announce();
    let sight: Sight;
    let loading: Loading | null = null;
    try {
      sight = await this.#finder.find(plan, since);
      if (sight.kind === "miss") loading = this.#startLoading(plan, sight, asker, since, began);
    } finally {
      this.#flights.leave(asker);
    }
    switch (sight.kind) {
      case "hit":
      case "stale":
        return this.#served(plan, sight, began);
      case "l1":
        return this.#servedL1(plan, sight.data, sight.held, began);
      case "miss":
        this.#countMiss(plan, sight, loading!);
        return this.#orLastKnown(plan, this.#loaded(plan, loading!, sight.reason));
      case "bypass": {
        const { reason, detail } = sight;
        if (reason === "quarantined") {
          const refilled = mayWait && this.context.refills.of(plan.key);
          if (!refilled) return this.#orLastKnown(plan, this.#behindLock(plan));
          await refilled;
          return this.#ask(plan, began, false);
        }
        this.context.report({ type: "bypass", ...plan.source, reason, ...(detail === undefined ? {} : { detail }) });
        return this.#orLastKnown(plan, pastCache(plan, reason));
      }
      default:
        return sight satisfies never;
    }
  }

  /** The answer of the database while a write is under way: nothing is known of what was loaded before. */
  async #behindLock<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    plan.adaptive?.dropped(0);
    const { answer, joined } = this.#behindLocks.run(plan.key, async (isShared) => {
      const value = await plan.load();
      return { value, payload: isShared ? encoded(plan.codec, value) : null };
    });
    let reason: BypassReason = joined ? "joined" : "quarantined";
    try {
      const copy = copyOf(plan, await answer, joined);
      if (copy) return fromDatabase(plan, "bypass", reason, copy.value as T);
      reason = "quarantined";
      return await pastCache(plan, reason);
    } finally {
      this.context.report({ type: "bypass", ...plan.source, reason });
    }
  }

  /** Nothing is loaded in the background from now on. */
  close(): void {
    this.#refresher.close();
  }

  #countMiss({ adaptive, source, key }: ReadPlan<unknown>, { ended }: Missed, { joined }: Loading): void {
    if (joined) this.context.report({ type: "join", ...source, key });
    if (joined) adaptive?.hit();
    else if (ended) adaptive?.dropped(this.context.now() - storedAtOf(ended));
  }

  /** Stores a result that is none of a load. `stamps`: of `plan.tags`, whether or not they are the present tokens. */
  store(plan: ReadPlan<unknown>, stamps: readonly Token[], value: unknown): Promise<unknown> {
    try {
      const payload = plan.codec.encode(value);
      // How long it takes to load is not known: it is not loaded early.
      const contents = { absent: false, names: null, stamps, payload, loadTime: 0 };
      return this.#filler.fill(plan, contents, { value }, null) ?? Promise.resolve();
    } catch (error) {
      this.#filler.report(plan, "unencodable", 0, error);
      return Promise.resolve();
    }
  }

  /**
   * The entry of a plan in the store, with its result, whether or not its stamps are the present tokens. Null: there is none that is
   * fresh, or it names tags of its own. Rejects never.
   */
  async recall(plan: ReadPlan<unknown>): Promise<Recalled | null> {
    return this.#finder.recall(plan).catch(() => null);
  }

  /** Stores such an entry with another result, under other stamps, until it would have expired. */
  refit(plan: ReadPlan<unknown>, entry: Entry, stamps: readonly Token[], value: unknown): Promise<unknown> {
    // The write may have taken longer than that.
    if (entry.freshUntil <= this.context.now()) return Promise.resolve();
    try {
      const payload = plan.codec.encode(value);
      return this.#filler.refit(plan, { ...entry, stamps, payload });
    } catch (error) {
      this.#filler.report(plan, "unencodable", 0, error);
      return Promise.resolve();
    }
  }

  /** What a read would find now. Asks the store, never the database, and changes nothing. */
  inspect(plan: ReadPlan<unknown>): Promise<Found> {
    return this.#finder.inspect(plan);
  }

  /** `began`: as of `monotonicNow`, where it is measured. */
  #served<T>(
    plan: ReadPlan<T>,
    { kind, entry, data, decodeMilliseconds }: Extract<Sight, { kind: "hit" | "stale" }>,
    began: number | null,
  ): ReadResult<T> {
    const { store, verifier, report, reportHit, monotonicNow } = this.context;
    const { tier } = store;
    const savedMilliseconds = entry.loadTime;
    const waited = began === null ? undefined : { milliseconds: monotonicNow() - began };
    if (kind === "stale") {
      plan.adaptive?.hit();
      report({ type: "stale", ...plan.source, reason: "expired", tier, key: plan.key, savedMilliseconds, ...waited });
      this.#refresher.refresh(plan, entry.storedAt, "expired");
      return fromEntry(plan, entry, ["stale", "expired"], tier, data as T);
    }
    const measures = waited && {
      ...waited,
      bytes: entry.payload.byteLength,
      ...(decodeMilliseconds !== undefined && { decodeMilliseconds }),
    };
    reportHit(plan, tier, savedMilliseconds, entry.stamps.length, measures);
    this.#used(plan, entry, data);
    verifier?.sample(plan, entryTags(plan, entry), entry.stamps, () =>
      entry.absent ? null : plan.codec.decode(entry.payload),
    );
    return fromEntry(plan, entry, HIT, tier, data as T);
  }

  /** `began`: as of `#served`. */
  #servedL1<T>(plan: ReadPlan<T>, data: unknown, held: Held, began: number | null = null): ReadResult<T> {
    const waited = began === null ? undefined : { milliseconds: this.context.monotonicNow() - began };
    this.#usedL1(plan, held, data, waited);
    return new ReadResult(data as T, "hit", null, L1_TIER, plan, held);
  }

  #usedL1(plan: ReadPlan<unknown>, held: Held, data: unknown, waited?: ReadMeasures): void {
    const { reportHit, verifier, l1 } = this.context;
    reportHit(plan, L1_TIER, held.loadTime, held.tags.length, waited);
    this.#used(plan, held, data);
    verifier?.sample(plan, held.tags, held.stamps, () => l1.valueOf(plan, held));
  }

  /** What a hit does to a result: it lets it live on, or has it loaded anew before it expires. */
  #used(plan: ReadPlan<unknown>, lifetime: Lifetime, data: unknown): void {
    const { sliding, earlyRefresh } = plan.policy;
    if (sliding) this.#renewer.used(plan, lifetime);
    if (earlyRefresh === undefined) return;
    const now = this.context.now();
    // What is renewed as long as it is used is loaded anew before it cannot be any more.
    const expiry = sliding
      ? Math.min(endOf(lifetime), lifetime.storedAt + longestAge(plan.policy, data === null))
      : expiryOfResult(plan, lifetime, data);
    if (!isDueEarly(lifetime.loadTime, expiry, earlyRefresh, now, this.context.random())) return;
    this.#refresher.refresh(plan, lifetime.storedAt, "early");
  }

  /** Asks the database, or joins who does. */
  #startLoading(
    plan: ReadPlan<unknown>,
    { tokens, reason, ended }: Missed,
    asker: Asker,
    since: Moment,
    began: number | null,
  ): Loading {
    const measures = began === null ? {} : { milliseconds: this.context.monotonicNow() - began };
    const { source, key, tags } = plan;
    this.context.report({ type: "miss", ...source, reason, key, tagCount: tags.length, ...measures });
    // A lock on a tag that only "found nothing" depends on leaves what is found cacheable, but makes this load unlike any other.
    if (tokens.includes(QUARANTINED)) {
      return { answer: this.#loader.load(plan, tokens, since, ended).then(loadedOf), joined: false };
    }
    // Who comes while the fill is on its way, and sees the same tokens, knows that nothing was written since the load.
    return this.#flights.run(nameOf(plan, tokens), asker, async (linger) => {
      const wanted: Want = (under, from) => ({
        name: `load\0${nameOf(plan, under)}`,
        load: async () => {
          const shareable = await this.#loader.load(plan, under, from, ended);
          if (shareable.stored) linger(shareable.stored);
          return shareable;
        },
      });
      const { stampede } = plan.policy;
      return stampede
        ? this.#loadOnce(plan, stampede.wait, wanted(tokens, since), wanted)
        : loadedOf(await wanted(tokens, since).load());
    });
  }

  /** Over all processes. */
  async #loadOnce(plan: ReadPlan<unknown>, wait: number, first: Wanted<Loaded>, wanted: Want): Promise<Loaded> {
    const { monotonicNow, report } = this.context;
    const began = monotonicNow();
    const { loaded, outcome } = await this.#sharedLoads.run(first, wait, () => this.#seen(plan, wanted));
    if (outcome !== "loaded") {
      report({ type: "wait", ...plan.source, outcome, key: plan.key, milliseconds: monotonicNow() - began });
    }
    return loaded;
  }

  /** What there is for whoever waited for somebody else to load it. */
  async #seen(plan: ReadPlan<unknown>, wanted: Want): Promise<Seen<Loaded>> {
    const since = this.context.mirror.now;
    const sight = await this.#finder.find(plan, since);
    switch (sight.kind) {
      case "hit":
      case "stale":
        // It was stored while he waited, and no write came since.
        return { loaded: { value: sight.data, payload: sight.entry.payload, entry: sight.entry } };
      case "l1":
        return { loaded: { value: sight.data, payload: encoded(plan.codec, sight.data) } };
      case "miss":
        // After a write it is stored under other tokens, and waited for together with those who come now.
        return sight.tokens.includes(QUARANTINED) ? null : { wanted: wanted(sight.tokens, since) };
      case "bypass":
        return null;
      default:
        return sight satisfies never;
    }
  }

  async #loaded<T>(plan: ReadPlan<T>, { answer, joined }: Loading, reason: Missed["reason"]): Promise<ReadResult<T>> {
    const loaded = await answer;
    const copy = copyOf(plan, loaded, joined);
    const { entry } = loaded;
    if (!copy) return fromDatabase(plan, "miss", reason, (await this.#loader.ask(plan)).answer.value as T);
    if (!entry) return fromDatabase(plan, "miss", reason, copy.value as T);
    return fromEntry(plan, entry, ["miss", reason], this.context.store.tier, copy.value as T);
  }

  async #orLastKnown<T>(plan: ReadPlan<T>, answering: Promise<ReadResult<T>>): Promise<ReadResult<T>> {
    try {
      return await answering;
    } catch (error) {
      const { staleIfError } = plan.policy;
      if (staleIfError === undefined || !plan.isOutage?.(error)) throw error;
      const known = await this.#lastKnown.find(plan, staleIfError);
      if (!known) throw error;
      const { source, key } = plan;
      const { tier } = known;
      this.context.report({ type: "stale", ...source, reason: "unreachable", tier, key, savedMilliseconds: 0, error });
      return known;
    }
  }

  /** As of `RefreshContext.load`. */
  async #loadAnew(plan: ReadPlan<unknown>, storedAt: number): Promise<boolean | null> {
    const since = this.context.mirror.now;
    if (this.context.recovery.size > 0) return null;
    const tokens = await this.#finder.tokensForAnother(plan, storedAt);
    if (!tokens) return null;
    const { stored } = await this.#loader.load(plan, tokens, since);
    const isStored = (await stored) ?? false;
    // What was there before is known to be old, and what it is now is not to be stored.
    if (!isStored) await this.#drop(plan.key);
    return isStored;
  }

  async #drop(key: string): Promise<void> {
    this.context.l1.delete(key);
    await this.context.store.remove(key).catch(() => {});
  }
}

/**
 * What was loaded, for one of those who asked. Callers never share an object: what one of them changes, the others must not see. Null
 * where it cannot be copied.
 */
function copyOf(
  { codec }: ReadPlan<unknown>,
  { value, payload }: Loaded,
  joined: boolean,
): { readonly value: unknown } | null {
  return joined && value !== null ? payload && decoded(codec, payload) : { value };
}

/** Null where the codec cannot. */
function encoded(codec: Codec, value: unknown): Uint8Array | null {
  try {
    return codec.encode(value);
  } catch {
    return null;
  }
}

function nameOf(plan: ReadPlan<unknown>, tokens: readonly TokenState[]): string {
  return `${plan.key}\0${tokens.join()}`;
}

function loadedOf<T>({ loaded }: Shareable<T>): T {
  return loaded;
}
