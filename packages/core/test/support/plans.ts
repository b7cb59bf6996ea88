import type { WritePlan } from "../../src/write-plan.js";
import { superjsonCodec } from "../../src/codec/superjson-codec.js";
import type { ReadPlan } from "../../src/read-plan.js";
import { anyTag, pathTag, rowTag, uniqueTag, type Tag } from "../../src/tag.js";
import type { Row, Snapshot, ToyDatabase } from "./toy-database.js";

export const MODEL = "Product";
export const ALL = pathTag(MODEL, ["id"]);
export const ANY = anyTag(MODEL);
export const LOOKUP = pathTag(MODEL, ["name"]);
/** What drops every entry. */
export const EVERYTHING = [ANY, ALL, LOOKUP];
export const row = (id: number): Tag => rowTag(MODEL, [String(id)]);
export const named = (name: string): Tag => uniqueTag(MODEL, [["name", name]]);

export const POLICY = { ttl: 86_400_000, jitter: 0, maxEntryBytes: 1024 * 1024, l1: null };
const codec = superjsonCodec();

/** A plan whose parts can all be replaced. */
export function makePlan<T>(load: () => Promise<T>, changes: Partial<ReadPlan<T>> = {}): ReadPlan<T> {
  return {
    source: { model: MODEL, operation: "findUnique" },
    key: "Product:test",
    identity: null,
    fingerprint: "schema-1",
    tags: [ALL, row(1)],
    absentTags: [row(1), ANY],
    policy: POLICY,
    codec,
    load,
    ...changes,
  };
}

/** Questions to the toy database, each with what its answer depends on. */
export const QUERIES = {
  byId: (id: number): Query => ({
    key: `Product:id=${id}`,
    tags: [ALL, row(id)],
    absentTags: [row(id), ANY],
    answer: (rows) => rows.get(id) ?? null,
  }),
  byName: (name: string): Query => ({
    key: `Product:name=${name}`,
    tags: [ALL, LOOKUP, named(name)],
    absentTags: [named(name), ANY],
    answer: (rows) => [...rows.values()].find((each) => each.name === name) ?? null,
  }),
  list: (): Query => ({
    key: "Product:list",
    tags: [ANY],
    absentTags: [],
    answer: (rows) => [...rows.values()].toSorted((a, b) => a.id - b.id),
  }),
} as const;

export interface Query {
  readonly key: string;
  readonly tags: readonly Tag[];
  readonly absentTags: readonly Tag[];
  readonly answer: (rows: Snapshot) => unknown;
}

export function readPlan(query: Query, load: () => Promise<unknown>): ReadPlan<unknown> {
  const { key, tags, absentTags } = query;
  return makePlan(load, { key, tags, absentTags });
}

/** `query` as the database answers it at once. */
export function readOf(database: ToyDatabase, query: Query): ReadPlan<unknown> {
  return readPlan(query, async () => query.answer(database.now));
}

/** An update by id that leaves the name alone, as a front end would describe it: other unique values are fenced. */
export function bumpPlan(database: ToyDatabase, id: number, changes: Partial<WritePlan<Row>> = {}): WritePlan<Row> {
  return {
    effects: { changed: [ANY, row(id)], fenced: [LOOKUP] },
    run: async () => database.bump(id),
    learn: ({ name }) => ({ changed: [named(name)], unchanged: [LOOKUP] }),
    outcomeOf: () => "rolled-back",
    ...changes,
  };
}
