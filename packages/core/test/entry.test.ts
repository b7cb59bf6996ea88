import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameEntry, MOST_STAMPS, openEntry, type Entry } from "../src/entry.js";

const ascii = (maxLength: number) => fc.string({ unit: "grapheme-ascii", maxLength });
const entry: fc.Arbitrary<Entry> = fc.record({
  fingerprint: ascii(64),
  identity: fc.option(fc.string({ unit: "grapheme", maxLength: 300 })),
  storedAt: fc.integer({ min: 0, max: 4e12 }),
  freshUntil: fc.integer({ min: 0, max: 4e12 }),
  absent: fc.boolean(),
  stamps: fc.array(ascii(40), { maxLength: 12 }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

const EXAMPLE: Entry = {
  fingerprint: "schema-1",
  identity: "Product findUnique {id:42}",
  storedAt: 1_700_000_000_000,
  freshUntil: 1_700_000_060_000,
  absent: false,
  stamps: ["T0123456789abcdef", "Tfedcba9876543210"],
  payload: Buffer.from('{"id":42}'),
};

/** Payloads compared as bytes, whatever view they are seen through. */
function plain(of: Entry | null): unknown {
  return of && { ...of, payload: [...of.payload] };
}

describe("an entry's frame", () => {
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

  it("is refused when it ends early, wherever", () => {
    const frame = frameEntry(EXAMPLE);
    for (let length = 0; length < frame.length; length++) {
      expect(openEntry(frame.subarray(0, length)), `the first ${length} bytes`).toBeNull();
    }
  });

  it("is refused when one byte differs, whichever, and by however much", () => {
    const frame = frameEntry(EXAMPLE);
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

  it("is refused when another version wrote it, even with a right checksum", () => {
    const newer = Buffer.from(frameEntry(EXAMPLE));
    newer[1] = 2;
    newer.writeUInt32LE(crc32(newer.subarray(8), crc32(newer.subarray(0, 4))), 4);
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
