import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FRAME_VERSION,
  frameEntry,
  frameVersion,
  isSealed,
  MOST_STAMPS,
  openEntry,
  seemsToHaveTagsOfItsOwn,
  type Entry,
} from "../src/entry.js";
import type { Tag } from "../src/tag.js";

const ascii = (maxLength: number) => fc.string({ unit: "grapheme-ascii", maxLength });
const tagName = fc.string({ unit: "grapheme", maxLength: 300 }).map((name) => name as Tag);
/** Of each tag its name, if the entry names them, and its stamp. */
const depends = fc.record({ isNamed: fc.boolean(), tags: fc.array(fc.tuple(tagName, ascii(40)), { maxLength: 12 }) });
const rest = fc.record({
  fingerprint: ascii(64),
  identity: fc.option(fc.string({ unit: "grapheme", maxLength: 300 })),
  storedAt: fc.integer({ min: 0, max: 4e12 }),
  freshUntil: fc.integer({ min: 0, max: 4e12 }),
  loadTime: fc.float({ min: 0, max: 1e6, noNaN: true }),
  absent: fc.boolean(),
  payload: fc.uint8Array({ maxLength: 300 }),
});
/** Milliseconds that a renewal gives, and how much later than its time the cap is. */
const slides = fc.option(fc.record({ ttl: fc.integer({ min: 1, max: 1e9 }), room: fc.nat(1e9) }));
const entry: fc.Arbitrary<Entry> = fc.tuple(rest, depends, slides).map(([others, { isNamed, tags }, room]) => ({
  ...others,
  sliding: room && { ttl: room.ttl, cappedAt: others.freshUntil + room.room },
  names: isNamed ? tags.map(([name]) => name) : null,
  stamps: tags.map(([, stamp]) => stamp),
}));

const EXAMPLE: Entry = {
  fingerprint: "schema-1",
  identity: "Product findUnique {id:42}",
  storedAt: 1_700_000_000_000,
  freshUntil: 1_700_000_060_000,
  loadTime: 0,
  sliding: null,
  absent: false,
  names: null,
  stamps: ["T0123456789abcdef", "Tfedcba9876543210"],
  payload: Buffer.from('{"id":42}'),
};

const NAMED: Entry = { ...EXAMPLE, names: ["User:all", "User:row:\u00e9"] as Tag[] };

/** Payloads compared as bytes, whatever view they are seen through. */
function plain(of: Entry | null): unknown {
  return of && { ...of, payload: [...of.payload] };
}

const SLIDING: Entry = { ...EXAMPLE, sliding: { ttl: 60_000, cappedAt: 1_700_000_900_000 } };

