import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from '../model/histogram.ts';

/** Counts by bucket index. */
type Buckets = ReadonlyMap<number, number>;

/** A histogram taken apart, buckets by index, so that layouts no longer matter. */
interface Parts {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

/** Whether both have exponential buckets, or the same custom ones. */
export function areCompatible(a: Histogram, b: Histogram): boolean {
  return isCustom(a) === isCustom(b) && a.customBounds.join() === b.customBounds.join();
}

export function isCustom({ schema }: Histogram): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

/** a + b, or a - b with `sign` -1, of compatible histograms: at the coarser resolution, under a common zero threshold. */
export function combineHistograms(a: Histogram, b: Histogram, sign: 1 | -1): Histogram {
  const [left, right] = reconciled(a, b);
  const parts: Parts = {
    ...left,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    positive: addBuckets(left.positive, right.positive, sign),
    negative: addBuckets(left.negative, right.negative, sign),
  };
  const totals = { ...a, count: a.count + sign * b.count, sum: a.sum + sign * b.sum };
  return putTogether(totals, parts, sign === -1 ? 'gauge' : hintOfSum(a.resetHint, b.resetHint));
}

/** Every count and the sum multiplied. */
export function scaleHistogram(histogram: Histogram, factor: number): Histogram {
  return {
    ...histogram,
    count: histogram.count * factor,
    sum: histogram.sum * factor,
    zeroCount: histogram.zeroCount * factor,
    positiveBuckets: histogram.positiveBuckets.map((count) => count * factor),
    negativeBuckets: histogram.negativeBuckets.map((count) => count * factor),
    resetHint: factor < 0 ? 'gauge' : histogram.resetHint,
  };
}

/** The same histogram with its empty buckets left out: one layout for each distribution. */
export function compactHistogram(histogram: Histogram): Histogram {
  return putTogether(histogram, takeApart(histogram), histogram.resetHint);
}

/** Whether a counter histogram was reset between two samples. */
export function isReset(current: Histogram, before: Histogram): boolean {
  if (current.resetHint === 'reset') return true;
  if (current.resetHint === 'not-reset') return false;
  if (current.count < before.count || !areCompatible(current, before)) return true;
  if (current.schema > before.schema || current.zeroThreshold < before.zeroThreshold) return true;
  const own = takeApart(current);
  const known = atSchema(takeApart(before), current.schema);
  const moved = widened(known, current.zeroThreshold);
  if (moved.zeroThreshold !== current.zeroThreshold || own.zeroCount < moved.zeroCount) return true;
  return hasFallen(own.positive, moved.positive) || hasFallen(own.negative, moved.negative);
}

function hasFallen(current: Buckets, before: Buckets): boolean {
  for (const [index, count] of before) if ((current.get(index) ?? 0) < count) return true;
  return false;
}

function hintOfSum(a: ResetHint, b: ResetHint): ResetHint {
  if (a === b) return a;
  return a === 'gauge' || b === 'gauge' ? 'gauge' : 'unknown';
}

function takeApart(histogram: Histogram): Parts {
  const { schema, zeroThreshold, zeroCount } = histogram;
  return {
    schema,
    zeroThreshold,
    zeroCount,
    positive: bucketsByIndex(histogram.positiveSpans, histogram.positiveBuckets),
    negative: bucketsByIndex(histogram.negativeSpans, histogram.negativeBuckets),
  };
}

function bucketsByIndex(spans: readonly BucketSpan[], counts: readonly number[]): Buckets {
  const buckets = new Map<number, number>();
  let index = 0;
  let position = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) buckets.set(index++, counts[position++] ?? 0);
  }
  return buckets;
}

function putTogether(totals: Histogram, parts: Parts, resetHint: ResetHint): Histogram {
  const positive = spansOf(parts.positive);
  const negative = spansOf(parts.negative);
  return {
    schema: parts.schema,
    zeroThreshold: parts.zeroThreshold,
    zeroCount: parts.zeroCount,
    count: totals.count,
    sum: totals.sum,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customBounds: totals.customBounds,
    resetHint,
  };
}

function spansOf(buckets: Buckets): { spans: readonly BucketSpan[]; counts: readonly number[] } {
  const populated = [...buckets].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
  const spans: BucketSpan[] = [];
  let next = 0;
  for (const [index] of populated) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) spans[spans.length - 1] = { ...last, length: last.length + 1 };
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return { spans, counts: populated.map(([, count]) => count) };
}

function addBuckets(a: Buckets, b: Buckets, sign: 1 | -1): Buckets {
  const sum = new Map(a);
  for (const [index, count] of b) sum.set(index, (sum.get(index) ?? 0) + sign * count);
  return sum;
}

/** Both at the coarser schema and under one zero threshold that cuts no populated bucket of either. */
function reconciled(a: Histogram, b: Histogram): readonly [Parts, Parts] {
  const schema = Math.min(a.schema, b.schema);
  let left = atSchema(takeApart(a), schema);
  let right = atSchema(takeApart(b), schema);
  while (!isCustom(a) && left.zeroThreshold !== right.zeroThreshold) {
    const threshold = Math.max(left.zeroThreshold, right.zeroThreshold);
    left = widened(left, threshold);
    right = widened(right, threshold);
  }
  return [left, right];
}

/** Halves the resolution until it is that of `schema`: two neighbouring buckets become one. */
function atSchema(parts: Parts, schema: number): Parts {
  if (parts.schema === schema) return parts;
  const shift = parts.schema - schema;
  const merged = (buckets: Buckets): Buckets => {
    const coarse = new Map<number, number>();
    for (const [index, count] of buckets) {
      const own = ((index - 1) >> shift) + 1;
      coarse.set(own, (coarse.get(own) ?? 0) + count);
    }
    return coarse;
  };
  return { ...parts, schema, positive: merged(parts.positive), negative: merged(parts.negative) };
}

/** With a wider zero bucket; a populated bucket that the threshold would cut is taken in whole, which widens it further. */
function widened(parts: Parts, threshold: number): Parts {
  if (parts.schema === CUSTOM_BUCKETS_SCHEMA || threshold <= parts.zeroThreshold) return parts;
  let outer = threshold;
  let { zeroCount } = parts;
  const outside = (buckets: Buckets): Buckets => {
    const left = new Map<number, number>();
    for (const [index, count] of buckets) {
      if (count === 0 || lowerBound(index, parts.schema) >= threshold) left.set(index, count);
      else {
        zeroCount += count;
        outer = Math.max(outer, lowerBound(index + 1, parts.schema));
      }
    }
    return left;
  };
  const positive = outside(parts.positive);
  const negative = outside(parts.negative);
  return { schema: parts.schema, zeroThreshold: outer, zeroCount, positive, negative };
}

function lowerBound(index: number, schema: number): number {
  return 2 ** ((index - 1) * 2 ** -schema);
}
