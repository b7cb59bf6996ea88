const SMALLEST = 4096;
/** A buffer that has grown beyond this is not kept for the next value. */
const LARGEST_KEPT = 1 << 20;

const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);

/** How many bytes a count takes: 7 bits a byte. */
export function countLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Writes a count, the lowest bits first, and returns where it ends. */
export function putCount(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}

/** The lowest bits first. */
function putInteger(bytes: Uint8Array, at: number, value: number, width: number): void {
  let rest = value | 0;
  for (let i = 0; i < width; i++, rest >>>= 8) {
    if (i === 4) rest = Math.floor(value / 2 ** 32);
    bytes[at + i] = rest;
  }
}

/** Bytes and one text for all texts of a value, written in the order in which they are read. Little-endian. */
export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(SMALLEST);
  at = 0;
  text = "";
  /** See `ByteReader.claim`. */
  cells = 0;

  reset(): void {
    this.at = 0;
    this.text = "";
    this.cells = 0;
    if (this.bytes.length > LARGEST_KEPT) this.bytes = Buffer.allocUnsafeSlow(SMALLEST);
  }

  /** Makes room for `count` bytes, and says where they begin. */
  take(count: number): number {
    const { at } = this;
    this.at = at + count;
    if (this.at > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.at, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
    }
    return at;
  }

  byte(value: number): void {
    const at = this.take(1);
    this.bytes[at] = value;
  }

  count(value: number): void {
    const at = this.take(countLength(value));
    putCount(this.bytes, at, value);
  }

  /** How far each is from `least`, in so many bytes. */
  distances(values: readonly number[], least: number, width: number): void {
    let at = this.take(values.length * width);
    const { bytes } = this;
    if (width === 1) for (let i = 0; i < values.length; i++) bytes[at++] = values[i]! - least;
    else for (let i = 0; i < values.length; i++, at += width) putInteger(bytes, at, values[i]! - least, width);
  }

  /** `value` modulo 2^(8 × width). */
  integer(value: number, width: number): void {
    const at = this.take(width);
    putInteger(this.bytes, at, value, width);
  }

  double(value: number): void {
    const at = this.take(8);
    const { bytes } = this;
    doubles[0] = value;
    for (let i = 0; i < 8; i++) bytes[at + i] = doubleBytes[i]!;
  }

  /** A bit for each of `values`: whether it is `set`. */
  bits(values: readonly unknown[], set: unknown): void {
    const at = this.take((values.length + 7) >> 3);
    const { bytes } = this;
    for (let i = 0; i < values.length; i++) {
      const byte = at + (i >> 3);
      const bit = values[i] === set ? 1 << (i & 7) : 0;
      bytes[byte] = (i & 7) === 0 ? bit : bytes[byte]! | bit;
    }
  }
}
