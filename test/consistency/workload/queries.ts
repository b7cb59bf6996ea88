import { KINDS, LABELS, ITEMS, TEAMS, labelName, rowOf, slugOf, teamName, type Kind, type State } from "./universe.js";
import { completeList, total, versionOf, type Filter, type Observation } from "./observation.js";
import type { PrismaClient } from "../generated/client.js";

export type Db = PrismaClient;

/** One query with its arguments: how to ask it, how often, and what its answer says. */
export interface Query {
  readonly name: string;
  readonly weight: number;
  /** Not started yet, as Prisma's own promises are. */
  readonly ask: (db: Db) => PromiseLike<unknown>;
  readonly observe: (answer: unknown) => Observation[];
}

interface Row {
  readonly id: number;
  readonly version: number;
  readonly nonce: number;
}
type ItemRow = Row & {
  readonly teamId?: number;
  readonly team?: Row;
  readonly labels?: readonly { readonly id: number }[];
};
type Counted = Row & { readonly _count: { readonly items: number } };

const own = { id: true, version: true, nonce: true } as const;
const byId = { id: "asc" } as const;

const alive: Filter = (state) => state.alive;
const gone: Filter = (state) => !state.alive;
const inTeam = numbered(
  TEAMS,
  (team): Filter =>
    (state) =>
      state.alive && state.team === team,
);
const marked = numbered(
  LABELS,
  (label): Filter =>
    (state) =>
      state.alive && state.mark === label,
);
const ofKind = Object.fromEntries(
  KINDS.map((kind): [Kind, Filter] => [kind, (state) => state.alive && state.kind === kind]),
) as Record<Kind, Filter>;
const inTeamOfKind = (team: number, kind: Kind): Filter => and(inTeam[team]!, ofKind[kind]);
const one = (filter: Filter) => (state: State) => (filter(state) ? 1 : 0);
const versionWhere = (filter: Filter) => (state: State) => (filter(state) ? state.version : 0);

/** All of them. A query is known by its place in this list. */
export const QUERIES: readonly Query[] = [
  ...items((id) => query(`item.findUnique id`, 8, (db) => db.item.findUnique({ where: { id } }), single("Item", id))),
  ...items((id) =>
    query(`item.findUnique slug`, 8, (db) => db.item.findUnique({ where: { slug: slugOf(id) } }), single("Item", id)),
  ),
  ...items((id) =>
    query(
      `item.findUniqueOrThrow slug`,
      2,
      (db) => db.item.findUniqueOrThrow({ where: { slug: slugOf(id) }, select: own }),
      single("Item", id),
    ),
  ),
  ...items((id) =>
    query(`item.findFirst id`, 0.5, (db) => db.item.findFirst({ where: { id }, select: own }), single("Item", id)),
  ),
  ...items((id) =>
    query(
      `item.findUnique include`,
      0.5,
      (db) => db.item.findUnique({ where: { id }, include: { team: true, labels: { select: { id: true } } } }),
      (answer) => (answer === null ? single("Item", id)(null) : itemTree(answer as ItemRow)),
    ),
  ),
  ...teams((id) => query(`team.findUnique id`, 8, (db) => db.team.findUnique({ where: { id } }), single("Team", id))),
  ...teams((id) =>
    query(`team.findUnique name`, 8, (db) => db.team.findUnique({ where: { name: teamName(id) } }), single("Team", id)),
  ),
  ...labels((id) =>
    query(
      `label.findUnique name`,
      8,
      (db) => db.label.findUnique({ where: { name: labelName(id) } }),
      single("Label", id),
    ),
  ),
  ...teams((id) =>
    query(
      `item.findMany team`,
      3,
      (db) => db.item.findMany({ where: { teamId: id }, orderBy: byId }),
      ordered((a, b) => a.id - b.id, list(inTeam[id]!)),
    ),
  ),
  ...teams((id) =>
    query(
      `item.findMany team order`,
      2,
      (db) => db.item.findMany({ where: { teamId: id }, orderBy: [{ version: "desc" }, byId] }),
      ordered((a, b) => b.version - a.version || a.id - b.id, list(inTeam[id]!)),
    ),
  ),
  ...teams((id) =>
    query(
      `item.findMany team+kind`,
      1,
      (db) => db.item.findMany({ where: { teamId: id, kind: "A" }, orderBy: byId, select: own }),
      list(inTeamOfKind(id, "A")),
    ),
  ),
  query(
    `item.findMany order`,
    2,
    (db) => db.item.findMany({ orderBy: [{ version: "desc" }, byId], select: own }),
    list(alive),
  ),
  query(`item.findMany window`, 3, (db) => db.item.findMany({ orderBy: byId, skip: 4, take: 8 }), someItems),
  query(
    `item.findMany cursor`,
    2,
    (db) => db.item.findMany({ orderBy: byId, cursor: { id: 3 }, take: 6, select: own }),
    someItems,
  ),
  ...teams((id) =>
    query(
      `item.findMany is`,
      1,
      (db) => db.item.findMany({ where: { team: { name: teamName(id) } }, orderBy: byId, select: own }),
      list(inTeam[id]!),
    ),
  ),
  ...labels((id) =>
    query(
      `item.findMany some`,
      1,
      (db) => db.item.findMany({ where: { labels: { some: { id } } }, orderBy: byId, select: own }),
      list(marked[id]!),
    ),
  ),
  query(
    `team.findMany some`,
    2,
    (db) => db.team.findMany({ where: { items: { some: { kind: "B" } } }, orderBy: byId, select: own }),
    teamsWithKindB,
  ),
  ...teams((id) =>
    query(
      `team.findUnique select`,
      1,
      (db) => db.team.findUnique({ where: { id }, select: { ...own, items: { select: own, orderBy: byId } } }),
      (answer) => {
        const team = answer as Row & { items: readonly Row[] };
        return [...single("Team", id)(team), ...list(inTeam[id]!)(team.items)];
      },
    ),
  ),
  ...teams((id) =>
    query(
      `team.items fluent`,
      1,
      (db) => db.team.findUnique({ where: { id } }).items({ orderBy: byId, select: own }),
      list(inTeam[id]!),
    ),
  ),
  query(
    `team.findMany _count`,
    3,
    (db) => db.team.findMany({ orderBy: byId, select: { ...own, _count: { select: { items: true } } } }),
    (answer) => counts(answer, "Team", inTeam),
  ),
  query(
    `label.findMany _count`,
    3,
    (db) => db.label.findMany({ orderBy: byId, include: { _count: { select: { items: true } } } }),
    (answer) => counts(answer, "Label", marked),
  ),
  ...teams((id) =>
    query(
      `item.count`,
      1,
      (db) => db.item.count({ where: { teamId: id } }),
      (answer) => [total(one(inTeam[id]!), answer as number)],
    ),
  ),
  ...teams((id) =>
    query(
      `item.aggregate`,
      1,
      (db) => db.item.aggregate({ where: { teamId: id }, _sum: { version: true }, _count: true }),
      (answer) => sums(answer, inTeam[id]!),
    ),
  ),
  query(
    `item.groupBy`,
    3,
    (db) => db.item.groupBy({ by: ["kind"], _sum: { version: true }, _count: true, orderBy: { kind: "asc" } }),
    (answer) =>
      KINDS.flatMap((kind) => {
        const group = (answer as readonly { kind: Kind }[]).find((each) => each.kind === kind);
        return sums(group ?? { _sum: { version: null }, _count: 0 }, ofKind[kind]);
      }),
  ),
];

