import * as zlib from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { ALGORITHMS, compress, decompress } from "../../src/seal/compression.js";

const MIB = 1024 * 1024;
/** What comes out of it is larger than a hundred times what goes in. */
const ZEROS = Buffer.alloc(20_000);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 2000 });
const repeated = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 10, max: 60 }))
  .map(([part, times]) => Buffer.concat(Array.from({ length: times }, () => part)));

/** As `compress` has it: the mark, the length, then the bytes. */
function forge(mark: number, length: number, packed: Uint8Array): Buffer {
  const header = Buffer.of(mark, 0, 0, 0, 0);
  header.writeUInt32LE(length, 1);
  return Buffer.concat([header, packed]);
}

test("zstd comes first where Node has it, and gzip is everywhere", () => {
  expect(ALGORITHMS).toEqual("zstdCompressSync" in zlib ? ["zstd", "gzip"] : ["gzip"]);
});

describe.each(ALGORITHMS)("by %s", (algorithm) => {
  it("gives back what went in, from the middle of a larger buffer too", () => {
    fc.assert(
      fc.property(repeated, fc.nat(9), (plain, offset) => {
        const packed = compress(plain, 0, algorithm);
        if (packed === null) return;
        expect(packed.length).toBeLessThan(plain.length);
        const larger = Buffer.alloc(packed.length + offset + 3, 0xaa);
        larger.set(packed, offset);
        expect(Buffer.from(decompress(larger.subarray(offset, offset + packed.length), plain.length))).toEqual(plain);
      }),
    );
  });

  it("is never larger than what went in", () => {
    fc.assert(
      fc.property(fc.oneof(bytes, repeated), (plain) => {
        expect(compress(plain, 0, algorithm)?.length ?? 0).toBeLessThan(plain.length);
      }),
    );
    expect(compress(crypto.getRandomValues(new Uint8Array(5000)), 0, algorithm)).toBeNull();
    expect(compress(ZEROS, 0, algorithm)).not.toBeNull();
  });

  it("leaves alone what is below the threshold, to the byte, and what is empty", () => {
    expect(compress(ZEROS.subarray(0, 4095), 4096, algorithm)).toBeNull();
    expect(compress(ZEROS.subarray(0, 4096), 4096, algorithm)).not.toBeNull();
    expect(compress(new Uint8Array(), 0, algorithm)).toBeNull();
  });

  it("comes out as long as it says, no longer than is allowed, and whole", () => {
    const packed = Buffer.from(compress(ZEROS, 0, algorithm)!);
    const body = packed.subarray(5);
    const mark = packed[0]!;
    expect(decompress(packed, ZEROS.length)).toHaveLength(ZEROS.length);
    for (const wrong of [
      () => decompress(packed, ZEROS.length - 1),
      () => decompress(forge(mark, ZEROS.length - 1, body), ZEROS.length),
      () => decompress(forge(mark, ZEROS.length + 1, body), 2 * ZEROS.length),
      () => decompress(forge(mark, 0, body), ZEROS.length),
      () => decompress(forge(mark, 0xff_ff_ff_ff, body), ZEROS.length),
    ]) {
      expect(wrong).toThrow();
    }
    for (let length = 0; length < packed.length; length++) {
      expect(() => decompress(packed.subarray(0, length), ZEROS.length)).toThrow();
    }
  });

  it("does not grow beyond what it says while it finds out", () => {
    const packed = Buffer.from(compress(Buffer.alloc(128 * MIB), 0, algorithm)!);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decompress(forge(packed[0]!, MIB, packed.subarray(5)), MIB)).toThrow();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
  });
});

test.runIf(ALGORITHMS.includes("zstd"))("a frame of zstd that asks for a large window is refused", () => {
  const { zstdCompressSync, constants } = zlib as unknown as {
    zstdCompressSync: (plain: Uint8Array, options: { params: Record<number, number> }) => Buffer;
    constants: { ZSTD_c_windowLog: number };
  };
  const plain = Buffer.alloc(32 * MIB);
  const framed = (log: number) =>
    forge(2, plain.length, zstdCompressSync(plain, { params: { [constants.ZSTD_c_windowLog]: log } }));
  expect(decompress(framed(22), plain.length)).toHaveLength(plain.length);
  expect(() => decompress(framed(27), plain.length)).toThrow();
});

test("an algorithm that this Node does not have is refused", () => {
  const packed = zlib.gzipSync(ZEROS);
  expect(decompress(forge(1, ZEROS.length, packed), ZEROS.length)).toHaveLength(ZEROS.length);
  for (const mark of ALGORITHMS.includes("zstd") ? [0, 3, 255] : [0, 2, 3, 255]) {
    expect(() => decompress(forge(mark, ZEROS.length, packed), ZEROS.length)).toThrow("no algorithm");
  }
});
