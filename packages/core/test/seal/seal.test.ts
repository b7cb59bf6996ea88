import { createSecretKey, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameEntry, isSealed, openEntry, type Entry } from "../../src/entry.js";
import { Keyring } from "../../src/seal/keyring.js";
import { largestPayload, sealEntry, sealFormOf, unsealEntry, type Sealing } from "../../src/seal/seal.js";
import type { Tag } from "../../src/tag.js";
import { POLICY } from "../support/plans.js";

const keyring = new Keyring([{ id: "2026", key: createSecretKey(randomBytes(32)) }]);
const PLAIN: Sealing = { key: "f1:User:findUnique:~x", policy: POLICY };
const COMPRESSED: Sealing = { ...PLAIN, policy: { ...POLICY, compress: { threshold: 20 } } };
const ENCRYPTED: Sealing = { ...PLAIN, keyring };
const BOTH: Sealing = { ...COMPRESSED, keyring };

const ENTRY: Entry = {
  fingerprint: "schema-1",
  identity: null,
  storedAt: 1_700_000_000_000,
  freshUntil: 1_700_000_060_000,
  loadTime: 0,
  sliding: null,
  absent: false,
  names: null,
  stamps: ["T0123456789abcdef", "Tfedcba9876543210"],
  payload: Buffer.from(`{"name":"Ann Example","bio":"${"so it goes, ".repeat(30)}"}`),
};
const entry: fc.Arbitrary<Entry> = fc
  .record({
    absent: fc.boolean(),
    isNamed: fc.boolean(),
    stamps: fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 30 }), { maxLength: 5 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(300)).map(([part, n]) => Buffer.alloc(n, part)),
    ),
  })
  .map(({ isNamed, ...rest }) => ({
    ...ENTRY,
    ...rest,
    names: isNamed ? rest.stamps.map((_, i) => `User:row:é${i}` as Tag) : null,
  }));

/** What a process with this plan finds in the bytes that lie in the store. */
function see(sealing: Sealing, frame: Uint8Array): Entry | null {
  const opened = openEntry(frame);
  return opened && unsealEntry(sealing, opened, isSealed(frame));
}

const sealed = (sealing: Sealing, of: Entry = ENTRY) => sealEntry(sealing, of)!;

/** Payloads compared as bytes, whatever view they are seen through. */
function plain(of: Entry | null): unknown {
  return of && { ...of, payload: Buffer.from(of.payload).toString("hex") };
}

it.each([
  [PLAIN, { isCompressed: false, isEncrypted: false }],
  [COMPRESSED, { isCompressed: true, isEncrypted: false }],
  [ENCRYPTED, { isCompressed: false, isEncrypted: true }],
  [BOTH, { isCompressed: true, isEncrypted: true }],
])("how a payload lies there can be told without its keys", (sealing, form) => {
  const frame = sealed(sealing);
  expect(sealFormOf(openEntry(frame)!, isSealed(frame))).toEqual(form);
});

describe.each([
  ["as it is", PLAIN],
  ["compressed", COMPRESSED],
  ["encrypted", ENCRYPTED],
  ["both", BOTH],
])("an entry that is stored %s", (_, sealing) => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(entry, (of) => {
        expect(plain(see(sealing, sealed(sealing, of)))).toEqual(plain(of));
      }),
    );
  });
});

describe("which plan reads which entry", () => {
  const plans = { PLAIN, COMPRESSED, ENCRYPTED, BOTH };
  // Compression is for the reader to find out, so that it may be switched on and off; encryption is for it to demand.
  it.each<[writer: keyof typeof plans, readers: readonly (keyof typeof plans)[]]>([
    ["PLAIN", ["PLAIN", "COMPRESSED"]],
    ["COMPRESSED", ["PLAIN", "COMPRESSED"]],
    ["ENCRYPTED", ["ENCRYPTED", "BOTH"]],
    ["BOTH", ["ENCRYPTED", "BOTH"]],
  ])("%s: %j", (writer, readers) => {
    const frame = sealed(plans[writer]);
    const names = Object.keys(plans) as (keyof typeof plans)[];
    expect(names.filter((reader) => see(plans[reader], frame) !== null)).toEqual(readers);
  });
});

it("costs nothing where it is not asked for: the frame is the plain one, and what is opened is the entry itself", () => {
  expect(sealed(PLAIN)).toEqual(frameEntry(ENTRY));
  expect(unsealEntry(PLAIN, ENTRY, false)).toBe(ENTRY);
});

it("is stored as it is where compression does not pay", () => {
  const short = { ...ENTRY, payload: Buffer.from("a".repeat(19)) };
  const noise = { ...ENTRY, payload: randomBytes(500) };
  for (const of of [short, noise, { ...ENTRY, payload: new Uint8Array(), absent: true }]) {
    expect(sealed(COMPRESSED, of)).toEqual(frameEntry(of));
  }
  expect(sealed(COMPRESSED).length).toBeLessThan(frameEntry(ENTRY).length / 2);
  expect(sealed(BOTH).length).toBeLessThan(sealed(ENCRYPTED).length / 2);
});

