import type { Histogram, ResetHint } from '../../model/histogram.ts';
import { hintOfSum } from '../histogram-algebra.ts';
import { compactSide, haveEqualLayout, numberArray, reachIntoZero, type SpannedBuckets } from '../histogram-layout.ts';

/** Histograms of the very same layout as rows of numbers: count, sum and count of the zero bucket, then positive and negative buckets. */
export interface HistogramMatrix {
  readonly layout: Histogram;
  readonly width: number;
  readonly numbers: Float64Array;
}

/** Of the matrix: its first row and the one after its last. */
export interface MatrixRows {
  readonly from: number;
  readonly to: number;
}

const BEFORE_BUCKETS = 3;
const MAX_NUMBERS = 1 << 20;

// Scratch space: there is one matrix at a time.
let scratch = new Float64Array(0);

/** Valid until the next one is made. Null when layouts differ, or the matrix would be very large. */
export function matrixOf(samples: readonly { readonly histogram: Histogram }[]): HistogramMatrix | null {
  const layout = samples[0]?.histogram;
  if (layout === undefined || reachIntoZero(layout)) return null;
  const width = BEFORE_BUCKETS + layout.positiveBuckets.length + layout.negativeBuckets.length;
  if (width * samples.length > MAX_NUMBERS) return null;
  if (width * samples.length > scratch.length) scratch = new Float64Array(width * samples.length);
  const numbers = scratch;
  let at = 0;
  for (const { histogram } of samples) {
    if (!haveEqualLayout(histogram, layout)) return null;
    const { positiveBuckets, negativeBuckets } = histogram;
    numbers[at++] = histogram.count;
    numbers[at++] = histogram.sum;
    numbers[at++] = histogram.zeroCount;
    for (let i = 0; i < positiveBuckets.length; i++) numbers[at++] = positiveBuckets[i] ?? 0;
    for (let i = 0; i < negativeBuckets.length; i++) numbers[at++] = negativeBuckets[i] ?? 0;
  }
  return { layout, width, numbers };
}

/**
 * The compensated sum of some rows, divided by `divisor`. Null when some number of it is not finite, which needs more care.
 * Neighbouring numbers are added up in turn, so that none has to wait for another.
 */
export function sumOfRows(
  { layout, width, numbers }: HistogramMatrix,
  { from, to }: MatrixRows,
  divisor: number,
  resetHint: ResetHint,
): Histogram | null {
  const sums = numberArray(width);
  let errors = 0;
  for (let column = 0; column < width; column += 2) {
    const start = from * width + column;
    const end = to * width;
    let sum = numbers[start] ?? 0;
    let rest = 0;
    let nextSum = numbers[start + 1] ?? 0;
    let nextRest = 0;
    for (let place = start + width; place < end; place += width) {
      const value = numbers[place] ?? 0;
      const total = sum + value;
      const added = total - sum;
      rest += sum - (total - added) + (value - added);
      sum = total;
      const nextValue = numbers[place + 1] ?? 0;
      const nextTotal = nextSum + nextValue;
      const nextAdded = nextTotal - nextSum;
      nextRest += nextSum - (nextTotal - nextAdded) + (nextValue - nextAdded);
      nextSum = nextTotal;
    }
    sums[column] = sum / divisor + rest / divisor;
    errors += sum - sum;
    if (column + 1 === width) break;
    sums[column + 1] = nextSum / divisor + nextRest / divisor;
    errors += nextSum - nextSum;
  }
  return Number.isNaN(errors) ? null : histogramOfRow(layout, sums, resetHint);
}

function histogramOfRow(layout: Histogram, row: readonly number[], resetHint: ResetHint): Histogram {
  const { schema, zeroThreshold, customBounds, positiveSpans, negativeSpans, positiveBuckets } = layout;
  const middle = BEFORE_BUCKETS + positiveBuckets.length;
  const above: SpannedBuckets = compactSide({ spans: positiveSpans, counts: row.slice(BEFORE_BUCKETS, middle) });
  const below: SpannedBuckets = compactSide({ spans: negativeSpans, counts: row.slice(middle) });
  const [count = 0, sum = 0, zeroCount = 0] = row;
  return {
    ...{ schema, zeroThreshold, zeroCount, count, sum, customBounds, resetHint },
    ...{ positiveSpans: above.spans, positiveBuckets: above.counts },
    ...{ negativeSpans: below.spans, negativeBuckets: below.counts },
  };
}

/** The reset hint of the sum of histograms; null when some is known to follow a reset and another known not to. */
export function hintOfAll(samples: readonly { readonly histogram: Histogram }[]): ResetHint | null {
  let hint = samples[0]?.histogram.resetHint ?? 'unknown';
  let sawReset = false;
  let sawNoReset = false;
  for (const { histogram } of samples) {
    sawReset ||= histogram.resetHint === 'reset';
    sawNoReset ||= histogram.resetHint === 'not-reset';
    hint = hintOfSum(hint, histogram.resetHint);
  }
  return sawReset && sawNoReset ? null : hint;
}
