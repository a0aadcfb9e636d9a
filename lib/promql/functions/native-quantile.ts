import type { Histogram } from '../../model/histogram.ts';
import { type Bucket, bucketAt, bucketCount, countAt, isCustom, visitBuckets } from '../histogram-buckets.ts';

/**
 * What observations of NaN do to an estimate. They are counted but are in no bucket, and they make the sum NaN.
 * "result": the estimate is NaN; "skewed": it is higher than it would be without them; "excluded": they are left out.
 */
export type NanEffect = 'result' | 'skewed' | 'excluded';

export interface Estimate {
  readonly value: number;
  readonly nan: NanEffect | null;
}

function exactly(value: number): Estimate {
  return { value, nan: null };
}

/** The q-quantile, linear within custom buckets and the zero bucket, exponential within others. NaN without observations. */
export function nativeQuantile(q: number, histogram: Histogram): Estimate {
  if (q < 0) return exactly(Number.NEGATIVE_INFINITY);
  if (q > 1) return exactly(Number.POSITIVE_INFINITY);
  if (histogram.count === 0 || Number.isNaN(q)) return exactly(Number.NaN);
  const hasNan = Number.isNaN(histogram.sum);
  // From the nearer end; but NaN counts as larger than all, so with NaN only the way up leads to the right bucket.
  const isUpward = hasNan || q < 0.5;
  const rank = isUpward ? q * histogram.count : (1 - q) * histogram.count;
  const size = bucketCount(histogram);
  const reached = walk(histogram, rank, isUpward);
  const found = size === 0 ? NO_BUCKET : bucketAt(histogram, reached.position);
  const bucket = narrowed(found, histogram);
  if (bucket === null) return exactly(finiteBound(found));
  const count = Math.min(reached.count, histogram.count);
  if (count < rank) return hasNan ? { value: Number.NaN, nan: 'result' } : exactly(bucket.upper);
  const rankInside = isUpward ? rank - (count - bucket.count) : count - rank;
  if (!hasNan) return exactly(interpolate(bucket, rankInside, histogram));
  // Matches Prometheus, which looks for NaN in the buckets that remain and then interpolates in the last of them.
  let total = count;
  for (let position = reached.position + 1; position < size; position++) total += countAt(histogram, position);
  const last = reached.position < size - 1 ? bucketAt(histogram, size - 1) : bucket;
  return { value: interpolate(last, rankInside, histogram), nan: total < histogram.count ? 'skewed' : null };
}

/** The position where a walk over buckets ended; those passed hold `count` together, the one there included. */
interface Reached {
  readonly position: number;
  readonly count: number;
}

const NO_BUCKET: Bucket = { lower: 0, upper: 0, count: 0, index: 0 };

/** From the lowest bucket up or the highest down until a populated one brings the count to `rank`, or to the end. */
function walk(histogram: Histogram, rank: number, isUpward: boolean): Reached {
  const size = bucketCount(histogram);
  let count = 0;
  for (let i = 0; i < size; i++) {
    const position = isUpward ? i : size - 1 - i;
    const own = countAt(histogram, position);
    count += own;
    if (own !== 0 && count >= rank) return { position, count };
  }
  return { position: isUpward ? size - 1 : 0, count };
}

/**
 * The zero bucket of a histogram with only positive (negative) buckets holds nothing negative (positive). The first custom
 * bucket begins at 0, unless it ends at or below 0. Null when the bucket has no end that would allow to interpolate.
 */
function narrowed(bucket: Bucket, histogram: Histogram): Bucket | null {
  if (!isCustom(histogram)) return bucket.lower < 0 && bucket.upper > 0 ? halved(bucket, histogram) : bucket;
  if (bucket.lower === Number.NEGATIVE_INFINITY) return bucket.upper > 0 ? { ...bucket, lower: 0 } : null;
  return bucket.upper === Number.POSITIVE_INFINITY ? null : bucket;
}

function finiteBound({ lower, upper }: Bucket): number {
  return lower === Number.NEGATIVE_INFINITY ? upper : lower;
}

function halved(bucket: Bucket, { positiveBuckets, negativeBuckets }: Histogram): Bucket {
  if (negativeBuckets.length === 0 && positiveBuckets.length > 0) return { ...bucket, lower: 0 };
  if (positiveBuckets.length === 0 && negativeBuckets.length > 0) return { ...bucket, upper: 0 };
  return bucket;
}

/** The value below which `rank` of the bucket's observations lie. */
function interpolate({ lower, upper, count }: Bucket, rank: number, histogram: Histogram): number {
  const share = rank / count;
  if (isCustom(histogram) || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * share;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * share);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - share)));
}

/** The share of observations between two values, interpolated as in `nativeQuantile`. NaN without observations. */
export function nativeFraction(lower: number, upper: number, histogram: Histogram): Estimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return exactly(Number.NaN);
  if (lower >= upper) return exactly(0);
  const lowerRank = createRank(lower, histogram);
  const upperRank = createRank(upper, histogram);
  let inBuckets = 0;
  visitBuckets(histogram, (start, end, count) => {
    const isAroundZero = start <= 0 && end >= 0;
    // Matches Prometheus: with custom buckets too the one around 0 is taken for a zero bucket.
    const bucket = isAroundZero ? halved({ lower: start, upper: end, count, index: 0 }, histogram) : null;
    lowerRank.pass(bucket?.lower ?? start, bucket?.upper ?? end, count);
    upperRank.pass(bucket?.lower ?? start, bucket?.upper ?? end, count);
    inBuckets += count;
  });
  const hasNan = Number.isNaN(histogram.sum);
  const total = hasNan ? inBuckets : histogram.count;
  const share = (upperRank.atMost(total) - lowerRank.atMost(total)) / histogram.count;
  return { value: share, nan: hasNan && inBuckets < histogram.count ? 'excluded' : null };
}

/** Counts the observations below a value while buckets pass, ascending. */
interface Rank {
  pass(lower: number, upper: number, count: number): void;
  /** The observations below the value, all if no bucket reached it. Unlike with Math.min NaN stays NaN. */
  atMost(total: number): number;
}

function createRank(value: number, histogram: Histogram): Rank {
  const isLinear = isCustom(histogram);
  let rank = 0;
  let isReached = false;
  return {
    pass(lower, upper, count) {
      if (isReached) return;
      isReached = lower >= value || upper > value;
      if (lower >= value) return;
      if (upper <= value) rank += count;
      else if (lower === Number.NEGATIVE_INFINITY) rank += count;
      else if (isLinear || (lower <= 0 && upper >= 0)) rank += (count * (value - lower)) / (upper - lower);
      else rank += count * exponentialShare(value, lower, upper);
    },
    atMost: (total) => (!isReached || rank > total ? total : rank),
  };
}

/** The part of a bucket that lies below a value, over powers. */
function exponentialShare(value: number, lower: number, upper: number): number {
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}
