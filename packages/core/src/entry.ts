import { crc32 } from "node:zlib";
import { endOf, type Lifetime } from "./freshness.js";
import type { Renewal } from "./store/store.js";
import type { Tag } from "./tag.js";
import type { Token } from "./token.js";

/** One cached query result as it lies in the store. */
export interface Entry extends Lifetime {
  /** Of the schema, the codec and all else that makes payloads comparable. */
  readonly fingerprint: string;
  /** The whole query where the key is a hash of it, else null. */
  readonly identity: string | null;
  /** The query found nothing: it depends on the plan's `absentTags`. */
  readonly absent: boolean;
  /** The tags that it depends on, where its result told them more exactly than the plan can; else null: those of the plan. */
  readonly names: readonly Tag[] | null;
  /** The tokens that its tags had while nothing that it depends on was written, in the order of the tags. */
  readonly stamps: readonly Token[];
  readonly payload: Uint8Array;
}

/*
 * The frame, version 4. Numbers are little-endian.
 *   0  u8  0xEC                             8  f64 storedAt
 *   1  u8  version                          16 f64 freshUntil; of one that slides, cappedAt
 *   2  u32 CRC-32 of all that follows,      24 f32 loadTime
 *          but for the renewal              28 u8  length of fingerprint, then it, then per stamp a u8 length and it (ASCII);
 *   6  u8  flags                                   if it names its tags, then per stamp a u16 length and the name (UTF-8);
 *   7  u8  stamp count                             if it slides, f64 ttl;
 *                                                  u32 length of the identity, then it (UTF-8; length 0xFFFFFFFF: none);
 *                                                  the payload; if it slides, the renewal, which is overwritten in place:
 *                                                  u32 CRC-32 of what follows, f64 freshUntil
 */
const MAGIC = 0xec;
const VERSION = 4;
const ABSENT = 1;
const NAMED = 2;
const SEALED = 4;
const SLIDING = 8;
const NO_IDENTITY = 0xff_ff_ff_ff;
const CHECKED = 6;
const FLAGS = 6;
const COUNT = 7;
const FIXED = 28;
const RENEWAL = 12;
const LONGEST_NAME = 0xff_ff;
const LONGEST_SHORT = 0xff;

/** An entry carries at most this many stamps; a query that depends on more is not cached. */
export const MOST_STAMPS = 255;

/**
 * `sealed`: the payload is not as the codec wrote it, but as seal.ts did.
 * @throws RangeError for a fingerprint or a stamp of more than 255 characters, too many stamps, or not a name for each
 */
export function frameEntry(entry: Entry, sealed = false): Uint8Array {
  if (entry.stamps.length > MOST_STAMPS || entry.fingerprint.length > LONGEST_SHORT || !entry.stamps.every(isShort)) {
    throw new RangeError("an entry has up to 255 stamps, of up to 255 characters each");
  }
  const names = entry.names === null ? null : spellNames(entry.names, entry.stamps.length);
  const identityBytes = entry.identity === null ? 0 : Buffer.byteLength(entry.identity);
  let size = FIXED + 1 + entry.fingerprint.length + 4 + identityBytes + entry.payload.byteLength;
  for (const stamp of entry.stamps) size += 1 + stamp.length;
  if (names) for (const name of names) size += 2 + name.length;
  const { sliding } = entry;
  if (sliding) size += 8 + RENEWAL;

  const frame = Buffer.allocUnsafe(size);
  frame[0] = MAGIC;
  frame[1] = VERSION;
  frame[FLAGS] = (entry.absent ? ABSENT : 0) | (names ? NAMED : 0) | (sealed ? SEALED : 0) | (sliding ? SLIDING : 0);
  frame[COUNT] = entry.stamps.length;
  frame.writeDoubleLE(entry.storedAt, 8);
  frame.writeDoubleLE(endOf(entry), 16);
  frame.writeFloatLE(entry.loadTime, 24);
  let at = writeShort(frame, FIXED, entry.fingerprint);
  for (const stamp of entry.stamps) at = writeShort(frame, at, stamp);
  if (names) {
    for (const name of names) {
      at = frame.writeUInt16LE(name.length, at);
      at += name.copy(frame, at);
    }
  }
  if (sliding) at = frame.writeDoubleLE(sliding.ttl, at);
  at = frame.writeUInt32LE(entry.identity === null ? NO_IDENTITY : identityBytes, at);
  if (entry.identity !== null) at += frame.write(entry.identity, at, "utf8");
  frame.set(entry.payload, at);
  if (sliding) frame.set(renewalBytes(entry.freshUntil), size - RENEWAL);
  frame.writeUInt32LE(checksum(frame), 2);
  return frame;
}

