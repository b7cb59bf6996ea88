import { AsyncLocalStorage } from "node:async_hooks";
import type { AdaptiveSwitch } from "./adaptive/adaptive-switch.js";
import { AdaptiveSwitches } from "./adaptive/adaptive-switches.js";
import { EventHub, type BypassReason, type CacheEvent, type CacheEventListener } from "./events.js";
import { announcing } from "./l1/announcing.js";
import { L1, type L1Options } from "./l1/l1.js";
import { Mirror } from "./l1/mirror.js";
import { NamespaceGuard, type DatabaseIdentity } from "./namespace-guard.js";
import { longestServed, type Policy, type QueryKind } from "./policy/policy.js";
import type { ReadPlan } from "./read-plan.js";
import { fromDatabase, type ReadResult } from "./read-result.js";
import { ReadThrough } from "./read-through.js";
import { RecoveryQueue } from "./recovery.js";
import { Refilling, type Refill } from "./refill.js";
import { StatsCounter, type CacheStats } from "./stats.js";
import { absentStore } from "./store/absent-store.js";
import { GuardedStore } from "./store/guarded-store.js";
import type { Store, StoreStatus, Watch } from "./store/store.js";
import { wideFirst, withAnyCustom, type Writes } from "./store/wide-first.js";
import { isModelTag, type Tag } from "./tag.js";
import { randomTokenBits } from "./token.js";
import { Verifier } from "./verifier.js";
import { outcomeOf, type WritePlan } from "./write-plan.js";
import { WriteFence, type Consistency, type OnUnreachable, type Refilled } from "./write-fence.js";

/** Times in milliseconds. */
export interface CacheOptions {
  /** Opens the store at the first use, and again at the first use after `close`. */
  readonly openStore: () => Store;
  readonly consistency: Consistency;
  readonly onUnreachable: OnUnreachable;
  readonly deadline: number;
  readonly writeDeadline: number;
  readonly lease: number;
  readonly ambiguousLease: number;
  /** How long `strict` waits for a replica to have the locks. Left out: four fifths of `writeDeadline`. */
  readonly replicaTimeout?: number;
  /** False: a write is acknowledged as soon as it is committed, while its release is under way. Default true. */
  readonly awaitRelease?: boolean;
  /** The share of hits, 0 to 1, that are compared with the database. Default 0. */
  readonly verify?: number;
  /** The memory in front of the store, for the policies that have it. */
  readonly l1?: L1Options & {
    /** The shortest time that any policy allows for a message to come; null where none waits for messages. */
    readonly leastStaleness: number | null;
  };
  /** The longest time that any entry lives whose query asks for no time of its own. Tokens live longer. */
  readonly longestTtl: number;
  /** The tags whose rotation drops every entry. */
  readonly everything: readonly Tag[];
  /** Which database the loads ask, where the store may be shared with other databases' clients. */
  readonly identity?: DatabaseIdentity;
  readonly now?: () => number;
  /** A clock that never jumps, the one by which a store that is watched tells moments. Default `performance.now`. */
  readonly monotonicNow?: () => number;
  readonly random?: () => number;
}

const FAILURE_THRESHOLD = 3;
const PROBE_INTERVAL = 1000;
const GIVE_UP_AFTER = 5000;
const DAY = 86_400_000;

const NO_L1 = { maxEntries: 1, maxBytes: 1, leastStaleness: null } as const;
const TAGS_PER_ENTRY = 4;
/** So often within the time that a result may be stale it is made sure that messages come. */
const HEARTBEATS = 4;

/** What is open between the first use and `close`. */
interface Session {
  readonly store: GuardedStore;
  /** The store, for whoever invalidates. */
  readonly writes: Writes;
  readonly watch: Watch | undefined;
  readonly reader: ReadThrough;
  readonly guard: NamespaceGuard | undefined;
}

