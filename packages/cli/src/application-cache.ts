import { setTimeout as pause } from "node:timers/promises";
import { customTag, randomTokenBits } from "@evercache/core";
import { createRedisStore } from "@evercache/redis";
import { CliError, usageError } from "./cli-error.js";
import { loadClient, type ApplicationClient } from "./client-module.js";
import type { Settings } from "./config/settings.js";
import type { RedisConnection } from "./connection/connection.js";
import { ExitCode } from "./exit-codes.js";

/** `$cache` of `@evercache/prisma`, as far as commands call it. */
export interface ApplicationCache {
  invalidate(what: {
    readonly tags?: readonly string[];
    readonly models?: readonly string[];
    readonly rows?: Readonly<Record<string, readonly object[]>>;
  }): Promise<{ readonly applied: boolean }>;
  invalidateAll(): Promise<{ readonly applied: boolean }>;
  explain(query: unknown): Promise<Explanation>;
  warm(queries: readonly unknown[], options: WarmOptions): Promise<WarmResult>;
  stats(): { readonly isPaused: boolean };
  on(event: "event", listener: (event: CacheEvent) => void): () => void;
  disconnect(): Promise<void>;
}

export interface WarmOptions {
  readonly concurrency?: number;
  readonly perSecond?: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly failed: number }) => void;
}

export interface WarmResult {
  readonly done: number;
  readonly failed: number;
  readonly errors: readonly unknown[];
}

/** One of a few that commands listen for. */
export interface CacheEvent {
  readonly type: string;
  readonly outcome?: string;
  readonly reason?: string;
}

/** As `$cache.explain` has it. */
export type Explanation =
  | {
      readonly kind: "read";
      readonly key: string | null;
      readonly tags: readonly string[];
      readonly absentTags: readonly string[];
      readonly entryTags: readonly string[] | null;
      readonly reasons: Readonly<Record<string, string>>;
      readonly policy: object | null;
      readonly verdict: "hit" | "stale" | "miss" | "bypass";
      readonly reason: string | null;
    }
  | {
      readonly kind: "write";
      readonly models: readonly string[];
      readonly changed: readonly string[];
      readonly fenced: readonly string[];
      readonly reasons: Readonly<Record<string, string>>;
    };

export interface Application {
  readonly client: ApplicationClient;
  readonly cache: ApplicationCache;
}

/** Milliseconds that the client's cache may take to connect. */
const PATIENCE = 5_000;
const PAUSE = 25;
/** Milliseconds that the mark lives by itself. */
const MARK_LIFETIME = 60_000;

/** Loads the application's client, hands it over, and disconnects it when `use` is done. @throws CliError */
export async function withApplication<T>(
  settings: Settings,
  use: (application: Application) => Promise<T>,
): Promise<T> {
  const client = await loadClient(settings.client);
  const cache = client.$cache as ApplicationCache;
  try {
    return await use({ client, cache });
  } finally {
    // Waits for what is on its way to Redis.
    await Promise.allSettled([cache.disconnect()]);
    await Promise.allSettled([client.$disconnect()]);
  }
}

/**
 * Makes sure that the client's cache is the one at `connection`, in this namespace: a client may be set up without Redis, or for
 * another one, and would do in its own memory what it was asked for. Leaves a mark in Redis which it must find.
 * @throws CliError
 */
export async function checkSameCache(
  { cache }: Application,
  settings: Settings,
  { redis, name }: RedisConnection,
): Promise<void> {
  const mark = `evercache-cli:${randomTokenBits()}`;
  const store = createRedisStore({ redis, namespace: settings.namespace });
  try {
    await until(() => store.status === "ready", `Redis at ${name} does not answer`);
    await store.mint([customTag(mark)], [MARK_LIFETIME]);
    await until(
      async () => (await cache.invalidate({ tags: [mark] })).applied,
      "the client's cache cannot reach its Redis",
    );
    const { tokens } = await store.lookup(null, [customTag(mark)]);
    if (tokens[0] === null) return;
    await store.rotate([customTag(mark)]);
  } finally {
    await store.close();
  }
  throw usageError(
    `the client of --client has its cache elsewhere than at ${name} in namespace "${settings.namespace}". ` +
      "Write --redis and --namespace as in its cacheExtension, and set the variables that it reads.",
  );
}

async function until(check: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await check())) {
    if (performance.now() > end) throw new CliError(`${otherwise}.`, ExitCode.unreachable);
    await pause(PAUSE);
  }
}
