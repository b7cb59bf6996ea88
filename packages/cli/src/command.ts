import type { Command } from "commander";
import type { Settings } from "./config/settings.js";
import type { ExitCode } from "./exit-codes.js";
import type { Terminal } from "./terminal/terminal.js";

/** One command of `evercache`: what help says of it, what it takes, and what it does. A file a command, in `commands/`. */
export interface CommandDefinition<Options = object> {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What help says above the options. */
  readonly description: string;
  /** A command line each, without `evercache`, and what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Adds the arguments and options that this command has beside those of all commands (`config/common-options.ts`). */
  configure(command: Command): void;
  /**
   * Does it, and says how it ended. Throws CliError to end with one line on stderr. Whatever else is thrown is shown as one
   * line too: as unreachable if it is of the connection, else as a failure.
   */
  run(invocation: Invocation<Options>): Promise<ExitCode>;
}

/** What a command is started with. */
export interface Invocation<Options = object> {
  /** What stands behind the command, in the order of its arguments; undefined where left out, an array where it is variadic. */
  readonly args: readonly unknown[];
  /** What `configure` has added. */
  readonly options: Options;
  /** Redis, namespace, files: from options, environment, configuration file, defaults. */
  readonly settings: Settings;
  readonly terminal: Terminal;
  /** Aborted by Ctrl+C and SIGTERM. A command has two seconds to end by itself then; a second Ctrl+C ends the process at once. */
  readonly signal: AbortSignal;
}
