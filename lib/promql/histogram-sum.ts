import type { Histogram } from '../model/histogram.ts';
import type { Compensated } from './accumulators.ts';
import { combineParts } from './histogram-algebra.ts';
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

/** A compensated sum, `first` added already. */
export function createHistogramSum(first: Histogram): HistogramTotal {
  return createTotal(first, {
    add: (total, histogram) => combineParts(total, takeApart(histogram), 1),
    result: putTogether,
  });
}

/**
 * A mean, `first` added already: of a compensated sum, or from the histogram on with which some number of the sum would become
 * infinite, a running mean.
 */
export function createHistogramMean(first: Histogram): HistogramTotal {
  let count = 1;
  let isRunning = false;
  return createTotal(first, {
    add(total, histogram) {
      count++;
      let mean = total;
      if (!isRunning) {
        const combined = combineParts(total, takeApart(histogram), 1);
        if (combined === null || !isInfinite(combined.result)) return combined;
        isRunning = true;
        mean = mapNumbers(total, (number) => number / (count - 1));
      }
      const share = (count - 1) / count;
      return combineParts(
        mapNumbers(mean, (number) => number * share),
        mapNumbers(takeApart(histogram), (number) => number / count),
        1,
      );
    },
    result: (total) => putTogether(isRunning ? total : mapNumbers(total, (number) => number / count)),
  });
}

interface Totalling {
  add(total: Parts, histogram: Histogram): ReturnType<typeof combineParts>;
  result(total: Parts): Histogram;
}

function createTotal(first: Histogram, { add, result }: Totalling): HistogramTotal {
  let total = takeApart(first);
  let isPossible = true;
  let boundsReconciled = false;
  let sawReset = first.resetHint === 'reset';
  let sawNoReset = first.resetHint === 'not-reset';
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
      const combined = add(total, histogram);
      if (combined === null) isPossible = false;
      else {
        boundsReconciled ||= combined.boundsReconciled;
        total = combined.result;
      }
    },
    result: () => result(total),
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
