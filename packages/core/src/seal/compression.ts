import * as zlib from "node:zlib";

/** How a payload is made smaller. `zstd` where Node has it: 22.15, 23.8 or later. */
export type Algorithm = "zstd" | "gzip";

interface Implementation {
  /** Names the algorithm in what `compress` writes; never given to another one. */
  readonly mark: number;
  readonly compress: (plain: Uint8Array) => Buffer;
  /** @throws for more than `most` bytes, and for what `compress` did not write */
  readonly decompress: (bytes: Uint8Array, most: number) => Buffer;
}

/** The types are those of the oldest Node that is supported. */
interface Zstd {
  zstdCompressSync(plain: Uint8Array): Buffer;
  zstdDecompressSync(
    bytes: Uint8Array,
    options: { readonly maxOutputLength: number; readonly params: Readonly<Record<number, number>> },
  ): Buffer;
  readonly constants: { readonly ZSTD_d_windowLogMax: number };
}

/** What zstd at its usual level asks for at most is 2 MiB; a forged frame may ask for 128. */
const LARGEST_WINDOW_LOG = 22;

const GZIP: Implementation = {
  mark: 1,
  compress: (plain) => zlib.gzipSync(plain, { level: 1 }),
  decompress: (bytes, most) => zlib.gunzipSync(bytes, { maxOutputLength: most }),
};

const ZSTD: Implementation | null = hasZstd(zlib) ? zstdOf(zlib) : null;

/** Those that this Node has, the best first. */
const IMPLEMENTATIONS: ReadonlyMap<Algorithm, Implementation> = new Map([
  ...(ZSTD ? [["zstd", ZSTD] as const] : []),
  ["gzip", GZIP],
]);

export const ALGORITHMS: readonly Algorithm[] = [...IMPLEMENTATIONS.keys()];

/** A u8 that marks the algorithm, a u32 (little-endian) of how many bytes went in. */
const HEADER = 5;

/**
 * `plain`, smaller; null where it is shorter than `threshold` bytes or would not become smaller. Says which algorithm it is
 * of, so that processes whose Node has others can share a store.
 */
export function compress(plain: Uint8Array, threshold: number, algorithm = ALGORITHMS[0]!): Uint8Array | null {
  if (plain.byteLength === 0 || plain.byteLength < threshold) return null;
  const { mark, compress: run } = IMPLEMENTATIONS.get(algorithm)!;
  const packed = run(plain);
  if (HEADER + packed.byteLength >= plain.byteLength) return null;
  const bytes = Buffer.allocUnsafe(HEADER + packed.byteLength);
  bytes[0] = mark;
  bytes.writeUInt32LE(plain.byteLength, 1);
  bytes.set(packed, HEADER);
  return bytes;
}

/**
 * What `compress` was given. Takes no more memory than for `most` bytes, whatever `bytes` claim.
 * @throws for more than `most` bytes, for an algorithm that this Node does not have, and for what `compress` did not write
 */
export function decompress(bytes: Uint8Array, most: number): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = buffer.readUInt32LE(1);
  const implementation = [...IMPLEMENTATIONS.values()].find(({ mark }) => mark === buffer[0]);
  if (!implementation) throw new RangeError(`no algorithm of this Node has the mark ${buffer[0]}`);
  if (length === 0 || length > most) throw new RangeError(`${length} bytes are not within 1 to ${most}`);
  const plain = implementation.decompress(buffer.subarray(HEADER), length);
  if (plain.byteLength !== length) throw new RangeError(`${plain.byteLength} bytes instead of ${length}`);
  return plain;
}

function hasZstd(module: object): module is Zstd {
  return "zstdCompressSync" in module && "zstdDecompressSync" in module;
}

function zstdOf(zstd: Zstd): Implementation {
  const params = { [zstd.constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW_LOG };
  return {
    mark: 2,
    compress: (plain) => zstd.zstdCompressSync(plain),
    decompress: (bytes, most) => zstd.zstdDecompressSync(bytes, { maxOutputLength: most, params }),
  };
}
