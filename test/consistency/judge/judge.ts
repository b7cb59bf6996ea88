import { ITEM_ROWS, nameOf } from "../workload/universe.js";
import type { Filter, Observation } from "../workload/observation.js";
import { timelines, type HistoryRow, type Timeline, type WriteRecord } from "./timeline.js";

/** Distinct answers of one worker, and its reads, each of which had one of them. */
export interface ReadLog {
  readonly worker: string;
  readonly answers: readonly Answer[];
  readonly count: number;
  /** Nanoseconds that what others have acknowledged may take to be known; left out: none. */
  readonly lag?: number;
  start(read: number): number;
  end(read: number): number;
  /** Index into `answers`. */
  answer(read: number): number;
  status(read: number): ReadStatus;
}

export interface Answer {
  readonly query: string;
  readonly text: string;
  readonly observations: readonly Observation[];
}

/** Where an answer came from, where that was asked. */
export type ReadStatus = "hit" | "miss" | "bypass" | "unasked";

/**
 * `stale`: older than what had been acknowledged before the read began. `exposed`: the same, but the writer could not
 * tell the cache of it. `dirty`: never committed, or not yet. `nonMonotonic`: older than what another read had shown
 * that ended before this one began. `lost`: acknowledged, and not in the database. `phantom`: refused, and there.
 */
export const VIOLATIONS = ["stale", "exposed", "dirty", "nonMonotonic", "lost", "phantom"] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
}

export interface Evidence {
  readonly history: readonly HistoryRow[];
  readonly writes: readonly WriteRecord[];
  readonly reads: readonly ReadLog[];
}

export interface Judgement {
  readonly counts: Readonly<Record<ViolationKind, number>>;
  /** The first of each kind. */
  readonly samples: readonly Violation[];
  readonly lagging: Lagging;
}

/** How old the answers were that had a lag, by the versions of rows that they showed. Times in nanoseconds. */
export interface Lagging {
  readonly reads: number;
  /** Those that showed what was over when they began. */
  readonly late: number;
  /** Of all reads, those on time included. */
  readonly p999: number;
  readonly longest: number;
}

const SAMPLES = 3;
/** Writes to tell around a violation. */
const NEIGHBOURS = 2;

/** Compares each read with each write, by their times. Exact: what it calls a violation is one. */
export function judge({ history, writes, reads }: Evidence): Judgement {
  const rows = timelines(history, writes);
  const found = new Findings();
  judgeWrites(history, writes, found);
  const known = reads.map(({ worker, lag: most }) =>
    most === undefined ? rows : rows.map((timeline) => timeline.behind({ worker, most })),
  );
  const prepared = reads.map((log, i) => log.answers.map((answer) => new PreparedAnswer(known[i]!, answer)));
  for (const [i, log] of reads.entries()) notice(log, prepared[i]!);
  for (const timeline of rows) timeline.finishSeeing();
  for (const timeline of new Set(known.flat())) timeline.finishSeeing();
  for (const [i, log] of reads.entries()) judgeReads(log, prepared[i]!, found);
  return found;
}

function judgeWrites(history: readonly HistoryRow[], writes: readonly WriteRecord[], found: Findings): void {
  const committed = new Map<number, number>();
  const deleted = new Set<string>();
  for (const { nonce, row, version, alive } of history) {
    if (alive) committed.set(nonce, (committed.get(nonce) ?? 0) + 1);
    else deleted.add(`${row},${version}`);
  }
  for (const write of writes) {
    const count = committed.get(write.nonce) ?? 0;
    const isLost =
      write.outcome === "acknowledged" &&
      (count < (write.rows ?? 0) || (write.deleted !== null && !deleted.has(write.deleted.join())));
    if (isLost) found.add("lost", () => `${tellWrite(write)}: ${count} of ${write.rows} rows are in the database`);
    if (write.outcome === "refused" && count > 0) found.add("phantom", () => `${tellWrite(write)}: is in the database`);
  }
}

/** Tells the timelines what readers saw first, and when. */
function notice(log: ReadLog, answers: readonly PreparedAnswer[]): void {
  const firstEnds = new Float64Array(answers.length).fill(Infinity);
  for (let read = 0; read < log.count; read++) {
    const answer = log.answer(read);
    if (log.end(read) < firstEnds[answer]!) firstEnds[answer] = log.end(read);
  }
  for (const [i, answer] of answers.entries()) answer.seenBy(firstEnds[i]!);
}

