import type { Prisma } from "../generated/client.js";
import type { Db } from "./queries.js";
import { ITEMS, KINDS, LABELS, STEADY_ITEMS, TEAMS, labelName, rowOf, slugOf, teamName } from "./universe.js";

/** What a write that was acknowledged has changed. */
export interface Written {
  /** How many rows have its nonce now; `null` where nobody is told. */
  readonly rows: number | null;
  readonly deleted?: readonly [row: number, version: number];
}

/** The rows that a write is to meet, and what it leaves in them. */
export interface WriteContext {
  readonly nonce: number;
  /** One of the items that are always there. */
  readonly item: number;
  /** Another one, with a greater id: rows are locked in one order, so that no deadlock is our own doing. */
  readonly laterItem: number;
  /** An item that comes and goes. */
  readonly guest: number;
  readonly team: number;
  readonly label: number;
  readonly kind: (typeof KINDS)[number];
}

export interface WriteForm {
  readonly name: string;
  readonly weight: number;
  readonly run: (db: Db, context: WriteContext) => Promise<Written>;
}

/** Thrown in a transaction that is to be rolled back. */
export class Rollback extends Error {}

const next = { increment: 1 } as const;
const bumped = ({ nonce, kind }: WriteContext) => ({ version: next, nonce, kind });
const counted = ({ nonce }: WriteContext) => ({ version: next, nonce });
const ONE: Written = { rows: 1 };

/** Rollbacks leave nothing, so what they report is never asked for. */
export const WRITE_FORMS: readonly WriteForm[] = [
  form("update id", 6, async (db, to) => {
    await db.item.update({ where: { id: to.item }, data: bumped(to) });
    return ONE;
  }),
  form("update slug", 5, async (db, to) => {
    await db.item.update({ where: { slug: slugOf(to.item) }, data: bumped(to), select: { id: true } });
    return ONE;
  }),
  form("update, moved to a team", 2, async (db, to) => {
    await db.item.update({ where: { id: to.item }, data: { ...counted(to), team: { connect: { id: to.team } } } });
    return ONE;
  }),
  form("update, relabelled", 2, async (db, to) => {
    const labels = { set: [{ id: to.label }] };
    await db.item.update({ where: { id: to.item }, data: { ...counted(to), mark: to.label, labels } });
    return ONE;
  }),
  form("updateMany ids", 1, async (db, to) => {
    const { count } = await db.item.updateMany({ where: { id: { in: [to.item, to.laterItem] } }, data: bumped(to) });
    return { rows: count };
  }),
  form("updateMany filter", 0.5, async (db, to) => {
    const { count } = await db.item.updateMany({ where: { teamId: to.team, id: to.item }, data: counted(to) });
    return { rows: count };
  }),
  form("updateManyAndReturn", 1, async (db, to) => {
    const where = { slug: { in: [slugOf(to.item), slugOf(to.laterItem)] } };
    return { rows: (await db.item.updateManyAndReturn({ where, data: bumped(to), select: { id: true } })).length };
  }),
  form("upsert", 2, async (db, to) => {
    await db.item.upsert({ where: { id: to.guest }, create: guest(to), update: bumped(to) });
    return ONE;
  }),
  form("create", 2, async (db, to) => {
    await db.item.create({ data: guest(to) });
    return ONE;
  }),
  form("delete id", 2, (db, to) => deletion(db.item.delete({ where: { id: to.guest } }))),
  form("delete slug", 1, (db, to) =>
    deletion(db.item.delete({ where: { slug: slugOf(to.guest) }, select: { id: true, version: true } })),
  ),
  form("team update name", 1, async (db, to) => {
    await db.team.update({ where: { name: teamName(to.team) }, data: counted(to) });
    return ONE;
  }),
  form("label update name", 1, async (db, to) => {
    await db.label.update({ where: { name: labelName(to.label) }, data: counted(to) });
    return ONE;
  }),
  form("nested update", 1, async (db, to) => {
    const items = { update: { where: { id: to.item }, data: bumped(to) } };
    await db.team.update({ where: { id: to.team }, data: { ...counted(to), items } });
    return { rows: 2 };
  }),
  form("nested updateMany", 1, async (db, to) => {
    const items = { updateMany: { where: { id: to.item }, data: bumped(to) } };
    await db.team.update({ where: { id: to.team }, data: { ...counted(to), items } });
    return { rows: null };
  }),
  form("transaction", 2, async (db, to) => {
    await db.$transaction((tx) => both(tx, to));
    return { rows: 2 };
  }),
  form("transaction rolled back", 1, async (db, to) => {
    await db.$transaction(async (tx) => {
      await both(tx, to);
      throw new Rollback();
    });
    return ONE;
  }),
  form("batch", 2, async (db, to) => {
    await db.$transaction([
      db.item.update({ where: { id: to.item }, data: bumped(to) }),
      db.label.update({ where: { id: to.label }, data: counted(to) }),
    ]);
    return { rows: 2 };
  }),
  form("batch rolled back", 1, async (db, to) => {
    await db.$transaction([
      db.item.update({ where: { slug: slugOf(to.item) }, data: bumped(to) }),
      db.item.update({ where: { slug: "nobody" }, data: counted(to) }),
    ]);
    return ONE;
  }),
  form("raw", 0.5, async (db, to) => {
    const rows =
      await db.$executeRaw`UPDATE "Item" SET version = version + 1, nonce = ${to.nonce} WHERE id = ${to.item}`;
    return { rows };
  }),
];

/** `random` in [0, 1); `hot`: what all workers have in common at the moment, so that they meet. */
export function writeContext(nonce: number, random: () => number, hot: number): WriteContext {
  const of = (count: number) => 1 + Math.floor(random() * count);
  const item = random() < 0.6 ? 1 + (hot % (STEADY_ITEMS - 1)) : of(STEADY_ITEMS - 1);
  return {
    nonce,
    item,
    laterItem: item + of(STEADY_ITEMS - item),
    guest: STEADY_ITEMS + (random() < 0.6 ? 1 + (hot % (ITEMS - STEADY_ITEMS)) : of(ITEMS - STEADY_ITEMS)),
    team: of(TEAMS),
    label: of(LABELS),
    kind: KINDS[Math.floor(random() * KINDS.length)]!,
  };
}

function form(name: string, weight: number, run: WriteForm["run"]): WriteForm {
  return { name, weight, run };
}

function guest(to: WriteContext) {
  const { guest: id, nonce, team, label, kind } = to;
  return { id, slug: slugOf(id), nonce, teamId: team, kind, mark: label, labels: { connect: { id: label } } } as never;
}

async function both(tx: Prisma.TransactionClient, to: WriteContext): Promise<void> {
  await tx.item.update({ where: { id: to.item }, data: bumped(to) });
  await tx.item.findUnique({ where: { id: to.item } });
  await tx.item.update({ where: { slug: slugOf(to.laterItem) }, data: bumped(to) });
}

async function deletion(row: PromiseLike<{ id: number; version: number }>): Promise<Written> {
  const { id, version } = await row;
  return { rows: 0, deleted: [rowOf("Item", id), version + 1] };
}
