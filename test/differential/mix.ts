/**
 * What an ordinary application asks and writes, in parts of a hundred. Every form that the generator knows is among
 * them; nothing here looks at what the cache is good at.
 */
export const READ_MIX = {
  /** `findUnique`, by any unique selector. */
  key: 35,
  /** Lists, counts and aggregates by a foreign key, an enum or a boolean. */
  list: 25,
  /** One row with parents and children. */
  relations: 20,
  other: 20,
} as const;

export const OTHER_READ_MIX = {
  findMany: 30,
  findFirst: 16,
  relationFilter: 14,
  listWithRelations: 10,
  page: 8,
  count: 8,
  aggregate: 5,
  groupBy: 5,
  fluent: 4,
} as const;

export const WRITE_MIX = {
  update: 45,
  create: 20,
  delete: 10,
  nested: 8,
  upsert: 7,
  many: 5,
  transaction: 3.5,
  raw: 1.5,
} as const;

export const TRANSACTION_MIX = {
  commits: 28,
  rollsBack: 18,
  failsInside: 12,
  catches: 8,
  nests: 14,
  batchCommits: 12,
  batchFails: 8,
} as const;

/** Of the keys that are named, the share of those that a fresh database has. A row that is deleted stays so for a while. */
export const REACH_OF_READS = 0.82;
export const REACH_OF_WRITES = 0.97;
/** Applications change rows by their primary key; of the rest, each key is used as often. */
export const WRITES_BY_PRIMARY_KEY = 0.6;

/** How likely a column of this kind is among those that an update changes, beside one that is no key. */
export const CHANGES_OF_KEYS = { primaryKey: 0.01, otherKey: 0.15, foreignKey: 0.6 } as const;

/** Writes of one history; the next one begins with fresh tables. */
export const WRITES_PER_HISTORY = 80;
/** Reads that are repeated after each write. */
export const POOL = 40;
/** The share of them that gives way to another read with each write. */
export const RENEWED = 0.03;
/** Models that one history is about, besides those that these cannot be without. */
export const FOCUS = 8;
