import type { Narrowing } from "../../src/narrowing.js";
import { anyTag, fieldTag, pathTag, rowTag, uniqueTag, type Tag } from "../../src/tag.js";
import type { Effects, Learnt } from "../../src/write-fence.js";

export const MODEL = "Product";
export const ALL = pathTag(MODEL, ["id"]);
export const ANY = anyTag(MODEL);
export const LOOKUP = pathTag(MODEL, ["name"]);
/** Few rows and names, so that actors meet. */
export const IDS = [1, 2] as const;
export const NAMES = ["a", "b", "c"] as const;
export type Id = (typeof IDS)[number];
export type Name = (typeof NAMES)[number];

const ROWS: Record<Id, Tag> = { 1: rowTag(MODEL, ["1"]), 2: rowTag(MODEL, ["2"]) };
const NAMED = Object.fromEntries(NAMES.map((name) => [name, uniqueTag(MODEL, [["name", name]])])) as Record<Name, Tag>;
const POST = rowTag("Post", ["1"]);
const POST_PATH = pathTag("Post", ["id"]);
const POST_ANY = anyTag("Post");
export const TAGS: readonly Tag[] = [
  ALL,
  ANY,
  LOOKUP,
  ...Object.values(ROWS),
  ...Object.values(NAMED),
  POST,
  POST_PATH,
  POST_ANY,
];
/** All rows are of one kind. */
const KIND = fieldTag(MODEL, "kind", "1");
const KIND_PATH = pathTag(MODEL, ["kind"]);
export const KIND_TAGS: readonly Tag[] = [KIND, KIND_PATH];
/** What drops every entry. */
export const EVERYTHING: readonly Tag[] = [ANY, ALL, LOOKUP, POST_ANY, POST_PATH];

export interface Row {
  readonly name: Name;
  /** The number of the commit that wrote it: no two rows are ever alike. */
  readonly version: number;
}

/** What points at a row, or at none: which one, only whoever has read it knows. */
interface Post {
  readonly about: Id | null;
  readonly version: number;
}
type Table = Readonly<Record<Id, Row | null>> & { readonly post: Post | null };

/** A question, with what its answer depends on. */
export interface Query {
  readonly key: string;
  readonly tags: readonly Tag[];
  readonly absentTags: readonly Tag[];
  readonly answer: (table: Table) => string | null;
  /** What the answer tells of its tags. */
  readonly narrowing?: (table: Table) => Narrowing | undefined;
}

const spell = (id: Id, row: Row | null): string | null => row && `${id} ${row.name} ${row.version}`;

const rowNamed = (table: Table, name: Name): string | null => {
  const id = IDS.find((each) => table[each]?.name === name);
  return id === undefined ? null : spell(id, table[id]);
};

/** The post, and what it points at: `find` and `exact` say how that is found. */
function postWith(
  key: string,
  find: (table: Table, about: Id) => string | null,
  exact: (about: Id) => readonly Tag[],
): Query {
  return {
    key,
    tags: [POST_PATH, POST, ANY],
    absentTags: [POST, POST_ANY],
    answer: (table) => table.post && `${table.post.version}: ${table.post.about && find(table, table.post.about)}`,
    narrowing: (table) => {
      const about = table.post?.about;
      if (!about) return { replaced: [ANY], exact: [] };
      // A row that is not there yet has no exact tags: whoever creates it need not know which it will be.
      return find(table, about) === null ? undefined : { replaced: [ANY], exact: exact(about) };
    },
  };
}

export const QUERIES: Query[] = [
  ...IDS.map((id) => ({
    key: `id=${id}`,
    tags: [ALL, ROWS[id]],
    absentTags: [ROWS[id], ANY],
    answer: (table: Table) => spell(id, table[id]),
  })),
  ...NAMES.map((name) => ({
    key: `name=${name}`,
    tags: [ALL, LOOKUP, NAMED[name]],
    absentTags: [NAMED[name], ANY],
    answer: (table: Table) => rowNamed(table, name),
  })),
  { key: "list", tags: [ANY], absentTags: [], answer: (table) => rows(table) },
  postWith(
    "post with row",
    (table, about) => spell(about, table[about]),
    (about) => [ALL, ROWS[about]],
  ),
  postWith(
    "post with named",
    (table, about) => rowNamed(table, NAMES[about - 1]!),
    (about) => [ALL, LOOKUP, NAMED[NAMES[about - 1]!]],
  ),
];

const rows = (table: Table): string => IDS.map((id) => spell(id, table[id])).join();

/** The rows of a kind: all of them, of which each write says that it changes one. Asked only where writes do say so. */
export const KIND_QUERY = QUERIES.push({ key: "kind", tags: [KIND_PATH, KIND], absentTags: [], answer: rows }) - 1;

/** What writes say besides, in a world in which the rows of a kind are asked for. */
function withKind(statement: Statement, changed: readonly Tag[]): readonly Tag[] {
  if (!("id" in statement)) return changed;
  return statement.kind === "sweep" ? [...changed, KIND_PATH] : [...changed, KIND];
}

/** The answer to the query of the kind after this statement, where it was `before` until then. */
export function patched(statement: Statement, before: unknown, row: Row): string | undefined {
  if (statement.kind !== "bump" && statement.kind !== "rename") return undefined;
  const parts = (before as string).split(",");
  const place = IDS.indexOf(statement.id);
  return parts[place] === "" ? undefined : parts.with(place, spell(statement.id, row)!).join();
}

