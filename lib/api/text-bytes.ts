const encoder = new TextEncoder();
/** Memory is given in large pieces, each byte of it once: to take it for each short answer costs more than to fill it. */
const POOL_BYTES = 65_536;
const MAX_POOLED_BYTES = 8_192;
const FIRST_BYTES = 1_024;
const MAX_BYTES_PER_UNIT = 3;
/** From here on a call of the encoder costs less than a loop. */
const SHORT_UNITS = 100;
const FIRST_BEYOND_ASCII = 128;

let pool = new ArrayBuffer(POOL_BYTES);
let pooledBytes = 0;

function sliceOfPool(sizeBytes: number): Uint8Array {
  if (pooledBytes + sizeBytes > POOL_BYTES) {
    pool = new ArrayBuffer(POOL_BYTES);
    pooledBytes = 0;
  }
  pooledBytes += sizeBytes;
  return new Uint8Array(pool, pooledBytes - sizeBytes, sizeBytes);
}

/** Text that is collected as the bytes that are sent: UTF-8, without the strings in between. */
export class TextBytes {
  #bytes: Uint8Array;
  #length = 0;

  /** `expectedBytes` saves copying; the memory is taken only where it is written to. */
  constructor(expectedBytes = 0) {
    const sizeBytes = Math.max(expectedBytes, FIRST_BYTES);
    this.#bytes = sizeBytes <= MAX_POOLED_BYTES ? sliceOfPool(sizeBytes) : new Uint8Array(sizeBytes);
  }

  /** Where the next byte goes. */
  get length(): number {
    return this.#length;
  }

  add(text: string): void {
    // Nearly all text is ASCII, which fills what was expected; only what does not fit is given three bytes for each unit.
    const bytes = this.room(text.length);
    if (text.length < SHORT_UNITS && putAscii(bytes, this.#length, text)) {
      this.#length += text.length;
      return;
    }
    const { read, written } = encoder.encodeInto(text, bytes.subarray(this.#length));
    this.#length += written;
    if (read < text.length) this.#addRest(text.slice(read));
  }

  #addRest(text: string): void {
    const bytes = this.room(text.length * MAX_BYTES_PER_UNIT);
    this.#length += encoder.encodeInto(text, bytes.subarray(this.#length)).written;
  }

  /** Bytes to write at `length` and after it, at least `count`; `advance` says how far that went. Good until the next call. */
  room(count: number): Uint8Array {
    const neededBytes = this.#length + count;
    if (neededBytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(neededBytes, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  advance(to: number): void {
    this.#length = to;
  }

  /** What was written. Nothing may be added afterwards. */
  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** False when it is no ASCII; then what was written means nothing. */
function putAscii(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= FIRST_BEYOND_ASCII) return false;
    bytes[at + i] = unit;
  }
  return true;
}
