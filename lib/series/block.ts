import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';
import type { SampleBatch } from '../model/sample.ts';
import { BlockReader, BlockWriter, DamagedBlock, isPackedInteger } from './block-bytes.ts';
import { readHistogram, writeHistogram } from './block-histograms.ts';
import { readLabelColumns, writeLabelColumns } from './block-labels.ts';
import { hasStarts, readStarts, writeStarts } from './block-starts.ts';

// A block is samples as the table keeps them: columns, compressed, checksummed. docs/block-format.md describes each byte.
//   block-bytes.ts       numbers to bytes and back
//   block-labels.ts      label sets as dictionary columns
//   block-histograms.ts  native histograms
//   block-starts.ts      start timestamps, in the few blocks that have any

/** Most rows of one block. */
const MAX_BLOCK_ROWS = 65_536;
/** Most bytes of one block once inflated; checked before memory is set aside. */
const MAX_PAYLOAD_BYTES = 16_000_000;

/** What a block's header says of it. */
interface BlockSummary {
  /** Earliest and latest sample, both inclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
  /** Whether a start column stands behind the histograms. */
  readonly hasStarts: boolean;
}

/** `damaged`: the bytes are not what an encoder wrote. */
export type DecodedBlock =
  | { readonly kind: 'block'; readonly batch: SampleBatch }
  | { readonly kind: 'damaged'; readonly reason: string };

const MAGIC = 0x4254; // "TB"
const VERSION = 1;
/** Bits of the flags byte; all others are 0. */
const COMPRESSED = 1;
const STARTS = 2;
const HEADER_BYTES = 32;
const CHECKED_FROM = 8;
// Below this zstd's own frame eats what it saves (measured: about 60 bytes on blocks of ten samples).
const COMPRESS_FROM_BYTES = 128;
// Level 1: levels 2 and 3 save below 2 % on batches of 2,000 samples and take half as long again.
const ZSTD_PARAMETERS = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Over the size of the payload, so that one buffer holds the output, and not one of 128 KB for each block. */
const OUTPUT_MARGIN_BYTES = 64;

/** Codes of the value column below FIRST_INTEGER stand for what is no whole number. */
const CODE_DOUBLE = 0;
const CODE_STALE = 1;
const CODE_HISTOGRAM = 2;
const FIRST_INTEGER = 3;

/**
 * Encodes the named rows of a batch; null when they do not fit into one block of at most `maxBytes` (then encode fewer at a time).
 * Times must be whole milliseconds within ±2^50. The same rows give the same bytes. Rows come back ordered by series, and within
 * a series in the order they had.
 */
export function encodeBlock(batch: SampleBatch, rows: readonly number[], maxBytes: number): Uint8Array | null {
  if (rows.length > MAX_BLOCK_ROWS) return null;
  const { series, counts, ordered } = groupBySeries(batch, rows);
  const payload = new BlockWriter(1024 + ordered.length * 8);
  writeLabelColumns(payload, series);
  for (const count of counts) payload.varint(count);
  const summary = { ...writeTimes(payload, batch, ordered), hasStarts: hasStarts(batch, ordered) };
  writeValues(payload, batch, ordered);
  for (const row of ordered) {
    const histogram = batch.histograms.get(row);
    if (histogram !== undefined) writeHistogram(payload, histogram);
  }
  if (summary.hasStarts) writeStarts(payload, batch, ordered);
  const bytes = payload.finish();
  if (bytes.length > MAX_PAYLOAD_BYTES) return null;
  const block = frame(bytes, summary);
  return block.length > maxBytes ? null : block;
}

/** Rows ordered by series (in order of first appearance), stable within one. `counts[i]` rows belong to `series[i]`. */
function groupBySeries(
  batch: SampleBatch,
  rows: readonly number[],
): { readonly series: Labels[]; readonly counts: number[]; readonly ordered: Int32Array } {
  const numberOf = new Int32Array(batch.series.length).fill(-1);
  const series: Labels[] = [];
  const counts: number[] = [];
  for (const row of rows) {
    const old = batch.seriesOf[row] ?? -1;
    const number = numberOf[old] ?? -1;
    if (number >= 0) {
      counts[number] = (counts[number] ?? 0) + 1;
      continue;
    }
    const labels = batch.series[old];
    if (labels === undefined) throw new Error(`row ${row} belongs to no series of its batch`);
    numberOf[old] = series.push(labels) - 1;
    counts.push(1);
  }
  const nextAt = new Int32Array(counts.length);
  for (let i = 1; i < counts.length; i++) nextAt[i] = (nextAt[i - 1] ?? 0) + (counts[i - 1] ?? 0);
  const ordered = new Int32Array(rows.length);
  for (const row of rows) {
    const number = numberOf[batch.seriesOf[row] ?? -1] ?? 0;
    const at = nextAt[number] ?? 0;
    ordered[at] = row;
    nextAt[number] = at + 1;
  }
  return { series, counts, ordered };
}

