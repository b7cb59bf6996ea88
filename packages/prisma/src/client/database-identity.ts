import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import type { DatabaseIdentity } from "@evercache/core";
import { normalProvider } from "../schema/parse-schema.js";
import { readInternals, type ExtensibleClient } from "./internals.js";

/** What a database says of itself. `null`: it does not say, or not reliably. */
interface Facts {
  /** The user's own `databaseId`. Nothing else counts then. */
  readonly id?: string;
  readonly provider?: string;
  /** Of the data, not of the machine: replicas and their promotion do not change it. */
  readonly server?: string | null;
  readonly database?: string | null;
  readonly schema?: string | null;
}

/** How the database below a client is recognised. */
export function databaseIdentity(
  client: ExtensibleClient,
  databaseId: string | undefined,
  namespace: string,
): DatabaseIdentity {
  return {
    async learn() {
      const facts = databaseId === undefined ? await ask(client) : { id: databaseId };
      return facts && JSON.stringify(facts);
    },
    compare: (held, mine) => compareFacts(parse(held), parse(mine)),
    explain: (held, mine) =>
      `namespace: "${namespace}" is used on this Redis for another database (${held}); this client's is ${mine}. It would ` +
      "be shown the other's rows, so nothing is cached for it. Give each database a namespace of its own. If both are one " +
      "and the same, give all its clients the same databaseId.",
  };
}

function compareFacts(held: Facts, mine: Facts): ReturnType<DatabaseIdentity["compare"]> {
  if (held.id !== undefined && mine.id !== undefined) return held.id === mine.id ? "same" : "other";
  if (mine.id !== undefined) return "sharper";
  if (held.id !== undefined) return "compatible";
  let isSharper = false;
  for (const name of ["provider", "server", "database", "schema"] as const) {
    const [theirs, ours] = [held[name] ?? null, mine[name] ?? null];
    if (theirs !== null && ours !== null && theirs !== ours)
      return isTelling(name, held, mine) ? "other" : "compatible";
    if (theirs === null && ours !== null) isSharper = true;
  }
  return isSharper ? "sharper" : "compatible";
}

/** Two files on two machines may be one, on a volume that both have. */
function isTelling(name: keyof Facts, held: Facts, mine: Facts): boolean {
  return !(name === "server" && (held.provider === "sqlite" || mine.provider === "sqlite"));
}

function parse(text: string): Facts {
  try {
    const facts: unknown = JSON.parse(text);
    return typeof facts === "object" && facts !== null ? facts : {};
  } catch {
    return {};
  }
}

async function ask(client: ExtensibleClient): Promise<Facts | null> {
  const { provider: spelt } = readInternals(client);
  const provider = normalProvider(spelt ?? "");
  const query = async (sql: string): Promise<Record<string, unknown>> => {
    const run = client["$queryRawUnsafe"] as (sql: string) => Promise<readonly Record<string, unknown>[]>;
    return (await run.call(client, `/* evercache: which database is this? */ ${sql}`))[0] ?? {};
  };
  switch (provider) {
    case "postgresql": {
      // Not everybody may ask, and not every server that speaks PostgreSQL's protocol has it. To try would log an error.
      const { database, may } = await query(
        "SELECT current_database()::text AS database, CASE WHEN to_regprocedure('pg_control_system()') IS NULL THEN false " +
          "ELSE has_function_privilege('pg_control_system()', 'execute') END AS may",
      );
      const { server } =
        may === true
          ? await query("SELECT system_identifier::text AS server FROM pg_control_system()")
          : { server: null };
      return { provider, server: textOf(server), database: textOf(database), schema: schemaOf(client) };
    }
    case "cockroachdb": {
      const { database } = await query("SELECT current_database() AS database");
      return { provider, database: textOf(database), schema: schemaOf(client) };
    }
    case "mysql": {
      // A replica has another server_uuid, so that it would tell a promoted one from itself.
      const { name } = await query("SELECT LOWER(DATABASE()) AS name");
      return { provider, database: textOf(name) };
    }
    case "sqlite": {
      const { file } = await query("SELECT file FROM pragma_database_list WHERE name = 'main'");
      if (typeof file !== "string" || file === "") return null;
      // A server's file is not to be found here.
      const found = await stat(file, { bigint: true }).catch(() => null);
      return found && { provider, server: hostname(), database: `${found.dev}:${found.ino}` };
    }
    default:
      return null;
  }
}

/** The schema that the driver adapter was told, which Prisma puts before the names of tables. */
function schemaOf(client: ExtensibleClient): string | null {
  const { _engineConfig } = client as { _engineConfig?: { adapter?: { options?: { schema?: unknown } } } };
  const schema = _engineConfig?.adapter?.options?.schema;
  return typeof schema === "string" ? schema : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
