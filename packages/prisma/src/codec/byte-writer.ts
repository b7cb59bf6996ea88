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

  /** `value` modulo 2^(8 × width). */
  integer(value: number, width: number): void {
    let at = this.take(width);
    let rest = value;
    for (let i = 0; i < width; i++) {
      this.bytes[at++] = rest;
      rest = Math.floor(rest / 256);
    }
  }

  double(value: number): void {
    const at = this.take(8);
    doubles[0] = value;
    this.bytes.set(doubleBytes, at);
  }

  /** A bit for each of `count`. */
  bits(count: number, isSet: (i: number) => boolean): void {
    const at = this.take((count + 7) >> 3);
    this.bytes.fill(0, at, this.at);
    for (let i = 0; i < count; i++) if (isSet(i)) this.bytes[at + (i >> 3)]! |= 1 << (i & 7);
  }
}