describe("an entry's frame", () => {
  it("tells its version, and other bytes tell none", () => {
    const frame = Buffer.from(frameEntry(EXAMPLE));
    expect(frameVersion(frame)).toBe(FRAME_VERSION);
    frame[1] = 3;
    expect(frameVersion(frame)).toBe(3);
    for (const other of ["", "{}", "\u00ec"]) expect(frameVersion(Buffer.from(other, "latin1"))).toBeNull();
  });

  it("gives back what went in", () => {
    fc.assert(
      fc.property(entry, (before) => {
        expect(plain(openEntry(frameEntry(before)))).toEqual(plain(before));
      }),
    );
  });

  it("gives it back from the middle of a larger buffer too", () => {
    fc.assert(
      fc.property(entry, fc.nat(9), (before, offset) => {
        const frame = frameEntry(before);
        const larger = new Uint8Array(frame.length + offset + 5).fill(0xaa);
        larger.set(frame, offset);
        expect(plain(openEntry(larger.subarray(offset, offset + frame.length)))).toEqual(plain(before));
      }),
    );
  });

  it("keeps the empty apart from the missing", () => {
    const empty = { ...EXAMPLE, identity: "", fingerprint: "", stamps: [], payload: new Uint8Array() };
    expect(plain(openEntry(frameEntry(empty)))).toEqual(plain(empty));
    expect(openEntry(frameEntry({ ...EXAMPLE, identity: null }))?.identity).toBeNull();
  });

  it("holds as many stamps as an entry may carry", () => {
    const stamps = Array.from({ length: MOST_STAMPS }, (_, i) => `T${i}`);
    expect(openEntry(frameEntry({ ...EXAMPLE, stamps }))?.stamps).toEqual(stamps);
  });

  it("is not a byte longer where the tags are the plan's", () => {
    const names = 2 + "User:all".length + 2 + Buffer.byteLength("User:row:\u00e9");
    expect(frameEntry(NAMED)).toHaveLength(frameEntry(EXAMPLE).length + names);
  });

  it("says from outside whether the entry may depend on other tags than those of its plan", () => {
    fc.assert(
      fc.property(entry, (before) => {
        expect(seemsToHaveTagsOfItsOwn(frameEntry(before))).toBe(before.names !== null || before.absent);
      }),
    );
    expect(seemsToHaveTagsOfItsOwn(new Uint8Array())).toBe(false);
  });

  it("cannot name more or fewer tags than there are stamps, nor one without end", () => {
    for (const names of [[], ["a"], ["a", "b", "c"], ["a", "b".repeat(65_536)]] as Tag[][]) {
      expect(() => frameEntry({ ...EXAMPLE, names })).toThrow(RangeError);
    }
    const longest = ["a", "b".repeat(65_535)] as Tag[];
    expect(openEntry(frameEntry({ ...EXAMPLE, names: longest }))?.names).toEqual(longest);
  });

  it("is refused when the length of a name leads out of it, even with a right checksum", () => {
    const frame = Buffer.from(frameEntry(NAMED));
    frame.writeUInt16LE(60_000, frame.indexOf("User:all") - 2);
    frame.writeUInt32LE(crc32(frame.subarray(6)), 2);
    expect(openEntry(frame)).toBeNull();
  });

  it.each([EXAMPLE, NAMED, SLIDING])("is refused when it ends early, wherever", (example) => {
    const frame = frameEntry(example);
    for (let length = 0; length < frame.length; length++) {
      expect(openEntry(frame.subarray(0, length)), `the first ${length} bytes`).toBeNull();
    }
  });

  it.each([EXAMPLE, NAMED, SLIDING])("is refused when one byte differs, whichever, and by however much", (example) => {
    const frame = frameEntry(example);
    for (let at = 0; at < frame.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(frame);
        damaged[at]! ^= change;
        expect(openEntry(damaged), `byte ${at} ^ ${change}`).toBeNull();
      }
    }
  });

  it("is refused when something follows it", () => {
    expect(openEntry(Buffer.concat([frameEntry(EXAMPLE), Buffer.from([0])]))).toBeNull();
  });

  it("says whether its payload is sealed", () => {
    for (const example of [EXAMPLE, NAMED, { ...EXAMPLE, absent: true }]) {
      expect(isSealed(frameEntry(example))).toBe(false);
      expect(isSealed(frameEntry(example, true))).toBe(true);
      expect(plain(openEntry(frameEntry(example, true)))).toEqual(plain(example));
    }
  });

  it("is refused when it has a flag that is not known, even with a right checksum", () => {
    for (const flag of [16, 32, 64, 128]) {
      const frame = Buffer.from(frameEntry(EXAMPLE));
      frame[6]! |= flag;
      frame.writeUInt32LE(crc32(frame.subarray(6)), 2);
      expect(openEntry(frame)).toBeNull();
    }
  });

  it("is refused when another version wrote it, even with a right checksum", () => {
    const newer = Buffer.from(frameEntry(EXAMPLE));
    newer[1]! += 1;
    newer.writeUInt32LE(crc32(newer.subarray(6)), 2);
    expect(openEntry(newer)).toBeNull();
  });

  it("is not found in foreign bytes", () => {
    expect(openEntry(Buffer.from(JSON.stringify({ id: 42, name: "somebody else's cache" })))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(openEntry(bytes)).toBeNull();
      }),
    );
  });
});