/** A statement on one row. */
export type Statement =
  | { readonly kind: "bump"; readonly id: Id }
  | { readonly kind: "rename"; readonly id: Id; readonly name: Name }
  | { readonly kind: "delete"; readonly id: Id }
  /** Where there is none. That it would be this one, only the row that comes back tells. */
  | { readonly kind: "create"; readonly id: Id }
  /** A new version of a row, of which nobody knows which one it is. */
  | { readonly kind: "sweep"; readonly id: Id }
  | { readonly kind: "post"; readonly about: Id | null }
  | { readonly kind: "unpost" }
  /** Where there is none. Nobody knew beforehand that it would be this one. */
  | { readonly kind: "create post"; readonly about: Id };

/** What a front end knows of a statement before it has run. `hasKinds`: with the kind of its row. */
export function effectsOf(statement: Statement, hasKinds = false): Effects {
  const { changed, fenced } = ownEffects(statement);
  return hasKinds ? { changed: withKind(statement, changed), fenced } : { changed, fenced };
}

function ownEffects(statement: Statement): Effects {
  if (statement.kind === "create post") return { changed: [POST_ANY], fenced: [] };
  if (statement.kind === "post" || statement.kind === "unpost") return { changed: [POST_ANY, POST], fenced: [] };
  if (statement.kind === "create") return { changed: [ANY, NAMED[NAMES[statement.id]]], fenced: [] };
  if (statement.kind === "sweep") return { changed: [ANY, ALL, LOOKUP], fenced: [] };
  const changed = [ANY, ROWS[statement.id]];
  if (statement.kind === "rename") changed.push(NAMED[statement.name]);
  return { changed, fenced: [LOOKUP] };
}

/** What the row that comes back tells. The name that it had before a renaming is not among that: the fence must fall. */
export function learntOf(statement: Statement, returned: Pick<Row, "name">): Learnt {
  if (statement.kind === "create") return { changed: [ROWS[statement.id]], unchanged: [] };
  if (statement.kind !== "bump" && statement.kind !== "delete") return { changed: [], unchanged: [] };
  return { changed: [NAMED[returned.name]], unchanged: [LOOKUP] };
}

/** What the row that comes back answers from now on, with the tags that this depends on as far as they are known before. */
export function answeredBy(statement: Statement): { readonly query: number; readonly tags: readonly Tag[] } | null {
  if (!("id" in statement) || statement.kind === "delete" || statement.kind === "sweep") return null;
  const query = IDS.indexOf(statement.id);
  return { query, tags: statement.kind === "create" ? [ALL] : QUERIES[query]!.tags };
}

/** As the query by its id answers it. */
export function spellRow(statement: Statement, row: Row): string | null {
  return "id" in statement ? spell(statement.id, row) : null;
}

/** A database that is always right: one commit after the other, every one of them remembered. */
export class Database {
  /** The answer to each query after each commit. */
  readonly answers: (string | null)[][] = QUERIES.map(() => []);
  /** For each commit, the processes that must see it, as bits. */
  readonly #seenBy: number[] = [0];
  /** After each commit. */
  readonly #tables: Table[] = [];
  #table: Table;

  constructor(hasPost: boolean) {
    this.#table = { 1: { name: "a", version: 0 }, 2: null, post: hasPost ? { about: 1, version: 0 } : null };
    this.#remember();
  }

  /** The number of the last commit. */
  get clock(): number {
    return this.#seenBy.length - 1;
  }

  /** Whether `statement` finds what it needs. A bump creates its row where there is none. */
  accepts(statement: Statement): boolean {
    switch (statement.kind) {
      case "bump":
        return true;
      case "rename":
      case "delete":
      case "sweep":
        return this.#table[statement.id] !== null;
      case "post":
      case "unpost":
        return this.#table.post !== null;
      case "create post":
        return this.#table.post === null;
      case "create":
        return this.#table[statement.id] === null;
      default:
        return statement satisfies never;
    }
  }

  /** The name that the row has, or will have when it is created. */
  nameOf(id: Id): Name {
    return this.#table[id]?.name ?? NAMES[id];
  }

  /** Answers the row as it is now, or was before it was deleted. */
  commit(statement: Statement): Row {
    if (!("id" in statement)) return this.#commitPost(statement);
    const name = statement.kind === "rename" ? statement.name : this.nameOf(statement.id);
    const row: Row = { name, version: this.#seenBy.push(0) - 1 };
    this.#table = { ...this.#table, [statement.id]: statement.kind === "delete" ? null : row };
    this.#remember();
    return row;
  }

  #commitPost(statement: Exclude<Statement, { readonly id: Id }>): Row {
    const version = this.#seenBy.push(0) - 1;
    this.#table = { ...this.#table, post: "about" in statement ? { about: statement.about, version } : null };
    this.#remember();
    return { name: NAMES[0], version };
  }

  /** What the answer of now tells of its tags; undefined where that is nothing. */
  narrowing(query: number): Narrowing | undefined {
    return QUERIES[query]!.narrowing?.(this.#table);
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

  /** The numbers of all commits that `process` must see. */
  allRequired(process: number): readonly number[] {
    return [...this.#seenBy.keys()].filter((clock) => (this.#seenBy[clock]! >> process) & 1);
  }

  /** Whether `answer` was given after some commit, or would have been, had only those of `required` come after it. */
  couldAnswer(query: number, answer: string | null, required: readonly number[]): boolean {
    return this.#tables.some((table, clock) => {
      const later = required.filter((each) => each > clock).map((each) => this.#changeOf(each));
      return QUERIES[query]!.answer(Object.assign({}, table, ...later) as Table) === answer;
    });
  }

  #changeOf(clock: number): Partial<Table> {
    const [before, after] = [this.#tables[clock - 1]!, this.#tables[clock]!];
    return Object.fromEntries(Object.entries(after).filter(([key, value]) => before[key as keyof Table] !== value));
  }

  #remember(): void {
    this.#tables.push(this.#table);
    for (const [i, query] of QUERIES.entries()) this.answers[i]!.push(query.answer(this.#table));
  }
}