function judgeReads(log: ReadLog, answers: readonly PreparedAnswer[], found: Findings): void {
  for (const answer of answers) answer.finish();
  if (log.lag !== undefined) {
    for (let read = 0; read < log.count; read++)
      found.lagged(log.start(read) - answers[log.answer(read)]!.acknowledgedEnd);
  }
  for (let read = 0; read < log.count; read++) {
    const answer = answers[log.answer(read)]!;
    const start = log.start(read);
    const end = log.end(read);
    const kind = answer.violation(start, end);
    if (kind === null) continue;
    found.add(kind, () => {
      const took = `${(start / 1e6).toFixed(3)} to ${(end / 1e6).toFixed(3)} ms (${log.status(read)})`;
      return `${answer.answer.query} in ${log.worker}, ${took}\n${answer.tell(start, end)}`;
    });
  }
}

type Bound = "endedSafely" | "ended" | "endedToReaders";
const BOUNDS = [
  ["endedSafely", "stale"],
  ["ended", "exposed"],
  ["endedToReaders", "nonMonotonic"],
] as const satisfies readonly (readonly [Bound, ViolationKind])[];

/** One answer, and until when it may be given. */
class PreparedAnswer {
  readonly #versions: { timeline: Timeline; index: number; row: number }[] = [];
  readonly #others: Observation[] = [];
  readonly #until: Record<Bound, number> = { endedSafely: Infinity, ended: Infinity, endedToReaders: Infinity };
  #from = -Infinity;
  #impossible: string | null = null;

  constructor(
    private readonly rows: readonly Timeline[],
    readonly answer: Answer,
  ) {
    for (const observation of answer.observations) this.#take(observation);
  }

