import { cacheExtension } from "@evercache/prisma";
import type { BenchClient } from "../queries.js";
import { ofClient, TTL_SECONDS, type OpenSubject } from "./subject.js";

type Options = NonNullable<Parameters<typeof cacheExtension>[0]>;

/** Settings that not every version of evercache has, so that its types do not name them all. */
export interface Variant {
  readonly fastPath?: boolean;
  readonly onWrite?: "refill";
  readonly l1?: true | { readonly mode?: "validated" | "tracked"; readonly share?: boolean };
}

export const VARIANTS = {
  L2: {},
  "L2, refilled": { onWrite: "refill" },
  "L2 without fast path": { fastPath: false },
  "L1 validated": { l1: { mode: "validated" } },
  "L1 validated, refilled": { l1: { mode: "validated" }, onWrite: "refill" },
  "L1 tracked": { l1: true },
  "L1 tracked without fast path": { l1: true, fastPath: false },
  "L1 tracked, shared": { l1: { share: true } },
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;

function optionsOf({ l1, onWrite, ...variant }: Variant, redisUrl: string): Options {
  const defaults = {
    ttl: TTL_SECONDS,
    ...(l1 === undefined ? {} : { l1 }),
    ...(onWrite === undefined ? {} : { onWrite }),
  };
  return { redis: redisUrl, namespace: "bench", ...variant, defaults };
}

/** Why this evercache cannot be had in a variant, in its own words. */
export function lacking(name: VariantName): string | null {
  try {
    cacheExtension(optionsOf(VARIANTS[name], "redis://127.0.0.1:1"));
    return null;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "UNKNOWN_OPTION") return (error as Error).message;
    throw error;
  }
}

function extend(plain: Parameters<OpenSubject>[0], redisUrl: string, variant: Variant) {
  return plain.$extends(cacheExtension(optionsOf(variant, redisUrl)));
}

type CachedClient = ReturnType<typeof extend>;

function restOf(cached: CachedClient) {
  return {
    counts: () => {
      const { hit, bypass } = cached.$cache.stats().reads;
      return { hits: hit, bypasses: bypass };
    },
    close: () => cached.$cache.disconnect(),
  };
}

export function evercache(variant: Variant): OpenSubject {
  return (plain, redisUrl) => {
    const cached = extend(plain, redisUrl, variant);
    return ofClient(cached, restOf(cached));
  };
}

/** Every write drops every entry of its model, as with most caches that invalidate by themselves. */
export const byModel: OpenSubject = (plain, redisUrl) => {
  const cached = extend(plain, redisUrl, {});
  const { product } = cached as unknown as BenchClient;
  const dropping = <A>(write: (args: A) => PromiseLike<unknown>) => {
    return async (args: A): Promise<unknown> => {
      const row = await write(args);
      await cached.$cache.invalidate({ models: ["Product"] });
      return row;
    };
  };
  const client = {
    product: {
      findUnique: product.findUnique.bind(product),
      findMany: product.findMany.bind(product),
      update: dropping(product.update.bind(product)),
      create: dropping(product.create.bind(product)),
      delete: dropping(product.delete.bind(product)),
    },
  };
  return ofClient(client, restOf(cached));
};
