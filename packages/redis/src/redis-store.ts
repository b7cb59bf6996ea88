import {
  tagGroup,
  type Claim,
  type Hearer,
  type Hearing,
  type Lookup,
  type Release,
  type Renewal,
  type Replacement,
  type Store,
  type StoreStatus,
  type Tag,
  type Token,
  type TokenState,
  type Watch,
  type Watcher,
} from "@evercache/core";
import { coalesceMints, type Mint } from "./coalesced-mints.js";
import { gather, sendGathered } from "./gather.js";
import { InvalidationChannel } from "./invalidation-channel.js";
import { Keyspace } from "./keyspace.js";
import { createLookups, type Lookups } from "./lookups.js";
import { openServers } from "./open-servers.js";
import { RedisLeases } from "./redis-leases.js";
import { parseRedis, type RedisStoreOptions, type Topology } from "./options.js";
import { runScript } from "./run-script.js";
import { readClaim, readMinted } from "./script-replies.js";
import {
  claimScript,
  mintScript,
  quarantineScript,
  releaseScript,
  renewScript,
  type Script,
} from "./scripts.generated.js";
import type { Servers, Session } from "./servers.js";
import { SharedSubscriptions } from "./shared-subscriptions.js";
import { SpokenTopics } from "./spoken-topics.js";
import { publishCommand } from "./subscriptions.js";
import { newToken, newTokenLike, spellHolder } from "./tag-text.js";

export interface RedisStore extends Store {
  /** The incarnation of the server that is connected now; null while there is none, and for a cluster. */
  readonly epoch: string | null;
  readonly hear: NonNullable<Store["hear"]>;
  readonly say: NonNullable<Store["say"]>;
}

/**
 * A store in a Redis server (7.0 or later) or Valkey, one that sentinels watch, or a cluster, over connections of its own.
 * It connects at once, and again whenever a connection is lost; until then, and in between, every call rejects with
 * StoreUnavailableError.
 *
 * It sets no deadlines: to a server that accepts commands and never answers, calls stay pending until `reconnect` or
 * `close`, and whoever calls must bound how many.
 * @throws EvercacheError `INVALID_OPTION`
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { keyspace, topology } = parseOptions(options);
  return storeOver(keyspace, openServers(topology, options.onProbe ?? (() => {})));
}

/** The store over servers that are connected to already. They are closed with it. */
export function storeOver(keyspace: Keyspace, servers: Servers): RedisStore {
  return new StoreOverRedis(keyspace, servers);
}

/**
 * Throws what `createRedisStore` would throw for these options. Opens nothing, but loads ioredis if it will be needed.
 * @throws EvercacheError `INVALID_OPTION`
 */
export function checkRedisStoreOptions(options: RedisStoreOptions): void {
  parseOptions(options);
}

/** @throws EvercacheError `INVALID_OPTION` */
export function parseOptions({ redis, namespace }: RedisStoreOptions): { keyspace: Keyspace; topology: Topology } {
  return { keyspace: new Keyspace(namespace), topology: parseRedis(redis) };
}

class StoreOverRedis implements RedisStore {
  readonly tier = "redis";
  readonly #lookups: Lookups;
  readonly #mint: Mint;
  readonly #leases: RedisLeases;
  readonly #topics: SpokenTopics;
  #watching: SharedSubscriptions | undefined;

  constructor(
    private readonly keyspace: Keyspace,
    private readonly servers: Servers,
  ) {
    this.#lookups = createLookups(keyspace, servers);
    this.#leases = new RedisLeases(keyspace, servers);
    this.#topics = new SpokenTopics(keyspace, servers, () => this.#watching);
    const mint: Mint = (tags, lifetimes) => this.#mintAll(tags, lifetimes);
    this.#mint = servers.one ? coalesceMints(mint) : mint;
  }

  get status(): StoreStatus {
    return this.servers.status;
  }

  get epoch(): string | null {
    return this.servers.epoch;
  }

  get tenure(): object | null {
    return this.servers.tenure;
  }

