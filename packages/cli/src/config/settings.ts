import path from "node:path";
import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { checkNamespace } from "@evercache/redis";
import { messageOf, usageError } from "../cli-error.js";
import { parseAddress, splitUrls, type RedisAddress } from "../connection/address.js";
import type { CommonOptions } from "./common-options.js";
import { readConfigFile, type EvercacheConfig } from "./config-file.js";

/** What a command knows of where it works. */
export interface Settings {
  readonly address: RedisAddress;
  readonly namespace: string;
  /** Absolute; undefined where none was given. */
  readonly client: string | undefined;
  /** Absolute; as the configuration file has it. */
  readonly schema: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_REDIS = "redis://127.0.0.1:6379";
const DEFAULT_NAMESPACE = "evercache";

/** Reads the files that settings may stand in. @throws CliError */
export async function resolveSettings(options: CommonOptions, env: Settings["env"], cwd: string): Promise<Settings> {
  const added = options.dotenv === undefined ? {} : await readDotenv(path.resolve(cwd, options.dotenv));
  // The application's client reads them too.
  for (const [name, value] of Object.entries(added)) process.env[name] ??= value;
  const config = await readConfigFile(options.config, cwd);
  return chooseSettings(options, { ...added, ...env }, config, cwd);
}

/** An option counts more than evercache's own variables, these more than the file, and that more than `REDIS_URL`. @throws CliError */
export function chooseSettings(
  options: CommonOptions,
  env: Settings["env"],
  config: EvercacheConfig,
  cwd: string,
): Settings {
  const own = options.redis ?? nonEmpty(env["EVERCACHE_REDIS"]);
  const urls = own ?? config.redis ?? nonEmpty(env["REDIS_URL"]) ?? DEFAULT_REDIS;
  const absolute = (file: string | undefined) => (file === undefined ? undefined : path.resolve(cwd, file));
  const namespace = options.namespace ?? nonEmpty(env["EVERCACHE_NAMESPACE"]) ?? config.namespace ?? DEFAULT_NAMESPACE;
  return {
    address: parseAddress({
      urls: typeof urls === "string" ? splitUrls(urls) : urls,
      cluster: options.cluster ?? config.cluster ?? false,
      sentinel: options.sentinel ?? config.sentinel,
      sentinelUsername: options.sentinelUsername ?? config.sentinelUsername,
      sentinelPassword:
        options.sentinelPassword ?? nonEmpty(env["EVERCACHE_SENTINEL_PASSWORD"]) ?? config.sentinelPassword,
      tlsCa: absolute(options.tlsCa) ?? config.tlsCa,
      tlsInsecure: options.tlsInsecure ?? config.tlsInsecure ?? false,
    }),
    namespace: checkNamespace(namespace),
    client: absolute(options.client) ?? config.client,
    schema: config.schema,
    cwd,
    env,
  };
}

async function readDotenv(file: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await readFile(file, "utf8"));
  } catch (error) {
    throw usageError(`--dotenv: ${messageOf(error)}`, error);
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
