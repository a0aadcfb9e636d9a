import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../model/histogram.ts';

/** One populated bucket. `boundaries`: 0 (lower,upper], 1 [lower,upper), 2 both open, 3 both closed. */
export interface ListedBucket {
  readonly boundaries: 0 | 1 | 2 | 3;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** The populated buckets from the most negative to the most positive, the zero bucket between, as the API shows them. */
export function listBuckets(histogram: Histogram): readonly ListedBucket[] {
  const { customBounds, schema, zeroCount, zeroThreshold } = histogram;
  const positive = indexedCounts(histogram.positiveSpans, histogram.positiveBuckets);
  if (schema === CUSTOM_BUCKETS_SCHEMA)
    return positive.map(({ count, index }) => customBucket(customBounds, index, count));
  const negative = indexedCounts(histogram.negativeSpans, histogram.negativeBuckets).reverse();
  return [
    ...negative.map(({ count, index }): ListedBucket => {
      return { boundaries: 1, lower: -bound(index, schema), upper: -bound(index - 1, schema), count };
    }),
    ...(zeroCount === 0
      ? []
      : [{ boundaries: 3, lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount } as const]),
    ...positive.map(({ count, index }): ListedBucket => {
      return { boundaries: 0, lower: bound(index - 1, schema), upper: bound(index, schema), count };
    }),
  ];
}

function customBucket(bounds: readonly number[], index: number, count: number): ListedBucket {
  const lower = index === 0 ? Number.NEGATIVE_INFINITY : (bounds[index - 1] ?? Number.POSITIVE_INFINITY);
  return { boundaries: index === 0 ? 3 : 0, lower, upper: bounds[index] ?? Number.POSITIVE_INFINITY, count };
}

interface IndexedCount {
  readonly index: number;
  readonly count: number;
}

function indexedCounts(spans: readonly BucketSpan[], buckets: readonly number[]): IndexedCount[] {
  const counts: IndexedCount[] = [];
  let index = 0;
  let position = 0;
  for (const { length, offset } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = buckets[position++] ?? 0;
      if (count !== 0) counts.push({ index, count });
    }
  }
  return counts;
}

const MAX_EXPONENT = 1024;

/** Upper bound of bucket `index`: 2^(index * 2^-schema). The one that would be 2^1024 is the largest finite number. */
function bound(index: number, schema: number): number {
  const exponent = index * 2 ** -schema;
  if (exponent === MAX_EXPONENT) return Number.MAX_VALUE;
  const whole = Math.floor(exponent);
  return 2 ** (exponent - whole) * 2 ** whole;
}
