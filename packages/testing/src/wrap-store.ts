import type {
  Lookup,
  Release,
  Renewal,
  Store,
  StoreStatus,
  Tag,
  Token,
  TokenState,
  Watch,
  Watcher,
} from "@evercache/core";

type StoreMethod =
  | "lookup"
  | "mint"
  | "fill"
  | "remove"
  | "renew"
  | "acquire"
  | "free"
  | "quarantine"
  | "release"
  | "rotate"
  | "probe";

type Hooks = { readonly [M in StoreMethod]?: (...args: Parameters<NonNullable<Store[M]>>) => void | Promise<void> };

export interface StoreHooks {
  /** Awaited before the store is asked. A rejection is the caller's, and the store is not asked. */
  readonly before?: Hooks;
  /** Awaited when the store has done it and the caller does not know yet. A rejection is the caller's all the same. */
  readonly after?: Hooks;
}

/**
 * `store`, with points before and after each method at which a test may hold its caller or fail it:
 * `wrapStore(store, { before: { fill: () => gate.pass() } })`.
 */
export function wrapStore(store: Store, hooks: StoreHooks): Store {
  return new WrappedStore(store, hooks);
}

class WrappedStore implements Store {
  readonly renew?: NonNullable<Store["renew"]>;
  readonly acquire?: NonNullable<Store["acquire"]>;
  readonly free?: NonNullable<Store["free"]>;
  readonly watch?: (watcher: Watcher, heartbeat: number) => Watch;
  readonly hear?: NonNullable<Store["hear"]>;
  readonly say?: NonNullable<Store["say"]>;
  readonly draw?: (like: Token) => Token;

  constructor(
    private readonly inner: Store,
    private readonly hooks: StoreHooks,
  ) {
    if (inner.renew) this.renew = (...args) => this.#renew(...args);
    if (inner.acquire) this.acquire = (...args) => this.#acquire(...args);
    if (inner.free) this.free = (...args) => this.#free(...args);
    if (inner.draw) this.draw = (like) => inner.draw!(like);
    if (inner.hear) this.hear = (...args) => inner.hear!(...args);
    if (inner.say) this.say = (...args) => inner.say!(...args);
    if (inner.watch) this.watch = (...args) => inner.watch!(...args);
  }

  get tier(): string {
    return this.inner.tier;
  }

  get status(): StoreStatus {
    return this.inner.status;
  }

  get tenure(): object | null {
    return this.inner.tenure ?? null;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.inner.onStatus(listener);
  }

  async lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    await this.hooks.before?.lookup?.(key, tags);
    const result = await this.inner.lookup(key, tags);
    await this.hooks.after?.lookup?.(key, tags);
    return result;
  }

  async mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    await this.hooks.before?.mint?.(tags, lifetimes);
    const result = await this.inner.mint(tags, lifetimes);
    await this.hooks.after?.mint?.(tags, lifetimes);
    return result;
  }

  async fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    await this.hooks.before?.fill?.(key, entry, ttl);
    await this.inner.fill(key, entry, ttl);
    await this.hooks.after?.fill?.(key, entry, ttl);
  }

  async remove(key: string): Promise<void> {
    await this.hooks.before?.remove?.(key);
    await this.inner.remove(key);
    await this.hooks.after?.remove?.(key);
  }

  async #renew(key: string, renewal: Renewal, ttl: number): Promise<void> {
    await this.hooks.before?.renew?.(key, renewal, ttl);
    await this.inner.renew!(key, renewal, ttl);
    await this.hooks.after?.renew?.(key, renewal, ttl);
  }

  async #acquire(...args: Parameters<NonNullable<Store["acquire"]>>): Promise<number> {
    await this.hooks.before?.acquire?.(...args);
    const remaining = await this.inner.acquire!(...args);
    await this.hooks.after?.acquire?.(...args);
    return remaining;
  }

  async #free(name: string, holder: string, note: string): Promise<void> {
    await this.hooks.before?.free?.(name, holder, note);
    await this.inner.free!(name, holder, note);
    await this.hooks.after?.free?.(name, holder, note);
  }

  async quarantine(holder: string, tags: readonly Tag[], lease: number, replicaTimeout?: number): Promise<void> {
    await this.hooks.before?.quarantine?.(holder, tags, lease, replicaTimeout);
    await this.inner.quarantine(holder, tags, lease, replicaTimeout);
    await this.hooks.after?.quarantine?.(holder, tags, lease, replicaTimeout);
  }

  async release(holder: string, release: Release): Promise<void> {
    await this.hooks.before?.release?.(holder, release);
    await this.inner.release(holder, release);
    await this.hooks.after?.release?.(holder, release);
  }

  async rotate(tags: readonly Tag[]): Promise<void> {
    await this.hooks.before?.rotate?.(tags);
    await this.inner.rotate(tags);
    await this.hooks.after?.rotate?.(tags);
  }

  async probe(): Promise<void> {
    await this.hooks.before?.probe?.();
    await this.inner.probe();
    await this.hooks.after?.probe?.();
  }

  reconnect(): void {
    this.inner.reconnect();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
