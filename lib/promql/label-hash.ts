import type { Labels } from '../model/labels.ts';

// limit_ratio chooses series by a hash of their labels. With Prometheus' hash (xxHash64 of the label set as Prometheus keeps
// it in memory) both choose the same ones.

const utf8 = new TextEncoder();

// Rules ask about the same series again and again, and hashing one takes ten microseconds.
const remembered = new WeakMap<Labels, number>();

/** A number in [0, 1] that depends on nothing but the labels. */
export function hashFraction(labels: Labels): number {
  const known = remembered.get(labels);
  if (known !== undefined) return known;
  const fraction = Number(xxHash64(bytesOf(labels))) / 2 ** 64;
  remembered.set(labels, fraction);
  return fraction;
}

/** Length and text of every name and value, in order. */
function bytesOf({ pairs }: Labels): Uint8Array {
  const texts = pairs.flat().map((text) => utf8.encode(text));
  const parts = texts.flatMap((text) => [lengthBytes(text.length), text]);
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/** One byte, or 255 and three bytes, the lowest first. */
function lengthBytes(length: number): Uint8Array {
  if (length < 255) return Uint8Array.of(length);
  return Uint8Array.of(255, length & 255, (length >> 8) & 255, (length >> 16) & 255);
}

const PRIME_1 = 11400714785074694791n;
const PRIME_2 = 14029467366897019727n;
const PRIME_3 = 1609587929392839161n;
const PRIME_4 = 9650029242287828579n;
const PRIME_5 = 2870177450012600261n;

const LANE_BYTES = 8;
const STRIPE_BYTES = 4 * LANE_BYTES;

function uint64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotated(value: bigint, bits: bigint): bigint {
  return uint64((value << bits) | (value >> (64n - bits)));
}

function mixLane(lane: bigint, input: bigint): bigint {
  return uint64(rotated(uint64(lane + input * PRIME_2), 31n) * PRIME_1);
}

/** xxHash64 with seed 0, as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md describes it. */
function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const stripesEnd = bytes.length - (bytes.length % STRIPE_BYTES);
  let hash = uint64((stripesEnd === 0 ? PRIME_5 : hashStripes(view, stripesEnd)) + BigInt(bytes.length));
  let position = stripesEnd;
  for (; position + LANE_BYTES <= bytes.length; position += LANE_BYTES) {
    hash = uint64(rotated(hash ^ mixLane(0n, view.getBigUint64(position, true)), 27n) * PRIME_1 + PRIME_4);
  }
  if (position + 4 <= bytes.length) {
    hash = uint64(rotated(hash ^ uint64(BigInt(view.getUint32(position, true)) * PRIME_1), 23n) * PRIME_2 + PRIME_3);
    position += 4;
  }
  for (; position < bytes.length; position++) {
    hash = uint64(rotated(hash ^ uint64(BigInt(view.getUint8(position)) * PRIME_5), 11n) * PRIME_1);
  }
  hash = uint64((hash ^ (hash >> 33n)) * PRIME_2);
  hash = uint64((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}

function hashStripes(view: DataView, end: number): bigint {
  const lanes = [uint64(PRIME_1 + PRIME_2), PRIME_2, 0n, uint64(-PRIME_1)];
  for (let position = 0; position < end; position += LANE_BYTES) {
    const lane = (position / LANE_BYTES) % lanes.length;
    lanes[lane] = mixLane(lanes[lane] ?? 0n, view.getBigUint64(position, true));
  }
  const [a = 0n, b = 0n, c = 0n, d = 0n] = lanes;
  let hash = uint64(rotated(a, 1n) + rotated(b, 7n) + rotated(c, 12n) + rotated(d, 18n));
  for (const lane of lanes) hash = uint64((hash ^ mixLane(0n, lane)) * PRIME_1 + PRIME_4);
  return hash;
}
