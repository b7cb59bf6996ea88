import { EvercacheError } from "@evercache/core";
import { CommanderError } from "commander";
import { CliError, messageOf } from "./cli-error.js";
import { commands } from "./commands/index.js";
import type { CommandDefinition } from "./command.js";
import { isConnectionError } from "./connection/connection-error.js";
import { ExitCode } from "./exit-codes.js";
import { createProgram } from "./program.js";
import { oneLine } from "./terminal/plain.js";
import type { Streams } from "./terminal/terminal.js";

/** Milliseconds that an interrupted command has to end by itself. */
const GRACE = 2_000;

/**
 * Runs one command line, without `node` and the program's name, and resolves to the exit code. Never rejects: whatever goes
 * wrong is one line on stderr, and with `--debug` the stack.
 */
export async function run(
  argv: readonly string[],
  streams: Streams,
  definitions: readonly CommandDefinition[] = commands,
): Promise<ExitCode> {
  const interruption = new AbortController();
  const interrupt = () => {
    // The first one lets the command end by itself.
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
    interruption.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    let code: ExitCode = ExitCode.ok;
    const program = createProgram(definitions, streams, interruption.signal, (ended) => (code = ended));
    const ended = program.parseAsync(argv.length === 0 ? ["help"] : argv, { from: "user" });
    await Promise.race([ended, outlived(interruption.signal)]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.ok;
    streams.stderr.write(`evercache: ${oneLine(describe(error))}\n`);
    if (argv.includes("--debug") && error instanceof Error) streams.stderr.write(`${error.stack}\n`);
    return interruption.signal.aborted ? ExitCode.interrupted : exitCodeOf(error);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}

/** Rejects when a command has been interrupted, and has not ended by itself. */
function outlived(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      setTimeout(() => reject(new CliError("interrupted", ExitCode.interrupted)), GRACE).unref();
    });
  });
}

function describe(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return "interrupted";
  const message = messageOf(error);
  if (message.startsWith("NOPERM"))
    return `Redis refuses: ${message} (docs/cli.md says which rights the commands need)`;
  if (error instanceof CommanderError) return `${message.replace(/^error: /, "")} (see evercache --help)`;
  return message;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof CommanderError) return ExitCode.usage;
  if (error instanceof EvercacheError)
    return error.code === "STORE_UNAVAILABLE" ? ExitCode.unreachable : ExitCode.usage;
  if (isConnectionError(error)) return ExitCode.unreachable;
  return error instanceof TypeError || error instanceof ReferenceError ? ExitCode.internal : ExitCode.failed;
}
