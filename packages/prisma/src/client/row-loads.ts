import { divideBySize, EachTick } from "@evercache/core";
import type { Field, Model } from "../schema/data-model.js";
import type { Delegate } from "./fast-read.js";

type Args = Readonly<Record<string, unknown>>;

/** A row that somebody waits for. */
interface Wanted {
  readonly args: Args;
  readonly id: number | bigint;
  readonly resolve: (row: unknown) => void;
}

/** Rows of one statement. */
const MOST_ROWS = 100;
const MOST_INT = 2 ** 31 - 1;

/**
 * Loads rows by primary key: those that are asked for in one tick, with the same columns, by one `findMany`. Prisma makes
 * one statement of their `findUnique`s as well, and takes twice as long for it.
 */
export class RowLoads {
  readonly #wanted = new EachTick<Wanted>((wanted) =>
    Promise.all(groupsOf(wanted).map((group) => this.#loadGroup(group))),
  );

  private constructor(
    private readonly delegate: Delegate,
    private readonly key: Field,
  ) {}

  /** `delegate`: of a client without extensions. Null where the key of the model's rows is not a single integer. */
  static of(model: Model | undefined, delegate: Delegate): RowLoads | null {
    const [name, ...others] = model?.primaryKey ?? [];
    const key = name === undefined || others.length > 0 ? undefined : model?.fields.get(name);
    return key && (key.type === "Int" || key.type === "BigInt") ? new RowLoads(delegate, key) : null;
  }

  /** As `findUnique`. Null where the arguments say more than a key, and columns with the key's among them. */
  load(args: Args): Promise<unknown> | null {
    const id = this.#idIn(args);
    return id === null ? null : new Promise((resolve) => this.#wanted.add({ args, id, resolve }));
  }

  #idIn(args: Args): number | bigint | null {
    const { name, type } = this.key;
    for (const argument in args) if (argument !== "where" && argument !== "select") return null;
    const where = args["where"] as Args | undefined;
    const id = where?.[name];
    for (const column in where) if (column !== name) return null;
    if (args["select"] !== undefined && !isOfColumns(args["select"] as Args, name)) return null;
    if (typeof id === "bigint") return type === "BigInt" ? id : null;
    if (typeof id !== "number" || !Number.isSafeInteger(id)) return null;
    return type === "BigInt" || Math.abs(id) <= MOST_INT ? id : null;
  }

  async #loadGroup(group: readonly Wanted[]): Promise<void> {
    const rows = group.length === 1 ? null : await this.#rowsOf(group);
    const alone: Promise<unknown>[] = [];
    for (const { args, id, resolve } of group) {
      const key = String(id);
      // Whatever is wrong with one of them is told to that one alone, in Prisma's words. And each gets a row of its own.
      if (rows === null || rows.get(key) === GIVEN) alone.push(this.#loadAlone(args, resolve));
      else {
        resolve(rows.get(key) ?? null);
        rows.set(key, GIVEN);
      }
    }
    await Promise.all(alone);
  }

  /** Resolves, and rejects never, when it is answered. */
  async #loadAlone(args: Args, resolve: Wanted["resolve"]): Promise<void> {
    // Asks now, and once: Prisma's own promise would wait for whoever awaits it.
    const row = (async () => this.delegate["findUnique"]!(args))();
    resolve(row);
    await row.catch(() => {});
  }

  /** By key. Null: the database did not answer, or not with these rows. */
  async #rowsOf(group: readonly Wanted[]): Promise<Map<string, unknown> | null> {
    const { name } = this.key;
    const { select } = group[0]!.args;
    const where = { [name]: { in: group.map(({ id }) => id) } };
    try {
      const found = await this.delegate["findMany"]!(select === undefined ? { where } : { where, select });
      const rows = new Map<string, unknown>();
      for (const row of found as Args[]) {
        const id = row[name];
        if (typeof id !== "number" && typeof id !== "bigint") return null;
        rows.set(String(id), row);
      }
      return rows;
    } catch {
      return null;
    }
  }
}

const GIVEN = Symbol("given");

/** With the same columns, in the same order: rows have them as they are selected. */
function groupsOf(wanted: readonly Wanted[]): readonly Wanted[][] {
  const groups = new Map<string, Wanted[]>();
  for (const one of wanted) {
    const { select } = one.args;
    const columns = select === undefined ? "" : Object.keys(select as Args).join();
    const group = groups.get(columns);
    if (group) group.push(one);
    else groups.set(columns, [one]);
  }
  const limits = { most: MOST_ROWS, largest: Infinity, size: () => 1 };
  return [...groups.values()].flatMap((group) => divideBySize(group, limits));
}

function isOfColumns(select: Args, key: string): boolean {
  let hasKey = false;
  for (const column in select) {
    // A relation that is selected in this way has arguments of its own: all that are there.
    if (select[column] !== true) return false;
    if (column === key) hasKey = true;
  }
  return hasKey;
}
