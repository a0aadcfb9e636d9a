import type { BucketSpan, Histogram } from '../model/histogram.ts';
import { eachBucket, isCustom, upperBound } from './histogram-buckets.ts';

/** Whether two histograms have the very same buckets, as samples of one series nearly always have. */
export function haveEqualLayout(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    haveEqualBounds(a, b) &&
    haveEqualSpans(a.positiveSpans, b.positiveSpans) &&
    haveEqualSpans(a.negativeSpans, b.negativeSpans)
  );
}

export function haveEqualSpans(a: readonly BucketSpan[], b: readonly BucketSpan[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]?.offset !== b[i]?.offset || a[i]?.length !== b[i]?.length) return false;
  }
  return true;
}

type Bounded = Pick<Histogram, 'customBounds'>;

export function haveEqualBounds({ customBounds: a }: Bounded, { customBounds: b }: Bounded): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether some bucket begins inside the zero bucket. */
export function reachIntoZero(histogram: Histogram): boolean {
  const { zeroThreshold, positiveSpans, negativeSpans } = histogram;
  if (zeroThreshold === 0 || isCustom(histogram)) return false;
  return startsInside(positiveSpans, histogram) || startsInside(negativeSpans, histogram);
}

function startsInside([first]: readonly BucketSpan[], histogram: Histogram): boolean {
  return first !== undefined && upperBound(first.offset - 1, histogram) < histogram.zeroThreshold;
}

/** Buckets of one side in span order. */
export interface SpannedBuckets {
  readonly spans: readonly BucketSpan[];
  readonly counts: readonly number[];
}

/** The same buckets without empty ones and in as few spans as possible: the same object if they are that already. */
export function compactSide(side: SpannedBuckets): SpannedBuckets {
  return isCompact(side) ? side : withoutEmpty(side);
}

function isCompact({ spans, counts }: SpannedBuckets): boolean {
  let size = 0;
  for (let i = 0; i < spans.length; i++) {
    const { offset, length } = spans[i] ?? NO_SPAN;
    if (length === 0 || (i > 0 && offset === 0)) return false;
    size += length;
  }
  if (size !== counts.length) return false;
  for (let i = 0; i < size; i++) if (counts[i] === 0) return false;
  return true;
}

const NO_SPAN: BucketSpan = { offset: 0, length: 0 };

function withoutEmpty({ spans, counts }: SpannedBuckets): SpannedBuckets {
  const indexes: number[] = [];
  const populated: number[] = [];
  eachBucket(spans, counts, (index, count) => {
    if (count === 0) return;
    indexes.push(index);
    populated.push(count);
  });
  return { spans: runsOf(indexes), counts: populated };
}

/** Spans of ascending indexes. */
export function runsOf(indexes: readonly number[]): readonly BucketSpan[] {
  const spans: BucketSpan[] = [];
  let first = 0;
  let end = 0;
  for (let i = 0; i < indexes.length; i++) {
    const start = indexes[i] ?? 0;
    if (i + 1 < indexes.length && indexes[i + 1] === start + 1) continue;
    const length = i + 1 - first;
    spans.push({ offset: start + 1 - length - end, length });
    end = start + 1;
    first = i + 1;
  }
  return spans;
}

const doubles: number[] = [];

/** An array of so many numbers, to be filled: one that the engine keeps as doubles from the start, in memory of just that size. */
export function numberArray(length: number): number[] {
  while (doubles.length < length) doubles.push(0.5);
  return doubles.slice(0, length);
}
