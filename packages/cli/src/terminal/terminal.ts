import type { Readable, Writable } from "node:stream";
import { usageError } from "../cli-error.js";
import { coloursFor, type Colours } from "./colours.js";
import { plain } from "./plain.js";
import { NO_PROGRESS, showProgress, type Progress } from "./progress.js";
import { askYesNo } from "./prompt.js";
import { renderTable } from "./table.js";

/** What a process has to read from and write to. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What a command says, and to whom. Results go to stdout; all that is said beside them goes to stderr. */
export interface Terminal {
  /** `--json`: a program reads stdout. Then nothing but one call of `printJson`, or one a line, is written there. */
  readonly isJson: boolean;
  /** Someone sits there, and can answer. */
  readonly isInteractive: boolean;
  /** stdout is a terminal, and not for JSON. */
  readonly isTerminal: boolean;
  /** Columns of stdout; 80 where it is no terminal. */
  readonly width: number;
  /** Of stdout. They do nothing where it is no terminal, or `NO_COLOR` is set. */
  readonly colours: Colours;
  readonly streams: Streams;
  /** A line, or several, on stdout. Of what could steer a terminal nothing but colours is printed. */
  print(text?: string): void;
  /** The same on stderr. */
  note(text: string): void;
  /** On stdout. bigint is written as a string. `indent: 0`: one line, for streams of values. */
  printJson(value: unknown, indent?: number): void;
  /** A table on stdout. Columns in `right` are aligned there. */
  printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[], right?: readonly number[]): void;
  /** On stderr, if that is a terminal and there is no `--json`. */
  progress(title: string, total?: number): Promise<Progress>;
  /**
   * Asks whether to go on. Where nobody can answer it throws a CliError that names `flag`, the option which answers
   * beforehand, for example `--yes`.
   */
  confirm(question: string, flag: string): Promise<boolean>;
}

export function createTerminal(streams: Streams, { json }: { json: boolean }): Terminal {
  const { stdin, stdout, stderr, env } = streams;
  const colours = coloursFor(json ? {} : stdout, env);
  const isInteractive = stdin.isTTY === true && stderr.isTTY === true && !json && !env["CI"];
  return {
    isJson: json,
    isInteractive,
    isTerminal: stdout.isTTY === true && !json,
    width: stdout.columns ?? 80,
    colours,
    streams,
    print: (text = "") => void stdout.write(`${plain(text)}\n`),
    note: (text) => void stderr.write(`${plain(text)}\n`),
    printJson: (value, indent = 2) => void stdout.write(`${JSON.stringify(value, spellBigInt, indent)}\n`),
    printTable: (head, rows, right) => void stdout.write(`${renderTable(head, rows, colours, right)}\n`),
    progress: async (title, total) =>
      stderr.isTTY === true && !json ? showProgress(stderr, title, total) : NO_PROGRESS,
    async confirm(question, flag) {
      if (isInteractive) return askYesNo(stdin, stderr, question);
      throw usageError(`nobody is here to be asked "${question}". Write ${flag}.`);
    },
  };
}

function spellBigInt(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
