import type { Tag } from "../tag.js";
import type { Token, TokenState } from "../token.js";

/** One read of an entry and of the tokens that judge it, taken together. */
export interface Lookup {
  /** The framed entry as it was stored, or null. */
  readonly entry: Uint8Array | null;
  /** One state per tag, in the order asked for. */
  readonly tokens: readonly TokenState[];
  /** Some of these tags hold what is no token of this incarnation of the server: that is as none. Left out: it is not known. */
  readonly isForeign?: boolean;
}

/** What a writer learnt when its write ended. */
export interface Release {
  /**
   * Tags whose rows changed, or may have: their tokens must not come back, whether this holder locked them or not. One that had a
   * token before the lock may have a fresh one now.
   */
  readonly changed: readonly Tag[];
  /**
   * Tags that this holder locked and whose rows it did not change. Such a tag gets the token back that it had before
   * the lock, if every holder that ever joined the lock released it as unchanged; else it is dropped.
   */
  readonly unchanged: readonly Tag[];
  /** Those of `changed` that may have a token of the holder's own at once. Left out: none. */
  readonly replaced?: readonly Replacement[];
}

/**
 * A tag that gets `token` for `lifetime` milliseconds when its lock goes, in the place of nothing, provided that since the lock
 * of `guard` began nobody but the holder was ever in it, nobody said that `guard` changed, and the holder's lease there has not
 * ended; else it is a changed tag like any other. `guard` is the tag itself or, where that has no lock, one of its group.
 * `former`: provided too that this is the token that the tag had before its lock began; left out: that does not matter.
 */
export interface Replacement {
  readonly tag: Tag;
  readonly guard: Tag;
  readonly token: Token;
  readonly lifetime: number;
  readonly former?: Token;
}

/** Bytes of an entry that are written over. */
export interface Renewal {
  /** Only where the entry has the bytes `expected` from here on. */
  readonly at: number;
  readonly expected: Uint8Array;
  /** What takes the place of its last bytes. */
  readonly tail: Uint8Array;
}

/** Whose a namespace is. */
export interface Claim {
  /** `null`: nobody's. */
  readonly value: string | null;
  /** Milliseconds for which it stays so if nobody renews it. */
  readonly remaining: number;
}

/**
 * Who wants to be told at once of what anybody invalidates, in the groups of tags (`tagGroup`) that it follows. None of its
 * methods throws.
 *
 * What it may conclude: a token that was looked up by a lookup which was sent while the group was followed, and of whose tag
 * nothing was told since then, is the present one, or was so at the latest `onHeard` moment.
 */
export interface Watcher {
  /** From now on every invalidation in this group is told. */
  onFollowing(group: string): void;
  /**
   * Somebody has locked these tags of one group, or dropped or rotated their tokens. Those of one group are told in the order
   * in which the store did so. A tag that is locked already need not be told again before somebody can have its token.
   */
  onInvalidated(tags: readonly Tag[]): void;
  /**
   * Invalidations in these groups may have been missed, for the reason `error` where it is known. None of them is followed
   * until `onFollowing` says so again. Told of groups that were not followed yet where the store refuses to.
   */
  onLost(groups: readonly string[], error?: unknown): void;
  /** All invalidations before `moment` (milliseconds of `performance.now()`) in groups that are followed have been told. */
  onHeard(moment: number): void;
}

/** What a watcher is told by. */
export interface Watch {
  /**
   * Begins to follow a group, once and for all: where invalidations are missed, it is followed again as soon as may be. Has no
   * effect on one that is followed already, or will be. Each group costs the server a channel: whoever calls bounds how many.
   */
  follow(group: string): void;
  /** Nothing is told from now on. Resolves when what was opened has ended. */
  close(): Promise<void>;
}

/** Who hears what is said about a topic. None of its methods throws. */
export interface Hearer {
  /** From now on everything that is said is told, in the order in which one process says it. */
  onHearing(): void;
  onMessage(text: string): void;
  /**
   * What is said may be missed, for the reason `error` where it is known, until `onHearing` says so again. Told of a topic that was
   * not heard yet where the store refuses it.
   */
  onLost(error?: unknown): void;
}

export interface Hearing {
  /** Nothing is told from now on. Resolves when what was opened for it has ended. */
  close(): Promise<void>;
}

/** Whether the store can be asked. `connecting` is only ever the state before the first answer. */
export type StoreStatus = "connecting" | "ready" | "unavailable" | "closed";

/**
 * Where entries and tokens live. A store holds no decision about caching: it keeps the promises below and nothing else.
 * `packages/testing` has the contract suite that proves them.
 *
 * Promises, which the correctness of the cache rests on:
 * 1. A token, once replaced, never comes back, but for `release` with `unchanged` as described there.
 * 2. `mint` never overwrites a token of this incarnation or a lock.
 * 3. A lock lives until each of its holders released it or ran out of its lease by the store's own clock. A holder
 *    that ran out leaves the tag changed.
 * 4. `quarantine` and `release` may be repeated, and `release` may come without a lock: the outcome is that the
 *    changed tags have other tokens, or none, and that no other holder's lock is lost.
 * 5. Losing any key at any time (eviction, a flush, a restart) causes misses only.
 * 6. Every key has a time to live.
 * 7. Each call of `mint`, `quarantine`, `release` and `rotate` sees and changes all its tags of one group (`tagGroup`) at
 *    one instant: whoever sees that a write has touched one of them sees, from then on, that it has touched the others.
 *    While a cluster moves a group to another server: one after the other, in the order in which they are named.
 *
 * Every method rejects when the store cannot be asked; none of them retries or waits for a reconnect.
 */