  #take(observation: Observation): void {
    switch (observation.kind) {
      case "impossible":
        this.#impossible = observation.what;
        return;
      case "version": {
        const { row, version, nonce } = observation;
        const timeline = this.rows[row]!;
        const state = timeline.states[version - 1];
        if (state?.nonce !== nonce || !state.alive) {
          this.#impossible = `${nameOf(row)} never had version ${version} by nonce ${nonce}`;
          return;
        }
        this.#versions.push({ timeline, index: version - 1, row });
        this.#from = Math.max(this.#from, timeline.starts[version - 1]!);
        return;
      }
      case "state": {
        const match = matches(this.rows[observation.row]!, observation.filter);
        if (match === "never") this.#impossible = `${nameOf(observation.row)} was never like that`;
        else if (match !== "always") this.#others.push(observation);
        return;
      }
      case "total":
        this.#others.push(observation);
        return;
      default:
        observation satisfies never;
    }
  }

  /** When something that it shows was over by what was acknowledged. */
  get acknowledgedEnd(): number {
    let end = Infinity;
    for (const { timeline, index } of this.#versions) end = Math.min(end, timeline.acknowledgedEnd(index));
    return end;
  }

  seenBy(end: number): void {
    for (const { timeline, index } of this.#versions) timeline.see(index + 1, end);
  }

  finish(): void {
    for (const [bound] of BOUNDS) {
      for (const { timeline, index } of this.#versions) {
        this.#until[bound] = Math.min(this.#until[bound], timeline[bound][index]!);
      }
    }
  }

  violation(start: number, end: number): ViolationKind | null {
    if (this.#impossible !== null || end < this.#from) return "dirty";
    for (const [bound, kind] of BOUNDS) {
      if (start > this.#until[bound]) return kind;
      for (const other of this.#others) if (!this.#isPossible(other, bound, start, end)) return kind;
    }
    return null;
  }

  #isPossible(observation: Observation, bound: Bound, start: number, end: number): boolean {
    if (observation.kind === "state") {
      const timeline = this.rows[observation.row]!;
      const match = matches(timeline, observation.filter) as Uint8Array;
      return timeline.some(timeline[bound], start, end, (index) => match[index] === 1);
    }
    if (observation.kind !== "total") return true;
    let [least, most] = [0, 0];
    for (const row of ITEM_ROWS) {
      const [low, high] = this.#range(observation, bound, row, start, end);
      least += low;
      most += high;
    }
    return observation.least <= most && least <= observation.most;
  }

  /** What the item can have added to the total at most and at least. */
  #range(total: Observation & { kind: "total" }, bound: Bound, row: number, start: number, end: number) {
    const timeline = this.rows[row]!;
    let low = Infinity;
    let high = -Infinity;
    timeline.some(timeline[bound], start, end, (index) => {
      const value = total.measure(timeline.states[index]!);
      if (value < low) low = value;
      if (value > high) high = value;
      return false;
    });
    return [low, high] as const;
  }

  /** What of the answer is wrong, and the writes around it. */
  tell(start: number, end: number): string {
    const lines = [`  answer ${this.answer.text}`];
    if (this.#impossible !== null) lines.push(`  ${this.#impossible}`);
    for (const { timeline, index, row } of this.#versions) {
      const isOver = BOUNDS.some(([bound]) => start > timeline[bound][index]!);
      if (isOver || end < timeline.starts[index]!)
        lines.push(`  ${nameOf(row)}:`, ...tellVersions(timeline, index, start));
    }
    for (const other of this.#others) {
      const wrong = BOUNDS.find(([bound]) => !this.#isPossible(other, bound, start, end));
      if (!wrong) continue;
      if (other.kind === "state") {
        lines.push(`  ${nameOf(other.row)} cannot have been like that:`);
        lines.push(...tellVersions(this.rows[other.row]!, presentAt(this.rows[other.row]!, start), start));
      } else if (other.kind === "total") {
        const ranges = ITEM_ROWS.map((row) => this.#range(other, wrong[0], row, start, end));
        const sum = (place: 0 | 1) => ranges.reduce((all, range) => all + range[place], 0);
        lines.push(`  a total of ${other.least} to ${other.most}, where ${sum(0)} to ${sum(1)} can be`);
      }
    }
    return lines.join("\n");
  }
}

function presentAt(timeline: Timeline, start: number): number {
  let present = 0;
  timeline.some(timeline.ended, start, Infinity, (index) => {
    present = index;
    return true;
  });
  return present;
}

function tellVersions(timeline: Timeline, index: number, start: number): string[] {
  const from = Math.max(0, index - NEIGHBOURS);
  const known = timeline.states.slice(from, Math.max(index, presentAt(timeline, start)) + NEIGHBOURS + 1);
  return known.map((state, i) => {
    const write = timeline.writes[from + i];
    const what = state.alive ? `team ${state.team} kind ${state.kind} mark ${state.mark}` : "deleted";
    return `    version ${state.version}, ${what}: ${write ? tellWrite(write) : "at the start, or unknown"}`;
  });
}

function tellWrite({ form, worker, nonce, start, end, outcome }: WriteRecord): string {
  const until = Number.isFinite(end) ? ` to ${(end / 1e6).toFixed(3)}` : "";
  return `${form} in ${worker}, nonce ${nonce}, ${(start / 1e6).toFixed(3)}${until} ms, ${outcome}`;
}

/** Which versions of a row a filter lets through. */
function matches(timeline: Timeline, filter: Filter): Uint8Array | "always" | "never" {
  let known = knownMatches.get(timeline);
  if (!known) knownMatches.set(timeline, (known = new Map()));
  let match = known.get(filter);
  if (match === undefined) {
    const each = Uint8Array.from(timeline.states, (state) => (filter(state) ? 1 : 0));
    match = each.every((one) => one === 1) ? "always" : each.includes(1) ? each : "never";
    known.set(filter, match);
  }
  return match;
}

const knownMatches = new WeakMap<Timeline, Map<Filter, Uint8Array | "always" | "never">>();

class Findings implements Judgement {
  readonly counts = Object.fromEntries(VIOLATIONS.map((kind) => [kind, 0])) as Record<ViolationKind, number>;
  readonly samples: Violation[] = [];
  #laggingReads = 0;
  readonly #late: number[] = [];

  get lagging(): Lagging {
    const late = Float64Array.from(this.#late).sort();
    const rank = Math.ceil(0.999 * this.#laggingReads) - 1 - (this.#laggingReads - late.length);
    return { reads: this.#laggingReads, late: late.length, p999: late[rank] ?? 0, longest: late.at(-1) ?? 0 };
  }

  /** Notes how long after an acknowledgement a read began that did not know of it; not above 0 where it did. */
  lagged(by: number): void {
    this.#laggingReads++;
    if (by > 0) this.#late.push(by);
  }

  add(kind: ViolationKind, tell: () => string): void {
    if (this.counts[kind]++ < SAMPLES) this.samples.push({ kind, text: tell() });
  }
}