describe("an encrypted entry", () => {
  it("shows nothing of its payload", () => {
    for (const plan of [ENCRYPTED, BOTH]) {
      const frame = Buffer.from(sealed(plan));
      for (const part of ["Ann", "Example", "so it goes"]) expect(frame.includes(part)).toBe(false);
    }
  });

  it("does not open under another key of the cache, whatever else is the same", () => {
    const frame = sealed(ENCRYPTED);
    expect(see({ ...ENCRYPTED, key: "f1:User:findUnique:~y" }, frame)).toBeNull();
  });

  it("does not open with anything else of the entry changed", () => {
    const original = openEntry(sealed(ENCRYPTED, { ...ENTRY, names: ["User:row:1", "User:row:2"] as Tag[] }))!;
    const changes: Partial<Entry>[] = [
      { fingerprint: "schema-2" },
      { identity: "" },
      { storedAt: original.storedAt + 1 },
      { freshUntil: original.freshUntil + 1 },
      { absent: true },
      { names: null },
      { names: ["User:row:1", "User:row:3"] as Tag[] },
      { stamps: ["T0123456789abcdef", "Tfedcba9876543211"] },
      { stamps: [...original.stamps].reverse() },
      { stamps: original.stamps.slice(1), names: original.names!.slice(1) },
    ];
    // A right checksum, as whoever writes to Redis would make it.
    for (const change of changes) expect(see(ENCRYPTED, frameEntry({ ...original, ...change }, true))).toBeNull();
    expect(see(ENCRYPTED, frameEntry(original, true))).not.toBeNull();
  });

  it("is refused with any bit turned and at any length, with a right checksum", () => {
    for (const sealing of [ENCRYPTED, BOTH]) {
      const original = openEntry(sealed(sealing))!;
      const { payload } = original;
      const seeWith = (forged: Uint8Array) => see(sealing, frameEntry({ ...original, payload: forged }, true));
      for (let bit = 0; bit < payload.length * 8; bit++) {
        const forged = Buffer.from(payload);
        forged[bit >> 3]! ^= 1 << (bit & 7);
        expect(seeWith(forged)).toBeNull();
      }
      for (let length = 0; length < payload.length; length++) expect(seeWith(payload.subarray(0, length))).toBeNull();
      expect(seeWith(Buffer.concat([payload, Buffer.of(0)]))).toBeNull();
      expect(seeWith(payload)).not.toBeNull();
    }
  });

  it("cannot be replaced by one in clear, nor a found row by nothing found", () => {
    expect(see(ENCRYPTED, frameEntry(ENTRY))).toBeNull();
    expect(see(ENCRYPTED, frameEntry({ ...ENTRY, absent: true, payload: new Uint8Array() }))).toBeNull();
    expect(see(ENCRYPTED, frameEntry({ ...ENTRY, absent: true, payload: Buffer.of(0) }, true))).toBeNull();
    const absent = { ...ENTRY, absent: true, payload: new Uint8Array() };
    expect(see(ENCRYPTED, sealed(ENCRYPTED, absent))?.absent).toBe(true);
    expect(see(ENCRYPTED, frameEntry({ ...openEntry(sealed(ENCRYPTED, absent))!, absent: false }, true))).toBeNull();
  });
});

describe("sizes", () => {
  const limited = (sealing: Sealing, maxEntryBytes: number): Sealing => ({
    ...sealing,
    policy: { ...sealing.policy, maxEntryBytes },
  });
  const of = { ...ENTRY, payload: Buffer.alloc(8000, "abcdefgh") };

  it.each([
    ["as it is", PLAIN],
    ["compressed", COMPRESSED],
    ["encrypted", ENCRYPTED],
    ["both", BOTH],
  ])("%s: the policy counts what is stored, to the byte", (_, sealing) => {
    const stored = openEntry(sealed(sealing, of))!.payload.length;
    expect(sealEntry(limited(sealing, stored), of)).not.toBeNull();
    expect(sealEntry(limited(sealing, stored - 1), of)).toBeNull();
  });

  it("what is compressed may be eight times as large before, and opens up to there only", () => {
    expect(largestPayload(limited(PLAIN, 1000).policy)).toBe(1000);
    expect(largestPayload(limited(COMPRESSED, 1000).policy)).toBe(8000);
    expect(largestPayload(limited(COMPRESSED, 2 ** 40).policy)).toBeLessThan(2 ** 31);
    for (const sealing of [COMPRESSED, BOTH, PLAIN]) {
      const frame = sealed(sealing === PLAIN ? COMPRESSED : sealing, of);
      expect(see(limited(sealing, 1000), frame)).not.toBeNull();
      expect(see(limited(sealing, 999), frame)).toBeNull();
    }
  });

  it("a bomb is refused before it takes memory", () => {
    const packed = gzipSync(Buffer.alloc(128 * 1024 * 1024));
    for (const length of [1024 * 1024, 128 * 1024 * 1024, 0xff_ff_ff_ff]) {
      const header = Buffer.of(1, 1, 0, 0, 0, 0);
      header.writeUInt32LE(length, 2);
      const frame = frameEntry({ ...ENTRY, payload: Buffer.concat([header, packed]) }, true);
      const before = process.memoryUsage().arrayBuffers;
      expect(see(PLAIN, frame)).toBeNull();
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    }
  });
});

it("anything else that says it is sealed is refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
      const frame = frameEntry({ ...ENTRY, payload }, true);
      for (const sealing of [PLAIN, COMPRESSED, ENCRYPTED, BOTH]) expect(see(sealing, frame)).toBeNull();
    }),
  );
});
