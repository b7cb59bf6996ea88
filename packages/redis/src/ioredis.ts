import { createRequire } from "node:module";
import { EvercacheError } from "@evercache/core";
import type { Redis } from "ioredis";

/*
 * The driver is loaded when an application gives a URL or options: not by those that keep results in process memory, and
 * not by importing this package.
 */
let loaded: typeof Redis | null = null;
let loading: Promise<typeof Redis> | null = null;

/** What `open` makes by ioredis' Redis; a promise of it until that is loaded. */
export function openRedis<T>(open: (Driver: typeof Redis) => T): T | Promise<T> {
  return loaded ? open(loaded) : load().then(open);
}

/**
 * Loads ioredis, so that the first connection need not wait for it. Where it is not installed, a warning says so; each
 * connection then rejects with an EvercacheError `NOT_INSTALLED`.
 */
export function loadRedis(): void {
  if (loaded) return;
  try {
    ({ Redis: loaded } = createRequire(import.meta.url)("ioredis") as { Redis: typeof Redis });
  } catch {
    // In a bundle it may be there all the same, and bundlers follow `import()` only.
    load().catch((error: unknown) => {
      if (error instanceof EvercacheError) {
        process.emitWarning(error.message, { type: "EvercacheWarning", code: error.code });
      }
    });
  }
}

function load(): Promise<typeof Redis> {
  loading ??= import("ioredis").then(
    (module) => (loaded = module.Redis),
    (error: unknown) => {
      loading = null;
      throw isMissing(error) ? notInstalled(error) : error;
    },
  );
  return loading;
}

/** Not found by Node, or by what a bundler puts in its place. */
function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}

function notInstalled(cause: unknown): EvercacheError {
  return new EvercacheError(
    "NOT_INSTALLED",
    "redis: a connection is made by ioredis, which is not installed: nothing is cached. Run `npm install ioredis`, or " +
      "give an instance: redis: new Redis(url).",
    { cause },
  );
}
