import type { ProcessStats } from "@evercache/core";

export type QueryCounts = NonNullable<ProcessStats["stats"]["queries"]>["byLoads"][number];

const COUNTS = [
  "hit",
  "stale",
  "miss",
  "invalidated",
  "needless",
  "loads",
  "loadMilliseconds",
  "savedMilliseconds",
] as const;

/** The shapes of queries of all processes, those first that the database has worked for longest. */
export function countByQuery(answers: readonly ProcessStats[], models: readonly string[] | null): QueryCounts[] {
  const queries = new Map<string, QueryCounts>();
  for (const { stats } of answers) {
    // A process has one query in several lists, with the same counts.
    const lists: readonly (readonly QueryCounts[])[] = Object.values(stats.queries ?? {});
    const own = new Map(lists.flat().map((one) => [nameOf(one), one]));
    for (const [name, one] of own) {
      if (models !== null && !models.includes(one.model)) continue;
      const others = queries.get(name);
      queries.set(name, others ? together(others, one) : one);
    }
  }
  return [...queries.values()].toSorted((a, b) => b.loadMilliseconds - a.loadMilliseconds);
}

export function nameOf({ model, operation, shape }: QueryCounts): string {
  return `${model}.${operation} ${shape}`.trim();
}

function together(a: QueryCounts, b: QueryCounts): QueryCounts {
  const sums = Object.fromEntries(COUNTS.map((name) => [name, a[name] + b[name]])) as Record<
    (typeof COUNTS)[number],
    number
  >;
  const served = sums.hit + sums.stale;
  const looked = served + sums.miss;
  return { ...a, ...sums, hitRatio: looked === 0 ? 0 : served / looked };
}
