import { EvercacheError, tagGroup, type Tag } from "@evercache/core";

const LONGEST_NAMESPACE = 64;

/**
 * The names of all keys. Entries: `shop:Product:findUnique:id=42`. Tokens: `shop:tag:{Product}:row:42`; the braces put the
 * tokens of one group into one slot of a cluster, while entries spread. The claim: `shop:{database}`. No entry is ever
 * named like a token, since the name of no operation begins with a brace.
 *
 * Leases: `shop:lease:…`, a hash, in which there is no colon as there is in each name of an entry.
 *
 * And of channels, one for each group of tags, in its slot: `shop:invalidated:{Product}`; and one for each process that waits
 * for leases: `shop:freed:{…}`.
 */
export class Keyspace {
  /** Whose database the namespace is for. */
  readonly claimKey: string;
  readonly #entryPrefix: string;
  readonly #tagPrefix: string;
  readonly #channelPrefix: string;
  readonly #leasePrefix: string;
  readonly #inboxPrefix: string;

  /** @throws EvercacheError `INVALID_OPTION` */
  constructor(namespace: unknown) {
    const checked = checkNamespace(namespace);
    this.claimKey = `${checked}:{database}`;
    this.#entryPrefix = `${checked}:`;
    this.#tagPrefix = `${checked}:tag:{`;
    this.#channelPrefix = `${checked}:invalidated:{`;
    this.#leasePrefix = `${checked}:lease:`;
    this.#inboxPrefix = `${checked}:freed:{`;
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

  /** The tag of `group` whose key is `key`; null if it is not one. */
  readTagKey(key: string, group: string): Tag | null {
    const prefix = `${this.#tagPrefix}${group}}`;
    return key.startsWith(prefix) ? ((group + key.slice(prefix.length)) as Tag) : null;
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
