import { EvercacheError, NotReplicatedError, StoreNotAskedError } from "./errors.js";
import type { CacheEvent, WriteSource } from "./events.js";
import type { RecoveryKind } from "./recovery.js";
import type { Replacement, Store } from "./store/store.js";
import type { Tag } from "./tag.js";

/**
 * `eventual`: a write waits for its release only. `bounded`: also for the quarantine before its statement. `strict`: and
 * for a replica to have the locks, where the server has replicas.
 */
export type Consistency = "eventual" | "bounded" | "strict";

/** What the application wants when a quarantine is refused: that the write goes on, or that it is refused too. */
export type OnUnreachable = "proceed" | "reject";

/** The tags that a write touches, as far as they are known. */
export interface Effects {
  /** Rows behind these tags change, or may. */
  readonly changed: readonly Tag[];
  /** These cover rows that cannot be named before the statement has run. */
  readonly fenced: readonly Tag[];
}

/** What the returned rows told: tags that changed too, and fences behind which nothing else changed. */
export interface Learnt {
  readonly changed: readonly Tag[];
  readonly unchanged: readonly Tag[];
}

/** How a write ended. `ambiguous`: nobody knows whether it committed, or will. */
export type Outcome = "committed" | "rolled-back" | "ambiguous";

/** What takes the place of what a committed write drops. */
export interface Refilled {
  /** Tokens for tags that changed, and that the entries are stamped with. */
  readonly replaced: readonly Replacement[];
  /** Sends the entries. Must not throw; what it returns rejects never. */
  readonly fill: () => Promise<unknown>;
}

export interface FenceContext {
  readonly store: Pick<Store, "quarantine" | "release" | "tenure">;
  readonly consistency: Consistency;
  readonly onUnreachable: OnUnreachable;
  /** Milliseconds that a lock lives without being renewed. */
  readonly lease: number;
  /** Milliseconds that the tags of an ambiguous write stay locked: longer than the database takes to decide. */
  readonly ambiguousLease: number;
  /** Milliseconds that `strict` waits for a replica to have the locks. */
  readonly replicaTimeout: number;
  /** As of the cache's options. */
  readonly awaitRelease: boolean | undefined;
  /** For reports. */
  readonly source: WriteSource | null;
  readonly nextHolder: () => string;
  /** `holder`: who may have a lock on the tags that nobody released. */
  readonly recover: (tags: readonly Tag[], kind: RecoveryKind, holder: string | null) => void;
  /** Called with a release that nobody waits for: reads of this process that depend on one of `tags` do. */
  readonly releasing: (tags: readonly Tag[], release: Promise<void>) => void;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Milliseconds of a clock that goes on while the machine is suspended. */
  readonly wallClock: () => number;
  readonly report: (event: CacheEvent) => void;
  readonly track: (work: Promise<unknown>) => void;
}

type Instant = { readonly [clock in "now" | "wallClock"]: number };

/** What a fence tells of. */
type Reported = Extract<CacheEvent, { readonly type: "quarantine" | "release" }>;

/** A lease of which this much is gone is renewed before the commit: what is left must outlast it. */
const WORN = 1 / 2;
/** Statements that come while the locks of others are taken are locked after these, but not for ever. */
const MOST_ROUNDS = 3;
/** A process that stands still again and again between quarantine and commit does not go on for ever. */
const MOST_RENEWALS = 3;

/**
 * Stands around one commit: `lock` before it, `settle` after it. Between the two no reader stores or is served what the
 * write touches; every entry filled before `lock` is dead from then on, however late it arrives and whoever dies.
 */
