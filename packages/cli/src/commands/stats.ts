import { setTimeout as delay } from "node:timers/promises";
import { parseDuration } from "@evercache/core";
import { createLogUpdate } from "log-update";
import { usageError } from "../cli-error.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { ExitCode } from "../exit-codes.js";
import { withObserver, type Observing } from "../observe/open-observer.js";
import { countByModel } from "../observe/read-counts.js";
import { answersOf, takeSample, type Sample } from "../observe/sample.js";
import { renderStats, type ViewOptions } from "../observe/stats-view.js";
import { collect } from "../options/numbers.js";

interface StatsOptions {
  readonly interval?: string;
  readonly once?: true;
  readonly model?: readonly string[];
  readonly processes?: true;
  readonly queries?: true;
}

const DEFAULT_INTERVAL = "2s";
const SHORTEST_INTERVAL = 250;
/** Timers know no more than 24 days: beyond, they do not wait at all. */
const LONGEST_INTERVAL = 86_400_000;
/** Milliseconds that processes may take to answer. */
const PATIENCE = 1_000;
/** Of each kind of a process. */
const QUERIES = 20;
/** Lines of the screen beside those of models and processes. */
const OTHER_LINES = 12;

export const stats: CommandDefinition<StatsOptions> = {
  name: "stats",
  summary: "show how the caches of all processes and Redis do",
  description:
    "Asks all processes of the namespace through Redis what their caches have counted, and shows it by model, beside what Redis " +
    "says of itself. On a terminal again and again, until Ctrl+C. Processes answer where the option observable of " +
    "cacheExtension is true, as it is by default where a model has l1: true.",
  examples: [
    ["stats --namespace shop", "shows what happens, every two seconds"],
    ["stats --processes --interval 5s", "and each process by itself, every five"],
    ["stats --queries --once", "prints which queries the database still works for"],
    ["stats --once --model Product", "prints what was counted of one model since the processes started"],
    ["stats --json", "prints the same for programs; with --interval 10s, a line of JSON every ten seconds"],
  ],
  configure(command) {
    command.option("--interval <duration>", `how often (default ${DEFAULT_INTERVAL})`);
    command.option("--once", "print once what was counted since the processes started; so without a terminal, too");
    command.option("--model <name>", "only this model; may be given more than once", collect);
    command.option("--queries", "a line for each query, without its values: those that the database works for longest");
    command.option("--processes", "a line for each process, too");
  },
  async run(invocation) {
    const { options, settings, terminal } = invocation;
    const interval = parseDuration(options.interval ?? DEFAULT_INTERVAL, "--interval");
    if (interval < SHORTEST_INTERVAL) throw usageError(`--interval: write ${SHORTEST_INTERVAL}ms or more.`);
    if (interval > LONGEST_INTERVAL) throw usageError("--interval: write 1d or less.");
    const isStream = terminal.isJson && options.interval !== undefined;
    const isOnce = options.once === true || !(terminal.isTerminal || isStream);
    return withObserver(settings, async (observing) => {
      if (isOnce) return printOnce(await takeSample(observing, PATIENCE, queriesOf(options)), invocation);
      return isStream ? streamJson(observing, interval, invocation) : showLive(observing, interval, invocation);
    });
  },
};

function printOnce(sample: Sample, invocation: Invocation<StatsOptions>): ExitCode {
  const { terminal } = invocation;
  if (terminal.isJson) terminal.printJson(spell(sample, invocation));
  else terminal.print(renderStats(sample, null, viewOptions(invocation, Infinity)));
  return answersOf(sample)?.length ? ExitCode.ok : ExitCode.failed;
}

async function streamJson(
  observing: Observing,
  interval: number,
  invocation: Invocation<StatsOptions>,
): Promise<ExitCode> {
  for await (const sample of samples(observing, interval, invocation)) {
    invocation.terminal.printJson(spell(sample, invocation), 0);
  }
  return ExitCode.ok;
}

async function showLive(
  observing: Observing,
  interval: number,
  invocation: Invocation<StatsOptions>,
): Promise<ExitCode> {
  const stdout = invocation.terminal.streams.stdout as NodeJS.WriteStream;
  // What hides the cursor brings it back at SIGINT, and then ends the process as the signal would.
  const show = createLogUpdate(stdout, { showCursor: true });
  let before: Sample | null = null;
  try {
    for await (const sample of samples(observing, interval, invocation)) {
      const { processes, queries } = invocation.options;
      const tables = 1 + Number(processes ?? false) + Number(queries ?? false);
      const rows = Math.max(3, Math.floor(((stdout.rows ?? 24) - OTHER_LINES) / tables));
      show(renderStats(sample, before, viewOptions(invocation, rows)));
      before = sample;
    }
  } finally {
    // The last table stays.
    show.done();
  }
  return ExitCode.ok;
}

/** One at once, and one an interval, until it is aborted. */
async function* samples(
  observing: Observing,
  interval: number,
  { options, signal }: Invocation<StatsOptions>,
): AsyncGenerator<Sample> {
  while (!signal.aborted) {
    const began = performance.now();
    yield await takeSample(observing, Math.min(PATIENCE, interval), queriesOf(options));
    const rest = Math.max(0, interval - (performance.now() - began));
    await delay(rest, undefined, { signal }).catch(() => {});
  }
}

function viewOptions({ options, settings, terminal }: Invocation<StatsOptions>, rows: number): ViewOptions {
  const { processes = false, queries = false, model = null } = options;
  const width = terminal.isTerminal ? (terminal.streams.stdout.columns ?? 80) : Infinity;
  return { namespace: settings.namespace, models: model, processes, queries, colours: terminal.colours, rows, width };
}

function queriesOf({ queries }: StatsOptions): number {
  return queries ? QUERIES : 0;
}

/** For programs: what each process said, and the sums by model. */
function spell(sample: Sample, { options, settings }: Invocation<StatsOptions>): object {
  const { at, round, redis } = sample;
  const common = { at: new Date(at).toISOString(), namespace: settings.namespace, redis };
  if ("error" in round) return { ...common, error: round.error, asked: 0, models: {}, processes: [] };
  const models = [...countByModel(round.answers, null)]
    .filter(([model]) => options.model === undefined || options.model.includes(model))
    .map(([model, { total }]) => [model, total] as const);
  return { ...common, asked: round.asked, models: Object.fromEntries(models), processes: round.answers };
}
