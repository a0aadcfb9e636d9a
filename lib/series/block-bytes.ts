/** Thrown while a block is read that is not what an encoder wrote; caught by `decodeBlock` alone, which answers with its message. */
export class DamagedBlock extends Error {}

const TWO_7 = 128;
/** The largest magnitude whose differences still zigzag into an exact double. */
const MAX_PACKED_INTEGER = 2 ** 50;

/** Appends numbers and text to bytes that grow as needed. */
export class BlockWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = new Uint8Array(expectedBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Seven bits a byte, lowest first, the high bit set on all but the last. `value` is a whole number from 0 to 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= TWO_7) {
      this.#bytes[this.#length++] = (rest % TWO_7) | TWO_7;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / TWO_7);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of either sign, |value| <= 2^52. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : value * -2 - 1);
  }

  /** Little-endian. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Little-endian; every NaN becomes the same NaN. */
  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A whole number in one to eight bytes, anything else in nine. */
  number(value: number): void {
    if (isPackedInteger(value)) this.varint((value >= 0 ? value * 2 : value * -2 - 1) + 1);
    else {
      this.byte(0);
      this.double(value);
    }
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written, without a copy. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(byteCount: number): void {
    const needed = this.#length + byteCount;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Whether `number` and the value column may write it as a whole number: -0 and NaN may not. */
export function isPackedInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_PACKED_INTEGER && !Object.is(value, -0);
}

/** Reads what BlockWriter wrote; throws DamagedBlock where that cannot be. */
export class BlockReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#position;
  }

  byte(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw new DamagedBlock('block ends too early');
    this.#position += 1;
    return byte;
  }

  varint(): number {
    const first = this.byte();
    if (first < TWO_7) return first;
    let value = first - TWO_7;
    for (let scale = TWO_7; scale < 2 ** 53; scale *= TWO_7) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < TWO_7) return value;
    }
    throw new DamagedBlock('number of more than 8 bytes');
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A count of things that take at least one byte each, so that no damaged count sets aside memory. */
  count(what: string): number {
    const count = this.varint();
    if (count > this.remainingBytes) throw new DamagedBlock(`${count} ${what} in ${this.remainingBytes} bytes`);
    return count;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  number(): number {
    const code = this.varint();
    if (code === 0) return this.double();
    const zigzag = code - 1;
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  raw(byteCount: number): Uint8Array {
    const at = this.#take(byteCount);
    return this.#bytes.subarray(at, at + byteCount);
  }

  #take(byteCount: number): number {
    if (byteCount > this.remainingBytes) throw new DamagedBlock('block ends too early');
    const at = this.#position;
    this.#position += byteCount;
    return at;
  }
}
