import { Console } from "node:console";
import { CliError, messageOf, usageError } from "./cli-error.js";
import { importModule } from "./config/import-module.js";
import { ExitCode } from "./exit-codes.js";

/** The application's client, as far as every command knows it. */
export interface ApplicationClient {
  readonly $cache: object;
  $disconnect(): Promise<void>;
  readonly [name: string]: unknown;
}

const EXPORTS = ["default", "prisma", "client", "db"] as const;

/**
 * Loads the module that `--client` names. Its default export, or `prisma`, is the client that `$extends(cacheExtension(…))`
 * returned, or a function that returns it. What it writes to the console goes to stderr from then on.
 * @throws CliError
 */
export async function loadClient(file: string | undefined): Promise<ApplicationClient> {
  if (file === undefined) {
    throw usageError(
      "this command runs queries: write --client FILE, a module that exports the client with the cache.",
    );
  }
  // stdout is for what the command says.
  globalThis.console = new Console(process.stderr, process.stderr);
  let exported: Record<string, unknown>;
  let client: unknown;
  try {
    exported = await importModule(file);
    const found = EXPORTS.map((name) => exported[name]).find((value) => value !== undefined);
    client = isFunctionOfNoClient(found) ? await found() : found;
  } catch (error) {
    throw new CliError(`--client: ${file} cannot be loaded: ${messageOf(error)}`, ExitCode.client, { cause: error });
  }
  if (isClient(client)) return client;
  const what = client === undefined ? "exports no client" : "exports a client without the cache";
  throw usageError(
    `--client: ${file} ${what}. Its default export, or \`prisma\`, has to be what $extends(cacheExtension(…)) returned.`,
  );
}

function isFunctionOfNoClient(value: unknown): value is () => unknown {
  return typeof value === "function" && !isClient(value);
}

function isClient(value: unknown): value is ApplicationClient {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const { $cache } = value as { $cache?: unknown };
  return typeof $cache === "object" && $cache !== null;
}
