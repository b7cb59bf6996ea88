import { EvercacheError } from "@evercache/core";
import { withInfo, type Subject } from "./query-scope.js";

/** As Prisma's promises: runs when it is first awaited, and once. */
export class LazyQuery<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = "Promise";
  #running: Promise<T> | undefined;

  constructor(
    private readonly subject: Subject,
    private readonly run: () => Promise<T>,
  ) {}

  // oxlint-disable-next-line unicorn/no-thenable
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#start().then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.#start().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#start().finally(onFinally);
  }

  /** Runs the query, and tells where its result came from, and why. */
  async withCacheInfo(): Promise<{ data: T; info: unknown }> {
    const { data, info } = await withInfo(this.subject, this.run);
    if (info) return { data, info };
    throw new EvercacheError(
      "NOT_A_QUERY",
      "withCacheInfo(): another extension answered or rewrote this query, so the cache was never asked.",
    );
  }

  #start(): Promise<T> {
    return (this.#running ??= this.run());
  }
}
