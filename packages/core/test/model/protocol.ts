/** What can go wrong, and how often in one run. */
export interface Faults {
  /** A writer dies, before its commit or after it. */
  readonly crash: number;
  readonly evictToken: number;
  readonly evictEntry: number;
  readonly evictLock: number;
  /** A lease ends although its writer is alive and at work. */
  readonly slow: number;
  /** A replica takes over, without whatever it had not been told. */
  readonly failover: number;
  /** The connection is lost while the database commits: it may, or may not. */
  readonly ambiguous: number;
  /** A command of a writer is refused, since the store is away for its process. */
  readonly away: number;
}

export const FAULTS = [
  "crash",
  "evictToken",
  "evictEntry",
  "evictLock",
  "slow",
  "failover",
  "ambiguous",
  "away",
] as const satisfies readonly (keyof Faults)[];

/** What a write does to the one cached result, and what it tells when it ends. */
export type WriteKind =
  /** Changes it, and names all its tags beforehand. */
  | "named"
  /** Changes it; the exact tag is known only when the row comes back, so the wide tag is fenced, and then restored. */
  | "told"
  /** Fences the wide tag, and turns out to have changed something else. */
  | "elsewhere"
  /** Fences the wide tag, changes the result, and is never told which rows those were: the fence falls. */
  | "untold"
  /** Fences the wide tag, changes the result, and tells wrongly that nothing behind the fence changed. */
  | "mistold";

/** The protocol, rule by rule, each with the ways to get it wrong. */
export interface Protocol {
  /** `eventual`: a write is only released, never quarantined. */
  readonly level: "bounded" | "eventual";
  readonly stamps: "before the load" | "at the fill";
  readonly locks: "every holder" | "one holder, compared" | "whoever is last";
  readonly release: "awaited" | "not awaited";
  readonly restore: "if all left unchanged" | "also after a lease ended";
  readonly mint: "where absent" | "over anything";
  readonly tokens: "random" | "counted";
  readonly epoch: "in every token" | "none";
  /** Whether the quarantine waits for a replica. */
  readonly replica: "waited for" | "not waited for";
  readonly ambiguous: "held" | "released";
  /** Which load a reader may share. */
  readonly join: "equal stamps" | "any";
  /** Whether entry and tokens are read together. */
  readonly lookup: "at once" | "in two commands";
  readonly recovery: "before the next read" | "never";
  /** How exact tags take the place of the tag of all rows, once a load has told which they are; null: they do not. */
  readonly narrowing:
    | "both at once"
    | "the exact ones, then all rows"
    | "all rows, then the exact ones"
    | "the exact ones only"
    | "both at once, without the fence"
    | null;
  /** Whether a release ends all tags of a model at one instant. */
  readonly ends: "at once" | "all rows first" | "the exact tag first";
  /** Whether a quarantine locks all tags at one instant; else in any order. */
  readonly quarantine: "at once" | "one by one";
}

export const PROTOCOL: Protocol = {
  level: "bounded",
  stamps: "before the load",
  locks: "every holder",
  release: "awaited",
  restore: "if all left unchanged",
  mint: "where absent",
  tokens: "random",
  epoch: "in every token",
  replica: "not waited for",
  ambiguous: "held",
  join: "equal stamps",
  lookup: "at once",
  recovery: "before the next read",
  narrowing: null,
  ends: "at once",
  quarantine: "at once",
};

/** One world to explore: so many writers with one write each, so many readers with so many reads each. */
export interface Setting {
  readonly writers: number;
  readonly readers: number;
  readonly reads: number;
  /** The actors of each kind take turns in being placed on the processes. Only those of one process share loads. */
  readonly processes: 1 | 2;
  /** 1: the exact tag; 2: the wide one too; 3: and that of all rows, which stands for the others until a load is done. */
  readonly tags: 1 | 2 | 3;
  readonly writes: readonly WriteKind[];
  /** Whether a write may also be rolled back. */
  readonly rollback: boolean;
  readonly faults: Partial<Faults>;
  readonly protocol: Protocol;
}

/**
 * The tags of a result, as bits: the exact one, the wide one that writes fence while they cannot name rows, and that of
 * all rows of the model, which every write changes.
 */
export const EXACT = 1;
export const WIDE = 2;
export const ANY = 4;
/** Where the stamp of `ANY` is. */
export const ANY_AT = 2;
export const TAG_NAMES = ["exact", "wide", "all rows"] as const;

/** What each kind of write locks, changes, and tells to be unchanged. */
export const EFFECTS: Record<WriteKind, { locked: number; changed: number; unchanged: number; commits: boolean }> = {
  named: { locked: EXACT, changed: EXACT, unchanged: 0, commits: true },
  told: { locked: WIDE, changed: EXACT, unchanged: WIDE, commits: true },
  elsewhere: { locked: WIDE, changed: 0, unchanged: WIDE, commits: false },
  untold: { locked: WIDE, changed: WIDE, unchanged: 0, commits: true },
  mistold: { locked: WIDE, changed: 0, unchanged: WIDE, commits: true },
};

export const WRITE_KINDS = ["named", "told", "elsewhere", "untold", "mistold"] as const satisfies readonly WriteKind[];
