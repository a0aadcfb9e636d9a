import type { Histogram } from '../model/histogram.ts';
import { allBuckets, type Bucket, isCustom } from '../promql/histogram-buckets.ts';

/** One populated bucket. `boundaries`: 0 (lower,upper], 1 [lower,upper), 2 both open, 3 both closed. */
export interface ListedBucket {
  readonly boundaries: 0 | 1 | 2 | 3;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** The populated buckets from the most negative to the most positive, the zero bucket between, as the API shows them. */
export function listBuckets(histogram: Histogram): readonly ListedBucket[] {
  const boundariesOf = isCustom(histogram) ? customBoundaries : exponentialBoundaries;
  return allBuckets(histogram)
    .filter(({ count }) => count !== 0)
    .map((bucket) => {
      return { boundaries: boundariesOf(bucket), lower: bucket.lower, upper: bucket.upper, count: bucket.count };
    });
}

function customBoundaries({ index }: Bucket): 0 | 3 {
  return index === 0 ? 3 : 0;
}

function exponentialBoundaries({ lower, upper }: Bucket): 0 | 1 | 3 {
  if (upper < 0) return 1;
  return lower < 0 || (lower === 0 && upper === 0) ? 3 : 0;
}
