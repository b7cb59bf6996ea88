import type { Readable, Writable } from "node:stream";
import { CliError } from "../cli-error.js";
import { ExitCode } from "../exit-codes.js";

/** Asks a person. @throws CliError when the answer is Ctrl+C */
export async function askYesNo(input: Readable, output: Writable, question: string): Promise<boolean> {
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: question, initialValue: false, input, output });
  if (isCancel(answer)) throw new CliError("interrupted", ExitCode.interrupted);
  return answer;
}
