import { LRUCache } from "../lru-cache.js";
import { StoreUnavailableError } from "../errors.js";
import type { Tag } from "../tag.js";
import { QUARANTINED, randomTokenBits, type Token, type TokenState } from "../token.js";
import { MemoryLeases } from "./memory-leases.js";
import { MemoryTopics } from "./memory-topics.js";
import { MemoryWatches } from "./memory-watches.js";
import type {
  Hearer,
  Hearing,
  Lookup,
  Release,
  Renewal,
  Replacement,
  Store,
  StoreStatus,
  Watch,
  Watcher,
} from "./store.js";

export interface MemoryStoreOptions {
  /** Entries kept; the least recently used go first. Default 10,000. */
  readonly maxEntries?: number;
  /** Bytes of all entries and their keys together. An entry larger than this is not stored. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds that never go back. Default `performance.now()`. */
  readonly now?: () => number;
}

interface StoredEntry {
  readonly bytes: Uint8Array;
  expires: number;
}

interface StoredToken {
  readonly token: Token;
  readonly expires: number;
}

interface Lock {
  /** When each holder's lease ends. */
  readonly holders: Map<string, number>;
  /** What the tag gets back if every holder leaves it unchanged; `lifetime` is what was left of it in milliseconds. */
  former: { readonly token: Token; readonly lifetime: number } | null;
  /** More than one holder was in it at a time. */
  isMet: boolean;
  /** Somebody said that the tag changed, or ran out of a lease. */
  isSpoiled: boolean;
}

const DEFAULT_MAX_ENTRIES = 10_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/** Tokens are small, and an entry carries several of them. Losing one only causes misses. */
const TOKENS_PER_ENTRY = 8;

