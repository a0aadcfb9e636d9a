import type { BucketSpan, Histogram, ResetHint } from '../model/histogram.ts';
import { histogramFault } from './histogram-validity.ts';
import { BYTES, FIXED64, VARINT, type WireReader } from './wire-reader.ts';

/**
 * A histogram row as it came, counting since `startMs` (0: not said). `stale` marks the end of a histogram series; `invalid` says
 * what is wrong with it.
 */
export type ReceivedHistogram =
  | { readonly kind: 'histogram'; readonly timeMs: number; readonly startMs: number; readonly histogram: Histogram }
  | { readonly kind: 'stale'; readonly timeMs: number }
  | { readonly kind: 'invalid'; readonly timeMs: number; readonly text: string };

/** The message before its counts are made absolute and checked. */
interface RawHistogram {
  /** Counts are integers, buckets are deltas. */
  isInteger: boolean;
  count: number;
  sum: number;
  isStale: boolean;
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  negativeSpans: BucketSpan[];
  negativeDeltas: number[];
  negativeCounts: number[];
  positiveSpans: BucketSpan[];
  positiveDeltas: number[];
  positiveCounts: number[];
  resetHint: ResetHint;
  timeMs: number;
  startMs: number;
  customBounds: number[];
}

const RESET_HINTS: readonly ResetHint[] = ['unknown', 'reset', 'not-reset', 'gauge'];
/** Finest resolution that is kept; finer ones are reduced to it. */
const MAX_SCHEMA = 8;

const field = (number: number, wireType: number): number => number * 8 + wireType;

/**
 * Reads one native histogram; the same message in remote write 1.0 and 2.0:
 *
 *     message Histogram {
 *       oneof count { uint64 count_int = 1; double count_float = 2; }
 *       double sum = 3;  sint32 schema = 4;  double zero_threshold = 5;
 *       oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
 *       repeated BucketSpan negative_spans = 8;   // BucketSpan { sint32 offset = 1; uint32 length = 2; }
 *       repeated sint64 negative_deltas = 9;      // integer histograms: each bucket minus the one before it
 *       repeated double negative_counts = 10;     // float histograms: absolute
 *       repeated BucketSpan positive_spans = 11;  repeated sint64 positive_deltas = 12;  repeated double positive_counts = 13;
 *       ResetHint reset_hint = 14;                // 0 unknown, 1 reset, 2 not reset, 3 gauge
 *       int64 timestamp = 15;  repeated double custom_values = 16;  int64 start_timestamp = 17;  // the last in 2.0 only
 *     }
 *
 * Integer counts become doubles, exact up to 2^53. The reader stands at the length of the message.
 */
export function readHistogram(reader: WireReader, maxBuckets: number): ReceivedHistogram {
  const end = reader.messageEnd();
  const raw: RawHistogram = {
    ...{ isInteger: true, count: 0, sum: 0, isStale: false, schema: 0, zeroThreshold: 0, zeroCount: 0 },
    ...{ negativeSpans: [], negativeDeltas: [], negativeCounts: [], resetHint: 'unknown', customBounds: [] },
    ...{ positiveSpans: [], positiveDeltas: [], positiveCounts: [], timeMs: 0, startMs: 0 },
  };
  while (reader.position < end) readField(reader, reader.tag(), raw, maxBuckets);
  reader.close(end);
  if (raw.isStale) return { kind: 'stale', timeMs: raw.timeMs };
  if (mostElements(raw) > maxBuckets)
    return invalid(raw.timeMs, `histogram has more than ${maxBuckets} buckets or spans`);
  const histogram = absolute(raw);
  const fault = histogramFault(histogram, raw.isInteger);
  if (fault !== null) return invalid(raw.timeMs, fault);
  return { kind: 'histogram', timeMs: raw.timeMs, startMs: raw.startMs, histogram: reduceResolution(histogram) };
}

/** The longest of its lists, both signs of one kind together. */
function mostElements(raw: RawHistogram): number {
  return Math.max(
    raw.negativeSpans.length + raw.positiveSpans.length,
    raw.negativeDeltas.length + raw.positiveDeltas.length,
    raw.negativeCounts.length + raw.positiveCounts.length,
    raw.customBounds.length,
  );
}

function invalid(timeMs: number, text: string): ReceivedHistogram {
  return { kind: 'invalid', timeMs, text };
}

function readField(reader: WireReader, tag: number, raw: RawHistogram, maxBuckets: number): void {
  switch (tag) {
    case field(1, VARINT):
      raw.isInteger = true;
      raw.count = reader.uint64();
      return;
    case field(2, FIXED64):
      raw.isInteger = false;
      raw.count = reader.double();
      return;
    case field(3, FIXED64):
      raw.sum = reader.double();
      raw.isStale = reader.wasStale();
      return;
    case field(4, VARINT):
      raw.schema = reader.sint32();
      return;
    case field(5, FIXED64):
      raw.zeroThreshold = reader.double();
      return;
    case field(6, VARINT):
      raw.zeroCount = reader.uint64();
      return;
    case field(7, FIXED64):
      raw.zeroCount = reader.double();
      return;
    case field(14, VARINT):
      raw.resetHint = RESET_HINTS[reader.uint32()] ?? 'unknown';
      return;
    case field(15, VARINT):
      raw.timeMs = reader.int64();
      return;
    case field(17, VARINT):
      raw.startMs = reader.int64();
      return;
    default:
      readRepeated(reader, tag, raw, maxBuckets);
  }
}

