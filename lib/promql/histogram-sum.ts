import type { Histogram, ResetHint } from '../model/histogram.ts';
import type { Compensated } from './accumulators.ts';
import { type Combination, combineParts, hintOfSum } from './histogram-algebra.ts';
import { createInPlaceSum, type InPlaceSum } from './histogram-in-place.ts';
import { mapNumbers, type Parts, putTogether, type Side, takeApart } from './histogram-parts.ts';

/** A sum or mean of histograms in the making. The order of additions matters to the last bit. */
export interface HistogramTotal {
  /** False when a histogram could not be added, its buckets being exponential and the others custom or the reverse; it then has no result. */
  readonly isPossible: boolean;
  /** Custom bounds differed: the result has those that all share. */
  readonly boundsReconciled: boolean;
  /** One of the histograms was known to follow a counter reset, another known not to. */
  readonly resetsCollide: boolean;
  add(histogram: Histogram): void;
  result(): Histogram;
}

/** A compensated sum, `first` added already, made in the arrays of `within`, which then belong to it. */
export function createHistogramSum(first: Histogram, within = createInPlaceSum()): HistogramTotal {
  within.start(first);
  return createTotal(first, {
    add: (histogram, resetHint) => addWithin(within, histogram, resetHint),
    result: (resetHint) => within.result(1, resetHint),
  });
}

/** Where the sum has no such buckets it is taken apart and made anew. */
function addWithin(within: InPlaceSum, histogram: Histogram, resetHint: ResetHint): Added | null {
  if (within.add(histogram)) return EXACTLY;
  const combined = combineParts(within.parts(resetHint), takeApart(histogram), 1);
  if (combined !== null) within.startWith(combined.result);
  return combined;
}

/**
 * A mean, `first` added already: of a compensated sum, or from the histogram on with which some number of the sum would become
 * infinite, a running mean. Made as `createHistogramSum` makes sums.
 */
export function createHistogramMean(first: Histogram, within = createInPlaceSum()): HistogramTotal {
  const added = [first];
  let running: Parts | null = null;
  within.start(first);
  return createTotal(first, {
    add(histogram, resetHint) {
      added.push(histogram);
      if (running === null) {
        const { isInfinite } = within;
        const sum = addWithin(within, histogram, resetHint);
        if (sum === null || !(isInfinite || within.isInfinite)) return sum;
      }
      const mean = running === null ? runningMean(added) : addToMean(running, histogram, added.length);
      running = mean?.result ?? null;
      return mean;
    },
    result: (resetHint) => {
      return running === null ? within.result(added.length, resetHint) : { ...putTogether(running), resetHint };
    },
  });
}

/** Of histograms whose sum is infinite. */
function runningMean(histograms: readonly Histogram[]): Combination<Parts> | null {
  let total: Combination<Parts> | null = null;
  let isRunning = false;
  let boundsReconciled = false;
  for (const [i, histogram] of histograms.entries()) {
    const parts = takeApart(histogram);
    if (total === null) {
      total = { result: parts, boundsReconciled: false, resetsCollide: false };
      continue;
    }
    const sum: Combination<Parts> | null = isRunning ? null : combineParts(total.result, parts, 1);
    if (!isRunning && (sum === null || isInfinite(sum.result))) {
      isRunning = true;
      total = { ...total, result: mapNumbers(total.result, (number) => number / i) };
    }
    total = isRunning ? addToMean(total.result, histogram, i + 1) : sum;
    if (total === null) return null;
    boundsReconciled ||= total.boundsReconciled;
  }
  return total === null ? null : { ...total, boundsReconciled };
}

/** The mean of `count` histograms, of which `histogram` is the last. */
function addToMean(mean: Parts, histogram: Histogram, count: number): Combination<Parts> | null {
  const share = (count - 1) / count;
  return combineParts(
    mapNumbers(mean, (number) => number * share),
    mapNumbers(takeApart(histogram), (number) => number / count),
    1,
  );
}

type Added = Pick<Combination, 'boundsReconciled'>;
/** Added with nothing to be said about it. */
const EXACTLY: Added = { boundsReconciled: false };

interface Totalling {
  /** `resetHint` is that of the total before; null when the histogram cannot be added. */
  add(histogram: Histogram, resetHint: ResetHint): Added | null;
  result(resetHint: ResetHint): Histogram;
}

function createTotal(first: Histogram, { add, result }: Totalling): HistogramTotal {
  let { resetHint } = first;
  let isPossible = true;
  let boundsReconciled = false;
  let sawReset = resetHint === 'reset';
  let sawNoReset = resetHint === 'not-reset';
  return {
    get isPossible() {
      return isPossible;
    },
    get boundsReconciled() {
      return boundsReconciled;
    },
    get resetsCollide() {
      return sawReset && sawNoReset;
    },
    add(histogram) {
      if (!isPossible) return;
      sawReset ||= histogram.resetHint === 'reset';
      sawNoReset ||= histogram.resetHint === 'not-reset';
      const added = add(histogram, resetHint);
      if (added === null) isPossible = false;
      else boundsReconciled ||= added.boundsReconciled;
      resetHint = hintOfSum(resetHint, histogram.resetHint);
    },
    result: () => result(resetHint),
  };
}

function isInfinite({ count, sum, zeroCount, positive, negative }: Parts): boolean {
  const numbers: readonly Readonly<Compensated>[] = [count, sum, zeroCount];
  return numbers.some((number) => isInfinity(number.sum)) || hasInfinity(positive) || hasInfinity(negative);
}

function hasInfinity({ counts }: Side): boolean {
  return counts.some(isInfinity);
}

function isInfinity(number: number): boolean {
  return Math.abs(number) === Number.POSITIVE_INFINITY;
}