function query(name: string, weight: number, ask: Query["ask"], observe: Query["observe"]): Query {
  return { name, weight, ask, observe };
}

/** The one row, or that it was not there. */
function single(model: "Team" | "Item" | "Label", id: number): Query["observe"] {
  const row = rowOf(model, id);
  return (answer) => {
    if (answer === null) return [{ kind: "state", row, filter: gone }];
    const found = answer as Row;
    if (found.id !== id) return [{ kind: "impossible", what: `asked for ${model} ${id}, got ${found.id}` }];
    return [versionOf(row, found)];
  };
}

function list(filter: Filter): Query["observe"] {
  return (answer) => {
    const found = answer as readonly Row[];
    const rows = new Set(found.map(({ id }) => rowOf("Item", id)));
    if (rows.size < found.length) return [{ kind: "impossible", what: "a row twice" }];
    return [...found.map((item) => versionOf(rowOf("Item", item.id), item)), ...completeList(filter, rows)];
  };
}

/** The same of a list that must be in this order, too. */
function ordered(compare: (a: Row, b: Row) => number, observe: Query["observe"]): Query["observe"] {
  return (answer) => {
    const found = answer as readonly Row[];
    const isOrdered = found.every((each, i) => i === 0 || compare(found[i - 1]!, each) < 0);
    return isOrdered ? observe(answer) : [{ kind: "impossible", what: "rows in another order" }];
  };
}

function someItems(answer: unknown): Observation[] {
  return (answer as readonly Row[]).map((item) => versionOf(rowOf("Item", item.id), item));
}

function itemTree(item: ItemRow): Observation[] {
  const row = rowOf("Item", item.id);
  const seen = [versionOf(row, item)];
  const { team, labels: found = [] } = item;
  if (!team || team.id !== item.teamId) seen.push({ kind: "impossible", what: "another team than the item's" });
  else seen.push(versionOf(rowOf("Team", team.id), team));
  const [label] = found;
  // The labels are a statement of their own, and may be those of a moment later: when the item was gone, for one.
  if (found.length > 1) seen.push({ kind: "impossible", what: "two labels" });
  else seen.push({ kind: "state", row, filter: label ? marked[label.id]! : gone });
  return seen;
}

function teamsWithKindB(answer: unknown): Observation[] {
  const found = answer as readonly Row[];
  const ids = new Set(found.map(({ id }) => id));
  const seen = found.map((team) => versionOf(rowOf("Team", team.id), team));
  for (let team = 1; team <= TEAMS; team++) {
    const measure = one(inTeamOfKind(team, "B"));
    seen.push(ids.has(team) ? { kind: "total", measure, least: 1, most: ITEMS } : total(measure, 0));
  }
  return seen;
}

function counts(answer: unknown, model: "Team" | "Label", filters: readonly Filter[]): Observation[] {
  return (answer as readonly Counted[]).flatMap((row) => [
    versionOf(rowOf(model, row.id), row),
    total(one(filters[row.id]!), row._count.items),
  ]);
}

function sums(answer: unknown, filter: Filter): Observation[] {
  const { _sum, _count } = answer as { _sum: { version: number | null }; _count: number };
  return [total(versionWhere(filter), _sum.version ?? 0), total(one(filter), _count)];
}

function and(a: Filter, b: Filter): Filter {
  return (state) => a(state) && b(state);
}

/** By number, from 1; place 0 is empty. */
function numbered<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count + 1 }, (_, number) => make(number));
}

function items(make: (id: number) => Query): Query[] {
  return numbered(ITEMS, make).slice(1);
}

function teams(make: (id: number) => Query): Query[] {
  return numbered(TEAMS, make).slice(1);
}

function labels(make: (id: number) => Query): Query[] {
  return numbered(LABELS, make).slice(1);
}
