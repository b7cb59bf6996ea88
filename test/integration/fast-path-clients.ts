import { AsyncLocalStorage } from "node:async_hooks";
import { cacheExtension, type CacheEvent } from "@evercache/prisma";
import { onTestFinished } from "vitest";
import { testShop, type ClientOptions, type TestClient } from "../setup/client.js";

export type Options = NonNullable<Parameters<typeof cacheExtension>[0]>;
export type Plain = TestClient["prisma"];
export type Cached = ReturnType<typeof withCache>;

/**
 * How errors are worded decides whether Prisma notes for each query where the application called, and with it how the fast
 * path asks the database: `minimal` is production's.
 */
export const ERROR_FORMATS = ["minimal", "colorless"] as const;

export const ROW = { where: { id: 1 } } as const;
export const FAST = { taken: 0, sent: 0 };
/** Prisma takes the query up once, and its hook answers. */
export const HOOKED = { taken: 1, sent: 0 };
export const LOADED = { taken: 1, sent: 1 };

/** What a read costs that is in the cache. */
export async function costOfHit(
  { requests }: Pick<Awaited<ReturnType<typeof shop>>, "requests">,
  read: () => PromiseLike<unknown>,
): Promise<unknown> {
  await read();
  return requests.of(read);
}

const PATIENT = { deadline: "10s", writeDeadline: "10s" } as const;

export function withCache(client: Plain, options: Options = {}) {
  return client.$extends(cacheExtension({ ...PATIENT, ...options }));
}

/** Another extension, whose types are not looked at. */
export function extended<Client>(client: Client, part: object): Client {
  return (client as unknown as { $extends(part: object): Client }).$extends(part);
}

/** A query extension that changes nothing, and the operations that it has seen; of one model where one is named. */
export function onlooker(model?: string) {
  const seen: string[] = [];
  const hook = {
    $allOperations: ({
      operation,
      args,
      query,
    }: {
      operation: string;
      args: never;
      query: (args: never) => unknown;
    }) => {
      seen.push(operation);
      return query(args);
    },
  };
  return { seen, part: { query: model === undefined ? hook : { [model]: hook } } };
}

/** The same by Prisma's own `$extends`, past the client's. */
export function extendedPast<Client>(plain: Plain, client: Client, part: object): Client {
  return (plain as unknown as { $extends: { call(client: Client, part: object): Client } }).$extends.call(client, part);
}

/** A shop in SQLite, and what Prisma's machinery was asked of it. */
export async function shop(options: ClientOptions = {}) {
  const client = await testShop("sqlite", options);
  const requests = spyOnRequests(client.prisma);
  return { ...client, plain: client.prisma, requests };
}

/** `shop`, with the cache in process memory. */
export async function cachedShop(options: Options = {}, clientOptions: ClientOptions = {}) {
  const { plain, ...others } = await shop(clientOptions);
  const cached = withCache(plain, options);
  const warnings: CacheEvent[] = [];
  cached.$cache.on("event", (event) => event.type === "warning" && warnings.push(event));
  onTestFinished(() => cached.$cache.disconnect());
  return { ...others, plain, cached, warnings };
}

export const request = new AsyncLocalStorage<string>();

type Ask = (this: unknown, params: unknown) => Promise<unknown>;

interface Internals {
  readonly _originalClient: {
    _request: Ask;
    _executeRequest: Ask;
  };
}

/** Counts how often Prisma takes a query up, which the fast path spares, and what it sends to the database. */
export function spyOnRequests(client: unknown) {
  const counts = { taken: 0, sent: 0, /** What AsyncLocalStorage held when it was sent. */ within: [] as unknown[] };
  const original = (client as Internals)._originalClient;
  const { _request, _executeRequest } = original;
  original._request = function (params) {
    counts.taken++;
    return _request.call(this, params);
  };
  original._executeRequest = function (params) {
    counts.sent++;
    counts.within.push(request.getStore());
    return _executeRequest.call(this, params);
  };
  return {
    async of(act: () => PromiseLike<unknown>) {
      const before = { ...counts };
      await act();
      return { taken: counts.taken - before.taken, sent: counts.sent - before.sent };
    },
    counts,
  };
}
