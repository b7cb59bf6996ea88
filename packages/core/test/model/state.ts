import { FAULTS, type Setting } from "./protocol.js";

/*
 * A state, one byte a field.
 *
 *   0  commits in the database         4..5  per process: what was last acknowledged in it
 *   1  what was last acknowledged      6..   what is left of each fault
 *   2  the incarnation of the server   then the server, its replica, the writers, the readers
 *   3  processes that owe the store rotations, as bits
 *
 * A server is a record of each tag (kind, token or the one that a lock replaced, its epoch, holders as bits), the version
 * of the entry, and a stamp of each tag. Version 0xFF: there is no entry. Tokens are numbers from 1; 0 is none.
 */
export const DATABASE = 0;
export const ACKNOWLEDGED = 1;
export const EPOCH = 2;
export const OWING = 3;
export const OWN = 4;
export const BUDGET = 6;

export const KIND = 0;
export const TOKEN = 1;
export const TOKEN_EPOCH = 2;
export const HOLDERS = 3;
export const TAG_SIZE = 4;

export const ABSENT = 0;
export const MINTED = 1;
export const LOCKED = 2;

export const NO_ENTRY = 0xff;
/** A stamp that no tag can ever have again. */
export const DEAD = 0xfe;

/** A writer: where it is, what kind of write it does, the version that it committed. */
export const WRITER_AT = 0;
export const WRITE = 1;
export const WROTE = 2;
export const WRITER_SIZE = 3;

/** Where a writer is. */
export const W = {
  idle: 0,
  ready: 1,
  committed: 2,
  acknowledged: 3,
  rolledBack: 4,
  unknownHeld: 5,
  unknownReleased: 6,
  /** Or died. */
  done: 7,
  /** Locked, and not yet sure that a replica has the lock. */
  waits: 8,
  /** Has ended one tag, and not yet the others. */
  endsOthers: 9,
  /** Has locked one tag, and not yet the others. */
  locksOthers: 10,
} as const;

/**
 * A reader: where it is, reads left, what was committed, acknowledged, and acknowledged in its own process when its
 * read began, the version it has, a stamp of each tag.
 */
export const READER_AT = 0;
export const LEFT = 1;
export const FLOOR = 2;
export const VERSION = 5;
export const STAMPS = 6;

/** Where a reader is. `joined + n`: waits for what reader n loads. */
export const R = {
  idle: 0,
  hasTokens: 1,
  hasEntry: 2,
  mints: 3,
  loads: 4,
  fills: 5,
  /** Has loaded, and looks at the tags again. */
  looks: 6,
  /** Has seen the tag of all rows again, and not yet the exact ones. */
  looksAtExact: 7,
  /** Has seen the exact tags, and not yet that of all rows again. */
  looksAtAny: 8,
  joined: 9,
} as const;

/** Where the parts of a state lie. */
export interface Layout {
  /** With what fills it up to whole words. */
  readonly width: number;
  /** Who is who, after the state: the writers, then the readers. */
  readonly names: number;
  readonly server: number;
  readonly replica: number;
  readonly serverSize: number;
  /** Within a server. */
  readonly entryVersion: number;
  readonly entryStamps: number;
  writer(i: number): number;
  reader(i: number): number;
}

export function layoutOf({ tags, writers, readers }: Setting): Layout {
  const server = BUDGET + FAULTS.length;
  const serverSize = tags * TAG_SIZE + 1 + tags;
  const firstWriter = server + 2 * serverSize;
  const firstReader = firstWriter + writers * WRITER_SIZE;
  const readerSize = STAMPS + tags;
  const width = Math.ceil((firstReader + readers * readerSize) / 4) * 4;
  return {
    width,
    names: width,
    server,
    replica: server + serverSize,
    serverSize,
    entryVersion: tags * TAG_SIZE,
    entryStamps: tags * TAG_SIZE + 1,
    writer: (i) => firstWriter + i * WRITER_SIZE,
    reader: (i) => firstReader + i * readerSize,
  };
}
