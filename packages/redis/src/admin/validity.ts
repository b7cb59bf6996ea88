import { frameEntry, judge, QUARANTINED, type Entry, type Tag, type TokenState } from "@evercache/core";
import type { Keyspace } from "../keyspace.js";
import type { Lookups } from "../lookups.js";
import type { Servers } from "../servers.js";
import { readFormerToken, readTagText } from "../tag-text.js";
import { scan } from "./scan.js";

/** One of an entry's stamps, beside what its tag has now. */
export interface StampState {
  readonly stamp: string;
  /** Null: no tag has this token any more, so that nobody knows which had it. */
  readonly tag: Tag | null;
  /** `equal`: the tag still has this token. `changed`: it has another, or none. `locked`: a write is under way. */
  readonly state: "equal" | "changed" | "locked";
}

/**
 * Whether an entry may be served, as far as it tells itself. `expired`: nothing that it depends on was written, and its time is
 * over; a policy with `swr` may serve it all the same, and a client whose policy has a shorter time calls it expired before.
 */
export interface Validity {
  readonly verdict: "valid" | "expired" | "invalidated" | "locked";
  readonly stamps: readonly StampState[];
}

export interface ValidityContext {
  readonly keyspace: Keyspace;
  readonly servers: Servers;
  readonly lookups: Lookups;
  readonly now: () => number;
}

export interface ValidityOptions {
  /** What the entry's query depends on, as `$cache.explain` tells it. Spares the search where the entry does not name its tags. */
  readonly query?: { readonly tags: readonly string[]; readonly absentTags: readonly string[] };
  /** Told of keys looked at, and how many there are, where tags have to be searched for. */
  readonly onProgress?: (examined: number, total: number) => void;
}

export async function validityOf(
  context: ValidityContext,
  entry: Entry,
  { query, onProgress = () => {} }: ValidityOptions,
): Promise<Validity> {
  const names = entry.names ?? (query ? tagsOf(entry, query) : null);
  const found = names ? await lookUp(context.lookups, names) : await search(context, entry.stamps, onProgress);
  const stamps = entry.stamps.map((stamp, i): StampState => {
    const { tag, token } = found[i]!;
    return { stamp, tag, state: token === QUARANTINED ? "locked" : token === stamp ? "equal" : "changed" };
  });
  return { verdict: judged(entry, found, context.now()), stamps };
}

/** Null where they cannot be those that it was stored with. */
function tagsOf(
  { absent, stamps }: Entry,
  { tags, absentTags }: NonNullable<ValidityOptions["query"]>,
): readonly Tag[] | null {
  const own = absent && absentTags.length > 0 ? absentTags : tags;
  return own.length === stamps.length ? (own as readonly Tag[]) : null;
}

interface TagNow {
  readonly tag: Tag | null;
  readonly token: TokenState;
}

async function lookUp(lookups: Lookups, names: readonly Tag[]): Promise<TagNow[]> {
  const { tokens } = await lookups.lookup(null, names);
  return names.map((tag, i) => ({ tag, token: tokens[i]! }));
}

/**
 * Of an entry that does not name its tags: no two tags ever have the same token, and none has one again that it had before. So a
 * stamp that is some tag's token is that of the tag that it came from, and one that is nobody's has been replaced.
 */
async function search(
  { keyspace, servers }: ValidityContext,
  stamps: readonly string[],
  onProgress: (examined: number, total: number) => void,
): Promise<TagNow[]> {
  const found = new Map<string, TagNow>();
  const wanted = new Set(stamps);
  for await (const page of scan({ keyspace, servers }, { pattern: keyspace.everyTag(), withTexts: true })) {
    for (const [i, name] of page.names.entries()) {
      const text = page.texts[i];
      if (name.kind !== "tag" || !text) continue;
      const token = readTagText(text, page.epoch);
      const stamp = token === QUARANTINED ? readFormerToken(text) : token;
      if (stamp !== null && wanted.has(stamp)) found.set(stamp, { tag: name.tag, token });
    }
    if (found.size === wanted.size) break;
    onProgress(page.examined, page.total);
  }
  return stamps.map((stamp) => found.get(stamp) ?? { tag: null, token: null });
}

const NOTHING = new Uint8Array();

/** As a reader would who takes it however old it is. */
function judged(entry: Entry, found: readonly TagNow[], now: number): Validity["verdict"] {
  const tags = found.map(({ tag }, i) => tag ?? (`unknown ${i}` as Tag));
  const verdict = judge(
    { entry: frameEntry({ ...entry, names: tags, payload: NOTHING }), tokens: found.map(({ token }) => token) },
    {
      fingerprint: entry.fingerprint,
      identity: entry.identity,
      tags,
      tagCount: tags.length,
      absentTags: entry.absent ? tags : [],
      longestAge: Number.POSITIVE_INFINITY,
      longestAbsence: Number.POSITIVE_INFINITY,
      longestIdle: Number.POSITIVE_INFINITY,
      longestIdleAbsence: Number.POSITIVE_INFINITY,
      swr: 0,
    },
    now,
  );
  switch (verdict.kind) {
    case "hit":
    case "stale":
      return "valid";
    case "bypass":
      return "locked";
    default:
      return verdict.kind === "miss" && verdict.reason === "expired" ? "expired" : "invalidated";
  }
}