/** Lets the entry in the store be fresh until then, if it is still this one. */
export function renewalOf({ storedAt, sliding }: Pick<Entry, "storedAt" | "sliding">, freshUntil: number): Renewal {
  const expected = Buffer.allocUnsafe(16);
  expected.writeDoubleLE(storedAt, 0);
  expected.writeDoubleLE(endOf({ freshUntil, sliding }), 8);
  return { at: 8, expected, tail: renewalBytes(freshUntil) };
}

/** Null for anything that `frameEntry` did not write: foreign, damaged, truncated, or of a newer version. */
export function openEntry(bytes: Uint8Array): Entry | null {
  try {
    return readEntry(bytes);
  } catch {
    // A right checksum over lengths that lead out of the frame: somebody else's.
    return null;
  }
}

/**
 * Whether a frame's flags say that the entry need not depend on the `tags` of its plan: cheaper than to open it, and
 * nothing to rely on.
 */
export function seemsToHaveTagsOfItsOwn(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC && bytes[1] === VERSION && (bytes[FLAGS]! & (NAMED | ABSENT)) !== 0;
}

/** The version of the frame that these bytes begin as; null where they begin as none. */
export function frameVersion(bytes: Uint8Array): number | null {
  return bytes.byteLength > 1 && bytes[0] === MAGIC ? bytes[1]! : null;
}

/** The version that `frameEntry` writes, and the one that `openEntry` opens. */
export const FRAME_VERSION = VERSION;

/** Of a frame that `openEntry` opened: whether it was said to be sealed. */
export function isSealed(bytes: Uint8Array): boolean {
  return (bytes[FLAGS]! & SEALED) !== 0;
}

/** The same, for its `storedAt`. */
export function storedAtOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(8, true);
}

function readEntry(bytes: Uint8Array): Entry | null {
  const frame = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (frame.length < FIXED + 5 || frame[0] !== MAGIC || frame[1] !== VERSION) return null;
  if (frame[FLAGS]! > (ABSENT | NAMED | SEALED | SLIDING) || frame.readUInt32LE(2) !== checksum(frame)) return null;
  const slides = (frame[FLAGS]! & SLIDING) !== 0;
  let at = FIXED;
  const short = (): string => {
    const end = at + 1 + frame[at]!;
    const text = frame.toString("latin1", at + 1, end);
    at = end;
    return text;
  };
  const fingerprint = short();
  const stamps: string[] = [];
  for (let i = frame[COUNT]!; i > 0; i--) stamps.push(short());
  let names: Tag[] | null = null;
  if ((frame[FLAGS]! & NAMED) !== 0) {
    names = [];
    for (let i = frame[COUNT]!; i > 0; i--) {
      const end = at + 2 + frame.readUInt16LE(at);
      names.push(frame.toString("utf8", at + 2, end) as Tag);
      at = end;
    }
  }
  let ttl = 0;
  if (slides) {
    ttl = frame.readDoubleLE(at);
    at += 8;
  }
  const identityBytes = frame.readUInt32LE(at);
  at += 4;
  let identity: string | null = null;
  if (identityBytes !== NO_IDENTITY) {
    identity = frame.toString("utf8", at, at + identityBytes);
    at += identityBytes;
  }
  const end = frame.readDoubleLE(16);
  const payloadEnd = slides ? frame.length - RENEWAL : frame.length;
  const renewed = slides ? readRenewal(frame.subarray(payloadEnd)) : end;
  if (renewed === null || payloadEnd < at) return null;
  return {
    fingerprint,
    identity,
    storedAt: frame.readDoubleLE(8),
    freshUntil: Math.min(renewed, end),
    loadTime: frame.readFloatLE(24),
    sliding: slides ? { ttl, cappedAt: end } : null,
    absent: (frame[FLAGS]! & ABSENT) !== 0,
    names,
    stamps,
    payload: frame.subarray(at, payloadEnd),
  };
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(CHECKED, (frame[FLAGS]! & SLIDING) === 0 ? frame.length : -RENEWAL));
}

function renewalBytes(freshUntil: number): Buffer {
  const bytes = Buffer.allocUnsafe(RENEWAL);
  bytes.writeDoubleLE(freshUntil, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Null where it is damaged. */
function readRenewal(bytes: Buffer): number | null {
  return bytes.readUInt32LE(0) === crc32(bytes.subarray(4)) ? bytes.readDoubleLE(4) : null;
}

function spellNames(names: readonly Tag[], stamps: number): readonly Buffer[] {
  const spelled = names.map((name) => Buffer.from(name, "utf8"));
  if (names.length !== stamps || spelled.some(({ length }) => length > LONGEST_NAME)) {
    throw new RangeError("an entry that names its tags has a name for each stamp, of up to 65,535 bytes");
  }
  return spelled;
}

function isShort({ length }: string): boolean {
  return length <= LONGEST_SHORT;
}

function writeShort(frame: Buffer, at: number, text: string): number {
  frame[at] = text.length;
  return at + 1 + frame.write(text, at + 1, "latin1");
}
