import type { BenchResult } from "./result.js";
import type { Section } from "./section.js";
import { sectionsOf } from "./sections.js";
import { markdown } from "./table.js";
import { targetsOf, targetsTable } from "./targets.js";

/** The Markdown page; its charts lie in `folder` beside it. */
export function page(result: BenchResult, folder: string): string {
  return [
    "# Performance",
    "<!-- Written by the benchmark from its results: nothing here is typed in. -->",
    intro(result),
    "## What is measured",
    SUBJECTS,
    METHOD,
    ...leftOut(result),
    "## Targets",
    markdown(targetsTable(targetsOf(result))),
    ...sectionsOf(result).flatMap((section) => sectionText(section, folder)),
    "",
  ].join("\n\n");
}

function intro({ command, date, seconds, isQuick, environment }: BenchResult): string {
  const { machine, processor, cores, memoryGiB, system, versions } = environment;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const warning =
    "**This was a quick run**: every case once, for a moment. It shows that they work; the figures say little.\n\n";
  return (
    `${isQuick ? warning : ""}\`${command}\` on ${date.slice(0, 10)}, in ${Math.ceil(seconds / 60)} min, on ${machine}: ` +
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}; ${programs.join(", ")}. PostgreSQL and Redis run on the same machine. ` +
    "Figures depend on the machine; what counts are the ratios within one run."
  );
}

const SUBJECTS = `- **prisma**: Prisma on PostgreSQL without a cache.
- **prisma-extension-redis**: as its README configures it, with a transformer, without which it caches no row that has a BigInt.
- **hand-written**: GET, \`JSON.parse\`, SET EX around Prisma. No write drops anything, and types are lost.
- **bare**: a floor. One MGET of an entry and three small keys, and \`JSON.parse\`; Prisma is not asked at all.
- **hook**: a floor. A query extension that returns a constant.
- **lock and release**: a floor of writes. A key in Redis is locked before the statement and dropped after it, both waited for.
- **lock first**: a floor. As before, but nobody waits for the end of the lock.
- **lock meanwhile**: a floor. As before, but Prisma plans its statement while the lock is on its way: that waits at the driver.
- **lock exactly**: a floor. As before, with a lock on each of what depends on the row and on nothing else: five values by which others
  find it, and the table. They are known from before, so the statement has them in its \`WHERE\`. What it takes to know them is left out.
- **lock beside**: less than any write can cost that locks. The lock is sent together with the statement, and nobody waits for its end.
- **copy**: a Map in process memory, and copies of what it holds, written out by hand for this very schema; nothing becomes untrue.
- **L2**: evercache with Redis. **L1**: with a level in process memory before it, *tracked* (told by Redis of what becomes
  untrue), *validated* (each read asks Redis for the tokens) or *shared* (callers get the same object).
  *Refilled*: writes leave their rows in the cache (\`onWrite: "refill"\`). *Without fast path*: each read goes through Prisma's extension.`;

const METHOD = `Each figure is the median of several rounds, in which the subjects take turns. Each is measured in processes of its own, with
\`NODE_ENV=production\`, on compiled JavaScript, after warming up: what one subject leaves in the heap, the compiled code or the
connections does not touch the next. Nothing else runs meanwhile.`;

function leftOut({ leftOut: subjects }: BenchResult): string[] {
  return subjects.map(({ subject, reason }) => `Left out: **${subject}**. ${reason}`);
}

function sectionText({ title, about, tables, charts }: Section, folder: string): string[] {
  return [
    `## ${title}`,
    about,
    ...charts.map((chart) => `![${chart.title}, ${chart.unit}](${folder}/${chart.name}.svg)`),
    ...tables.flatMap((table) => [`**${table.title}**`, markdown(table)]),
  ];
}
