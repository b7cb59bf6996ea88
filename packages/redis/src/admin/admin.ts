import {
  areTagNames,
  Deadline,
  EvercacheError,
  parseDuration,
  StoreUnavailableError,
  type Duration,
} from "@evercache/core";
import type { Keyspace } from "../keyspace.js";
import { createLookups, type Lookups } from "../lookups.js";
import { openServers } from "../open-servers.js";
import type { RedisStoreOptions } from "../options.js";
import { parseOptions, storeOver, type RedisStore } from "../redis-store.js";
import type { Servers } from "../servers.js";
import { foundKeys, type KeyPage, type KeysOptions } from "./found-keys.js";
import { ImpatientServers } from "./impatient-servers.js";
import { invalidate, invalidateAll, type Invalidated } from "./invalidation.js";
import { readStoredEntry, type StoredEntry } from "./stored-entry.js";
import { validityOf, type Validity, type ValidityOptions } from "./validity.js";

export interface AdminOptions extends Omit<RedisStoreOptions, "namespace" | "onProbe"> {
  /** That of the applications. Default `"evercache"`, as theirs. */
  readonly namespace?: string;
  /** How long Redis may take to be there, and then to answer each command. Default 5 s. */
  readonly timeout?: Duration;
}

/** Keys of the server that have been looked at until now, roughly, and how many it has. */
export type OnProgress = (examined: number, total: number) => void;

/**
 * Looks at what applications have in Redis, and ends it. For tools: what it does may take a time that grows with all that is in
 * Redis. It blocks no server for longer than a page takes, and changes nothing unless it says so. Each call rejects with an EvercacheError
 * `STORE_UNAVAILABLE` where Redis does not answer.
 */
export interface Admin {
  /**
   * Every key of the namespace, page by page, of all servers of a cluster. What is there all the time is found, what comes or goes meanwhile
   * may be; and a key may be found twice.
   */
  keys(options?: KeysOptions): AsyncIterable<KeyPage>;
  /** Bytes of memory that keys take, with all that Redis keeps of them; null where a key is gone, or the server does not say. */
  memoryOf(names: readonly string[]): Promise<(number | null)[]>;
  /** What is in an entry's key, with or without the namespace. Null: nothing. */
  entry(key: string): Promise<StoredEntry | null>;
  /**
   * Compares an entry with what its tags have now. Null: it cannot be opened. An entry that does not name its tags has these
   * searched for among all keys of the servers, unless `query` says what its query depends on.
   */
  validity(entry: StoredEntry, options?: ValidityOptions): Promise<Validity | null>;
  /**
   * Ends every result that depends on one of these models, or has one of these tags, in every process. Needs no schema: a model's tags are
   * searched for among all keys. What is read after the call shows what was true when it was made, or later.
   */
  invalidate(
    what: { readonly models?: readonly string[]; readonly tags?: readonly string[] },
    onProgress?: OnProgress,
  ): Promise<Invalidated>;
  /** Ends every result of the namespace, in every process. What is in Redis stays until its time is over, and is served to nobody. */
  invalidateAll(onProgress?: OnProgress): Promise<Invalidated>;
  /** Milliseconds of a round trip to each server. */
  ping(): Promise<number[]>;
  close(): Promise<void>;
}

/**
 * Resolves when Redis has answered.
 * @throws EvercacheError `INVALID_OPTION`, `INVALID_DURATION`; `STORE_UNAVAILABLE` if it has not by then, with the reason as its `cause`
 */
export async function openAdmin(options: AdminOptions): Promise<Admin> {
  const { timeout = "5s", namespace = "evercache", redis } = options;
  const milliseconds = parseDuration(timeout, "timeout");
  const { keyspace, topology } = parseOptions({ redis, namespace });
  const servers = openServers(topology, () => {});
  try {
    await untilReady(servers, milliseconds);
  } catch (error) {
    await servers.close();
    throw error;
  }
  return new AdminOverRedis(keyspace, new ImpatientServers(servers, new Deadline(milliseconds)));
}

