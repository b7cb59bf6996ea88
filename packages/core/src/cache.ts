import { AsyncLocalStorage } from "node:async_hooks";
import type { AdaptiveSwitch } from "./adaptive/adaptive-switch.js";
import { AdaptiveSwitches } from "./adaptive/adaptive-switches.js";
import { EventHub } from "./event-hub.js";
import { L1_TIER } from "./l1/l1.js";
import type {
  BypassReason,
  CacheEvent,
  CacheEventListener,
  ListenOptions,
  InvalidateCause,
  ReadMeasures,
  Source,
  WriteSource,
} from "./events.js";
import type { CacheOptions } from "./cache-options.js";
import type { NamespaceGuard } from "./namespace-guard.js";
import { Releases } from "./releases.js";
import { openSession, type Session, type SessionContext } from "./session.js";
import type { ReadThrough } from "./read-through.js";
import { longestServed, type Policy, type QueryKind } from "./policy/policy.js";
import type { ReadPlan } from "./read-plan.js";
import { pastCache, type ReadResult } from "./read-result.js";
import { RecoveryQueue } from "./recovery.js";
import { Refilling, type Refill } from "./refill.js";
import { Refills } from "./refills.js";
import type { QueryCounts } from "./insight/query-counts.js";
import type { CacheStats, CacheStatsWithQueries } from "./stats.js";
import { StatsCounter } from "./stats-counter.js";
import { isModelTag, type Tag } from "./tag.js";
import { randomTokenBits } from "./token.js";
import { outcomeOf, type WritePlan } from "./write-plan.js";
import { WriteFence, type Refilled } from "./write-fence.js";

const DAY = 86_400_000;
const NOTHING_HELD = { entries: 0, bytes: 0 } as const;

/** The cache without a front end: reads go through it, writes stand behind its fence. */
export class Cache {
  readonly #recovery: RecoveryQueue;
  readonly #hub: EventHub;
  readonly #stats = new StatsCounter();
  readonly #switches: AdaptiveSwitches;
  readonly #pending = new Set<Promise<unknown>>();
  /** Releases of writes that are acknowledged already. Reads of this process wait for them. */
  readonly #releasing = new Releases();
  readonly #refills = new Refills();
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #holderPrefix = randomTokenBits();
  readonly #monotonicNow: () => number;
  #holders = 0;
  #open: Session | undefined;
  #isPaused = false;
  #closing: Promise<void> | undefined;

  readonly #sessionContext: SessionContext;

