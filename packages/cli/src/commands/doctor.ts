import path from "node:path";
import { parseDuration, type Consistency } from "@evercache/core";
import { Option } from "commander";
import { CliError } from "../cli-error.js";
import type { CommandDefinition } from "../command.js";
import { showAddress } from "../connection/address.js";
import { connect } from "../connection/connection.js";
import { diagnose, type DoctorOptions } from "../doctor/diagnose.js";
import { countSeverities, type Finding } from "../doctor/finding.js";
import { judgeFailure } from "../doctor/judge/connection.js";
import { printReport } from "../doctor/report.js";
import { ExitCode } from "../exit-codes.js";
import type { Settings } from "../config/settings.js";
import type { Terminal } from "../terminal/terminal.js";

interface Written {
  readonly schema?: string;
  readonly databaseUrl?: string;
  readonly consistency: Consistency;
  readonly deadline: string;
  readonly writeDeadline: string;
  readonly lease: string;
  readonly ambiguousLease: string;
  readonly transactionTimeout: string;
  readonly strict?: boolean;
}

export const doctor: CommandDefinition<Written> = {
  name: "doctor",
  summary: "check whether a Redis is fit for the cache",
  description:
    "Connects to Redis as the cache would, and says what is wrong there, why it matters, and what to do. With --schema, " +
    "--database-url or --client it looks at the application too. What it writes are a few keys of the namespace, for seconds; " +
    "with --client also what the cache stores of one query.",
  examples: [
    ["doctor --redis redis://localhost:6379 --namespace shop", "checks that server, for the cache of that namespace"],
    ["doctor --consistency strict", "and that a replica takes the locks of writes"],
    ['doctor --database-url "$DATABASE_URL" --lease 20s', "and the time-outs of the database against the lease"],
    ["doctor --client src/prisma.ts", "and runs a query by the client of the application"],
    ["doctor --json --strict", "for CI: prints JSON, and fails on warnings too"],
  ],
  configure(command) {
    command
      .option("--schema <path>", "schema.prisma, or the folder with its files")
      .option("--database-url <url>", "postgresql://, mysql://, mariadb:// or file: URL of the application's database")
      .addOption(
        new Option("--consistency <level>", "as the cache has it")
          .choices(["eventual", "bounded", "strict"])
          .default("bounded"),
      )
      .option("--deadline <duration>", "as the cache has it", "50ms")
      .option("--write-deadline <duration>", "as the cache has it", "250ms")
      .option("--lease <duration>", "as the cache has it", "10s")
      .option("--ambiguous-lease <duration>", "as the cache has it", "60s")
      .option("--transaction-timeout <duration>", "as Prisma has it in transactionOptions", "5s")
      .option("--strict", "fail on warnings too");
  },
  async run({ options, settings, terminal, signal }) {
    const parsed = parseOptions(options, settings.cwd);
    const [findings, isReached] = await examine(settings, parsed, terminal, signal);
    const counts = countSeverities(findings);
    const isPassed = counts.error === 0 && (options.strict !== true || counts.warning === 0);
    const redis = showAddress(settings.address);
    if (terminal.isJson) {
      terminal.printJson({ redis, namespace: settings.namespace, passed: isPassed, summary: counts, findings });
    } else {
      printReport(terminal, redis, settings.namespace, findings);
    }
    if (!isReached) return ExitCode.unreachable;
    return isPassed ? ExitCode.ok : ExitCode.failed;
  },
};

/** There is nothing to be finished, and nothing to be shown. */
function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new CliError("interrupted", ExitCode.interrupted)));
  });
}

/** The findings, and whether Redis was there to be looked at. */
async function examine(
  settings: Settings,
  options: DoctorOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<readonly [readonly Finding[], boolean]> {
  const progress = await terminal.progress("Looking at Redis");
  try {
    return [await Promise.race([look(settings, options), interrupted(signal)]), true];
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== ExitCode.unreachable) throw error;
    return [[judgeFailure(showAddress(settings.address), error.cause)], false];
  } finally {
    progress.done();
  }
}

async function look(settings: Settings, options: DoctorOptions): Promise<Finding[]> {
  const connection = await connect(settings.address);
  try {
    return await diagnose(connection.redis, settings, options);
  } finally {
    connection.close();
  }
}

function parseOptions(written: Written, cwd: string): DoctorOptions {
  return {
    schema: written.schema === undefined ? undefined : path.resolve(cwd, written.schema),
    databaseUrl: written.databaseUrl,
    consistency: written.consistency,
    deadline: parseDuration(spell(written.deadline), "--deadline"),
    writeDeadline: parseDuration(spell(written.writeDeadline), "--write-deadline"),
    lease: parseDuration(spell(written.lease), "--lease"),
    ambiguousLease: parseDuration(spell(written.ambiguousLease), "--ambiguous-lease"),
    transactionTimeout: parseDuration(spell(written.transactionTimeout), "--transaction-timeout"),
  };
}

/** A number alone is seconds, as in the options of the cache. */
function spell(text: string): string | number {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}
