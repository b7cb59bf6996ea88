import { createRequire } from "node:module";
import { usageError } from "../cli-error.js";
import type { ApplicationClient } from "../client-module.js";

/** What JSON does not have, by how it is spelled: one property with this name. */
type Revive = (value: unknown) => unknown;

/** Of `@prisma/client/runtime/client`. */
interface PrismaRuntime {
  readonly Decimal: new (text: string) => object;
  readonly DbNull: object;
  readonly JsonNull: object;
  readonly AnyNull: object;
}

/**
 * The arguments as Prisma takes them: `{ $date }`, `{ $bigint }`, `{ $decimal }`, `{ $bytes }` (base64), `{ $null: "DbNull" }` and
 * `{ $field: "Product.price" }` as what they stand for. `file`: that of the client.
 * @throws CliError
 */
export function reviveArgs(args: unknown, client: ApplicationClient, file: string): unknown {
  const runtime = () => loadRuntime(file);
  const spellings: Readonly<Record<string, Revive>> = {
    $date: (value) => {
      const date = new Date(value as string | number);
      if (Number.isNaN(date.getTime())) throw usageError(`{"$date":${JSON.stringify(value)}} is no date.`);
      return date;
    },
    $bigint: (value) => {
      if (!/^-?\d+$/.test(String(value))) throw usageError(`{"$bigint":${JSON.stringify(value)}} is no whole number.`);
      return BigInt(String(value));
    },
    $decimal: (value) => new (runtime().Decimal)(String(value)),
    $bytes: (value) => new Uint8Array(Buffer.from(String(value), "base64")),
    $null: (value) => {
      const { DbNull, JsonNull, AnyNull } = runtime();
      const found = ({ DbNull, JsonNull, AnyNull } as Record<string, object>)[String(value)];
      if (found) return found;
      throw usageError(`{"$null":${JSON.stringify(value)}}: write "DbNull", "JsonNull" or "AnyNull".`);
    },
    $field: (value) => {
      const [model = "", field = ""] = String(value).split(".");
      const delegate = client[delegateName(model)] as { fields?: Record<string, unknown> } | undefined;
      const found = delegate?.fields?.[field];
      if (found !== undefined) return found;
      throw usageError(
        `{"$field":${JSON.stringify(value)}}: there is no such column. Write for example "Product.price".`,
      );
    },
  };
  return revive(args, spellings);
}

/** The client's property for a model: the name, with its first letter small. */
export function delegateName(model: string): string {
  return model.slice(0, 1).toLowerCase() + model.slice(1);
}

function revive(value: unknown, spellings: Readonly<Record<string, Revive>>): unknown {
  if (Array.isArray(value)) return value.map((part) => revive(part, spellings));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first && Object.hasOwn(spellings, first[0])) return spellings[first[0]]!(first[1]);
  return Object.fromEntries(entries.map(([name, part]) => [name, revive(part, spellings)]));
}

/** The one that the client is made of. */
function loadRuntime(file: string): PrismaRuntime {
  try {
    return createRequire(file)("@prisma/client/runtime/client") as PrismaRuntime;
  } catch (error) {
    throw usageError(`@prisma/client cannot be found from ${file}, which $decimal and $null need.`, error);
  }
}
