import { modelTag, pathTag, rowTag, uniqueTag, type Tag } from "../../src/tag.js";
import type { Effects, Learnt } from "../../src/write-fence.js";

export const MODEL = "Product";
export const ALL = pathTag(MODEL, ["id"]);
export const ANY = modelTag(MODEL, "any");
export const LOOKUP = pathTag(MODEL, ["name"]);
/** Few rows and names, so that actors meet. */
export const IDS = [1, 2] as const;
export const NAMES = ["a", "b", "c"] as const;
export type Id = (typeof IDS)[number];
export type Name = (typeof NAMES)[number];

const ROWS: Record<Id, Tag> = { 1: rowTag(MODEL, ["1"]), 2: rowTag(MODEL, ["2"]) };
const NAMED = Object.fromEntries(NAMES.map((name) => [name, uniqueTag(MODEL, [["name", name]])])) as Record<Name, Tag>;
export const TAGS: readonly Tag[] = [ALL, ANY, LOOKUP, ...Object.values(ROWS), ...Object.values(NAMED)];

export interface Row {
  readonly name: Name;
  /** The number of the commit that wrote it: no two rows are ever alike. */
  readonly version: number;
}
type Table = Readonly<Record<Id, Row | null>>;

/** A question, with what its answer depends on. */
export interface Query {
  readonly key: string;
  readonly tags: readonly Tag[];
  readonly absentTags: readonly Tag[];
  readonly answer: (table: Table) => string | null;
}

const spell = (id: Id, row: Row | null): string | null => row && `${id} ${row.name} ${row.version}`;

export const QUERIES: readonly Query[] = [
  ...IDS.map((id) => ({
    key: `id=${id}`,
    tags: [ALL, ROWS[id]],
    absentTags: [ANY],
    answer: (table: Table) => spell(id, table[id]),
  })),
  ...NAMES.map((name) => ({
    key: `name=${name}`,
    tags: [ALL, LOOKUP, NAMED[name]],
    absentTags: [ANY],
    answer: (table: Table) => {
      const id = IDS.find((each) => table[each]?.name === name);
      return id === undefined ? null : spell(id, table[id]);
    },
  })),
  { key: "list", tags: [ANY], absentTags: [], answer: (table) => IDS.map((id) => spell(id, table[id])).join() },
];

/** A statement on one row. */
export type Statement =
  | { readonly kind: "bump"; readonly id: Id }
  | { readonly kind: "rename"; readonly id: Id; readonly name: Name }
  | { readonly kind: "delete"; readonly id: Id };

/** What a front end knows of a statement before it has run. */
export function effectsOf(statement: Statement): Effects {
  const changed = [ANY, ROWS[statement.id]];
  if (statement.kind === "rename") changed.push(NAMED[statement.name]);
  return { changed, fenced: [LOOKUP] };
}

/** What the row that comes back tells. The name that it had before a renaming is not among that: the fence must fall. */
export function learntOf(statement: Statement, returned: Pick<Row, "name">): Learnt {
  if (statement.kind === "rename") return { changed: [], unchanged: [] };
  return { changed: [NAMED[returned.name]], unchanged: [LOOKUP] };
}

/** A database that is always right: one commit after the other, every one of them remembered. */
export class Database {
  /** The answer to each query after each commit. */
  readonly answers: (string | null)[][] = QUERIES.map(() => []);
  /** For each commit, the processes that must see it, as bits. */
  readonly #seenBy: number[] = [0];
  #table: Table = { 1: { name: "a", version: 0 }, 2: null };

  constructor() {
    this.#remember();
  }

  /** The number of the last commit. */
  get clock(): number {
    return this.#seenBy.length - 1;
  }

  /** Whether `statement` finds what it needs. A bump creates its row where there is none. */
  accepts({ kind, id }: Statement): boolean {
    return kind === "bump" || this.#table[id] !== null;
  }

  /** The name that the row has, or will have when it is created. */
  nameOf(id: Id): Name {
    return this.#table[id]?.name ?? NAMES[id];
  }

  /** Answers the row as it is now, or was before it was deleted. */
  commit(statement: Statement): Row {
    const name = statement.kind === "rename" ? statement.name : this.nameOf(statement.id);
    const row: Row = { name, version: this.#seenBy.push(0) - 1 };
    this.#table = { ...this.#table, [statement.id]: statement.kind === "delete" ? null : row };
    this.#remember();
    return row;
  }

  /** These processes must see what commit number `clock` did. */
  require(clock: number, processes: number): void {
    this.#seenBy[clock]! |= processes;
  }

  answer(query: number): string | null {
    return this.answers[query]!.at(-1)!;
  }

  /** The last commit that changed the answer and that `process` must see. */
  required(query: number, process: number): number {
    const answers = this.answers[query]!;
    for (let clock = this.clock; clock > 0; clock--) {
      if ((this.#seenBy[clock]! >> process) & 1 && answers[clock] !== answers[clock - 1]) return clock;
    }
    return 0;
  }

  #remember(): void {
    for (const [i, query] of QUERIES.entries()) this.answers[i]!.push(query.answer(this.#table));
  }
}
