import { PassThrough } from "node:stream";
import { run } from "../src/run.js";
import type { CommandDefinition } from "../src/command.js";
import type { ExitCode } from "../src/exit-codes.js";

export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function runHere(
  argv: readonly string[],
  {
    env = {},
    cwd = "/",
    commands,
  }: { env?: Record<string, string>; cwd?: string; commands?: CommandDefinition[] } = {},
): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await run(argv, { stdin, stdout, stderr, env, cwd }, commands);
  const textOf = (stream: PassThrough) => String((stream.read() as Buffer | null) ?? "");
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}