function writeTimes(
  payload: BlockWriter,
  batch: SampleBatch,
  ordered: Int32Array,
): Pick<BlockSummary, 'fromMs' | 'toMs' | 'rows'> {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  let before = 0;
  for (const row of ordered) {
    const timeMs = batch.timesMs[row] ?? Number.NaN;
    if (!isPackedInteger(timeMs)) throw new Error(`a block cannot hold the time ${timeMs}`);
    payload.zigzag(timeMs - before);
    before = timeMs;
    if (timeMs < fromMs) fromMs = timeMs;
    if (timeMs > toMs) toMs = timeMs;
  }
  return { fromMs, toMs, rows: ordered.length };
}

function writeValues(payload: BlockWriter, batch: SampleBatch, ordered: Int32Array): void {
  const doubles: number[] = [];
  let before = 0;
  for (const row of ordered) {
    const value = batch.values[row] ?? Number.NaN;
    if (batch.stale[row] === 1) payload.varint(CODE_STALE);
    else if (isPackedInteger(value)) {
      const delta = value - before;
      payload.varint((delta >= 0 ? delta * 2 : delta * -2 - 1) + FIRST_INTEGER);
      before = value;
    } else if (batch.histograms.has(row)) payload.varint(CODE_HISTOGRAM);
    else {
      payload.varint(CODE_DOUBLE);
      // One NaN for all, so that the same rows give the same bytes.
      doubles.push(Number.isNaN(value) ? Number.NaN : value);
    }
  }
  payload.raw(toPlanes(doubles));
}

/** All first bytes, then all second bytes, and so on: neighbours share their high bytes, which compresses. */
function toPlanes(doubles: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Float64Array.from(doubles).buffer);
  const planes = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) planes[(i % 8) * doubles.length + (i >>> 3)] = bytes[i] ?? 0;
  return planes;
}

function fromPlanes(planes: Uint8Array): Float64Array {
  const bytes = new Uint8Array(planes.length);
  const count = planes.length / 8;
  for (let i = 0; i < bytes.length; i++) bytes[i] = planes[(i % 8) * count + (i >>> 3)] ?? 0;
  return new Float64Array(bytes.buffer);
}

function frame(payload: Uint8Array, summary: BlockSummary): Uint8Array {
  if (payload.length > MAX_PAYLOAD_BYTES)
    throw new Error(`block of ${payload.length} bytes, limit ${MAX_PAYLOAD_BYTES}`);
  const compressed = payload.length < COMPRESS_FROM_BYTES ? payload : compress(payload);
  const isSmaller = compressed.length < payload.length;
  const stored = isSmaller ? compressed : payload;
  const block = new Uint8Array(HEADER_BYTES + stored.length);
  const view = new DataView(block.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, VERSION);
  view.setUint8(3, (isSmaller ? COMPRESSED : 0) | (summary.hasStarts ? STARTS : 0));
  view.setFloat64(8, summary.fromMs, true);
  view.setFloat64(16, summary.toMs, true);
  view.setUint32(24, payload.length, true);
  view.setUint32(28, summary.rows, true);
  block.set(stored, HEADER_BYTES);
  view.setUint32(4, crc32(block.subarray(CHECKED_FROM)), true);
  return block;
}

function compress(payload: Uint8Array): Uint8Array {
  return zstdCompressSync(payload, { params: ZSTD_PARAMETERS, chunkSize: payload.length + OUTPUT_MARGIN_BYTES });
}

/** Checksum of a block's content, for keys: 8 hexadecimal digits. */
export function blockChecksum(block: Uint8Array): string {
  return new DataView(block.buffer, block.byteOffset, block.byteLength)
    .getUint32(4, true)
    .toString(16)
    .padStart(8, '0');
}

/** Decodes one block. Every length and number is checked: damage is an answer, not a crash, and takes bounded memory. */
export function decodeBlock(block: Uint8Array): DecodedBlock {
  try {
    const { payload, summary } = unframe(block);
    return { kind: 'block', batch: readColumns(new BlockReader(payload), summary) };
  } catch (error) {
    if (error instanceof DamagedBlock) return { kind: 'damaged', reason: error.message };
    throw error;
  }
}