  onStatus(listener: (status: StoreStatus, error?: unknown) => void): () => void {
    return this.servers.onStatus(listener);
  }

  lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    return this.#lookups.lookup(key, tags);
  }

  mint(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    return this.#mint(tags, lifetimes);
  }

  fill(key: string, entry: Uint8Array, ttl: number): Promise<void> {
    const bytes = asBuffer(entry);
    return this.#onEntry(key, ({ client }, entryKey) => {
      gather(client);
      return client.call("set", [entryKey, bytes, "PX", String(wholeMilliseconds(ttl))]);
    });
  }

  remove(key: string): Promise<void> {
    return this.#onEntry(key, ({ client }, entryKey) => client.call("DEL", [entryKey]));
  }

  renew(key: string, { at, expected, tail }: Renewal, ttl: number): Promise<void> {
    const args = [at, asBuffer(expected), asBuffer(tail), wholeMilliseconds(ttl)];
    return this.#onEntry(key, ({ client }, entryKey) => runScript(client, renewScript, [entryKey], args));
  }

  acquire(name: string, holder: string, ttl: number, onFreed?: (note: string | null) => void): Promise<number> {
    return this.#leases.acquire(name, spellHolder(holder), wholeMilliseconds(ttl), onFreed);
  }

  free(name: string, holder: string, note: string): Promise<void> {
    return this.#leases.free(name, spellHolder(holder), note);
  }

  async quarantine(holder: string, tags: readonly Tag[], lease: number, replicaTimeout?: number): Promise<void> {
    const args = [spellHolder(holder), wholeMilliseconds(lease)];
    await this.#invalidateEach(quarantineScript, tags, () => args, { replicaTimeout });
  }

  async release(holder: string, { changed, unchanged, replaced }: Release): Promise<void> {
    await this.#release(spellHolder(holder), changed, unchanged, replaced);
  }

  draw(like: Token): Token {
    return newTokenLike(like);
  }

  async rotate(tags: readonly Tag[]): Promise<void> {
    await this.#release("", tags, []);
  }

  async claim(expected: string | null, value: string, ttl: number): Promise<Claim> {
    const keys = [this.keyspace.claimKey];
    let claim: Claim | undefined;
    await this.servers.run(keys, [[0]], async ({ client }) => {
      const reply = await runScript(client, claimScript, keys, [expected ?? "", value, wholeMilliseconds(ttl)]);
      claim = readClaim(reply);
    });
    return claim!;
  }

  watch(watcher: Watcher, heartbeat: number): Watch {
    this.#watching = new SharedSubscriptions(this.servers, heartbeat);
    return new InvalidationChannel(this.keyspace, this.#watching, watcher);
  }

  hear(topic: string, hearer: Hearer): Hearing {
    return this.#topics.hear(topic, hearer);
  }

  say(topic: string, text: string): Promise<number> {
    return this.#topics.say(topic, text);
  }

  async probe(): Promise<void> {
    await this.servers.probe();
  }

  reconnect(): void {
    this.servers.reconnect();
  }

  async close(): Promise<void> {
    await Promise.all([this.#leases.close(), this.servers.close()]);
  }

  async #mintAll(tags: readonly Tag[], lifetimes: readonly number[]): Promise<TokenState[]> {
    const states: TokenState[] = Array.from(tags, () => null);
    await this.#eachGroup(mintScript, tags, (places, session) => {
      const { epoch } = session;
      const offered = places.map(() => newToken(epoch));
      const args: (string | number)[] = [epoch];
      for (let i = 0; i < places.length; i++) args.push(offered[i]!, wholeMilliseconds(lifetimes[places[i]!]!));
      return {
        args,
        take: (reply) => {
          const texts: readonly unknown[] = Array.isArray(reply) && reply.length === places.length ? reply : [];
          const judgingEpoch = session.judgingEpoch();
          for (let i = 0; i < places.length; i++) {
            states[places[i]!] = readMinted(texts[i], judgingEpoch, offered[i]!);
          }
        },
      };
    });
    return states;
  }

  #onEntry(key: string, command: (session: Session, entryKey: string) => Promise<unknown>): Promise<void> {
    const entryKey = this.keyspace.entryKey(key);
    const send = (session: Session) => command(session, entryKey) as Promise<void>;
    const { one } = this.servers;
    return one ? one.ask(send) : this.servers.run([entryKey], [[0]], send);
  }

  #release(
    holder: string,
    changed: readonly Tag[],
    unchanged: readonly Tag[],
    replaced: readonly Replacement[] = [],
  ): Promise<void> {
    const changing = new Set(changed);
    const tags = [...changing, ...unchanged.filter((tag) => !changing.has(tag))];
    // A group keeps the order of its tags, so those that changed come first.
    const settings = (places: readonly number[]) => [holder, places.filter((place) => place < changing.size).length];
    const replacements = (places: readonly number[]): (string | number)[] => {
      if (replaced.length === 0) return [];
      const named = new Map(places.map((place, i) => [tags[place]!, i + 1]));
      // Where the guard is not looked at in the same call, nobody knows.
      return replaced.flatMap(({ tag, guard, token, lifetime, former = "" }) => {
        const [key, lock] = [named.get(tag), named.get(guard)];
        return key === undefined || lock === undefined ? [] : [key, lock, token, wholeMilliseconds(lifetime), former];
      });
    };
    const more = (places: readonly number[], epoch: string) => [newToken(epoch), ...replacements(places)];
    return this.#invalidateEach(releaseScript, tags, settings, { more, isGathered: true });
  }

  /** One call of a script that tells in the group's channel for each group of `tags`. */
  #invalidateEach(
    script: Script,
    tags: readonly Tag[],
    plan: (places: readonly number[]) => readonly (string | number)[],
    further: Further = {},
  ): Promise<void> {
    const { more } = further;
    const command = publishCommand(this.servers.sharding);
    return this.#eachGroup(
      script,
      tags,
      (places, { publishElsewhere, epoch }) => {
        const channel = this.keyspace.channel(tagGroup(tags[places[0]!]!));
        const args = [...plan(places), command, channel, ...(more?.(places, epoch) ?? [])];
        if (!publishElsewhere) return { args };
        const message = JSON.stringify(places.map((place) => this.keyspace.tagKey(tags[place]!)));
        return { args, take: () => publishElsewhere(channel, message) };
      },
      further,
    );
  }

  /** One script call for each group of `tags`, all sent in the same tick. Rejects when all have settled, if one failed. */
  #eachGroup(
    script: Script,
    tags: readonly Tag[],
    plan: (
      places: readonly number[],
      session: Session,
    ) => { readonly args: readonly (string | number)[]; readonly take?: (reply: unknown) => void | Promise<void> },
    { isGathered = false, replicaTimeout }: Further = {},
  ): Promise<void> {
    const keys = tags.map((tag) => this.keyspace.tagKey(tag));
    const send = (session: Session, places: readonly number[]): Promise<void> => {
      const { args, take } = plan(places, session);
      // All of them are in their order.
      const named = places.length === keys.length ? keys : places.map((place) => keys[place]!);
      if (isGathered) gather(session.client);
      const reply = runScript(session.client, script, named, args);
      // What is gathered before a lock leaves with it: Prisma is at work for long before this tick ends.
      if (!isGathered) sendGathered(session.client);
      return take ? reply.then(take) : (reply as Promise<void>);
    };
    return this.servers.run(keys, this.keyspace.groups(tags), send, replicaTimeout);
  }
}

/** What only some calls of such a script have. */
interface Further {
  readonly replicaTimeout?: number | undefined;
  /** They may leave with what else is asked in this tick. */
  readonly isGathered?: boolean;
  /** Arguments behind all others. */
  readonly more?: (places: readonly number[], epoch: string) => readonly (string | number)[];
}

/** ioredis writes Buffers as they are, and other arrays as text. A view has the same bytes. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Redis takes whole milliseconds, 1 or more. */
function wholeMilliseconds(time: number): number {
  return Math.max(1, Math.ceil(time));
}
