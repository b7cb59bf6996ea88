import {
  areTagNames,
  customTag,
  EvercacheError,
  parseDuration,
  StoreUnavailableError,
  wideFirst,
  type Duration,
  type Store,
} from "@evercache/core";
import type { RedisStoreOptions } from "./options.js";
import { createRedisStore } from "./redis-store.js";

export interface InvalidatorOptions extends Omit<RedisStoreOptions, "namespace"> {
  /** That of the applications whose results are dropped. Default `"evercache"`, as theirs. */
  readonly namespace?: string;
  /** How long a call tries to tell the server, the first one's connecting included. Default 5 s. */
  readonly timeout?: Duration;
}

/** Drops what applications have cached, from a process that has no Prisma client. */
export interface Invalidator {
  /**
   * Drops every result that was read with one of these `cache.tags`, or has one by the `tags` of its policy, in every process,
   * in two round trips. Tries again while the server is away. Rejects with an EvercacheError `STORE_UNAVAILABLE` when the timeout is over, or at once where the
   * server refuses: what was named is then to be named again.
   */
  invalidate(what: { readonly tags: readonly string[] }): Promise<void>;
  /** Ends its connection. A call that is under way rejects with `CLOSED`, as all later ones do. */
  close(): Promise<void>;
}

/**
 * @throws EvercacheError `INVALID_OPTION`, `INVALID_DURATION`
 */
export function createInvalidator(options: InvalidatorOptions): Invalidator {
  const { timeout = "5s", namespace = "evercache", ...redis } = options;
  const milliseconds = parseDuration(timeout, "timeout");
  return new InvalidatorOverStore(createRedisStore({ ...redis, namespace }), milliseconds);
}

/** Milliseconds after which a server that is away is asked again, if nothing is heard of it. */
const PAUSE = 50;

class InvalidatorOverStore implements Invalidator {
  readonly #writes: Pick<Store, "rotate">;

  constructor(
    private readonly store: Store,
    private readonly timeout: number,
  ) {
    this.#writes = wideFirst(store);
  }

  async invalidate(what: { readonly tags: readonly string[] }): Promise<void> {
    const tags = namesOf(what).map(customTag);
    if (tags.length === 0) return;
    const until = performance.now() + this.timeout;
    for (;;) {
      try {
        // What is done twice is done once.
        await within(until - performance.now(), this.#writes.rotate(tags));
        return;
      } catch (error) {
        if (this.store.status === "closed") throw new EvercacheError("CLOSED", "The invalidator is closed.");
        if (!(error instanceof StoreUnavailableError) || performance.now() >= until) throw this.#unavailable(error);
      }
      await this.#change(Math.min(PAUSE, until - performance.now()));
    }
  }

  close(): Promise<void> {
    return this.store.close();
  }

  /** Resolves when the store's status changes, or after so many milliseconds. */
  #change(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const stop = this.store.onStatus(done);
      const timer = setTimeout(done, milliseconds);
    });
  }

  #unavailable(cause: unknown): EvercacheError {
    const message =
      `Redis could not be told of it within ${this.timeout} ms: results with these tags may still be served. Call ` +
      "invalidate again when it is back.";
    return new EvercacheError("STORE_UNAVAILABLE", message, { cause });
  }
}

function namesOf(what: unknown): string[] {
  const tags = (what as { readonly tags?: unknown } | null | undefined)?.tags;
  if (areTagNames(tags)) return [...new Set(tags)];
  throw new EvercacheError("INVALID_OPTION", 'invalidate: write { tags: ["home"] }, an array of names.', {
    value: tags,
  });
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailableError("no answer in time")), Math.max(0, milliseconds));
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
