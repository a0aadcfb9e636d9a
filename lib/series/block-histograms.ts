import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from '../model/histogram.ts';
import { type BlockReader, type BlockWriter, DamagedBlock } from './block-bytes.ts';

/** The number of a hint in a block is its place here. */
const RESET_HINTS: readonly ResetHint[] = ['unknown', 'reset', 'not-reset', 'gauge'];

/**
 * Writes one native histogram: zigzag schema, byte hint, then as `number`s zero threshold, zero count, count and sum, then per sign
 * (positive first) the spans (count; zigzag offset, varint length each) and the buckets (count; `number` each), and the custom
 * bounds (count; `number` each).
 */
export function writeHistogram(writer: BlockWriter, histogram: Histogram): void {
  writer.zigzag(histogram.schema);
  writer.byte(RESET_HINTS.indexOf(histogram.resetHint));
  writer.number(histogram.zeroThreshold);
  writer.number(histogram.zeroCount);
  writer.number(histogram.count);
  writer.number(histogram.sum);
  writeSpans(writer, histogram.positiveSpans);
  writeNumbers(writer, histogram.positiveBuckets);
  writeSpans(writer, histogram.negativeSpans);
  writeNumbers(writer, histogram.negativeBuckets);
  writeNumbers(writer, histogram.customBounds);
}

function writeSpans(writer: BlockWriter, spans: readonly BucketSpan[]): void {
  writer.varint(spans.length);
  for (const span of spans) {
    writer.zigzag(span.offset);
    writer.varint(span.length);
  }
}

function writeNumbers(writer: BlockWriter, values: readonly number[]): void {
  writer.varint(values.length);
  for (const value of values) writer.number(value);
}

/** Reads what `writeHistogram` wrote. Throws DamagedBlock. */
export function readHistogram(reader: BlockReader): Histogram {
  const schema = reader.zigzag();
  if (schema !== CUSTOM_BUCKETS_SCHEMA && (schema < -4 || schema > 8))
    throw new DamagedBlock(`histogram schema ${schema}`);
  const resetHint = RESET_HINTS[reader.byte()];
  if (resetHint === undefined) throw new DamagedBlock('histogram reset hint');
  const [zeroThreshold, zeroCount, count, sum] = [reader.number(), reader.number(), reader.number(), reader.number()];
  const positiveSpans = readSpans(reader);
  const positiveBuckets = readNumbers(reader, positiveSpans);
  const negativeSpans = readSpans(reader);
  const negativeBuckets = readNumbers(reader, negativeSpans);
  const customBounds = readNumbers(reader, null);
  return {
    ...{ schema, zeroThreshold, zeroCount, count, sum, resetHint, customBounds },
    ...{ positiveSpans, positiveBuckets, negativeSpans, negativeBuckets },
  };
}

function readSpans(reader: BlockReader): BucketSpan[] {
  return Array.from({ length: reader.count('spans') }, () => ({ offset: reader.zigzag(), length: reader.varint() }));
}

function readNumbers(reader: BlockReader, spans: readonly BucketSpan[] | null): number[] {
  const count = reader.count('buckets');
  if (spans !== null && spans.reduce((sum, span) => sum + span.length, 0) !== count) {
    throw new DamagedBlock('histogram spans and buckets differ');
  }
  return Array.from({ length: count }, () => reader.number());
}
