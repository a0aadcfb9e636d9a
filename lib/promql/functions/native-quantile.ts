import type { Histogram } from '../../model/histogram.ts';
import { allBuckets, type Bucket, isCustom } from '../histogram-buckets.ts';

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
  const buckets = allBuckets(histogram);
  const reached = walk(isUpward ? buckets : buckets.toReversed(), rank);
  const bucket = narrowed(reached.bucket, histogram);
  if (bucket === null) return exactly(finiteBound(reached.bucket));
  const count = Math.min(reached.count, histogram.count);
  if (count < rank) return hasNan ? { value: Number.NaN, nan: 'result' } : exactly(bucket.upper);
  const rankInside = isUpward ? rank - (count - bucket.count) : count - rank;
  if (!hasNan) return exactly(interpolate(bucket, rankInside, histogram));
  // Matches Prometheus, which looks for NaN in the buckets that remain and then interpolates in the last of them.
  const total = buckets.slice(reached.passed).reduce((sum, other) => sum + other.count, count);
  const last = reached.passed < buckets.length ? (buckets.at(-1) ?? bucket) : bucket;
  return { value: interpolate(last, rankInside, histogram), nan: total < histogram.count ? 'skewed' : null };
}

/** Where a walk over buckets ended: `count` is what the first `passed` of them hold together, `bucket` the last of those. */
interface Reached {
  readonly bucket: Bucket;
  readonly count: number;
  readonly passed: number;
}

const NO_BUCKET: Bucket = { lower: 0, upper: 0, count: 0, index: 0 };

/** Goes on until a populated bucket brings the count to `rank`, or to the end. */
function walk(buckets: readonly Bucket[], rank: number): Reached {
  let count = 0;
  for (const [i, bucket] of buckets.entries()) {
    count += bucket.count;
    if (bucket.count !== 0 && count >= rank) return { bucket, count, passed: i + 1 };
  }
  return { bucket: buckets.at(-1) ?? NO_BUCKET, count, passed: buckets.length };
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
  // Matches Prometheus: with custom buckets too the one around 0 is taken for a zero bucket.
  const buckets = allBuckets(histogram).map((bucket) => (isAroundZero(bucket) ? halved(bucket, histogram) : bucket));
  const inBuckets = buckets.reduce((sum, { count }) => sum + count, 0);
  const hasNan = Number.isNaN(histogram.sum);
  const total = hasNan ? inBuckets : histogram.count;
  const share =
    (atMost(rankOf(upper, buckets, histogram), total) - atMost(rankOf(lower, buckets, histogram), total)) /
    histogram.count;
  return { value: share, nan: hasNan && inBuckets < histogram.count ? 'excluded' : null };
}

function isAroundZero({ lower, upper }: Bucket): boolean {
  return lower <= 0 && upper >= 0;
}

/** Unlike Math.min, NaN only if `rank` is. */
function atMost(rank: number, total: number): number {
  return rank > total ? total : rank;
}

/** How many observations lie below a value; Infinity when no bucket reaches as far. */
function rankOf(value: number, buckets: readonly Bucket[], histogram: Histogram): number {
  let rank = 0;
  for (const bucket of buckets) {
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) return rank + countBelow(value, bucket, histogram);
    rank += bucket.count;
  }
  return Number.POSITIVE_INFINITY;
}

function countBelow(value: number, { lower, upper, count }: Bucket, histogram: Histogram): number {
  if (lower === Number.NEGATIVE_INFINITY) return count;
  if (isCustom(histogram) || isAroundZero({ lower, upper, count, index: 0 }))
    return (count * (value - lower)) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  const share =
    value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper);
  return count * share;
}
