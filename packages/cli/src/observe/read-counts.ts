import type { ProcessStats } from "@evercache/core";

/** How reads fared. Times in milliseconds. */
export interface ReadCounts {
  readonly hit: number;
  readonly l1Hit: number;
  readonly stale: number;
  readonly miss: number;
  readonly bypass: number;
  readonly loads: number;
  readonly loadMilliseconds: number;
  readonly savedMilliseconds: number;
}

/** Since the processes started, and since the sample before; `recent` is null where there was none. */
export interface Counted {
  readonly total: ReadCounts;
  readonly recent: ReadCounts | null;
}

export interface ProcessCounts extends Counted {
  readonly answer: ProcessStats;
}

const NAMES = ["hit", "l1Hit", "stale", "miss", "bypass", "loads", "loadMilliseconds", "savedMilliseconds"] as const;

export const NONE: ReadCounts = numbers(() => 0);

export function sum(a: ReadCounts, b: ReadCounts): ReadCounts {
  return numbers((name) => a[name] + b[name]);
}

/** Those that looked into the cache and were served from it, 0 to 1; null where none looked. */
export function hitRatio({ hit, stale, miss }: ReadCounts): number | null {
  const looked = hit + stale + miss;
  return looked === 0 ? null : (hit + stale) / looked;
}

export function readsOf({ hit, stale, miss, bypass }: ReadCounts): number {
  return hit + stale + miss + bypass;
}

/** By model, of all processes. Recent is what those have counted that answered before too: others began, or were late. */
export function countByModel(
  answers: readonly ProcessStats[],
  before: readonly ProcessStats[] | null,
): Map<string, Counted> {
  const models = new Map<string, Counted>();
  for (const { process, stats } of answers) {
    const former = before?.find((one) => one.process.id === process.id)?.stats.models;
    for (const [model, operations] of Object.entries(stats.models)) {
      const total = sumOf(operations);
      // A model that was not there then was not asked for.
      const recent = former ? difference(total, sumOf(former[model] ?? {})) : NONE;
      const others = models.get(model) ?? { total: NONE, recent: before && NONE };
      models.set(model, { total: sum(others.total, total), recent: others.recent && sum(others.recent, recent) });
    }
  }
  return models;
}

export function countByProcess(
  answers: readonly ProcessStats[],
  before: readonly ProcessStats[] | null,
): ProcessCounts[] {
  return answers.map((answer) => {
    const former = before?.find(({ process }) => process.id === answer.process.id);
    const total = allOf(answer);
    return { answer, total, recent: former ? difference(total, allOf(former)) : before && NONE };
  });
}

/** Where a process leaves models out of its answer, their counts are in its sums all the same. */
function allOf({ stats: { reads, loads, savedMilliseconds } }: ProcessStats): ReadCounts {
  const { hit, l1Hit, stale, miss, bypass } = reads;
  return {
    hit,
    l1Hit,
    stale,
    miss,
    bypass,
    loads: loads.count,
    loadMilliseconds: loads.milliseconds,
    savedMilliseconds,
  };
}

function sumOf(operations: Readonly<Record<string, ReadCounts>>): ReadCounts {
  return Object.values(operations).reduce(sum, NONE);
}

/** Never below 0, whatever was answered. */
function difference(now: ReadCounts, before: ReadCounts): ReadCounts {
  return numbers((name) => Math.max(0, now[name] - before[name]));
}

function numbers(of: (name: (typeof NAMES)[number]) => number): ReadCounts {
  return Object.fromEntries(NAMES.map((name) => [name, of(name) || 0])) as unknown as ReadCounts;
}
