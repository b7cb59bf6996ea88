import { readableOrHash, type Keyring } from "@evercache/core";
import { canonicalize, type Uncacheable } from "./canonical.js";

export interface QuerySource {
  /** Tells schemas and versions of the format from one another. */
  readonly fingerprint: string;
  readonly model: string;
  readonly operation: string;
  readonly args: unknown;
  /** Where a fluent call finds its value: it has the arguments of its `select`, and another result. */
  readonly dataPath?: readonly string[] | undefined;
  /** What the client leaves out of results, which the arguments do not say. */
  readonly globalOmit?: unknown;
  readonly scope?: string | undefined;
  /** Custom tags: an entry carries them, so that the same query with other tags is another entry. */
  readonly tags?: readonly string[] | undefined;
  /** Entries carry tags that their result told: to a client that asks no result for any they would be others. */
  readonly isTaggedByResult?: boolean | undefined;
}

export interface QueryKey {
  readonly key: string;
  /** The full text where the key has only its hash, else `null`: the key says it all. */
  readonly identity: string | null;
}

/** Beyond this many characters the arguments are replaced by their SHA-256. */
const LONGEST_READABLE = 120;

const NAMESAKES: Readonly<Record<string, string>> = {
  findUniqueOrThrow: "findUnique",
  findFirstOrThrow: "findFirst",
};

/** Two queries have the same key only if they are the same query. */
export function queryKey(source: QuerySource): QueryKey | Uncacheable {
  const text = queryText(source);
  return typeof text === "string" ? keyOfText(source, text) : text;
}

/** All that tells a query from others. What is named by it need not be hashed each time. */
export function queryText(source: QuerySource): string | Uncacheable {
  const args = canonicalize(source.args);
  if (typeof args !== "string") return args;
  const context = contextOf(source);
  if (typeof context !== "string") return context;
  // Outside of a quoted string no arguments contain ";", so that the context cannot be mistaken for arguments.
  return context === "" ? prefixOf(source) + args : `${prefixOf(source)}${args};${context}`;
}

/** `text`: of the same query. */
export function keyOfText(source: QuerySource, text: string): QueryKey {
  return keyBehind(prefixOf(source), text);
}

/** `prefix`: that of `text`. */
export function keyBehind(prefix: string, text: string): QueryKey {
  // Most texts are short enough to be the key.
  if (text.length <= prefix.length + LONGEST_READABLE) return { key: text, identity: null };
  return { key: prefix + readableOrHash(text.slice(prefix.length), LONGEST_READABLE), identity: text };
}

/** What its text begins with, before its arguments. */
export function prefixOf(source: Omit<QuerySource, "args">): string {
  return `${source.fingerprint}:${source.model}:${sharedOperation(source)}:`;
}

/** The key of the same query for who must not see its arguments: it shows the model and the operation alone. */
export function concealedKey({ key, identity }: QueryKey, keyring: Keyring): QueryKey {
  const shown = key.split(":", 3).join(":");
  return { key: `${shown}:~${keyring.nameOf(identity ?? key)}`, identity: null };
}

/**
 * `…OrThrow` finds what its namesake finds, and says otherwise that it found nothing. Not below a fluent call: there a
 * result of null may also be a relation that is empty.
 */
export function sharedOperation({ operation, dataPath }: Pick<QuerySource, "operation" | "dataPath">): string {
  return dataPath !== undefined && dataPath.length > 0 ? operation : (NAMESAKES[operation] ?? operation);
}

function contextOf({ dataPath, globalOmit, scope, tags, isTaggedByResult }: QuerySource): string | Uncacheable {
  const hasPath = dataPath !== undefined && dataPath.length > 0;
  const hasTags = tags !== undefined && tags.length > 0;
  if (!hasPath && !hasTags && !isTaggedByResult && scope === undefined && globalOmit === undefined) return "";
  return canonicalize({
    omit: globalOmit,
    path: hasPath ? dataPath : undefined,
    scope,
    tags: hasTags ? [...new Set(tags)].sort() : undefined,
    told: isTaggedByResult ? true : undefined,
  });
}
