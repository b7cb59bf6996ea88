import { once } from "node:events";
import type { ObservedEvent, ProcessInfo } from "@evercache/core";
import { messageOf, usageError } from "../cli-error.js";
import type { CommandDefinition } from "../command.js";
import { ExitCode } from "../exit-codes.js";
import { EVENT_TYPES, eventLine } from "../observe/event-line.js";
import { noAnswer } from "../observe/no-answer.js";
import { withObserver } from "../observe/open-observer.js";
import { collect, wholeNumber } from "../options/numbers.js";
import type { Terminal } from "../terminal/terminal.js";

interface MonitorOptions {
  readonly model?: readonly string[];
  readonly type?: string;
  readonly perSecond?: number;
}

const DEFAULT_PER_SECOND = 100;
const MOST_PER_SECOND = 1_000;
/** Milliseconds until it is said that nobody answers, and between two words on what was left out. */
const PATIENCE = 2_000;
const LEFT_OUT_EVERY = 1_000;

export const monitor: CommandDefinition<MonitorOptions> = {
  name: "monitor",
  summary: "print what the caches of all processes do, as it happens",
  description:
    "Prints the events of all processes of the namespace, one a line, until Ctrl+C. They have keys and tags, and no values. A " +
    "process tells them only while somebody asks, at most --per-second of them; how many more there were is said on stderr. " +
    "Processes answer where the option observable of cacheExtension is true, as it is by default where a model has l1: true.",
  examples: [
    ["monitor --namespace shop", "prints everything"],
    ["monitor --model Product --type miss,invalidate", "what is missed of one model, and what is dropped by hand"],
    ["monitor --type warning,store,breaker --json | tee -a cache.log", "writes down what goes wrong"],
  ],
  configure(command) {
    command.option("--model <name>", "only this model, and what is of none; may be given more than once", collect);
    command.option("--type <types>", `only these types, with commas: ${EVENT_TYPES.join(", ")}`);
    command.option(
      "--per-second <count>",
      `the most that one process tells (default ${DEFAULT_PER_SECOND}, up to ${MOST_PER_SECOND})`,
      wholeNumber,
    );
  },
  async run({ options, settings, terminal, signal }) {
    const { model: models = null, perSecond = DEFAULT_PER_SECOND } = options;
    const types = options.type === undefined ? null : parseTypes(options.type);
    if (perSecond > MOST_PER_SECOND) throw usageError(`--per-second: write ${MOST_PER_SECOND} or less.`);
    return withObserver(settings, async ({ observer, connection }) => {
      const printer = new EventPrinter(terminal);
      const stream = observer.events({ models, types, perSecond }, printer);
      const silence = setTimeout(() => {
        // Only the question tells how many have heard it.
        observer.stats(PATIENCE).then(
          ({ asked }) => stream.telling.length === 0 && terminal.note(noAnswer(settings.namespace, asked)),
          (error: unknown) => printer.onError(error),
        );
      }, PATIENCE);
      terminal.note(`Listening in the namespace "${settings.namespace}" at ${connection.name}. Ctrl+C ends it.`);
      if (!signal.aborted) await once(signal, "abort");
      clearTimeout(silence);
      await stream.close();
      printer.end();
      return ExitCode.ok;
    });
  },
};

/** @throws CliError for a type that there is not */
function parseTypes(text: string): string[] {
  const types = text.split(",").map((type) => type.trim());
  const unknown = types.find((type) => !(EVENT_TYPES as readonly string[]).includes(type));
  if (unknown === undefined) return types;
  throw usageError(`--type: there is no type "${unknown}". Write some of ${EVENT_TYPES.join(", ")}, with commas.`);
}

/** Events on stdout, and what is to be said of them on stderr. */
class EventPrinter {
  #telling: readonly ProcessInfo[] = [];
  #leftOut = 0;
  #lastError = "";
  readonly #timer = setInterval(() => this.#sayLeftOut(), LEFT_OUT_EVERY);

  constructor(private readonly terminal: Terminal) {}

  onEvents(process: ProcessInfo, events: readonly ObservedEvent[], leftOut: number): void {
    const { terminal } = this;
    this.#leftOut += leftOut;
    for (const event of events) {
      if (terminal.isJson) terminal.printJson({ ...event, process }, 0);
      else terminal.print(eventLine(event, this.#telling.length > 1 ? process : null, terminal.colours));
    }
  }

  onProcesses(telling: readonly ProcessInfo[], busy: readonly ProcessInfo[]): void {
    this.#telling = telling;
    this.#lastError = "";
    const names = telling.map(({ host, pid }) => `${host}:${pid}`);
    const count = names.length === 1 ? "1 process answers" : `${names.length} processes answer`;
    this.terminal.note(names.length === 0 ? "No process answers any more." : `${count}: ${names.join(", ")}`);
    if (busy.length > 0) this.terminal.note(`${busy.length} more are observed by too many already.`);
  }

  /** Asked again and again, it fails again and again. */
  onError(error: unknown): void {
    const message = messageOf(error);
    if (message !== this.#lastError) this.terminal.note(`Processes cannot be asked just now: ${message}`);
    this.#lastError = message;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#sayLeftOut();
  }

  #sayLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.terminal.note(
      `${this.#leftOut} more events were left out. --model and --type narrow them, --per-second takes more.`,
    );
    this.#leftOut = 0;
  }
}
