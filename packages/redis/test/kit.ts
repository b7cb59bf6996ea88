import { rowTag, type StoreStatus, type Tag } from "@evercache/core";
import { expect, vi } from "vitest";
import { afterwards } from "../../../test/setup/afterwards.js";
import { createRedisStore, type RedisStore, type RedisStoreOptions } from "../src/index.js";

export { admin, afterwards, server } from "../../../test/setup/afterwards.js";

export const LONG = 60_000;

// Longer than what waits inside a test, so that a failure says what was waited for.
vi.setConfig({ testTimeout: 30_000 });

export interface ObservedStore extends RedisStore {
  /** Every status that it reported, with the error where there was one. */
  readonly reports: readonly { readonly status: StoreStatus; readonly error: unknown }[];
}

/** A store that may not be ready yet. */
export function observe(options: Partial<RedisStoreOptions> & Pick<RedisStoreOptions, "redis">): ObservedStore {
  const store = createRedisStore({ namespace: "test", ...options });
  afterwards(() => store.close());
  const reports: { status: StoreStatus; error: unknown }[] = [];
  store.onStatus((status, error) => reports.push({ status, error }));
  return Object.defineProperty(store, "reports", { value: reports }) as ObservedStore;
}

export async function connect(
  options: Partial<RedisStoreOptions> & Pick<RedisStoreOptions, "redis">,
): Promise<ObservedStore> {
  const store = observe(options);
  await becomes(store, "ready");
  return store;
}

/** Asks again and again, for as long as it takes a slow machine. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 20_000, interval: 5 });
}

export async function becomes(store: RedisStore, status: StoreStatus): Promise<void> {
  await eventually(() => expect(store.status).toBe(status));
}

export async function stateOf(store: RedisStore, tag: Tag) {
  return (await store.lookup("none", [tag])).tokens[0];
}

export const unavailable = expect.objectContaining({ name: "StoreUnavailableError" });

export const TAG = rowTag("Product", ["1"]);
export const TAG_KEY = "test:tag:{Product}:row:1";
