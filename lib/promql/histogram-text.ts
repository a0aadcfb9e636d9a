import type { Histogram } from '../model/histogram.ts';
import { formatGeneral } from './go-format.ts';
import { type Bucket, isCustom, negativeBuckets, positiveBuckets } from './histogram-buckets.ts';

/** A histogram as a label value: `{count:3, sum:1.5, [-2,-1):1, [-0.5,0.5]:1, (1,2]:1}`, populated buckets ascending. */
export function printHistogram(histogram: Histogram): string {
  const { zeroCount, zeroThreshold } = histogram;
  const parts = [`count:${formatGeneral(histogram.count)}`, `sum:${formatGeneral(histogram.sum)}`];
  for (const bucket of negativeBuckets(histogram).reverse()) addBucket(parts, '[', bucket, ')');
  // Beside custom buckets there is none, although Inf or NaN times its count of 0 is NaN; Prometheus breaks there.
  if (!isCustom(histogram))
    addBucket(parts, '[', { lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount }, ']');
  for (const bucket of positiveBuckets(histogram)) {
    addBucket(parts, isCustom(histogram) && bucket.index === 0 ? '[' : '(', bucket, ']');
  }
  return `{${parts.join(', ')}}`;
}

type Interval = Pick<Bucket, 'lower' | 'upper' | 'count'>;

function addBucket(parts: string[], open: string, { lower, upper, count }: Interval, close: string): void {
  if (count === 0) return;
  parts.push(`${open}${formatGeneral(lower)},${formatGeneral(upper)}${close}:${formatGeneral(count)}`);
}
