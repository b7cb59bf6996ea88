import { EvercacheError, tagGroup, type Tag } from "@evercache/core";

const LONGEST_NAMESPACE = 64;

/** Of a lease, without the namespace: a SHA-256. */
const LEASE = /^lease:[\w-]{43}$/;
/** Of an entry: the fingerprint, the model, the operation, and the arguments, as `@evercache/prisma` spells them. */
const ENTRY = /^([\w-]{10}):([^:{}]+):([^:{}]+):/;

/** What a key is, by its name. `foreign`: none of this namespace. */
export type KeyName =
  | {
      readonly kind: "entry";
      readonly name: string;
      /** Without the namespace, as `withCacheInfo()`, events and `$cache.explain` tell it. */
      readonly key: string;
      readonly fingerprint: string;
      readonly model: string;
      readonly operation: string;
    }
  | {
      /** It has a token, or a lock. */
      readonly kind: "tag";
      readonly name: string;
      readonly tag: Tag;
      /** The model, the join table, or the tag itself where the application chose it. */
      readonly group: string;
    }
  | { readonly kind: "claim" | "lease" | "foreign"; readonly name: string };

/**
 * The names of all keys. Entries: `shop:Product:findUnique:id=42`. Tokens: `shop:tag:{Product}:row:42`; the braces put the
 * tokens of one group into one slot of a cluster, while entries spread. The claim: `shop:{database}`. No entry is ever
 * named like a token, since the name of no operation begins with a brace.
 *
 * Leases: `shop:lease:…`, a hash, in which there is no colon as there is in each name of an entry.
 *
 * And of channels, one for each group of tags, in its slot: `shop:invalidated:{Product}`; and one for each process that waits
 * for leases: `shop:freed:{…}`; and one for each topic that processes speak about: `shop:said:{requests}`.
 */
export class Keyspace {
  /** Whose database the namespace is for. */
  readonly claimKey: string;
  readonly #entryPrefix: string;
  readonly #tagPrefix: string;
  readonly #channelPrefix: string;
  readonly #leasePrefix: string;
  readonly #inboxPrefix: string;
  readonly #topicPrefix: string;

  /** @throws EvercacheError `INVALID_OPTION` */
  constructor(namespace: unknown) {
    const checked = checkNamespace(namespace);
    this.claimKey = `${checked}:{database}`;
    this.#entryPrefix = `${checked}:`;
    this.#tagPrefix = `${checked}:tag:{`;
    this.#channelPrefix = `${checked}:invalidated:{`;
    this.#leasePrefix = `${checked}:lease:`;
    this.#inboxPrefix = `${checked}:freed:{`;
    this.#topicPrefix = `${checked}:said:{`;
  }

  entryKey(key: string): string {
    return this.#entryPrefix + key;
  }

  tagKey(tag: Tag): string {
    const group = tagGroup(tag);
    return `${this.#tagPrefix}${group}}${tag.slice(group.length)}`;
  }

  /** Where it is told that tags of `group` are invalidated. */
  channel(group: string): string {
    return `${this.#channelPrefix}${group}}`;
  }

  leaseKey(hash: string): string {
    return this.#leasePrefix + hash;
  }

  /** Where a process is told that leases are free that it waits for. */
  inbox(name: string): string {
    return `${this.#inboxPrefix}${name}}`;
  }

  /** Where is said what there is to say about a topic. */
  topic(name: string): string {
    return `${this.#topicPrefix}${name}}`;
  }

  /** The tag of `group` whose key is `key`; null if it is not one. */
  readTagKey(key: string, group: string): Tag | null {
    const prefix = `${this.#tagPrefix}${group}}`;
    return key.startsWith(prefix) ? ((group + key.slice(prefix.length)) as Tag) : null;
  }

  /** A pattern of `SCAN` that all keys match, and those of namespaces that begin with this one and a colon. */
  get everyKey(): string {
    return `${escapeGlob(this.#entryPrefix)}*`;
  }

  /** A pattern that the keys of all tags match; with `group`, of those of that group. */
  everyTag(group?: string): string {
    const prefix = group === undefined ? this.#tagPrefix : `${this.#tagPrefix}${group}}`;
    return `${escapeGlob(prefix)}*`;
  }

  /** A pattern of `PUBSUB CHANNELS` that the channels of all groups match. */
  get everyChannel(): string {
    return `${escapeGlob(this.#channelPrefix)}*`;
  }

  /** The group whose channel this is; null if it is none. */
  readChannel(channel: string): string | null {
    const fits = channel.startsWith(this.#channelPrefix) && channel.endsWith("}");
    return fits ? channel.slice(this.#channelPrefix.length, -1) : null;
  }

  /** What a key is, by its name. */
  read(name: string): KeyName {
    if (name === this.claimKey) return { kind: "claim", name };
    if (name.startsWith(this.#tagPrefix)) {
      const end = name.indexOf("}", this.#tagPrefix.length);
      if (end < 0) return { kind: "foreign", name };
      const group = name.slice(this.#tagPrefix.length, end);
      return { kind: "tag", name, group, tag: (group + name.slice(end + 1)) as Tag };
    }
    const key = name.startsWith(this.#entryPrefix) ? name.slice(this.#entryPrefix.length) : "";
    if (LEASE.test(key)) return { kind: "lease", name };
    const [, fingerprint, model, operation] = ENTRY.exec(key) ?? [];
    if (fingerprint === undefined || model === undefined || operation === undefined) return { kind: "foreign", name };
    return { kind: "entry", name, key, fingerprint, model, operation };
  }

  /** The places in `tags` whose keys share a slot, and so can go into one script. */
  groups(tags: readonly Tag[]): number[][] {
    const groups = new Map<string, number[]>();
    for (const [place, tag] of tags.entries()) {
      const group = tagGroup(tag);
      const places = groups.get(group);
      if (places) places.push(place);
      else groups.set(group, [place]);
    }
    return [...groups.values()];
  }
}

/** @throws EvercacheError `INVALID_OPTION` */
export function checkNamespace(namespace: unknown): string {
  // oxlint-disable-next-line no-control-regex
  const fits = typeof namespace === "string" && /^[^{}\s\u0000-\u001f\u007f]+$/.test(namespace);
  if (fits && namespace.length <= LONGEST_NAMESPACE) return namespace;
  throw new EvercacheError(
    "INVALID_OPTION",
    `namespace: ${typeof namespace === "string" ? JSON.stringify(namespace) : String(namespace)} cannot begin a key. ` +
      `Write 1 to ${LONGEST_NAMESPACE} characters without spaces and braces, for example "shop".`,
    { value: namespace },
  );
}

/** https://redis.io/docs/latest/commands/keys/ */
function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]^\\-]/g, "\\$&");
}
