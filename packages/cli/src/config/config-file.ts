import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, usageError } from "../cli-error.js";
import { importModule } from "./import-module.js";

/** `evercache.config.{json,js,mjs,ts}`: what one would otherwise write on each command line. Paths are relative to the file. */
export interface EvercacheConfig {
  /** A URL, or those of several nodes or sentinels. */
  readonly redis?: string | readonly string[];
  /** The URLs are nodes of a Redis Cluster. */
  readonly cluster?: boolean;
  /** The URLs are sentinels, which watch a primary of this name. */
  readonly sentinel?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** A file with the certificate authority that `rediss://` trusts. */
  readonly tlsCa?: string;
  readonly tlsInsecure?: boolean;
  readonly namespace?: string;
  /** A module whose default export, or export `prisma`, is the client with the cache. */
  readonly client?: string;
  /** The schema of Prisma. */
  readonly schema?: string;
}

const NAMES = ["json", "js", "mjs", "ts"].map((ending) => `evercache.config.${ending}`);

const TYPES = {
  redis: "a URL, or an array of them",
  cluster: "a boolean",
  sentinel: "a string",
  sentinelUsername: "a string",
  sentinelPassword: "a string",
  tlsCa: "a string",
  tlsInsecure: "a boolean",
  namespace: "a string",
  client: "a string",
  schema: "a string",
} satisfies Record<keyof EvercacheConfig, string>;

const PATHS = ["tlsCa", "client", "schema"] as const;

/** The configuration in `file`, or in the one that lies in `cwd`; empty where there is none. @throws CliError */
export async function readConfigFile(file: string | undefined, cwd: string): Promise<EvercacheConfig> {
  const found = file ?? NAMES.find((name) => existsSync(path.join(cwd, name)));
  if (found === undefined) return {};
  const absolute = path.resolve(cwd, found);
  let read: unknown;
  try {
    read = absolute.endsWith(".json")
      ? JSON.parse(await readFile(absolute, "utf8"))
      : (await importModule(absolute))["default"];
  } catch (error) {
    throw usageError(`${found} cannot be read: ${messageOf(error)}`, error);
  }
  const config = checkConfig(read, found);
  const folder = path.dirname(absolute);
  const resolved = PATHS.flatMap((name) => {
    const value = config[name];
    return value === undefined ? [] : [[name, path.resolve(folder, value)] as const];
  });
  return { ...config, ...Object.fromEntries(resolved) };
}

/** @throws CliError where `read` is no configuration; `file` is for people */
export function checkConfig(read: unknown, file: string): EvercacheConfig {
  if (typeof read !== "object" || read === null || Array.isArray(read)) {
    throw usageError(
      `${file}: it has no object with settings. Write for example { "redis": "redis://localhost:6379" }.`,
    );
  }
  for (const [name, value] of Object.entries(read)) {
    const type = TYPES[name as keyof EvercacheConfig] as string | undefined;
    if (type === undefined) {
      throw usageError(`${file}: there is no setting "${name}". There are ${Object.keys(TYPES).join(", ")}.`);
    }
    if (!fits(value, type)) throw usageError(`${file}: "${name}" has to be ${type}.`);
  }
  return read;
}

function fits(value: unknown, type: string): boolean {
  if (type === "a boolean") return typeof value === "boolean";
  if (typeof value === "string") return true;
  return type !== "a string" && Array.isArray(value) && value.every((url) => typeof url === "string");
}