/** The cache without a front end: reads go through it, writes stand behind its fence. */
export class Cache {
  readonly #recovery: RecoveryQueue;
  readonly #hub = new EventHub();
  readonly #stats = new StatsCounter();
  readonly #switches: AdaptiveSwitches;
  readonly #pending = new Set<Promise<unknown>>();
  /** Releases of writes that are acknowledged already. Reads of this process wait for them. */
  readonly #releasing = new Set<Promise<void>>();
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #holderPrefix = randomTokenBits();
  readonly #monotonicNow: () => number;
  #holders = 0;
  #open: Session | undefined;
  #isPaused = false;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: CacheOptions) {
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#switches = new AdaptiveSwitches(this.#monotonicNow, (change) => this.report({ type: "adaptive", ...change }));
    this.#recovery = new RecoveryQueue(options.everything, (outcome, pending) => {
      this.report({ type: "recovery", outcome, pending });
      if (outcome === "queued") this.#recover();
    });
  }

  /** Answers from the store or from the database. Rejects only as `plan.load` does. */
  read<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    if (this.#isPaused) return this.#pastIt(plan, "paused");
    const { guard, reader } = this.#session();
    const refusal = this.#refusal(guard);
    return refusal === null ? reader.read(plan) : this.#readIfAdmitted(plan, reader, refusal);
  }

  /** As `read`, of what `readNow` has just not found. */
  ask<T>(plan: ReadPlan<T>): Promise<ReadResult<T>> {
    if (this.#isPaused) return this.#pastIt(plan, "paused");
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

  async #pastIt<T>(plan: ReadPlan<T>, reason: BypassReason): Promise<ReadResult<T>> {
    this.report({ type: "bypass", ...plan.source, reason });
    return fromDatabase(plan, "bypass", reason, await plan.load());
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
  async write<T>(plan: WritePlan<T>): Promise<T> {
    const fence = this.fence();
    fence.add(plan.effects);
    const refilling = plan.refill && this.#refilling(plan.refill, fence);
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
      lifetime: (tag) => this.#lifetime(tag, refill.policy),
      fill: (entry, stamps, value) => reader.store(entry, stamps, value),
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

  /** A fence for a commit that the caller makes. */
  fence(): WriteFence {
    const { consistency, onUnreachable, lease, ambiguousLease, writeDeadline } = this.options;
    // One session from lock to release: a write that outlives `close` must not open the store again. Its locks lapse.
    let session: Session | undefined;
    const writes = (): Session["writes"] => (session ??= this.#session()).writes;
    return new WriteFence({
      store: {
        quarantine: (holder, tags, time, replicaTimeout) => writes().quarantine(holder, tags, time, replicaTimeout),
        release: (holder, release) => writes().release(holder, release),
      },
      consistency,
      onUnreachable,
      lease,
      ambiguousLease,
      replicaTimeout: this.options.replicaTimeout ?? Math.ceil(writeDeadline * 0.8),
      awaitRelease: this.options.awaitRelease ?? true,
      nextHolder: () => this.#nextHolder(),
      recover: (tags, kind, holder) => this.#recovery.add(tags, kind, holder),
      releasing: (release) => {
        this.#releasing.add(release);
        this.#track(release.finally(() => this.#releasing.delete(release)));
      },
      now: this.#monotonicNow,
      report: (event) => this.report(event),
      track: (work) => this.#track(work),
    });
  }

  /**
   * Drops what depends on `tags`, in every process. `false`: the store could not be told; it will be before this
   * process serves one more read from the cache.
   */
  async invalidate(tags: readonly Tag[]): Promise<boolean> {
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
    this.report({ type: "invalidate", applied, tags });
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
    return this.#stats.snapshot();
  }

  on(listener: CacheEventListener): () => void {
    return this.#hub.on(listener);
  }

  report(event: CacheEvent): void {
    this.#stats.count(event);
    this.#hub.emit(event);
  }

  /** Of all reports the one that must cost nothing where nobody listens. */
  #reportHit(plan: ReadPlan<unknown>, tier: string): void {
    this.#stats.hit(tier);
    plan.adaptive?.hit();
    if (this.#hub.isHeard) this.#hub.emit({ type: "hit", ...plan.source, tier, key: plan.key });
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
    await session.watch?.close();
    await session.store.close();
  }

  #session(): Session {
    // Outside of whatever request comes first: its AsyncLocalStorage would live on in the timers and sockets.
    return (this.#open ??= this.#outside(() => this.#openSession()));
  }

  #openSession(): Session {
    const inner = this.#openStore();
    const reportStatus = (status: StoreStatus, error?: unknown) =>
      this.report({ type: "store", status, ...(error === undefined ? {} : { error }) });
    inner.onStatus(reportStatus);
    const store = new GuardedStore(inner, {
      deadline: this.options.deadline,
      writeDeadline: this.options.writeDeadline,
      failureThreshold: FAILURE_THRESHOLD,
      probeInterval: PROBE_INTERVAL,
      giveUpAfter: GIVE_UP_AFTER,
      onBreaker: (state, error) => this.report({ type: "breaker", state, ...(error === undefined ? {} : { error }) }),
      onAvailable: () => this.#recover(),
    });
    const { maxEntries, maxBytes, leastStaleness } = { ...NO_L1, ...this.options.l1 };
    const mirror = new Mirror(
      maxEntries * TAGS_PER_ENTRY,
      (group) => watch?.follow(group),
      (channel, groups, error) =>
        this.report({ type: "channel", status: channel, groups, ...(error === undefined ? {} : { error }) }),
    );
    const watch = this.#watch(inner, mirror, leastStaleness);
    const ordered = wideFirst(store);
    const writes =
      leastStaleness === null ? ordered : announcing(ordered, (tags) => mirror.forget(withAnyCustom(tags)));
    const reader = new ReadThrough({
      store,
      mirror,
      l1: new L1({ maxEntries, maxBytes }, mirror),
      monotonicNow: this.#monotonicNow,
      reportHit: (plan, tier) => this.#reportHit(plan, tier),
      recovery: this.#recovery,
      releasing: this.#releasing,
      verifier: this.#verifier(store),
      report: (event) => this.report(event),
      now: this.options.now ?? Date.now,
      random: this.options.random ?? Math.random,
      lifetime: (tag, policy) => this.#lifetime(tag, policy),
      track: (work) => this.#track(work),
      nextHolder: () => this.#nextHolder(),
    });
    const guard = this.#guard(store, writes);
    if (guard) inner.onStatus((status) => status === "ready" && guard.doubt());
    return { store, writes, watch, reader, guard };
  }

  #watch(store: Store, mirror: Mirror, leastStaleness: number | null): Watch | undefined {
    if (leastStaleness === null) return undefined;
    const watch = store.watch?.(mirror, leastStaleness / HEARTBEATS);
    if (!watch) {
      const message =
        `l1: the ${store.tier} store cannot tell of what others invalidate, so that each hit in memory is validated. ` +
        'Write l1: { mode: "validated" } to say so.';
      this.report({ type: "warning", code: "L1_NOT_TRACKED", message });
    }
    return watch;
  }

  #guard(store: GuardedStore, writes: Session["writes"]): NamespaceGuard | undefined {
    const { identity } = this.options;
    const { claim } = store;
    if (!identity || !claim) return undefined;
    return new NamespaceGuard({
      store: { claim },
      identity: { ...identity, learn: () => this.#outside(() => identity.learn()) },
      dropEverything: () => writes.rotate(this.options.everything),
      warn: (code, message) => this.report({ type: "warning", code, message }),
      now: this.#monotonicNow,
      track: (work) => this.#track(work),
    });
  }

  #verifier(store: GuardedStore): Verifier | undefined {
    const { verify = 0, random = Math.random } = this.options;
    if (verify === 0) return undefined;
    return new Verifier({
      share: verify,
      random,
      store,
      report: (event) => this.report(event),
      track: (work) => this.#track(work),
      drop: (tags) => this.invalidate(tags),
      everything: this.options.everything,
    });
  }

  #openStore(): Store {
    try {
      return this.options.openStore();
    } catch (error) {
      this.report({ type: "store", status: "unavailable", error });
      return absentStore(error);
    }
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