  constructor(private readonly options: CacheOptions) {
    this.#hub = new EventHub(options.name ?? "evercache");
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#switches = new AdaptiveSwitches(this.#monotonicNow, (change) => this.report({ type: "adaptive", ...change }));
    this.#recovery = new RecoveryQueue(options.everything, (outcome, pending) => {
      this.report({ type: "recovery", outcome, pending });
      if (outcome === "queued") this.#recover();
    });
    this.#sessionContext = {
      recovery: this.#recovery,
      releasing: this.#releasing,
      refills: this.#refills,
      monotonicNow: this.#monotonicNow,
      outside: this.#outside,
      report: (event) => this.report(event),
      reportHit: (...hit) => this.#reportHit(...hit),
      isHeard: () => this.#hub.isHeard,
      track: (work) => this.#track(work),
      lifetime: (tag, policy) => this.#lifetime(tag, policy),
      nextHolder: () => this.#nextHolder(),
      invalidate: (tags) => this.invalidate(tags, "verify"),
      onAvailable: () => this.#recover(),
      observed: {
        stats: (queries) => (queries > 0 ? this.statsWithQueries(queries) : this.stats()),
        listen: (listener) => this.#hub.on(listener, { takesWarnings: false }),
        report: (event) => this.report(event),
        monotonicNow: this.#monotonicNow,
      },
    };
  }

  /** Answers from the store or from the database. Rejects only as `plan.load` does. */
  read<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    if (this.#isPaused) return this.#pastIt(plan, "paused");
    this.#stats.look(plan.counts);
    const { guard, reader } = this.#session();
    const refusal = this.#refusal(guard);
    return refusal === null ? reader.read(plan) : this.#readIfAdmitted(plan, reader, refusal);
  }

  /** As `read`, of what `readNow` has just not found. */
  ask<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    if (this.#isPaused) return this.#pastIt(plan, "paused");
    this.#stats.look(plan.counts);
    const { guard, reader } = this.#session();
    const refusal = this.#refusal(guard);
    return refusal === null ? reader.ask(plan) : this.#readIfAdmitted(plan, reader, refusal);
  }

  #refusal(guard: NamespaceGuard | undefined): ReturnType<NamespaceGuard["admit"]> {
    // While something is owed to the store, the reader does not look into it anyway.
    return guard && this.#recovery.size === 0 ? guard.admit() : null;
  }

  async #readIfAdmitted<T>(
    plan: ReadPlan<T>,
    reader: ReadThrough,
    refusal: BypassReason | Promise<BypassReason | null>,
  ): Promise<ReadResult<T>> {
    const reason = await refusal;
    return reason === null ? reader.read(plan) : this.#pastIt(plan, reason);
  }

  #pastIt<T>(plan: ReadPlan<T>, reason: BypassReason): Promise<ReadResult<T>> {
    this.report({ type: "bypass", ...plan.source, reason });
    return pastCache(plan, reason);
  }

  /**
   * The result, where it is at hand in this process's memory; undefined where `ask` has to. What is answered here is
   * counted and reported as by `read`.
   */
  readNow<T>(plan: ReadPlan<T>): T | undefined {
    if (plan.policy.l1 === null || this.#isPaused) return undefined;
    const { guard, reader } = this.#session();
    const moment = this.#monotonicNow();
    return guard && guard.admit(moment) !== null ? undefined : reader.readNow(plan, moment);
  }

  /** What `read` would find now; runs nothing. */
  async inspect(plan: ReadPlan<unknown>): ReturnType<ReadThrough["inspect"]> {
    if (this.#isPaused) return { kind: "bypass", reason: "paused" };
    const { guard, reader } = this.#session();
    return guard?.isTaken ? { kind: "bypass", reason: "namespace-taken" } : reader.inspect(plan);
  }

  /** Runs a write that commits by itself. Rejects as `plan.run` does, or where the policy is to reject. */
  write<T>(plan: WritePlan<T>): Promise<T> {
    const fence = this.fence(plan.source);
    fence.add(plan.effects);
    const refilling = plan.refill && this.#refilling(plan.refill, fence);
    const written = this.#writeBehind(fence, plan, refilling);
    if (refilling) this.#refills.add(refilling.keys, written);
    return written;
  }

  async #writeBehind<T>(fence: WriteFence, plan: WritePlan<T>, refilling?: Refilling<T>): Promise<T> {
    // In one tick. What is looked at must be seen before the statement is sent, as the locks must stand.
    const locks = refilling ? Promise.all([fence.lock(), refilling.look()]) : fence.lock();
    if (plan.hold && this.options.onUnreachable === "proceed") plan.hold(locks);
    else await locks;
    let result: T;
    try {
      result = await plan.run();
    } catch (error) {
      await locks;
      await fence.settle(outcomeOf(plan, error));
      throw error;
    }
    // A write that has found nothing to do may have sent nothing that was held.
    await locks;
    try {
      fence.learn(plan.learn(result));
    } catch (error) {
      // The write is done. What could not be learnt stays as coarse as it was fenced.
      this.report({ type: "warning", code: "RESULT_NOT_UNDERSTOOD", message: String(error) });
    }
    const released = fence.settle("committed", this.#refilled(refilling, result));
    plan.committed?.(result);
    await released;
    return result;
  }

  /** Undefined: nothing may be stored now, or what is stored could be old at once. */
  #refilling<T>(refill: Refill<T>, fence: WriteFence): Refilling<T> | undefined {
    if (this.options.consistency === "eventual" || this.#isPaused || this.#recovery.size > 0) return undefined;
    const { store, guard, reader } = this.#session();
    if (!store.draw || this.#refusal(guard) !== null) return undefined;
    return new Refilling(refill, {
      store,
      fence,
      lifetime: (tag, policy) => this.#lifetime(tag, policy),
      fill: (entry, stamps, value) => reader.store(entry, stamps, value),
      recall: (plan) => reader.recall(plan),
      refit: (plan, entry, stamps, value) => reader.refit(plan, entry, stamps, value),
    });
  }

  /** The write is done: whatever goes wrong here, it is acknowledged. */
  #refilled<T>(refilling: Refilling<T> | undefined, result: T): Refilled | undefined {
    try {
      return refilling?.refilled(result);
    } catch (error) {
      this.report({ type: "warning", code: "RESULT_NOT_UNDERSTOOD", message: String(error) });
      return undefined;
    }
  }

  /** A fence for a commit that the caller makes. `source`: for reports. */
  fence(source: WriteSource | null = null): WriteFence {
    const { consistency, onUnreachable, lease, ambiguousLease, writeDeadline } = this.options;
    // One session from lock to release: a write that outlives `close` must not open the store again. Its locks lapse.
    let session: Session | undefined;
    const opened = (): Session => (session ??= this.#session());
    return new WriteFence({
      store: {
        quarantine: (holder, tags, time, replicaTimeout) =>
          opened().writes.quarantine(holder, tags, time, replicaTimeout),
        release: (holder, release) => opened().writes.release(holder, release),
        get tenure() {
          return opened().store.tenure;
        },
      },
      consistency,
      onUnreachable,
      lease,
      ambiguousLease,
      replicaTimeout: this.options.replicaTimeout ?? Math.ceil(writeDeadline * 0.8),
      awaitRelease: this.options.awaitRelease,
      source,
      nextHolder: () => this.#nextHolder(),
      recover: (tags, kind, holder) => this.#recovery.add(tags, kind, holder),
      releasing: (tags, release) => {
        this.#releasing.add(tags, release);
        this.#track(release);
      },
      now: this.#monotonicNow,
      wallClock: this.options.now ?? Date.now,
      report: (event) => this.report(event),
      track: (work) => this.#track(work),
    });
  }

  /**
   * Drops what depends on `tags`, in every process. `false`: the store could not be told; it will be before this
   * process serves one more read from the cache.
   */
  async invalidate(tags: readonly Tag[], cause: InvalidateCause = "call"): Promise<boolean> {
    if (tags.length === 0) return true;
    const applied = await this.#session()
      .writes.rotate(tags)
      .then(
        () => true,
        () => {
          this.#recovery.add(tags, "rotate");
          return false;
        },
      );
    this.report({ type: "invalidate", applied, cause, tags });
    return applied;
  }

  invalidateAll(): Promise<boolean> {
    return this.invalidate(this.options.everything);
  }

  /**
   * From now on, until it is called with `false`, reads go past the cache and store nothing. Writes drop what they change as
   * ever, so that what is stored stays true.
   */
  pause(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.report({ type: "pause", isPaused });
  }

  /** Whether reads of a model, of one kind, are worth caching; undefined where their policy does not ask. For their plans. */
  adaptive(policy: Policy, model: string, kind: QueryKind): AdaptiveSwitch | undefined {
    return this.#switches.of(policy, model, kind);
  }

  stats(): CacheStats {
    return this.#stats.snapshot({ l1: this.#open?.l1.held ?? NOTHING_HELD });
  }

  /** `top`: of so many queries of each kind. */
  statsWithQueries(top: number): CacheStatsWithQueries {
    return { ...this.stats(), queries: this.#stats.insight(top) };
  }

  on(listener: CacheEventListener, options?: ListenOptions): () => void {
    return this.#hub.on(listener, options);
  }

  report(event: CacheEvent): void {
    this.#stats.count(event);
    this.#hub.emit(event);
  }

  /** What is counted of the queries of one shape, for their plans. `tags`: of one of them. */
  counts(source: Source, tags: readonly Tag[]): QueryCounts {
    return this.#stats.of(source, tags);
  }

  /** Of all reports the one that must cost nothing where nobody listens. */
  #reportHit(
    plan: ReadPlan<unknown>,
    tier: string,
    savedMilliseconds: number,
    tagCount: number,
    measures?: ReadMeasures,
  ): void {
    this.#stats.hit(plan.counts ?? this.#stats.of(plan.source, plan.tags), tier, savedMilliseconds);
    plan.adaptive?.hit();
    const isInstant = tier === L1_TIER && measures === undefined;
    if (!(isInstant ? this.#hub.isHeardInFull : this.#hub.isHeard)) return;
    const { source, key } = plan;
    this.#hub.emit({ type: "hit", ...source, tier, key, savedMilliseconds, tagCount, ...measures });
  }

  /** Waits for what is under way (fills, releases), then ends what was opened. The next use opens it again. */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = undefined));
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#open?.reader.close();
    await Promise.allSettled(this.#pending);
    const session = this.#open;
    if (!session) return;
    this.#open = undefined;
    if (this.#recovery.size > 0 && session.store.available) await this.#flush(session);
    await Promise.all([session.watch?.close(), session.responder?.close()]);
    await session.store.close();
  }

  #session(): Session {
    // Outside of whatever request comes first: its AsyncLocalStorage would live on in the timers and sockets.
    return (this.#open ??= this.#outside(() => openSession(this.options, this.#sessionContext)));
  }

  #recover(): void {
    const session = this.#open;
    if (session?.store.available && this.#recovery.size > 0) this.#track(this.#flush(session));
  }

  async #flush({ writes }: Session): Promise<void> {
    await this.#recovery.flush(writes, this.#nextHolder(), this.options.ambiguousLease);
  }

  #nextHolder(): string {
    return `${this.#holderPrefix}${(this.#holders++).toString(36)}`;
  }

  /** Longer than any entry that may carry the token. A model has few tags whose loss drops everything: these live on. */
  #lifetime(tag: Tag, policy: Policy): number {
    // A query may ask for a ttl of its own.
    const longest = Math.max(this.options.longestTtl, longestServed(policy));
    return Math.max(isModelTag(tag) ? 30 * DAY : DAY / 12, 4 * longest);
  }

  #track(work: Promise<unknown>): void {
    this.#pending.add(work);
    const forget = (): void => void this.#pending.delete(work);
    work.then(forget, forget);
  }
}
