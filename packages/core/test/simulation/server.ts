import type { Lookup, Release, Renewal, Store } from "../../src/store/store.js";
import { tagGroup, type Tag } from "../../src/tag.js";
import type { Token, TokenState } from "../../src/token.js";
import { TAGS } from "./database.js";
import type { Core, Patch } from "./load-core.js";

type Memory = Store & {
  simulatedSnapshot(): unknown;
  simulatedRestore(snapshot: unknown): void;
  simulatedEvict(tag: Tag): void;
  simulatedIsLocked(tag: Tag): boolean;
};

/** Gives the store in memory what a server can suffer. */
export const SERVER_PATCH: Patch = {
  file: "store/memory-store.ts",
  find: "  /** The time, or a rejection once the store is closed. */",
  replace: `
  counters: Map<string, number> = new Map();
  simulatedSnapshot() {
    const locks = [...this.#locks].map(([tag, lock]) => [tag, { ...lock, holders: new Map(lock.holders) }]);
    const all = (cache) => [...cache.keys()].map((key) => [key, cache.peek(key)]);
    return [all(this.#entries), all(this.#tokens), locks, new Map(this.counters)];
  }
  simulatedRestore([entries, tokens, locks, counters]) {
    this.#entries.clear();
    this.#tokens.clear();
    this.#locks.clear();
    for (const [key, entry] of entries) this.#entries.set(key, entry);
    for (const [tag, token] of tokens) this.#tokens.set(tag, token);
    for (const [tag, lock] of locks) this.#locks.set(tag, { ...lock, holders: new Map(lock.holders) });
    this.counters = new Map(counters);
  }
  simulatedIsLocked(tag) {
    return this.#lock(tag, this.#now()) !== null;
  }
  simulatedEvict(tag) {
    this.#tokens.delete(tag);
    this.#locks.delete(tag);
    this.counters.delete(tag);
  }
`,
};

/** The program of a server. */
export interface ServerProgram {
  readonly server: Core;
  readonly hasEpoch: boolean;
}

/** Who is told of what anybody invalidates. */
export interface Subscription {
  follow(group: string): void;
  end(): void;
}

/** A holder's part in whatever locks it has. */
interface Lease {
  readonly process: number;
  readonly ends: number;
  /** Its write may yet commit, although its writer has given up. */
  readonly isHeld: boolean;
}

/**
 * A server that may forget, fail over to a replica that knows less, and whose clock may jump: the real store in memory,
 * with the epoch that the token of a server needs. Every command is carried out at once and alone.
 */
export class Server {
  clock = 1;
  /** Locks are lost only when it becomes another object, or by eviction. */
  tenure: object = {};
  /** By holder, until it releases: what writers may rely on. */
  readonly leases = new Map<string, Lease>();
  #epoch = 0;
  readonly #epochs = new Map<TokenState, number>();
  readonly #memory: Memory;
  readonly #empty: unknown;
  #replica: unknown;
  #replicatedLeases: ReadonlyMap<string, Lease> = new Map();
  /** How many messages there were, whether or not anybody listens. */
  published = 0;
  /** What another incarnation minted is dropped without a word. */
  #isSilent = false;

  readonly #hasEpoch: boolean;

  constructor({ server, hasEpoch }: ServerProgram) {
    this.#hasEpoch = hasEpoch;
    this.#memory = server.createMemoryStore({ maxEntries: 16, maxBytes: 1 << 20, now: () => this.clock }) as Memory;
    this.#empty = this.#replica = this.#memory.simulatedSnapshot();
    // Before anybody else is told.
    const counting = this.subscribe(() => this.published++);
    for (const group of new Set(TAGS.map((tag) => tagGroup(tag)))) counting.follow(group);
  }

  /** `tell` is called in the command that invalidates, once it is counted. */
  subscribe(tell: (tags: readonly Tag[]) => void): Subscription {
    const ignore = () => {};
    const onInvalidated = (tags: readonly Tag[]) => {
      if (!this.#isSilent) tell(tags);
    };
    const watch = this.#memory.watch!({ onFollowing: ignore, onInvalidated, onLost: ignore, onHeard: ignore }, 1);
    return { follow: (group) => watch.follow(group), end: () => void watch.close() };
  }

  async lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    const { entry, tokens } = await this.#memory.lookup(key, tags);
    return {
      entry,
      tokens: this.#epoch === 0 ? tokens : tokens.map((token) => (this.#isForeign(token) ? null : token)),
    };
  }

  async mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<readonly TokenState[]> {
    if (this.#epoch > 0) {
      // What another incarnation minted is in nobody's way.
      const { tokens } = await this.#memory.lookup("", tags);
      this.#isSilent = true;
      const dropping = this.#memory.rotate(tags.filter((_, i) => this.#isForeign(tokens[i]!)));
      this.#isSilent = false;
      await dropping;
    }
    const minted = await this.#memory.mint(tags, lifetimes);
    for (const token of minted) if (!this.#epochs.has(token)) this.#epochs.set(token, this.#epoch);
    return minted;
  }

  fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    return this.#memory.fill(key, entry, ttl);
  }

  renew(key: string, renewal: Renewal, ttl: number): Promise<void> {
    return this.#memory.renew!(key, renewal, ttl);
  }

  acquire(name: string, holder: string, ttl: number, onFreed?: (note: string | null) => void): Promise<number> {
    return this.#memory.acquire!(name, holder, ttl, onFreed);
  }

  free(name: string, holder: string, note: string): Promise<void> {
    return this.#memory.free!(name, holder, note);
  }

  async quarantine(
    process: number,
    isHeld: boolean,
    holder: string,
    tags: readonly Tag[],
    lease: number,
  ): Promise<void> {
    const ends = Math.max(this.leases.get(holder)?.ends ?? 0, this.clock + lease);
    this.leases.set(holder, { process, ends, isHeld });
    await this.#memory.quarantine(holder, tags, lease);
  }

  async release(holder: string, release: Release): Promise<void> {
    this.leases.delete(holder);
    await this.#memory.release(holder, release);
  }

  draw(like: Token): Token {
    const token = this.#memory.draw!(like);
    this.#epochs.set(token, this.#epochs.get(like)!);
    return token;
  }

  rotate(tags: readonly Tag[]): Promise<void> {
    return this.#memory.rotate(tags);
  }

  /** Loses the token of `tag`, or its lock. */
  evict(tag: Tag): void {
    this.#memory.simulatedEvict(tag);
  }

  isLocked(tag: Tag): boolean {
    return this.#memory.simulatedIsLocked(tag);
  }

  evictEntry(key: string): Promise<void> {
    return this.#memory.remove(key);
  }

  flush(): void {
    this.tenure = {};
    this.#memory.simulatedRestore(this.#empty);
  }

  /** Which incarnation of the server this is. */
  get epoch(): number {
    return this.#epoch;
  }

  replicate(): void {
    this.#replica = this.#memory.simulatedSnapshot();
    this.#replicatedLeases = new Map(this.leases);
  }

  failOver(): void {
    this.tenure = {};
    this.#memory.simulatedRestore(this.#replica);
    this.#epoch++;
    // On a renewal that the replica was not told of nobody relies; but whoever holds what may yet commit, does.
    for (const [holder, { isHeld }] of this.leases) if (!isHeld) this.leases.delete(holder);
    for (const [holder, lease] of this.#replicatedLeases) if (!this.leases.has(holder)) this.leases.set(holder, lease);
  }

  #isForeign(token: TokenState): boolean {
    return this.#hasEpoch && typeof token === "string" && this.#epochs.get(token) !== this.#epoch;
  }
}