function unframe(block: Uint8Array): { readonly payload: Uint8Array; readonly summary: BlockSummary } {
  if (block.length < HEADER_BYTES) throw new DamagedBlock(`block of ${block.length} bytes`);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (view.getUint16(0, true) !== MAGIC) throw new DamagedBlock('not a block');
  if (view.getUint8(2) !== VERSION) throw new DamagedBlock(`block version ${view.getUint8(2)}, can read ${VERSION}`);
  if (crc32(block.subarray(CHECKED_FROM)) !== view.getUint32(4, true)) throw new DamagedBlock('checksum differs');
  const payloadBytes = view.getUint32(24, true);
  const flags = view.getUint8(3);
  if (flags > (COMPRESSED | STARTS)) throw new DamagedBlock(`flags ${flags}`);
  const summary = {
    fromMs: view.getFloat64(8, true),
    toMs: view.getFloat64(16, true),
    rows: view.getUint32(28, true),
    hasStarts: (flags & STARTS) !== 0,
  };
  if (payloadBytes > MAX_PAYLOAD_BYTES) throw new DamagedBlock(`payload of ${payloadBytes} bytes`);
  if (summary.rows > MAX_BLOCK_ROWS) throw new DamagedBlock(`${summary.rows} rows`);
  const stored = block.subarray(HEADER_BYTES);
  const payload = (flags & COMPRESSED) !== 0 ? inflate(stored, payloadBytes) : stored;
  if (payload.length !== payloadBytes)
    throw new DamagedBlock(`payload of ${payload.length} bytes, ${payloadBytes} declared`);
  return { payload, summary };
}

function inflate(stored: Uint8Array, payloadBytes: number): Uint8Array {
  const chunkSize = payloadBytes + OUTPUT_MARGIN_BYTES;
  try {
    return zstdDecompressSync(stored, { chunkSize, maxOutputLength: Math.max(1, payloadBytes) });
  } catch (cause) {
    throw new DamagedBlock('payload cannot be inflated', { cause });
  }
}

function readColumns(reader: BlockReader, summary: BlockSummary): SampleBatch {
  const series = readLabelColumns(reader);
  const rows = summary.rows;
  const seriesOf = readSeriesOf(reader, series.length, rows);
  const timesMs = readTimes(reader, summary);
  const codes = new Float64Array(rows);
  let doubleCount = 0;
  for (let row = 0; row < rows; row++) {
    codes[row] = reader.varint();
    if (codes[row] === CODE_DOUBLE) doubleCount += 1;
  }
  const doubles = fromPlanes(reader.raw(doubleCount * 8));
  const values = new Float64Array(rows).fill(Number.NaN);
  const stale = new Uint8Array(rows);
  const histograms = new Map<number, Histogram>();
  let doubleAt = 0;
  let integer = 0;
  for (let row = 0; row < rows; row++) {
    const code = codes[row] ?? Number.NaN;
    if (code === CODE_DOUBLE) values[row] = doubles[doubleAt++] ?? Number.NaN;
    else if (code === CODE_STALE) stale[row] = 1;
    else if (code === CODE_HISTOGRAM) histograms.set(row, readHistogram(reader));
    else {
      const zigzag = code - FIRST_INTEGER;
      integer += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      values[row] = integer;
    }
  }
  const startTimesMs = summary.hasStarts ? readStarts(reader, timesMs) : null;
  if (reader.remainingBytes > 0) throw new DamagedBlock(`${reader.remainingBytes} bytes too many`);
  return { series, seriesOf, timesMs, values, stale, histograms, startTimesMs };
}

function readSeriesOf(reader: BlockReader, seriesCount: number, rows: number): Int32Array {
  const seriesOf = new Int32Array(rows);
  let at = 0;
  for (let number = 0; number < seriesCount; number++) {
    const count = reader.varint();
    if (count > rows - at) throw new DamagedBlock('more rows than declared');
    seriesOf.fill(number, at, at + count);
    at += count;
  }
  if (at !== rows) throw new DamagedBlock(`${at} rows, ${rows} declared`);
  return seriesOf;
}

function readTimes(reader: BlockReader, summary: BlockSummary): Float64Array {
  const timesMs = new Float64Array(summary.rows);
  let timeMs = 0;
  for (let row = 0; row < summary.rows; row++) {
    timeMs += reader.zigzag();
    if (!(timeMs >= summary.fromMs && timeMs <= summary.toMs))
      throw new DamagedBlock(`time ${timeMs} outside of the block`);
    timesMs[row] = timeMs;
  }
  return timesMs;
}
