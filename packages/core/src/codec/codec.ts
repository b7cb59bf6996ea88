/**
 * Turns a query's result into bytes and back. What comes back equals what went in *by type*: the same prototypes, the
 * same property order, nothing shared with the value that went in. `encode` throws on what it cannot represent exactly;
 * such a result is not cached. `decode` throws on bytes that it did not write; such an entry is a miss.
 */
export interface Codec {
  /** Part of every key: entries of one codec are never given to another. Change it with the format. */
  readonly name: string;
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  /**
   * A maker of what `decode` returns for these bytes: each call makes it anew, with nothing in it shared that can be changed,
   * faster than by decoding. Throws as `decode` does. Left out: the bytes are decoded once more for each caller.
   */
  readonly prepare?: (bytes: Uint8Array) => () => unknown;
}
