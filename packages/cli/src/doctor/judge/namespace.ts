import { error, ok, warning, type Finding } from "../finding.js";
import { spellTime } from "../spell.js";

const ID = "namespace";
/** What a claim is given to live for: what is left tells when it was renewed. In milliseconds. */
const CLAIM_TTL = 400 * 86_400_000;
/** A database that was silent for so long may lose its namespace to another one. */
const SILENCE = 300_000;

/** What is known of a database; the claim of a namespace has the same. */
export interface DatabaseFacts {
  readonly id?: string | undefined;
  readonly provider?: string | undefined;
  readonly server?: string | null | undefined;
  readonly database?: string | null | undefined;
  readonly schema?: string | null | undefined;
}

export interface NamespaceFacts {
  readonly namespace: string;
  /** The claim's value and the milliseconds that it has left; `null`: nobody has claimed it; undefined: it cannot be read. */
  readonly claim: { readonly value: string; readonly remaining: number } | null | undefined;
  /** Of the application, as far as it was told. */
  readonly mine: DatabaseFacts | undefined;
}

/** Whether the namespace is that of another database. */
export function judgeNamespace({ namespace, claim, mine }: NamespaceFacts): Finding[] {
  if (claim === undefined) return [];
  if (claim === null) return [ok(ID, `"${namespace}" is not in use yet.`)];
  const held = parseClaim(claim.value);
  if (held === null) {
    return [
      error(
        ID,
        `"${namespace}" has a claim that evercache did not write: ${claim.value.slice(0, 80)}`,
        "Something else uses keys that begin so.",
        "Give the cache another namespace.",
      ),
    ];
  }
  const age = Math.max(0, CLAIM_TTL - claim.remaining);
  const holder = describe(held);
  const renewed = `last claimed ${spellTime(age)} ago`;
  const difference = mine && firstDifference(held, mine);
  if (!difference) {
    const compared = mine ? "" : " Write --database-url to have it compared.";
    return [ok(ID, `"${namespace}" is used for ${holder}, ${renewed}.${compared}`)];
  }
  const found = `"${namespace}" is used for ${holder} (${renewed}); this application has another ${difference}: ${describe(mine)}.`;
  const advice =
    "Give each database a namespace of its own. If both are one and the same, give all clients the same databaseId.";
  if (age > SILENCE) {
    const why =
      "Its clients have been silent for so long that this application's would take the namespace over, and drop what is in it.";
    return [warning(ID, found, why, advice)];
  }
  return [error(ID, found, "It would be shown the other's rows. So nothing is cached for it.", advice)];
}

/** The first thing by which they are certainly two; `null`: none. */
function firstDifference(held: DatabaseFacts, mine: DatabaseFacts): string | null {
  if (held.id !== undefined || mine.id !== undefined) {
    return held.id !== undefined && mine.id !== undefined && held.id !== mine.id ? "databaseId" : null;
  }
  // The name of a file's machine says nothing: two may have one volume.
  const names =
    held.provider === "sqlite"
      ? (["provider", "database"] as const)
      : (["provider", "server", "database", "schema"] as const);
  return names.find((name) => isKnown(held[name]) && isKnown(mine[name]) && !mayBeSame(name, held, mine)) ?? null;
}

/** CockroachDB has the URLs of PostgreSQL. */
function mayBeSame(
  name: "provider" | "server" | "database" | "schema",
  held: DatabaseFacts,
  mine: DatabaseFacts,
): boolean {
  if (held[name] === mine[name]) return true;
  return name === "provider" && held.provider === "cockroachdb" && mine.provider === "postgresql";
}

function isKnown(value: string | null | undefined): boolean {
  return value !== null && value !== undefined;
}

function parseClaim(value: string): DatabaseFacts | null {
  try {
    const facts: unknown = JSON.parse(value);
    return typeof facts === "object" && facts !== null && !Array.isArray(facts) ? facts : null;
  } catch {
    return null;
  }
}

function describe({ id, provider, server, database, schema }: DatabaseFacts): string {
  if (id !== undefined) return `the database with databaseId "${id}"`;
  const parts = [
    provider,
    isKnown(database) ? `database "${database}"` : undefined,
    isKnown(schema) ? `schema "${schema}"` : undefined,
    isKnown(server) ? `on server ${server}` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" ") || "a database that tells nothing of itself";
}
