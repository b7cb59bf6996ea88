import { createRequire } from "node:module";
import { Command } from "commander";
import type { CommandDefinition } from "./command.js";
import { addCommonOptions, type CommonOptions } from "./config/common-options.js";
import { resolveSettings } from "./config/settings.js";
import type { ExitCode } from "./exit-codes.js";
import { createTerminal, type Streams } from "./terminal/terminal.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** The command line as a whole. `onEnd` hears how the command ended. */
export function createProgram(
  definitions: readonly CommandDefinition[],
  streams: Streams,
  signal: AbortSignal,
  onEnd: (code: ExitCode) => void,
): Command {
  const program = new Command("evercache")
    .description("Looks after the cache of evercache: https://www.npmjs.com/package/@evercache/prisma")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      // `run` says what is wrong.
      outputError: () => {},
    });
  for (const definition of definitions) {
    const command = program
      .command(definition.name)
      .summary(definition.summary)
      .description(definition.description)
      // `command()` does not hand these down to those that are added with their own settings.
      .copyInheritedSettings(program);
    definition.configure(command);
    addCommonOptions(command);
    command.addHelpText("after", examplesOf(definition));
    command.action(async () => {
      const options = command.opts<CommonOptions>();
      const settings = await resolveSettings(options, streams.env, streams.cwd);
      const terminal = createTerminal(streams, { json: options.json ?? false });
      onEnd(await definition.run({ args: command.processedArgs, options, settings, terminal, signal }));
    });
  }
  return program;
}

function examplesOf({ examples }: CommandDefinition): string {
  const lines = examples.flatMap(([line, does]) => [`  $ evercache ${line}`, `      ${does}`]);
  return `\nExamples:\n${lines.join("\n")}\n`;
}
