import { stripVTControlCharacters } from "node:util";
import type { Colours } from "../terminal/colours.js";
import { formatBytes, formatCount, formatDuration } from "../terminal/format.js";
import { oneLine } from "../terminal/plain.js";
import { renderTable } from "../terminal/table.js";
import { noAnswer } from "./no-answer.js";
import {
  countByModel,
  countByProcess,
  hitRatio,
  NONE,
  readsOf,
  sum,
  type Counted,
  type ProcessCounts,
} from "./read-counts.js";
import { countByQuery, nameOf, type QueryCounts } from "./query-counts.js";
import type { RedisFigures } from "./redis-figures.js";
import { answersOf, type Sample } from "./sample.js";

export interface ViewOptions {
  readonly namespace: string;
  /** Null: all. */
  readonly models: readonly string[] | null;
  readonly processes: boolean;
  readonly queries: boolean;
  readonly colours: Colours;
  /** Columns of the screen. Columns of tables that have no room are left out. */
  readonly width: number;
  /** Models, and processes, that are shown at most: the most asked for. */
  readonly rows: number;
}

type Row = readonly string[];

/** What the columns beside the query take, about. */
const QUERY_COLUMNS = 62;

/** What people see: totals where there is no sample before, else what happened since. */
export function renderStats(sample: Sample, before: Sample | null, options: ViewOptions): string {
  const seconds = before && Math.max(0.001, (sample.at - before.at) / 1000);
  const redis = redisLines(sample, before, seconds, options.width);
  return [...processPart(sample, before, seconds, options), "", redis].join("\n");
}

function processPart(sample: Sample, before: Sample | null, seconds: number | null, options: ViewOptions): string[] {
  const { namespace, colours } = options;
  if ("error" in sample.round) return [colours.red(`Processes cannot be asked: ${sample.round.error}`)];
  const { answers, asked } = sample.round;
  if (answers.length === 0) return [colours.yellow(noAnswer(namespace, asked))];
  const former = answersOf(before);
  const silent = Math.max(0, asked - answers.length);
  const parts = [
    [`${answers.length === 1 ? "1 process" : `${answers.length} processes`} of namespace "${namespace}"`],
    silent > 0 ? [`${silent} did not answer in time`] : [],
    [seconds === null ? "since they started" : `in the last ${formatDuration(seconds * 1000)}`],
  ].flat();
  const lines = [colours.dim(parts.join(", ")), "", modelTable(countByModel(answers, former), seconds, options)];
  if (options.processes) lines.push("", processTable(countByProcess(answers, former), seconds, sample.at, options));
  if (options.queries) lines.push("", queryTable(countByQuery(answers, options.models), options));
  const trouble = answers.flatMap(({ process, stats }) => {
    const state = troubleOf(stats);
    return state ? [colours.yellow(oneLine(`${process.host}:${process.pid}: ${state}`))] : [];
  });
  if (trouble.length > 0) lines.push("", ...trouble.slice(0, options.rows));
  return lines;
}

function modelTable(models: ReadonlyMap<string, Counted>, seconds: number | null, options: ViewOptions): string {
  const chosen = [...models].filter(([model]) => options.models === null || options.models.includes(model));
  if (chosen.length === 0) return "No reads were counted.";
  const busiest = chosen.toSorted((a, b) => weight(b[1]) - weight(a[1]) || a[0].localeCompare(b[0]));
  const shown = busiest.slice(0, options.rows);
  const rows: Row[] = shown.map(([model, counted]) => [model, ...readCells(counted, seconds)]);
  if (chosen.length > 1) {
    const all = chosen.map(([, counted]) => counted).reduce(together);
    rows.push(["all", ...readCells(all, seconds)].map(options.colours.bold));
  }
  const more = chosen.length - shown.length;
  return table(["model", ...readHead(seconds)], rows, options) + (more > 0 ? `\nand ${more} more models` : "");
}

function processTable(
  processes: readonly ProcessCounts[],
  seconds: number | null,
  now: number,
  options: ViewOptions,
): string {
  const rows = processes.slice(0, options.rows).map(({ answer, ...counted }) => {
    const { host, pid, startedAt, version } = answer.process;
    const name = `${host}:${pid}`;
    return [name, ...readCells(counted, seconds), formatDuration(Math.max(0, now - startedAt)), version];
  });
  const more = processes.length - rows.length;
  const text = table(["process", ...readHead(seconds), "up", "version"], rows, options);
  return text + (more > 0 ? `\nand ${more} more processes` : "");
}

/** Since the processes started. */
function queryTable(queries: readonly QueryCounts[], options: ViewOptions): string {
  if (queries.length === 0) return "No queries were counted.";
  const rows = queries.slice(0, options.rows).map((query): Row => {
    const { loads, loadMilliseconds, needless, savedMilliseconds, miss, hit, stale } = query;
    return [
      clipped(nameOf(query), Math.max(24, options.width - QUERY_COLUMNS)),
      percent(hit + stale + miss === 0 ? null : query.hitRatio),
      formatCount(loads),
      formatCount(needless),
      loads === 0 ? "–" : formatDuration(loadMilliseconds / loads),
      formatDuration(loadMilliseconds),
      savedMilliseconds === 0 ? "–" : formatDuration(savedMilliseconds),
    ];
  });
  const more = queries.length - rows.length;
  const head = ["query, since the start", "hit ratio", "loads", "needless", "a load", "all loads", "saved"];
  return table(head, rows, options) + (more > 0 ? `\nand ${more} more queries` : "");
}