const SPANS: ReadonlyMap<number, 'negativeSpans' | 'positiveSpans'> = new Map([
  [8, 'negativeSpans'],
  [11, 'positiveSpans'],
]);
const DELTAS: ReadonlyMap<number, 'negativeDeltas' | 'positiveDeltas'> = new Map([
  [9, 'negativeDeltas'],
  [12, 'positiveDeltas'],
]);
const DOUBLES: ReadonlyMap<number, 'negativeCounts' | 'positiveCounts' | 'customBounds'> = new Map([
  [10, 'negativeCounts'],
  [13, 'positiveCounts'],
  [16, 'customBounds'],
]);

// Keeps one element more than the limit at most: enough to see that it is exceeded.
function readRepeated(reader: WireReader, tag: number, raw: RawHistogram, maxBuckets: number): void {
  const spans = SPANS.get(tag >>> 3);
  const deltas = DELTAS.get(tag >>> 3);
  const doubles = DOUBLES.get(tag >>> 3);
  if (spans !== undefined && (tag & 7) === BYTES) {
    const span = readSpan(reader);
    if (raw[spans].length <= maxBuckets) raw[spans].push(span);
  } else if (deltas !== undefined) {
    readNumbers(reader, tag, VARINT, (value) => raw[deltas].length <= maxBuckets && raw[deltas].push(value));
  } else if (doubles !== undefined) {
    readNumbers(reader, tag, FIXED64, (value) => raw[doubles].length <= maxBuckets && raw[doubles].push(value));
  } else reader.skip(tag);
}

function readSpan(reader: WireReader): BucketSpan {
  const end = reader.messageEnd();
  let offset = 0;
  let length = 0;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === field(1, VARINT)) offset = reader.sint32();
    else if (tag === field(2, VARINT)) length = reader.uint32();
    else reader.skip(tag);
  }
  reader.close(end);
  return { offset, length };
}

/** Packed or one by one: a reader must take both. VARINT stands for sint64, FIXED64 for double. */
function readNumbers(
  reader: WireReader,
  tag: number,
  wireType: typeof VARINT | typeof FIXED64,
  take: (value: number) => unknown,
): void {
  const one = (): number => (wireType === VARINT ? reader.sint64() : reader.double());
  if ((tag & 7) === wireType) take(one());
  else if ((tag & 7) === BYTES) {
    const end = reader.messageEnd();
    while (reader.position < end) take(one());
    reader.close(end);
  } else reader.skip(tag);
}

function absolute(raw: RawHistogram): Histogram {
  return {
    schema: raw.schema,
    zeroThreshold: raw.zeroThreshold,
    zeroCount: raw.zeroCount,
    count: raw.count,
    sum: raw.sum,
    positiveSpans: raw.positiveSpans,
    positiveBuckets: raw.isInteger ? runningSums(raw.positiveDeltas) : raw.positiveCounts,
    negativeSpans: raw.negativeSpans,
    negativeBuckets: raw.isInteger ? runningSums(raw.negativeDeltas) : raw.negativeCounts,
    customBounds: raw.customBounds,
    resetHint: raw.resetHint,
  };
}

function runningSums(deltas: readonly number[]): number[] {
  let sum = 0;
  return deltas.map((delta) => {
    sum += delta;
    return sum;
  });
}

function reduceResolution(h: Histogram): Histogram {
  if (h.schema <= MAX_SCHEMA) return h;
  const factor = 2 ** (h.schema - MAX_SCHEMA);
  const positive = mergeBuckets(h.positiveSpans, h.positiveBuckets, factor);
  const negative = mergeBuckets(h.negativeSpans, h.negativeBuckets, factor);
  return {
    ...h,
    schema: MAX_SCHEMA,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  };
}

/** Bucket i of the finer schema lies in bucket ceil(i / factor) of the coarser one. */
function mergeBuckets(
  spans: readonly BucketSpan[],
  buckets: readonly number[],
  factor: number,
): { spans: BucketSpan[]; buckets: number[] } {
  const merged: { spans: BucketSpan[]; buckets: number[] } = { spans: [], buckets: [] };
  let fine = 0;
  let coarse = Number.NaN;
  let position = 0;
  for (const span of spans) {
    fine += span.offset;
    for (let i = 0; i < span.length; i++, fine++, position++) {
      const target = Math.ceil(fine / factor) + 0;
      const count = buckets[position] ?? 0;
      if (target === coarse) merged.buckets.push((merged.buckets.pop() ?? 0) + count);
      else {
        appendBucket(merged, { gap: Number.isNaN(coarse) ? target : target - coarse - 1, count });
        coarse = target;
      }
    }
  }
  return merged;
}

/** `gap` counts from the end of the run before; for the first bucket, from bucket 0. */
function appendBucket(
  into: { spans: BucketSpan[]; buckets: number[] },
  bucket: { readonly gap: number; readonly count: number },
): void {
  into.buckets.push(bucket.count);
  const last = into.spans.at(-1);
  if (last === undefined || bucket.gap > 0) into.spans.push({ offset: bucket.gap, length: 1 });
  else into.spans[into.spans.length - 1] = { offset: last.offset, length: last.length + 1 };
}