/**
 * A store in this process's memory: the same promises as any store, for one process only. Bounded by entries and bytes,
 * starts no timer and opens nothing. What goes in and out is copied, so no caller can change what is stored.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly tier = "memory";
  readonly #now: () => number;
  readonly #entries: LRUCache<string, StoredEntry>;
  readonly #tokens: LRUCache<Tag, StoredToken>;
  /** Apart from the tokens, since a lock must never make room for one. As many as there are writers at work. */
  readonly #locks = new Map<Tag, Lock>();
  readonly #watches = new MemoryWatches();
  readonly #topics = new MemoryTopics();
  readonly #leases = new MemoryLeases();
  readonly #listeners = new Set<(status: StoreStatus, error?: unknown) => void>();
  #status: StoreStatus = "ready";

  constructor({ maxEntries, maxBytes, now }: MemoryStoreOptions) {
    const max = maxEntries ?? DEFAULT_MAX_ENTRIES;
    this.#now = now ?? (() => performance.now());
    this.#entries = new LRUCache({ max, maxSize: maxBytes ?? DEFAULT_MAX_BYTES });
    this.#tokens = new LRUCache({ max: max * TOKENS_PER_ENTRY });
  }

  get status(): StoreStatus {
    return this.#status;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    const now = this.#open();
    return { entry: key === null ? null : this.#entry(key, now), tokens: tags.map((tag) => this.#state(tag, now)) };
  }

  async mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    const now = this.#open();
    return tags.map((tag, i) => {
      const state = this.#state(tag, now);
      if (state !== null) return state;
      const token: Token = randomTokenBits();
      this.#tokens.set(tag, { token, expires: now + lifetimes[i]! });
      return token;
    });
  }

  async fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    const now = this.#open();
    const stored = { bytes: new Uint8Array(entry), expires: now + ttl };
    this.#entries.set(key, stored, { size: entry.byteLength + key.length });
  }

  async remove(key: string): Promise<void> {
    this.#open();
    this.#entries.delete(key);
  }

  async renew(key: string, { at, expected, tail }: Renewal, ttl: number): Promise<void> {
    const now = this.#open();
    const stored = this.#entries.peek(key);
    if (!stored || stored.expires <= now) return;
    const { bytes, expires } = stored;
    if (Buffer.compare(bytes.subarray(at, at + expected.length), expected) !== 0 || bytes.length < tail.length) return;
    bytes.set(tail, bytes.length - tail.length);
    stored.expires = Math.max(expires, now + ttl);
  }

  async acquire(name: string, holder: string, ttl: number, onFreed?: (note: string | null) => void): Promise<number> {
    return this.#leases.acquire(name, holder, ttl, this.#open(), onFreed);
  }

  async free(name: string, holder: string, note: string): Promise<void> {
    this.#open();
    this.#leases.free(name, holder, note);
  }

  async quarantine(holder: string, tags: readonly Tag[], lease: number): Promise<void> {
    const now = this.#open();
    const unlocked: Tag[] = [];
    for (const tag of tags) {
      let lock = this.#lock(tag, now);
      if (!lock) {
        unlocked.push(tag);
        lock = { holders: new Map(), former: this.#former(tag, now), isMet: false, isSpoiled: false };
        this.#tokens.delete(tag);
        this.#dropLapsedLocks(now);
        this.#locks.set(tag, lock);
      }
      if (lock.holders.size > (lock.holders.has(holder) ? 1 : 0)) lock.isMet = true;
      // A renewal never shortens: an earlier promise to hold longer stands.
      lock.holders.set(holder, Math.max(lock.holders.get(holder) ?? 0, now + lease));
    }
    this.#watches.tell(unlocked);
  }

  async release(holder: string, { changed, unchanged, replaced = [] }: Release): Promise<void> {
    const now = this.#open();
    const granted = replaced.filter((each) => this.#isGranted(holder, each, now));
    const unlocked = this.#drop(holder, changed, now);
    const dropped = new Set(changed);
    for (const tag of unchanged) {
      if (!dropped.has(tag) && !this.#restore(holder, tag, now)) unlocked.push(tag);
    }
    for (const { tag, token, lifetime } of granted) this.#tokens.set(tag, { token, expires: now + lifetime });
    this.#watches.tell(unlocked);
  }

  draw(): Token {
    return randomTokenBits();
  }

  async rotate(tags: readonly Tag[]): Promise<void> {
    this.#watches.tell(this.#drop(null, tags, this.#open()));
  }

  watch(watcher: Watcher): Watch {
    return this.#watches.add(watcher);
  }

  hear(topic: string, hearer: Hearer): Hearing {
    return this.#topics.hear(topic, hearer);
  }

  async say(topic: string, text: string): Promise<number> {
    this.#open();
    return this.#topics.say(topic, text);
  }

  async probe(): Promise<void> {
    this.#open();
  }

  reconnect(): void {
    // There is no connection.
  }

  async close(): Promise<void> {
    if (this.#status === "closed") return;
    this.#status = "closed";
    this.#entries.clear();
    this.#tokens.clear();
    this.#locks.clear();
    this.#watches.end();
    this.#topics.end();
    this.#leases.end();
    for (const listener of this.#listeners) listener("closed");
  }

  /** The time, or a rejection once the store is closed. */
  #open(): number {
    if (this.#status === "closed") throw new StoreUnavailableError("the memory store is closed");
    return this.#now();
  }

  #entry(key: string, now: number): Uint8Array | null {
    const stored = this.#entries.get(key);
    if (!stored) return null;
    if (stored.expires > now) return new Uint8Array(stored.bytes);
    this.#entries.delete(key);
    return null;
  }

  #state(tag: Tag, now: number): TokenState {
    if (this.#lock(tag, now)) return QUARANTINED;
    const stored = this.#tokens.get(tag);
    if (!stored) return null;
    if (stored.expires > now) return stored.token;
    this.#tokens.delete(tag);
    return null;
  }

  /** The lock of `tag` if somebody still holds it. A holder that ran out may have changed the tag: nothing comes back. */
  #lock(tag: Tag, now: number): Lock | null {
    const lock = this.#locks.get(tag);
    if (!lock) return null;
    for (const [holder, expires] of lock.holders) {
      if (expires > now) continue;
      lock.isSpoiled = true;
      lock.holders.delete(holder);
      lock.former = null;
    }
    if (lock.holders.size > 0) return lock;
    this.#locks.delete(tag);
    return null;
  }

  #former(tag: Tag, now: number): Lock["former"] {
    const stored = this.#tokens.get(tag);
    return stored && stored.expires > now ? { token: stored.token, lifetime: stored.expires - now } : null;
  }

  /** Returns those of `tags` that had no lock. */
  #drop(holder: string | null, tags: readonly Tag[], now: number): Tag[] {
    const unlocked: Tag[] = [];
    for (const tag of tags) {
      // A plain token here means that the lease was lost: it goes all the same.
      this.#tokens.delete(tag);
      const lock = this.#lock(tag, now);
      if (!lock) {
        unlocked.push(tag);
        continue;
      }
      const { former } = lock;
      lock.isSpoiled = true;
      lock.former = null;
      if (holder !== null) lock.holders.delete(holder);
      if (lock.holders.size > 0) continue;
      this.#locks.delete(tag);
      if (former) this.#tokens.set(tag, { token: randomTokenBits(), expires: now + former.lifetime });
    }
    return unlocked;
  }

  #isGranted(holder: string, { tag, guard, former }: Replacement, now: number): boolean {
    const lock = this.#lock(guard, now);
    const isAlone = lock !== null && lock.holders.has(holder) && !lock.isMet && !lock.isSpoiled;
    if (!isAlone || (former !== undefined && this.#lock(tag, now)?.former?.token !== former)) return false;
    return tag === guard || this.#lock(tag, now) === null;
  }

  /** False if there was no lock. */
  #restore(holder: string, tag: Tag, now: number): boolean {
    this.#tokens.delete(tag);
    const lock = this.#lock(tag, now);
    if (!lock) return false;
    lock.holders.delete(holder);
    if (lock.holders.size > 0) return true;
    this.#locks.delete(tag);
    const { former } = lock;
    if (former) this.#tokens.set(tag, { token: former.token, expires: now + former.lifetime });
    return true;
  }

  /** Looks at the two oldest locks for each new one: locks of writers that never came back cannot pile up. */
  #dropLapsedLocks(now: number): void {
    let looks = 2;
    for (const [tag, lock] of this.#locks) {
      if (looks-- === 0) return;
      if (!this.#lock(tag, now)) continue;
      this.#locks.delete(tag);
      this.#locks.set(tag, lock);
    }
  }
}
