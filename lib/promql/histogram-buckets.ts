import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../model/histogram.ts';
import { EXPONENTIAL_BOUNDS } from './exponential-bounds.ts';

/** The bucket layout of a histogram: what its indexes mean. */
export type BucketLayout = Pick<Histogram, 'schema' | 'customBounds'>;

/**
 * One bucket, empty or not. `count` may be negative after a subtraction. Bounds belong to it or not as its kind has it:
 * positive (lower, upper], negative [lower, upper), zero [lower, upper].
 */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** Negative buckets are numbered like their mirror images; 0 for the zero bucket. */
  readonly index: number;
}

export function isCustom({ schema }: Pick<Histogram, 'schema'>): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

/** Visits the buckets of one side, empty ones too, from the one nearest zero outwards. */
export function eachBucket(
  spans: readonly BucketSpan[],
  counts: readonly number[],
  visit: (index: number, count: number) => void,
): void {
  let index = 0;
  let position = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) visit(index++, counts[position++] ?? 0);
  }
}

/** All buckets that spans name, ascending: negative ones, the zero bucket if it is populated, positive ones. */
export function allBuckets(histogram: Histogram): readonly Bucket[] {
  const { zeroCount, zeroThreshold } = histogram;
  const buckets = negativeBuckets(histogram).reverse();
  if (zeroCount > 0) buckets.push({ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount, index: 0 });
  buckets.push(...positiveBuckets(histogram));
  return buckets.map((bucket) => outsideZero(bucket, zeroThreshold));
}

/** Ascending. Not cut at the zero threshold. */
export function positiveBuckets(histogram: Histogram): Bucket[] {
  const buckets: Bucket[] = [];
  eachBucket(histogram.positiveSpans, histogram.positiveBuckets, (index, count) => {
    buckets.push({ lower: upperBound(index - 1, histogram), upper: upperBound(index, histogram), count, index });
  });
  return buckets;
}

/** Descending, from the one nearest zero. Not cut at the zero threshold. */
export function negativeBuckets(histogram: Histogram): Bucket[] {
  const buckets: Bucket[] = [];
  eachBucket(histogram.negativeSpans, histogram.negativeBuckets, (index, count) => {
    buckets.push({ lower: -upperBound(index, histogram), upper: -upperBound(index - 1, histogram), count, index });
  });
  return buckets;
}

/** A zero bucket may reach into the bucket next to it, which then starts where the zero bucket ends. */
function outsideZero(bucket: Bucket, threshold: number): Bucket {
  const { lower, upper } = bucket;
  if (upper < 0 && upper > -threshold) return { ...bucket, upper: -threshold };
  if (lower > 0 && lower < threshold) return { ...bucket, lower: threshold };
  return bucket;
}

/**
 * Upper bound of the positive bucket `index`, which is the lower bound of the next. Custom buckets are numbered from 0:
 * -Inf for -1, +Inf for the one after the last bound.
 */
export function upperBound(index: number, { schema, customBounds }: BucketLayout): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema);
  return index < 0 ? Number.NEGATIVE_INFINITY : (customBounds[index] ?? Number.POSITIVE_INFINITY);
}

const FINEST_SCHEMA = 8;
const MAX_EXPONENT = 1024;

/** 2^(index * 2^-schema). The one that would be 2^1024 is the largest finite number, so that only infinities lie beyond. */
function exponentialBound(index: number, schema: number): number {
  const boundsPerDoubling = 2 ** schema;
  const whole = Math.floor(index / boundsPerDoubling);
  const rest = index - whole * boundsPerDoubling;
  if (rest === 0 && whole === MAX_EXPONENT) return Number.MAX_VALUE;
  return timesPowerOfTwo(EXPONENTIAL_BOUNDS[rest * 2 ** (FINEST_SCHEMA - schema)] ?? 0.5, whole + 1);
}

/** `fraction` is from 0.5 to 1. In two factors, as 2^exponent alone may be out of reach though the product is not. */
function timesPowerOfTwo(fraction: number, exponent: number): number {
  const half = Math.max(-1000, Math.min(1000, Math.trunc(exponent / 2)));
  return fraction * 2 ** half * 2 ** (exponent - half);
}
