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

/** Visits what `allBuckets` lists, in the same order, without making objects of it. */
export function visitBuckets(histogram: Histogram, visit: (lower: number, upper: number, count: number) => void): void {
  const { zeroCount, zeroThreshold, positiveSpans, positiveBuckets } = histogram;
  visitNegative(histogram, visit);
  if (zeroCount > 0) visit(-zeroThreshold, zeroThreshold, zeroCount);
  let index = 0;
  let position = 0;
  for (const { offset, length } of positiveSpans) {
    index += offset;
    let lower = upperBound(index - 1, histogram);
    for (let i = 0; i < length; i++) {
      const upper = upperBound(index++, histogram);
      visit(lower > 0 && lower < zeroThreshold ? zeroThreshold : lower, upper, positiveBuckets[position++] ?? 0);
      lower = upper;
    }
  }
}

function visitNegative(histogram: Histogram, visit: (lower: number, upper: number, count: number) => void): void {
  const { zeroThreshold, negativeSpans, negativeBuckets } = histogram;
  let end = negativeSpans.reduce((index, { offset, length }) => index + offset + length, 0);
  let position = negativeBuckets.length;
  for (let span = negativeSpans.length - 1; span >= 0; span--) {
    const { offset, length } = negativeSpans[span] ?? NO_SPAN;
    for (let index = end - 1; index >= end - length; index--) {
      const upper = -upperBound(index - 1, histogram);
      const isCut = upper < 0 && upper > -zeroThreshold;
      visit(-upperBound(index, histogram), isCut ? -zeroThreshold : upper, negativeBuckets[--position] ?? 0);
    }
    end -= length + offset;
  }
}

const NO_SPAN: BucketSpan = { offset: 0, length: 0 };

/** How many buckets `allBuckets` lists. */
export function bucketCount({ negativeBuckets, zeroCount, positiveBuckets }: Histogram): number {
  return negativeBuckets.length + (zeroCount > 0 ? 1 : 0) + positiveBuckets.length;
}

/** The count of one of them; positions ascend from 0. */
export function countAt({ negativeBuckets, zeroCount, positiveBuckets }: Histogram, position: number): number {
  const below = negativeBuckets.length;
  if (position < below) return negativeBuckets[below - 1 - position] ?? 0;
  if (zeroCount > 0 && position === below) return zeroCount;
  return positiveBuckets[position - below - (zeroCount > 0 ? 1 : 0)] ?? 0;
}

/** One of them whole. */
export function bucketAt(histogram: Histogram, position: number): Bucket {
  const { negativeBuckets, negativeSpans, zeroCount, zeroThreshold, positiveSpans } = histogram;
  const below = negativeBuckets.length;
  const count = countAt(histogram, position);
  if (position < below) {
    const index = indexAt(negativeSpans, below - 1 - position);
    return outsideZero(
      { lower: -upperBound(index, histogram), upper: -upperBound(index - 1, histogram), count, index },
      zeroThreshold,
    );
  }
  if (zeroCount > 0 && position === below) return { lower: -zeroThreshold, upper: zeroThreshold, count, index: 0 };
  const index = indexAt(positiveSpans, position - below - (zeroCount > 0 ? 1 : 0));
  return outsideZero(
    { lower: upperBound(index - 1, histogram), upper: upperBound(index, histogram), count, index },
    zeroThreshold,
  );
}

/** Index of the bucket at a position among those of the spans. */
function indexAt(spans: readonly BucketSpan[], position: number): number {
  let index = 0;
  let left = position;
  for (const { offset, length } of spans) {
    index += offset;
    if (left < length) return index + left;
    index += length;
    left -= length;
  }
  return index + left;
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

const FINEST_BOUNDS_PER_DOUBLING = 256;
const MAX_EXPONENT = 1024;

/** 2^(index * 2^-schema). The one that would be 2^1024 is the largest finite number, so that only infinities lie beyond. */
function exponentialBound(index: number, schema: number): number {
  const boundsPerDoubling = NORMAL_POWERS[schema - LOWEST_NORMAL_EXPONENT] ?? 1;
  const whole = Math.floor(index / boundsPerDoubling);
  const rest = index - whole * boundsPerDoubling;
  if (rest === 0 && whole === MAX_EXPONENT) return Number.MAX_VALUE;
  const fraction = EXPONENTIAL_BOUNDS[rest * (FINEST_BOUNDS_PER_DOUBLING / boundsPerDoubling)] ?? 0.5;
  return timesPowerOfTwo(2 * fraction, whole);
}

const LOWEST_NORMAL_EXPONENT = -1022;
const NORMAL_POWERS = Float64Array.from(
  { length: MAX_EXPONENT - LOWEST_NORMAL_EXPONENT },
  (_, i) => 2 ** (LOWEST_NORMAL_EXPONENT + i),
);

/** `fraction` is from 1 to 2. In two factors where 2^exponent alone is out of reach though the product may not be. */
function timesPowerOfTwo(fraction: number, exponent: number): number {
  const power = NORMAL_POWERS[exponent - LOWEST_NORMAL_EXPONENT];
  if (power !== undefined) return fraction * power;
  const half = Math.max(-1000, Math.min(1000, Math.trunc(exponent / 2)));
  return fraction * 2 ** half * 2 ** (exponent - half);
}
