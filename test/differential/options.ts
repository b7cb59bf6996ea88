import { parseArgs } from "node:util";
import { PROVIDERS, type Provider } from "../setup/schema/variants.js";

export interface Options {
  readonly minutes: number;
  readonly databases: readonly Provider[];
  readonly seed: number;
  /** The number of the first history. */
  readonly history: number;
  /** Somebody's own schema; left out: the one that has every feature. */
  readonly schema: string | undefined;
  readonly operations: number;
  readonly reads: number;
  readonly keepGoing: boolean;
  /** An operation that is written past the cache. */
  readonly forget: string | undefined;
}

export const USAGE = `usage: npm run check:differential -- [--minutes 3] [--database postgresql|mariadb|sqlite,…] [--seed 1|random]
  [--history 0] [--schema file] [--operations N] [--reads N] [--keep-going] [--forget updateMany]
  --operations, --reads   end after so many generated operations, or compared reads, where that comes first
  --forget                write this operation past the cache: what the check must find`;

/** @throws Error for what is not understood */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const names = ["minutes", "database", "seed", "history", "schema", "operations", "reads", "forget"] as const;
  const options = {
    ...Object.fromEntries(names.map((name) => [name, text])),
    "keep-going": { type: "boolean" as const },
  };
  const values = parseArgs({ args: [...args], options, strict: true }).values as Partial<Record<string, string>>;
  const seed = values["seed"] === "random" ? Math.floor(Math.random() * 2 ** 31) : number(values, "seed", 1, 0);
  const operations = number(values, "operations", Infinity);
  const reads = number(values, "reads", Infinity);
  const isCounted = Number.isFinite(operations) || Number.isFinite(reads);
  return {
    minutes: number(values, "minutes", isCounted ? Infinity : 3),
    databases: values["database"]?.split(",").map(databaseOf) ?? PROVIDERS,
    seed,
    history: number(values, "history", 0, 0),
    schema: values["schema"],
    operations,
    reads,
    keepGoing: values["keep-going"] !== undefined,
    forget: values["forget"],
  };
}

function databaseOf(name: string): Provider {
  const provider = PROVIDERS.find((each) => each === (name === "mariadb" ? "mysql" : name));
  if (provider === undefined) throw new Error("--database: write postgresql, mariadb or sqlite");
  return provider;
}

function number(
  values: Partial<Record<string, string>>,
  name: string,
  fallback: number,
  least = Number.MIN_VALUE,
): number {
  const value = Number(values[name] ?? fallback);
  if (!(value >= least)) throw new Error(`--${name}: write a number${least > 0 ? " above 0" : ""}`);
  return value;
}
