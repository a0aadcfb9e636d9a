import type { LabelPair } from '../model/labels.ts';
import { createLabelPairs, type LabelPairs } from './label-pairs.ts';
import { checkLabelSet, invalidUtf8, type LabelSetCheck } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { unreadable } from './rejections.ts';
import { BYTES, decodeUtf8, WireReader } from './wire-reader.ts';

/** Label sets kept between requests. At most this many, and as many bytes; then all are forgotten. */
const MAX_ENTRIES = 50_000;
const MAX_KEPT_BYTES = 16_000_000;
/** Label sets of one hash; more are checked anew each time, so that crafted collisions cannot make look-ups slow. */
const MAX_SAME_HASH = 8;

interface Entry {
  /** Where its bytes are kept. */
  readonly start: number;
  readonly length: number;
  readonly check: LabelSetCheck;
  /** Next entry with the same hash. */
  readonly sameHash: Entry | null;
  /** What came after this label set the last time: mostly the same as the time before. */
  followedBy: Entry | null;
}

/**
 * Checked label sets by the bytes in which remote write 1.0 sends them (repeated field 1 of a series). A sender repeats the same
 * series in the same order, so one comparison of bytes with the expected successor replaces decoding, sorting and checking.
 * An entry takes some 700 bytes: all bytes are in one array, and label sets share their pairs.
 */
export interface LabelCache {
  /** The label set in bytes[start, end). */
  find(bytes: Uint8Array, start: number, end: number): LabelSetCheck;
}

/** An empty cache. */
export function createLabelCache(limits: IngestLimits): LabelCache {
  const byHash = new Map<number, Entry>();
  const pairs = createLabelPairs();
  let kept = createKeptBytes();
  let entryCount = 0;
  let last: Entry | null = null;

  const forgetAll = (): void => {
    byHash.clear();
    pairs.clear();
    kept = createKeptBytes();
    entryCount = 0;
    last = null;
  };

  const remember = (hash: number, bytes: Uint8Array, sameHash: Entry | null): Entry => {
    const isFull = entryCount >= MAX_ENTRIES || kept.length + bytes.length > MAX_KEPT_BYTES;
    if (isFull) forgetAll();
    const check = decodeLabels(bytes, limits, pairs);
    const start = kept.add(bytes);
    const entry: Entry = { start, length: bytes.length, check, sameHash: isFull ? null : sameHash, followedBy: null };
    byHash.set(hash, entry);
    entryCount += 1;
    return entry;
  };

  return {
    find(bytes, start, end) {
      const expected: Entry | null = last?.followedBy ?? null;
      if (expected !== null && kept.isSame(expected, bytes, start, end)) {
        last = expected;
        return expected.check;
      }
      const hash = hashBytes(bytes, start, end);
      const first = byHash.get(hash) ?? null;
      let entry = first;
      let passed = 0;
      for (; entry !== null && !kept.isSame(entry, bytes, start, end); entry = entry.sameHash) passed += 1;
      if (entry === null && passed >= MAX_SAME_HASH) {
        return decodeLabels(bytes.subarray(start, end), limits, createLabelPairs());
      }
      entry ??= remember(hash, bytes.subarray(start, end), first);
      if (last !== null) last.followedBy = entry;
      last = entry;
      return entry.check;
    },
  };
}

/** The bytes of all entries, one after the other. */
interface KeptBytes {
  readonly length: number;
  /** Copies them to the end. Returns where they begin. */
  add(bytes: Uint8Array): number;
  isSame(entry: Entry, bytes: Uint8Array, start: number, end: number): boolean;
}

function createKeptBytes(): KeptBytes {
  let all = new Uint8Array(65_536);
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(bytes) {
      if (length + bytes.length > all.length) {
        const longer = new Uint8Array(Math.max(all.length * 2, length + bytes.length));
        longer.set(all);
        all = longer;
      }
      all.set(bytes, length);
      length += bytes.length;
      return length - bytes.length;
    },
    isSame(entry, bytes, start, end) {
      if (entry.length !== end - start) return false;
      // Backwards: label sets of one metric differ at the end, in the values of their last labels.
      for (let i = entry.length - 1; i >= 0; i--) if (all[entry.start + i] !== bytes[start + i]) return false;
      return true;
    },
  };
}

/** FNV-1a, 32 bits. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}

/** Repeated `Label { string name = 1; string value = 2; }`, each as field 1. */
function decodeLabels(bytes: Uint8Array, limits: IngestLimits, known: LabelPairs): LabelSetCheck {
  const reader = new WireReader(bytes);
  const pairs: LabelPair[] = [];
  while (reader.position < bytes.length) {
    if (reader.tag() !== 1 * 8 + BYTES) throw unreadable('protobuf: label expected');
    const pair = readLabel(reader, known);
    if (pair === null) return invalidUtf8();
    pairs.push(pair);
    if (pairs.length > limits.maxLabelsPerSeries) break;
  }
  return checkLabelSet(pairs, limits);
}

function readLabel(reader: WireReader, known: LabelPairs): LabelPair | null {
  const end = reader.messageEnd();
  let name: string | null = '';
  let value: string | null = '';
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 1 * 8 + BYTES) name = readText(reader);
    else if (tag === 2 * 8 + BYTES) value = readText(reader);
    else reader.skip(tag);
  }
  reader.close(end);
  return name === null || value === null ? null : known.pair(name, value);
}

/** A string field; null when its bytes are no UTF-8. The reader stands at its length. */
export function readText(reader: WireReader): string | null {
  const end = reader.messageEnd();
  const start = reader.position;
  reader.position = end;
  return decodeUtf8(reader.bytes, start, end);
}
