const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);

/** Values and rows that one byte may stand for. */
export const MOST_CELLS_PER_BYTE = 4;

/** Reads what a ByteWriter wrote. Whatever is not there throws, and nothing is made room for that the bytes cannot hold. */
export class ByteReader {
  at = 0;
  /** All texts of the value, one after the other. */
  text = "";
  textAt = 0;
  #cells = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly end: number,
  ) {}

  /** Skips `count` bytes, and says where they began. */
  take(count: number): number {
    const { at } = this;
    this.at = at + count;
    if (this.at > this.end) throw damaged();
    return at;
  }

  /** Asks for room for so many values. Columns of one value take none of the bytes, so that these alone bound nothing. */
  claim(cells: number): void {
    this.#cells += cells;
    if (this.#cells > this.end * MOST_CELLS_PER_BYTE) throw damaged();
  }

  get cells(): number {
    return this.#cells;
  }

  byte(): number {
    const { at } = this;
    if (at >= this.end) throw damaged();
    this.at = at + 1;
    return this.bytes[at]!;
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
      scale *= 0x80;
      if (scale > 2 ** 42) throw damaged();
    }
  }

  double(): number {
    const { bytes } = this;
    const at = this.take(8);
    for (let i = 0; i < 8; i++) doubleBytes[i] = bytes[at + i]!;
    return doubles[0]!;
  }

  /** The next `length` characters. */
  cut(length: number): string {
    const from = this.textAt;
    const to = from + length;
    if (length < 0 || to > this.text.length) throw damaged();
    this.textAt = to;
    return this.text.substring(from, to);
  }
}

export function damaged(): Error {
  return new RangeError("these bytes were not written by this codec");
}