class AdminOverRedis implements Admin {
  readonly #store: RedisStore;
  readonly #lookups: Lookups;

  constructor(
    private readonly keyspace: Keyspace,
    private readonly servers: Servers,
  ) {
    this.#store = storeOver(keyspace, servers);
    this.#lookups = createLookups(keyspace, servers);
  }

  async *keys(options: KeysOptions = {}): AsyncGenerator<KeyPage, void, undefined> {
    try {
      yield* foundKeys(this.#context, options);
    } catch (error) {
      throw told(error);
    }
  }

  memoryOf(names: readonly string[]): Promise<(number | null)[]> {
    return asked(async () => {
      const sizes: (number | null)[] = names.map(() => null);
      await this.servers.run(
        names,
        names.map((_, i) => [i]),
        async ({ client }, places) => {
          for (const place of places) {
            // Where the user may not ask for it, that is no reason to tell nothing.
            const size = await client.call("MEMORY", ["USAGE", names[place]!]).catch(() => null);
            sizes[place] = typeof size === "number" ? size : null;
          }
        },
      );
      return sizes;
    });
  }

  entry(key: string): Promise<StoredEntry | null> {
    const name = this.keyspace.read(key);
    return asked(() => readStoredEntry(this.#context, name.kind === "entry" ? name.key : key));
  }

  validity({ frame }: StoredEntry, options: ValidityOptions = {}): Promise<Validity | null> {
    return asked(async () => {
      if (frame.kind !== "entry") return null;
      const context = { ...this.#context, lookups: this.#lookups, now: Date.now };
      return validityOf(context, frame.entry, options);
    });
  }

  invalidate(
    { models = [], tags = [] }: { readonly models?: readonly string[]; readonly tags?: readonly string[] },
    onProgress: OnProgress = () => {},
  ): Promise<Invalidated> {
    return asked(() => {
      checkNames("tags", tags);
      checkNames("models", models);
      for (const model of models) checkModel(model);
      return invalidate({ ...this.#context, store: this.#store }, { models, tags }, onProgress);
    });
  }

  invalidateAll(onProgress: OnProgress = () => {}): Promise<Invalidated> {
    return asked(() => invalidateAll({ ...this.#context, store: this.#store }, onProgress));
  }

  ping(): Promise<number[]> {
    return asked(async () => {
      const all = await this.servers.all();
      return Promise.all(
        all.map(async (server) => {
          const began = performance.now();
          await server.ask(({ client }) => client.call("PING", []));
          return performance.now() - began;
        }),
      );
    });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  get #context() {
    return { keyspace: this.keyspace, servers: this.servers };
  }
}

function checkNames(name: string, value: unknown): void {
  if (areTagNames(value)) return;
  throw new EvercacheError("INVALID_OPTION", `invalidate: ${name} must be an array of names.`, { value });
}

/** Whether the schema has it nobody knows here; but a tag of the application's own is none. */
function checkModel(name: string): void {
  if (/^[\w$.]+$/.test(name)) return;
  const message = `invalidate: models: ${JSON.stringify(name)} is no name of a model. Write it as in the schema, for example "Product".`;
  throw new EvercacheError("INVALID_OPTION", message, { value: name });
}

async function untilReady(servers: Servers, timeout: number): Promise<void> {
  let cause: unknown;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      const message = `Redis did not answer within ${timeout} ms${cause instanceof Error ? `: ${cause.message}` : ""}.`;
      reject(new EvercacheError("STORE_UNAVAILABLE", message, { cause }));
    }, timeout);
    const check = (error?: unknown): void => {
      cause = error ?? cause;
      if (servers.status !== "ready") return;
      clearTimeout(timer);
      stop();
      resolve();
    };
    const stop = servers.onStatus((_, error) => check(error));
    check();
  });
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw told(error);
  }
}

function told(error: unknown): unknown {
  if (!(error instanceof StoreUnavailableError)) return error;
  const { cause } = error;
  const reason = cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
  return new EvercacheError("STORE_UNAVAILABLE", `Redis could not be asked: ${reason}.`, { cause: error });
}
