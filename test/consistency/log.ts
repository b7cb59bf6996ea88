import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { QUERIES } from "./workload/queries.js";
import type { Answer, ReadLog, ReadStatus } from "./judge/judge.js";
import type { WriteOutcome, WriteRecord } from "./judge/timeline.js";

/** Nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share. */
export function clock(): number {
  return Number(process.hrtime.bigint());
}

const RECORD = 24;
const RECORDS = 4096;
const STATUSES: readonly ReadStatus[] = ["unasked", "hit", "miss", "bypass"];

type Line =
  | readonly ["answer", query: number, text: string]
  | readonly ["begin", nonce: number, form: string, start: number]
  | readonly ["end", nonce: number, end: number, outcome: WriteOutcome, more: WriteEnd]
  | readonly ["told", time: number];

export interface WriteEnd {
  readonly rows: number | null;
  readonly deleted: readonly [row: number, version: number] | null;
  /** The cache could not be told before the commit, or not after it. */
  readonly exposed: boolean;
  /** When it could not be told after the commit either, so that this is still owed to it; else null. */
  readonly owedSince: number | null;
}

/**
 * What one worker saw, in two files: its reads, of a fixed size, and lines with its writes and with each distinct answer.
 * Writes are on disk when the call returns, so that a worker that is killed leaves them; of its reads the last few are
 * lost.
 */
export class WorkerLog {
  readonly #reads: number;
  readonly #lines: number;
  readonly #buffer = Buffer.allocUnsafe(RECORD * RECORDS);
  #used = 0;
  readonly #answers = new Map<string, number>();
  #newAnswers = "";
  #isClosed = false;
  count = 0;

  constructor(path: string) {
    this.#reads = openSync(`${path}.reads`, "w");
    this.#lines = openSync(`${path}.lines`, "w");
  }

  read(start: number, end: number, query: number, result: unknown, status: ReadStatus): void {
    const text = JSON.stringify(result);
    const name = `${query} ${text}`;
    let answer = this.#answers.get(name);
    if (answer === undefined) {
      this.#answers.set(name, (answer = this.#answers.size));
      this.#newAnswers += spell(["answer", query, text]);
    }
    const at = this.#used;
    this.#buffer.writeDoubleLE(start, at);
    this.#buffer.writeDoubleLE(end, at + 8);
    this.#buffer.writeUInt32LE(answer, at + 16);
    this.#buffer.writeUInt32LE(STATUSES.indexOf(status), at + 20);
    this.#used += RECORD;
    this.count++;
    if (this.#used === this.#buffer.length) this.flush();
  }

  begin(nonce: number, form: string): void {
    writeSync(this.#lines, spell(["begin", nonce, form, clock()]));
  }

  end(nonce: number, outcome: WriteOutcome, more: WriteEnd): void {
    writeSync(this.#lines, spell(["end", nonce, clock(), outcome, more]));
  }

  /** The cache has been told of all that was owed to it. Of no concern after `close`. */
  told(): void {
    if (this.#isClosed) return;
    writeSync(this.#lines, spell(["told", clock()]));
  }

  flush(): void {
    // The answers first: a read names one that is there.
    if (this.#newAnswers !== "") writeSync(this.#lines, this.#newAnswers);
    this.#newAnswers = "";
    if (this.#used > 0) writeSync(this.#reads, this.#buffer, 0, this.#used);
    this.#used = 0;
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
    closeSync(this.#reads);
    closeSync(this.#lines);
  }
}

const spell = (line: Line): string => `${JSON.stringify(line)}\n`;

/** What a worker left, also one that was killed. */
export function readLog(path: string, worker: string): { reads: ReadLog; writes: WriteRecord[] } {
  const answers: Answer[] = [];
  const writes = new Map<number, WriteRecord>();
  const owed = new Map<number, number>();
  const told: number[] = [];
  const lines = readFileSync(`${path}.lines`, "utf8").split("\n");
  // What stands behind the last line break was cut off.
  lines.pop();
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    switch (line[0]) {
      case "answer": {
        const query = QUERIES[line[1]]!;
        answers.push({ query: query.name, text: line[2], observations: query.observe(JSON.parse(line[2])) });
        break;
      }
      case "begin": {
        const [, nonce, form, start] = line;
        const open = { end: Infinity, outcome: "unknown", rows: null, deleted: null, exposedUntil: null } as const;
        writes.set(nonce, { nonce, worker, form, start, ...open });
        break;
      }
      case "end": {
        const [, nonce, end, outcome, { rows, deleted, exposed, owedSince }] = line;
        if (owedSince !== null) owed.set(nonce, owedSince);
        const exposedUntil = owedSince !== null ? Infinity : exposed ? end : null;
        writes.set(nonce, { ...writes.get(nonce)!, end, outcome, rows, deleted, exposedUntil });
        break;
      }
      case "told":
        told.push(line[1]);
        break;
      default:
        line satisfies never;
    }
  }
  for (const [nonce, since] of owed) {
    const write = writes.get(nonce)!;
    writes.set(nonce, { ...write, exposedUntil: told.find((time) => time >= since) ?? Infinity });
  }
  return { reads: readsOf(`${path}.reads`, worker, answers), writes: [...writes.values()] };
}

function readsOf(file: string, worker: string, answers: readonly Answer[]): ReadLog {
  const bytes = readFileSync(file);
  return {
    worker,
    answers,
    count: Math.floor(bytes.length / RECORD),
    start: (read) => bytes.readDoubleLE(read * RECORD),
    end: (read) => bytes.readDoubleLE(read * RECORD + 8),
    answer: (read) => bytes.readUInt32LE(read * RECORD + 16),
    status: (read) => STATUSES[bytes.readUInt32LE(read * RECORD + 20)]!,
  };
}