/** SQL has lines of its own. */
function clipped(text: string, longest: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

function readHead(seconds: number | null): Row {
  const per = seconds === null ? "" : "/s";
  return ["hit ratio", `hits${per}`, "in memory", `misses${per}`, `bypasses${per}`, `loads${per}`, "a load", "saved"];
}

function readCells({ total, recent }: Counted, seconds: number | null): Row {
  const counts = seconds === null ? total : (recent ?? NONE);
  const rate = (count: number) => (seconds === null ? formatCount(count) : formatRate(count / seconds));
  const served = counts.hit + counts.stale;
  const { loads, loadMilliseconds } = counts.loads > 0 ? counts : total;
  return [
    percent(hitRatio(counts)),
    rate(served),
    percent(served === 0 ? null : counts.l1Hit / served),
    rate(counts.miss),
    rate(counts.bypass),
    rate(counts.loads),
    loads === 0 ? "–" : formatDuration(loadMilliseconds / loads),
    total.savedMilliseconds === 0 ? "–" : formatDuration(total.savedMilliseconds),
  ];
}

/** What can be done without, first what is missed least. */
const DISPENSABLE = ["version", "up", "needless", "in memory", "a load", "bypasses", "loads", "misses"];

function table(head: Row, rows: readonly Row[], options: ViewOptions): string {
  const right = head.flatMap((name, column) => (column > 0 && name !== "version" ? [column] : []));
  const text = renderTable(head, rows, options.colours, right);
  const isWide = text.split("\n").some((line) => stripVTControlCharacters(line).length > options.width);
  const dispensable = isWide && DISPENSABLE.find((name) => head.some((column) => column.replace("/s", "") === name));
  if (!dispensable) return text;
  const place = head.findIndex((column) => column.replace("/s", "") === dispensable);
  const without = (row: Row) => row.filter((_, column) => column !== place);
  return table(without(head), rows.map(without), options);
}

function redisLines({ redis }: Sample, before: Sample | null, seconds: number | null, width: number): string {
  if ("error" in redis) return `Redis cannot be asked: ${redis.error}`;
  const former = before && !("error" in before.redis) ? before.redis : null;
  const { version, servers, usedMemory, maxMemory, policy } = redis;
  const bound =
    maxMemory > 0 ? `of ${formatBytes(maxMemory)} (${percent(usedMemory / maxMemory)}, ${policy})` : "(no maxmemory)";
  const evicted = Math.max(0, redis.evicted - (former?.evicted ?? 0));
  const parts = [
    servers > 1 ? `${version}, ${servers} servers` : version,
    `memory ${formatBytes(usedMemory)} ${bound}`,
    `evicted ${former && seconds !== null ? `${formatRate(evicted / seconds)}/s` : formatCount(evicted)}`,
    `keyspace hits ${percent(keyspaceRatio(redis, former))}`,
    `${formatCount(redis.opsPerSecond)} ops/s`,
    `${formatCount(redis.clients)} clients`,
  ];
  return parts.reduce((lines, part) => {
    const last = lines.length - lines.lastIndexOf("\n") - 1;
    return lines + (last + part.length + 3 <= width ? "   " : "\n") + part;
  });
}

/** Null where nothing was looked for. */
function keyspaceRatio(now: RedisFigures, before: RedisFigures | null): number | null {
  const hits = now.hits - (before?.hits ?? 0);
  const all = hits + now.misses - (before?.misses ?? 0);
  return all > 0 ? hits / all : null;
}

function troubleOf(stats: ProcessCounts["answer"]["stats"]): string | null {
  if (stats.isPaused) return "paused: its reads go past the cache";
  if (stats.breaker?.state === "open") return "its store does not answer: its reads go past the cache";
  return stats.recovering > 0 ? `${stats.recovering} tags are still to be dropped: its reads go past the cache` : null;
}

function together(a: Counted, b: Counted): Counted {
  return { total: sum(a.total, b.total), recent: a.recent && b.recent && sum(a.recent, b.recent) };
}

/** By what is asked for now, else by what was. */
function weight({ total, recent }: Counted): number {
  return (recent ? readsOf(recent) * 1e9 : 0) + readsOf(total);
}

function percent(ratio: number | null): string {
  if (ratio === null) return "–";
  // 99.96 % is not all.
  return `${ratio >= 0.995 && ratio < 1 ? (Math.floor(ratio * 10_000) / 100).toFixed(2) : Math.round(ratio * 100)} %`;
}

function formatRate(rate: number): string {
  return rate > 0 && rate < 10 ? rate.toFixed(1) : formatCount(rate);
}