export interface Store {
  /** "redis" or "memory": reported to users as the tier of a hit. */
  readonly tier: string;
  readonly status: StoreStatus;
  /** Called with every change of `status`, and with the error that caused it where there is one. */
  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void;
  /**
   * Stays the same object for as long as nothing but the end of its lease takes a lock away: it is the same server, reached by
   * the same connection, and it never makes room by dropping keys. Null where that cannot be said, as where it is left out.
   */
  readonly tenure?: object | null;

  /** One round trip. `null`: of the tokens alone. */
  lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup>;
  /**
   * Gives each tag that has no token of this incarnation a fresh one, valid for `lifetimes[i]` milliseconds, and returns
   * what each tag holds now: the token it already had, the new one, or `QUARANTINED`.
   */
  mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]>;
  /** Stores the entry for `ttl` milliseconds, over whatever was there. */
  fill(key: string, entry: Uint8Array, ttl: number): Promise<void>;
  /** Removes one entry, if it is there. */
  remove(key: string): Promise<void>;
  /**
   * Writes over the end of an entry, which lives for at least `ttl` milliseconds from then on. Nothing where there is no such
   * entry. Left out: entries cannot be renewed.
   */
  renew?(key: string, renewal: Renewal, ttl: number): Promise<void>;
  /**
   * Takes a lease of that name for `holder`, `ttl` milliseconds long, or renews it: 0; or says for how many milliseconds
   * somebody else has it. If it is freed within that time, `onFreed` is called, once, with what the holder handed to `free`; or
   * with null, as soon as the store may miss that. Left out: there are no leases.
   *
   * A lease saves work and protects nothing: two may hold one at a time.
   */
  acquire?(name: string, holder: string, ttl: number, onFreed?: (note: string | null) => void): Promise<number>;
  /** Gives the lease back, and tells `note` to those who wait for it. Nothing where it is somebody else's. */
  free?(name: string, holder: string, note: string): Promise<void>;
  /**
   * Locks every tag for `holder` until `lease` milliseconds from now by the store's clock. Other holders keep their
   * locks. Called again by the same holder it renews.
   *
   * With `replicaTimeout`, and where the server has replicas, resolves only once one of them has the locks too, so that
   * they outlive a failover; rejects with NotReplicatedError if none has them within so many milliseconds. The locks
   * stand all the same.
   */
  quarantine(holder: string, tags: readonly Tag[], lease: number, replicaTimeout?: number): Promise<void>;
  release(holder: string, release: Release): Promise<void>;
  /**
   * A token that nobody ever had, of the incarnation that `like` is of, for a tag of the same group: for `Release.replaced`. Left
   * out: the store replaces none.
   */
  draw?(like: Token): Token;
  /** Drops the tokens of `tags`. A lock stays, and will not restore the token it replaced. */
  rotate(tags: readonly Tag[]): Promise<void>;
  /**
   * For a store that several databases may come to share: if the namespace is `expected`'s (`null`: nobody's), it is
   * `value`'s from now on, for `ttl` milliseconds. Returns whose it is then. One that two clients send at once succeeds for
   * one of them.
   */
  claim?(expected: string | null, value: string, ttl: number): Promise<Claim>;
  /**
   * Tells `watcher` of invalidations by anybody, and at least every `heartbeat` milliseconds that nothing was missed, for as
   * long as that can be said. In doubt, groups are lost. When the store is closed, all are. Left out: the store has no way to
   * tell.
   *
   * By the time a caller of `quarantine`, `release` or `rotate` learns that it has succeeded, the message is on its way to
   * all watchers, its own among them: they may be told before the caller or a little later.
   */
  watch?(watcher: Watcher, heartbeat: number): Watch;
  /**
   * Hears what is said about `topic` (letters, digits, `-` and `_`) in this namespace, by whichever process. Nothing is kept for those
   * who do not hear just then. Over the connection of `watch` where there is one. When the store is closed, it is lost. Left out,
   * together with `say`: processes cannot speak to each other.
   */
  hear?(topic: string, hearer: Hearer): Hearing;
  /** Says `text` to all who hear the topic, itself included. Resolves to how many these are, as far as the store knows. */
  say?(topic: string, text: string): Promise<number>;
  /** Asks the server whether it is there, and which incarnation it is. */
  probe(): Promise<void>;
  /** Gives up the present connection, if there is one, and opens another. For a server that accepts and never answers. */
  reconnect(): void;
  /** Ends what the store opened. Pending calls settle. */
  close(): Promise<void>;
}
