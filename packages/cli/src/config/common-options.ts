import type { Command } from "commander";

/** What each command takes. */
export interface CommonOptions {
  readonly redis?: string;
  readonly cluster?: boolean;
  readonly sentinel?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly tlsCa?: string;
  readonly tlsInsecure?: boolean;
  readonly namespace?: string;
  readonly client?: string;
  readonly config?: string;
  /** Not `--env-file`: Node 20 takes that for its own, wherever it stands. */
  readonly dotenv?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
}

export function addCommonOptions(command: Command): void {
  command.optionsGroup("Redis:");
  command.option("--redis <url>", "redis:// or rediss:// URL, or several with commas (env EVERCACHE_REDIS, REDIS_URL)");
  command.option("--cluster", "the URLs are nodes of a Redis Cluster");
  command.option("--sentinel <name>", "the URLs are sentinels, which watch a primary of this name");
  command.option("--sentinel-username <name>", "for the sentinels, if they have users");
  command.option("--sentinel-password <secret>", "for the sentinels (env EVERCACHE_SENTINEL_PASSWORD)");
  command.option("--tls-ca <file>", "certificate authority that rediss:// trusts");
  command.option("--tls-insecure", "rediss:// trusts any certificate");
  command.option(
    "--namespace <name>",
    'the namespace option of the cache (env EVERCACHE_NAMESPACE, default "evercache")',
  );
  command.optionsGroup("Application:");
  command.option("--client <file>", "module whose default export, or export `prisma`, is the client with the cache");
  command.option(
    "--config <file>",
    "configuration file (default evercache.config.json, .js, .mjs or .ts, if there is one)",
  );
  command.option("--dotenv <file>", "file whose variables are added to the environment");
  command.optionsGroup("Output:");
  command.option("--json", "print JSON, for programs");
  command.option("--debug", "print the stack of an error");
  command.optionsGroup("Options:");
}
