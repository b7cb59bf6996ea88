import {
  QUARANTINED,
  StoreUnavailableError,
  type Lookup,
  type Release,
  type Store,
  type StoreStatus,
  type Tag,
  type Token,
  type TokenState,
} from "@evercache/core";
import type { Client } from "./client.js";
import { Connection } from "./connection.js";
import { Keyspace } from "./keyspace.js";
import { parseRedis, type RedisStoreOptions } from "./options.js";
import { loadScripts, runScript } from "./run-script.js";
import { mintScript, quarantineScript, releaseScript, type Script } from "./scripts.generated.js";
import { UnfitServerError } from "./server-error.js";
import { newToken, readTagText, spellHolder } from "./tag-text.js";

export interface RedisStore extends Store {
  /** The incarnation of the server that is connected now; null while there is none. */
  readonly epoch: string | null;
}

/**
 * A store in a Redis server (7.0 or later) or Valkey, over connections of its own. It connects at once, and again
 * whenever the connection is lost; until then, and in between, every call rejects with StoreUnavailableError.
 *
 * It sets no deadlines: to a server that accepts commands and never answers, calls stay pending until `reconnect` or
 * `close`, and whoever calls must bound how many.
 * @throws EvercacheError `INVALID_OPTION`
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { keyspace, open } = parseOptions(options);
  return new StoreOverRedis(
    keyspace,
    new Connection({
      open,
      prepare: (client) => loadScripts(client, [mintScript, quarantineScript, releaseScript]),
      random: Math.random,
      onProbe: options.onProbe ?? (() => {}),
    }),
  );
}

/**
 * Throws what `createRedisStore` would throw for these options. Opens nothing.
 * @throws EvercacheError `INVALID_OPTION`
 */
export function checkRedisStoreOptions(options: RedisStoreOptions): void {
  parseOptions(options);
}

function parseOptions({ redis, namespace }: RedisStoreOptions): { keyspace: Keyspace; open: () => Client } {
  return { keyspace: new Keyspace(namespace), open: parseRedis(redis) };
}

class StoreOverRedis implements RedisStore {
  readonly tier = "redis";

  constructor(
    private readonly keyspace: Keyspace,
    private readonly connection: Connection,
  ) {}

  get status(): StoreStatus {
    return this.connection.status;
  }

  get epoch(): string | null {
    return this.connection.epoch;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.connection.onStatus(listener);
  }

  async lookup(key: string, tags: readonly Tag[]): Promise<Lookup> {
    const keys = [this.keyspace.entryKey(key)];
    for (const tag of tags) keys.push(this.keyspace.tagKey(tag));
    const reply = await this.connection.ask(async (client) => {
      const values = await client.callBuffer("MGET", keys);
      // An answer to another question: nothing more that comes by this connection can be trusted.
      if (!isValues(values, keys.length)) throw new UnfitServerError("MGET was not answered with as many values");
      return values;
    });
    const epoch = this.connection.judgingEpoch();
    return { entry: reply[0]!, tokens: reply.slice(1).map((text) => readTagText(text, epoch)) };
  }

  async mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    const states: TokenState[] = Array.from(tags, () => null);
    await this.#eachGroup(mintScript, tags, (places, epoch) => ({
      args: [epoch, ...places.flatMap((place) => [newToken(epoch), wholeMilliseconds(lifetimes[place]!)])],
      take: (reply) => {
        const texts: readonly unknown[] = Array.isArray(reply) && reply.length === places.length ? reply : [];
        for (const [i, place] of places.entries()) states[place] = this.#minted(texts[i]);
      },
    }));
    return states;
  }

  async fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    // A view of the same bytes: ioredis writes Buffers as they are, and other arrays as text.
    const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
    const args = [this.keyspace.entryKey(key), bytes, "PX", wholeMilliseconds(ttl)];
    await this.connection.ask((client) => client.call("SET", args));
  }

  async remove(key: string): Promise<void> {
    await this.connection.ask((client) => client.call("DEL", [this.keyspace.entryKey(key)]));
  }

  async quarantine(holder: string, tags: readonly Tag[], lease: number): Promise<void> {
    const args = [spellHolder(holder), wholeMilliseconds(lease)];
    await this.#eachGroup(quarantineScript, tags, () => ({ args }));
  }

  async release(holder: string, { changed, unchanged }: Release): Promise<void> {
    await this.#release(spellHolder(holder), changed, unchanged);
  }

  async rotate(tags: readonly Tag[]): Promise<void> {
    await this.#release("", tags, []);
  }

  async probe(): Promise<void> {
    await this.connection.probe();
  }

  reconnect(): void {
    this.connection.reconnect();
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async #release(holder: string, changed: readonly Tag[], unchanged: readonly Tag[]): Promise<void> {
    const changing = new Set(changed);
    const tags = [...changing, ...unchanged.filter((tag) => !changing.has(tag))];
    await this.#eachGroup(releaseScript, tags, (places) => ({
      // A group keeps the order of its tags, so those that changed come first.
      args: [holder, places.filter((place) => place < changing.size).length],
    }));
  }

  /** One script call for each group of `tags`, all sent in the same tick. Rejects when all have settled, if one failed. */
  async #eachGroup(
    script: Script,
    tags: readonly Tag[],
    plan: (
      places: readonly number[],
      epoch: string,
    ) => { readonly args: readonly (string | number)[]; readonly take?: (reply: unknown) => void },
  ): Promise<void> {
    await this.connection.ask(async (client, epoch) => {
      const calls = this.keyspace.groups(tags).map(async (places) => {
        const { args, take } = plan(places, epoch);
        const keys = places.map((place) => this.keyspace.tagKey(tags[place]!));
        const reply = await runScript(client, script, keys, args);
        take?.(reply);
      });
      const failure = (await Promise.allSettled(calls)).find((call) => call.status === "rejected");
      if (failure) throw failure.reason;
    });
  }

  #minted(text: unknown): Token | typeof QUARANTINED {
    if (typeof text !== "string") throw new UnfitServerError("a tag was not answered with what it holds");
    if (text === "L") return QUARANTINED;
    const state = readTagText(Buffer.from(text), this.connection.judgingEpoch());
    // The server became another one on the way. What was minted is worth nothing now.
    if (state === null) throw new StoreUnavailableError("the server changed while tokens were minted");
    return state;
  }
}

function isValues(reply: unknown, length: number): reply is (Buffer | null)[] {
  return (
    Array.isArray(reply) &&
    reply.length === length &&
    reply.every((value: unknown) => value === null || Buffer.isBuffer(value))
  );
}

/** Redis takes whole milliseconds, 1 or more. */
function wholeMilliseconds(time: number): number {
  return Math.max(1, Math.ceil(time));
}
