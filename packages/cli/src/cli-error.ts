import { ExitCode } from "./exit-codes.js";

/** Ends a command: `message` is the one line that people see, `exitCode` what scripts see. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Something that was written on the command line, in the environment or in the configuration is wrong. */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(message, ExitCode.usage, { cause });
}

/** What an error says, in one line. */
export function messageOf(error: unknown): string {
  // Node tries the addresses of a name one by one, and says nothing but "several errors".
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.replace(/\s*\n\s*/g, " ").trim();
}