export class WriteFence {
  readonly #holder: string;
  readonly #changed = new Set<Tag>();
  /** Per fenced tag, how many statements have not yet told that nothing else changed behind it. */
  readonly #fenced = new Map<Tag, number>();
  /** What the store was asked to lock. */
  readonly #locked = new Set<Tag>();
  /** What the release of a commit is about. */
  #ended: readonly Tag[] = [];
  #settled = false;
  /** Why the write was refused. */
  #refusal: EvercacheError | undefined;
  /** When the quarantine was sent that the oldest of the locks rests on. */
  #leaseBegan: Instant | undefined;
  /** Some lock was refused: readers may have been let in. */
  #isExposed = false;
  /** Something was added since it was last looked at what is to be locked. */
  #isBehind = false;
  /** Of the store, when the locks were taken; null where it was not the same for all of them. */
  #tenure: object | null | undefined;
  #locking: Promise<unknown> | undefined;
  #renewing: Promise<unknown> | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(private readonly context: FenceContext) {
    this.#holder = context.nextHolder();
  }

  /** Notes what a statement touches, without locking yet. */
  add({ changed, fenced }: Effects): void {
    for (const tag of changed) this.#changed.add(tag);
    for (const tag of new Set(fenced)) this.#fenced.set(tag, (this.#fenced.get(tag) ?? 0) + 1);
    this.#isBehind ||= [...changed, ...fenced].some((tag) => !this.#locked.has(tag));
  }

  /** Notes what the result of one statement told. */
  learn({ changed, unchanged }: Learnt): void {
    for (const tag of changed) this.#changed.add(tag);
    for (const tag of new Set(unchanged)) {
      const untold = this.#fenced.get(tag);
      if (untold !== undefined) this.#fenced.set(tag, untold - 1);
    }
  }

  /** Whether rows behind the tag change, or may, as far as is known by now. */
  touches(tag: Tag): boolean {
    return this.#changed.has(tag) || this.#fenced.has(tag);
  }

  /** Whether rows behind the tag are known to change. */
  changes(tag: Tag): boolean {
    return this.#changed.has(tag);
  }

  /** Whether the store was asked to lock the tag, and may have done so. */
  locks(tag: Tag): boolean {
    return this.#locked.has(tag);
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0 && this.#fenced.size === 0;
  }

  /**
   * Quarantines what was added since the last call, and waits for the earlier calls too. Awaited before the statement,
   * or before the commit. A fence that was refused once stays refused.
   * @throws EvercacheError `STORE_UNAVAILABLE` where the policy is to reject
   */
  async lock(): Promise<void> {
    if (this.context.consistency === "eventual") return;
    // A statement that nobody awaited may come while the locks are on their way.
    for (let rounds = 1; rounds <= MOST_ROUNDS && (rounds === 1 || this.#isBehind); rounds++) await this.#lockRest();
    for (let renewals = 1; this.#isWorn() && !this.#settled; renewals++) {
      const error = await this.#renew();
      if (error !== undefined || (renewals === MOST_RENEWALS && this.#isWorn())) {
        await this.#refused(error);
        break;
      }
    }
    if (this.#refusal) throw this.#refusal;
  }

  async #lockRest(): Promise<void> {
    // Behind a fence of which all statements told, nothing is left to be locked.
    const tags = this.#touched().filter((tag) => !this.#locked.has(tag) && !this.#isTold(tag));
    this.#isBehind = false;
    if (tags.length > 0 && !this.#settled) {
      const locking = this.#quarantine(tags);
      this.#locking = this.#locking ? Promise.all([this.#locking, locking]) : locking;
    }
    await this.#locking;
  }

  /** Ends the fence. Rejects never. `refilled`: of a commit that was all that the fence stood around. */
  async settle(outcome: Outcome, refilled?: Refilled): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    clearInterval(this.#renewal);
    switch (outcome) {
      case "committed":
        return this.#release(refilled);
      case "rolled-back":
        return this.#restore();
      case "ambiguous":
        return this.#hold();
      default:
        return outcome satisfies never;
    }
  }

  async #quarantine(tags: readonly Tag[]): Promise<void> {
    // Noted before it is known to have worked: a command that timed out may still have run, and must be released.
    for (const tag of tags) this.#locked.add(tag);
    const asked = this.context.now();
    const tenure = this.context.store.tenure ?? null;
    const error = await this.#ask(tags, (began) => (this.#leaseBegan ??= began));
    if (this.#leaseBegan !== undefined && !this.#settled) this.#renewal ??= this.#renewRegularly();
    if (error === undefined) this.#report("quarantine", "locked", tags, asked);
    if (error === undefined || error instanceof NotReplicatedError) this.#leftBehind(tags);
    else this.#isExposed = true;
    this.#tenure = this.#tenure === undefined || this.#tenure === tenure ? tenure : null;
    if (error instanceof StoreNotAskedError) for (const tag of tags) this.#locked.delete(tag);
    if (error !== undefined) await this.#refused(error);
  }

  /** Asks for locks, and says from when on they are leased. What went wrong, if something did. */
  async #ask(tags: readonly Tag[], leasedFrom: (began: Instant) => void): Promise<unknown> {
    const { store, lease, now, wallClock } = this.context;
    const began = { now: now(), wallClock: wallClock() };
    try {
      await store.quarantine(this.#holder, tags, lease, this.#replicaTimeout);
      leasedFrom(began);
      return undefined;
    } catch (error) {
      if (error instanceof NotReplicatedError) leasedFrom(began);
      this.#report("quarantine", "refused", tags, began.now, error);
      return error;
    }
  }

  get #replicaTimeout(): number | undefined {
    return this.context.consistency === "strict" ? this.context.replicaTimeout : undefined;
  }

  /** The commit would not be covered: whether it comes all the same is the application's choice. */
  async #refused(cause: unknown): Promise<void> {
    if (this.context.onUnreachable === "proceed") return;
    this.#refusal ??= new EvercacheError(
      "STORE_UNAVAILABLE",
      "The write was refused before its commit, since the cache could not be told of it in time (onUnreachable: " +
        '"reject"). Nothing was changed. Try again when the store is back.',
      cause === undefined ? {} : { cause },
    );
    await this.settle("rolled-back");
  }

  async #release(wanted?: Refilled): Promise<void> {
    const changed: Tag[] = [];
    const unchanged: Tag[] = [];
    for (const tag of this.#touched()) {
      if (!this.#isTold(tag)) changed.push(tag);
      else if (this.#locked.has(tag)) unchanged.push(tag);
    }
    if (changed.length + unchanged.length === 0) return;
    this.#ended = unchanged.length === 0 ? changed : [...changed, ...unchanged];
    const outcome = changed.length > 0 ? "changed" : "unchanged";
    const tags = changed.length > 0 ? changed : unchanged;
    // A lock may have been evicted, or have lapsed while this process stood still, and readers been let in since. Then
    // nothing but the release ends what they stored: so it is awaited before the write is acknowledged, unless that cannot be.
    const isCovered = this.#leaseBegan !== undefined && !this.#isExposed && !this.#isWorn();
    // A renewal may have made a lock anew that was lost: nobody knows who was there in between.
    const refilled = isCovered && this.#renewing === undefined ? wanted : undefined;
    const release = () => {
      const began = this.context.now();
      const released = this.context.store
        .release(this.#holder, { changed, unchanged, ...(refilled && { replaced: refilled.replaced }) })
        .then(
          () => this.#report("release", outcome, tags, began),
          (error: unknown) => {
            this.#report("release", "refused", tags, began, error);
            this.#recover(this.#ended, "rotate");
          },
        );
      // Right behind it. Where the release did not put the tokens there, the entries are dead when they arrive.
      return refilled ? Promise.all([released, refilled.fill()]).then(() => {}) : released;
    };
    const isAwaited = !isCovered || (this.context.awaitRelease ?? !this.#isSafe());
    const released = release();
    this.#releaseLateRenewal();
    if (isAwaited) await released;
    else this.context.releasing(this.#ended, released);
  }

  /** Whether nothing but the end of its lease can have taken a lock away, so that they all stand until the release lands. */
  #isSafe(): boolean {
    if (this.context.consistency !== "bounded" || this.#isBehind) return false;
    const { tenure = null } = this.context.store;
    return tenure !== null && tenure === this.#tenure;
  }

  #recover(tags: readonly Tag[], kind: RecoveryKind): void {
    this.context.recover(tags, kind, this.#locked.size > 0 ? this.#holder : null);
  }

  async #restore(): Promise<void> {
    this.#giveBack([...this.#locked]);
    this.#releaseLateRenewal();
  }

  /** Nobody waits: the locks lapse by themselves. */
  #giveBack(tags: readonly Tag[]): void {
    if (tags.length === 0) return;
    // This may overtake the release itself, and must not restore what that is about to end: nor a fence, behind which
    // tags are ended that were never locked.
    const ended = new Set(this.#ended);
    const changed = tags.filter((tag) => ended.has(tag));
    const unchanged = tags.filter((tag) => !ended.has(tag));
    const began = this.context.now();
    this.context.track(
      this.context.store.release(this.#holder, { changed, unchanged }).then(
        () => this.#report("release", "unchanged", tags, began),
        (error: unknown) => this.#report("release", "refused", tags, began, error),
      ),
    );
  }

  /** A lock that came when the fence was settled already. */
  #leftBehind(tags: readonly Tag[]): void {
    if (this.#settled) this.#giveBack(tags);
  }

  /** A renewal that is under way may arrive after the release, if it goes by another connection. */
  #releaseLateRenewal(): void {
    const renewing = this.#renewing;
    if (!renewing) return;
    let isLate = true;
    void renewing.then(() => (isLate = false));
    this.context.track(
      Promise.resolve().then(async () => {
        if (!isLate) return;
        await renewing;
        this.#giveBack([...this.#locked]);
      }),
    );
  }

  /** The write may yet commit: its tags stay locked beyond the database's own time-outs, and then lapse. */
  async #hold(): Promise<void> {
    const tags = this.#touched();
    if (tags.length === 0) return;
    const began = this.context.now();
    try {
      await this.context.store.quarantine(this.#holder, tags, this.context.ambiguousLease, this.#replicaTimeout);
      this.#report("release", "held", tags, began);
    } catch (error) {
      this.#report("release", "refused", tags, began, error);
      // The locks stand where they were asked for, and no more can be had.
      if (!(error instanceof NotReplicatedError)) this.#recover(tags, "hold");
    }
  }

  /** `began`: when the store was asked. */
  #report<T extends Reported["type"]>(
    type: T,
    outcome: Extract<Reported, { type: T }>["outcome"],
    tags: readonly Tag[],
    began: number,
    error?: unknown,
  ): void {
    const { source, now, report } = this.context;
    const reason = error === undefined ? {} : { error };
    report({ type, outcome, source, tags, milliseconds: now() - began, ...reason } as Reported);
  }

  /** Only fenced, and each statement behind it told that nothing else changed there. */
  #isTold(tag: Tag): boolean {
    return !this.#changed.has(tag) && this.#fenced.get(tag) === 0;
  }

  /** Whether what is left of the lease may be too little, if there is one. */
  #isWorn(): boolean {
    const { now, wallClock, lease } = this.context;
    const began = this.#leaseBegan;
    // While a machine is suspended, the clock that never jumps may stand still.
    return began !== undefined && Math.max(now() - began.now, wallClock() - began.wallClock) > lease * WORN;
  }

  #touched(): Tag[] {
    if (this.#fenced.size === 0) return [...this.#changed];
    return [...new Set([...this.#changed, ...this.#fenced.keys()])];
  }

  /** A statement may wait for a row lock longer than the lease. */
  #renewRegularly(): NodeJS.Timeout {
    const timer = setInterval(() => void this.#renew(), this.context.lease / 3);
    timer.unref();
    return timer;
  }

  #renew(): Promise<unknown> {
    const renewing = this.#ask([...this.#locked], (began) => (this.#leaseBegan = began));
    this.#renewing = Promise.all([this.#renewing, renewing]);
    return renewing;
  }
}
