import { divideBySize, EachTick, type Lookup, type Tag, type TokenState } from "@evercache/core";
import type { Keyspace } from "./keyspace.js";
import { KeyList, KnownTags, readKnownTag, type KnownTag } from "./known-tags.js";
import { UnfitServerError } from "./server-error.js";
import type { OneServer, Servers, Session } from "./servers.js";

/** Reads entries with the tokens of tags, or the tokens alone. */
export interface Lookups {
  lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup>;
}

export function createLookups(keyspace: Keyspace, servers: Servers): Lookups {
  return servers.one ? new CoalescedLookups(keyspace, servers.one) : new DividedLookups(keyspace, servers);
}

interface Reader {
  readonly key: string | null;
  readonly tags: readonly KnownTag[];
  readonly resolve: (lookup: Lookup) => void;
  readonly reject: (error: unknown) => void;
}

/** Of one MGET. */
const MOST_READERS = 64;
const MOST_KEYS = 512;

/**
 * Those that are asked for in one tick go out as one MGET: what a command costs here is many times what one more key does.
 *
 * Each of them is read at one instant, as by an MGET of its own, which comes after it was asked for and before it is
 * answered. That is all that `Store` promises: of what else was asked for in the same tick, nothing had been answered
 * when it was asked for, so that it may be seen or not.
 */
class CoalescedLookups implements Lookups {
  readonly #known: KnownTags;
  readonly #readers = new EachTick<Reader>((readers) => this.#send(readers));

  constructor(
    private readonly keyspace: Keyspace,
    private readonly server: OneServer,
  ) {
    this.#known = new KnownTags((tag) => keyspace.tagKey(tag));
  }

  lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    if (key === null && tags.length === 0) return Promise.resolve({ entry: null, tokens: [] });
    return new Promise((resolve, reject) => {
      this.#readers.add({
        key: key === null ? null : this.keyspace.entryKey(key),
        tags: tags.map((tag) => this.#known.get(tag)),
        resolve,
        reject,
      });
    });
  }

  #send(readers: readonly Reader[]): Promise<unknown> {
    if (readers.length === 1) return this.#sendPart(readers);
    const parts = divideBySize(readers, {
      most: MOST_READERS,
      largest: MOST_KEYS,
      size: ({ tags }) => tags.length + 1,
    });
    return Promise.all(parts.map((part) => this.#sendPart(part)));
  }

  async #sendPart(readers: readonly Reader[]): Promise<void> {
    const { keys, places, twins } = listKeys(readers);
    try {
      const { values, epoch } = await this.server.ask((session) => mget(session, keys));
      for (let i = 0; i < readers.length; i++) {
        const { tags, resolve } = readers[i]!;
        const { entry, tokens } = places[i]!;
        const value = entry === null ? null : values[entry]!;
        const states = tags.map((tag, of) => readKnownTag(tag, values[tokens[of]!]!, epoch));
        const isForeign =
          states.includes(null) && states.some((state, of) => state === null && values[tokens[of]!] !== null);
        // To each his own, to do with what he likes.
        const bytes = value !== null && twins?.has(i) ? Buffer.from(value) : value;
        resolve(lookupOf(bytes, states, isForeign));
      }
    } catch (error) {
      for (const { reject } of readers) reject(error);
    }
  }
}

/** Where on the list of keys a reader's are. */
interface Places {
  readonly entry: number | null;
  readonly tokens: readonly number[];
}

/** Each key once; `twins` are the readers of an entry that one before them reads, too. */
function listKeys(readers: readonly Reader[]): { keys: string[]; places: Places[]; twins: Set<number> | null } {
  const list = new KeyList();
  const { keys } = list;
  const entries = readers.length > 1 ? new Map<string, number>() : null;
  let twins: Set<number> | null = null;
  const places = readers.map(({ key, tags }, reader) => {
    if (key === null) return { entry: null, tokens: tags.map((tag) => list.placeOf(tag)) };
    let entry = entries?.get(key);
    if (entry === undefined) {
      entry = keys.push(key) - 1;
      entries?.set(key, entry);
    } else {
      twins ??= new Set();
      twins.add(reader);
    }
    return { entry, tokens: tags.map((tag) => list.placeOf(tag)) };
  });
  return { keys, places, twins };
}

/** Each by itself, where the keys are on several servers. */
class DividedLookups implements Lookups {
  readonly #known: KnownTags;

  constructor(
    private readonly keyspace: Keyspace,
    private readonly servers: Servers,
  ) {
    this.#known = new KnownTags((tag) => keyspace.tagKey(tag));
  }

  async lookup(key: string | null, tags: readonly Tag[]): Promise<Lookup> {
    const known = tags.map((tag) => this.#known.get(tag));
    const keys = known.map((tag) => tag.key);
    if (key !== null) keys.push(this.keyspace.entryKey(key));
    if (keys.length === 0) return { entry: null, tokens: [] };
    let entry: Buffer | null = null;
    const tokens: TokenState[] = Array.from(tags, () => null);
    let isForeign = false;
    // The entry and the tokens are read at different instants. That is sound: a stamp that equals its token at any instant
    // of this read was not invalidated before the read began.
    await this.servers.run(keys, [[...keys.keys()]], async (session, places) => {
      const { values, epoch } = await mget(
        session,
        places.map((place) => keys[place]!),
      );
      for (const [i, place] of places.entries()) {
        if (place === tags.length) entry = values[i]!;
        else {
          tokens[place] = readKnownTag(known[place]!, values[i]!, epoch);
          if (tokens[place] === null && values[i] !== null) isForeign = true;
        }
      }
    });
    return lookupOf(entry, tokens, isForeign);
  }
}

function lookupOf(entry: Buffer | null, tokens: readonly TokenState[], isForeign: boolean): Lookup {
  return isForeign ? { entry, tokens, isForeign } : { entry, tokens };
}

/** With the epoch by which to judge them. */
async function mget(
  session: Session,
  keys: readonly string[],
): Promise<{ readonly values: readonly (Buffer | null)[]; readonly epoch: string }> {
  const values = await session.client.callBuffer("mget", keys);
  // An answer to another question: nothing more that comes by this connection can be trusted.
  if (!isValues(values, keys.length)) throw new UnfitServerError("MGET was not answered with as many values");
  return { values, epoch: session.judgingEpoch() };
}

function isValues(reply: unknown, length: number): reply is (Buffer | null)[] {
  return (
    Array.isArray(reply) &&
    reply.length === length &&
    reply.every((value: unknown) => value === null || Buffer.isBuffer(value))
  );
}
