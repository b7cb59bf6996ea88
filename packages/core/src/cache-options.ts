import type { L1Options } from "./l1/l1.js";
import type { DatabaseIdentity } from "./namespace-guard.js";
import type { Store } from "./store/store.js";
import type { Tag } from "./tag.js";
import type { Consistency, OnUnreachable } from "./write-fence.js";

/** Times in milliseconds. */
export interface CacheOptions {
  /** What its events are published under: the namespace. Default "evercache". */
  readonly name?: string;
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
  /**
   * False: a write whose locks were all taken, and have half of their lease left, is acknowledged while its release is under way. Left
   * out: where they cannot have been lost besides (`Store.tenure`).
   */
  readonly awaitRelease?: boolean | undefined;
  /** The share of hits, 0 to 1, that are compared with the database. Default 0. */
  readonly verify?: number;
  /** The memory in front of the store, for the policies that have it. */
  readonly l1?: L1Options & {
    /** The shortest time that any policy allows for a message to come; null where none waits for messages. */
    readonly leastStaleness: number | null;
  };
  /**
   * Tools may ask what this process does, where the store has a way to be heard by. `version`: what they are told of evercache's. Left
   * out: they may not.
   */
  readonly observable?: { readonly version: string } | undefined;
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
