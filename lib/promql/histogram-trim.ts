import type { BucketSpan, Histogram } from '../model/histogram.ts';
import { compactHistogram } from './histogram-algebra.ts';
import { eachBucket, isCustom, upperBound } from './histogram-buckets.ts';

/** Which observations a trim keeps. */
export type Kept = 'below' | 'above';

/** Neighbouring buckets never share observations: bounds are as of positive buckets, whatever side it is of. */
interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** What is left of one bucket: the share of its count, and where its observations are taken to be. */
interface Remainder {
  readonly share: number;
  readonly middle: number;
}

const NOTHING: Remainder = { share: 0, middle: 0 };

/**
 * The observations below or above `at`: `h </ at` and `h >/ at`. A bucket that is cut is taken to be filled as for quantiles:
 * evenly on a logarithmic scale in exponential buckets, evenly in others. Count and sum are estimated anew from what is left
 * of the buckets, unless all of it is.
 */
export function trimHistogram(histogram: Histogram, at: number, kept: Kept): Histogram {
  const trim: Trim = { at, kept, count: 0, sum: 0, isChanged: false };
  const custom = isCustom(histogram);
  const negativeBuckets = mapBuckets(histogram.negativeSpans, histogram.negativeBuckets, (index, count) => {
    const interval = { lower: -upperBound(index, histogram), upper: -upperBound(index - 1, histogram) };
    return keep(trim, count, remainder(trim, interval, logarithmic));
  });
  const zeroCount = keep(trim, histogram.zeroCount, remainder(trim, zeroInterval(histogram), linear));
  const positiveBuckets = mapBuckets(histogram.positiveSpans, histogram.positiveBuckets, (index, count) => {
    const interval = { lower: upperBound(index - 1, histogram), upper: upperBound(index, histogram) };
    return keep(trim, count, custom ? customRemainder(trim, interval) : remainder(trim, interval, logarithmic));
  });
  if (!trim.isChanged) return histogram;
  const { count, sum } = trim;
  return compactHistogram({ ...histogram, count, sum, zeroCount, positiveBuckets, negativeBuckets });
}

interface Trim {
  readonly at: number;
  readonly kept: Kept;
  /** What is left so far. */
  count: number;
  sum: number;
  isChanged: boolean;
}

function mapBuckets(
  spans: readonly BucketSpan[],
  buckets: readonly number[],
  map: (index: number, count: number) => number,
): readonly number[] {
  const mapped: number[] = [];
  eachBucket(spans, buckets, (index, count) => mapped.push(map(index, count)));
  return mapped;
}

function keep(trim: Trim, count: number, { share, middle }: Remainder): number {
  const left = share === 1 ? count : count * share;
  if (left !== count) trim.isChanged = true;
  if (left === 0) return 0;
  trim.count += left;
  trim.sum += left * middle;
  return left;
}

/** A zero bucket lies on the side of zero on which all other buckets lie. */
function zeroInterval({ zeroThreshold, positiveBuckets, negativeBuckets }: Histogram): Interval {
  const onlyPositive = positiveBuckets.length > 0 && negativeBuckets.length === 0;
  const onlyNegative = negativeBuckets.length > 0 && positiveBuckets.length === 0;
  return { lower: onlyPositive ? 0 : -zeroThreshold, upper: onlyNegative ? 0 : zeroThreshold };
}

/** How observations lie in a bucket: which share is below a point in it, and where their middle is. */
interface Spread {
  shareBelow(at: number, interval: Interval): number;
  middle(interval: Interval): number;
}

const linear: Spread = {
  shareBelow: (at, { lower, upper }) => (at - lower) / (upper - lower),
  middle: ({ lower, upper }) => (lower + upper) / 2,
};

const logarithmic: Spread = {
  shareBelow(at, { lower, upper }) {
    if (lower < 0) return 1 - logarithmic.shareBelow(-at, { lower: -upper, upper: -lower });
    return (Math.log2(at) - Math.log2(lower)) / (Math.log2(upper) - Math.log2(lower));
  },
  middle({ lower, upper }) {
    const middle = Math.sqrt(Math.abs(lower) * Math.abs(upper));
    return lower < 0 ? -middle : middle;
  },
};

function remainder({ at, kept }: Trim, { lower, upper }: Interval, spread: Spread): Remainder {
  const whole = kept === 'below' ? upper <= at : lower >= at;
  if (whole) return { share: 1, middle: spread.middle({ lower, upper }) };
  if (!(lower < at && at < upper)) return NOTHING;
  const below = spread.shareBelow(at, { lower, upper });
  return kept === 'below'
    ? { share: below, middle: spread.middle({ lower, upper: at }) }
    : { share: 1 - below, middle: spread.middle({ lower: at, upper }) };
}

/** The first custom bucket has no lower bound, the last no upper one: what lies in them is guessed. */
function customRemainder(trim: Trim, { lower, upper }: Interval): Remainder {
  if (upper === Number.POSITIVE_INFINITY) return lastRemainder(trim, lower);
  return lower === Number.NEGATIVE_INFINITY ? firstRemainder(trim, upper) : remainder(trim, { lower, upper }, linear);
}

/** The bucket up to `upper` counts as starting at 0 when that is positive. */
function firstRemainder(trim: Trim, upper: number): Remainder {
  const { at, kept } = trim;
  const startsAtZero = upper > 0;
  const isWhole = kept === 'below' ? upper <= at : at === Number.NEGATIVE_INFINITY;
  if (isWhole) return { share: 1, middle: startsAtZero ? upper / 2 : upper };
  if (startsAtZero && at >= 0) return remainder(trim, { lower: 0, upper }, linear);
  return kept === 'below' && !startsAtZero && at > Number.NEGATIVE_INFINITY ? { share: 1, middle: at } : NOTHING;
}

/** The bucket from `lower` on is never cut. Alone it has no bound at all, and only an infinite cut leaves it. */
function lastRemainder({ at, kept }: Trim, lower: number): Remainder {
  if (kept === 'below') return at === Number.POSITIVE_INFINITY ? { share: 1, middle: lower } : NOTHING;
  if (at === Number.POSITIVE_INFINITY || Number.isNaN(at)) return NOTHING;
  if (lower === Number.NEGATIVE_INFINITY) return at === lower ? { share: 1, middle: 0 } : NOTHING;
  return { share: 1, middle: Math.max(at, lower) };
}
