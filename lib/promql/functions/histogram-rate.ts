import type { Histogram } from '../../model/histogram.ts';
import {
  type Combination,
  combineHistograms,
  compactHistogram,
  isReset,
  reduceHistogram,
} from '../histogram-algebra.ts';
import { isCustom } from '../histogram-buckets.ts';
import { boundsReconciled, mixedSchemas } from '../histogram-remarks.ts';
import type { Remarks } from './over-points.ts';

/**
 * The change of a histogram over a window, not extrapolated: the last minus the first, plus what was lost at each reset of
 * a counter. Null when exponential and custom buckets are mixed. At least two histograms, in time order.
 */
export function histogramChange(
  histograms: readonly Histogram[],
  isCounter: boolean,
  remarks: Remarks,
): Histogram | null {
  const [first, second] = histograms;
  const last = histograms.at(-1);
  if (first === undefined || second === undefined || last === undefined) return null;
  // A first sample that was reset right away counts as an empty one of the layout of the second.
  const start = isCounter && isReset(second, first) ? emptyLike(second) : first;
  // Those between the ends matter only for resets.
  const between = isCounter ? histograms.slice(1, -1) : [];
  if (![...between, last].every((histogram) => isCustom(histogram) === isCustom(start))) {
    if (isCounter && isCustom(last) !== isCustom(start)) remarkOnHints([first, last], isCounter, remarks);
    remarks.warn(mixedSchemas(remarks.metricName));
    return null;
  }
  remarkOnHints([first, ...between, last], isCounter, remarks);
  const schema = Math.min(start.schema, last.schema, ...between.map((histogram) => histogram.schema));
  let change = resultOf(combineHistograms(reduceHistogram(last, schema), start, -1), 'subtraction', remarks);
  let before = start;
  for (const current of isCounter ? histograms.slice(1) : []) {
    if (isReset(current, before)) change = resultOf(combineHistograms(change, before, 1), 'addition', remarks);
    before = current;
  }
  return { ...change, resetHint: 'gauge' };
}

function emptyLike({ schema, customBounds }: Histogram): Histogram {
  return {
    schema,
    customBounds,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
    resetHint: 'unknown',
  };
}

/** Says when histograms that should be counters are gauges, or the reverse. */
export function remarkOnHints(histograms: readonly Histogram[], isCounter: boolean, remarks: Remarks): void {
  const isGauge = ({ resetHint }: Histogram): boolean => resetHint === 'gauge';
  if (isCounter && histograms.some(isGauge)) {
    remarks.warn(`this native histogram metric is not a counter: "${remarks.metricName}"`);
  }
  if (!isCounter && !histograms.every(isGauge)) {
    remarks.warn(`this native histogram metric is not a gauge: "${remarks.metricName}"`);
  }
}

function resultOf(combination: Combination | null, during: 'addition' | 'subtraction', remarks: Remarks): Histogram {
  if (combination === null) throw new Error('exponential and custom buckets were let pass');
  if (combination.boundsReconciled) remarks.inform(boundsReconciled(during));
  return combination.result;
}

/**
 * What `irate` and `idelta` make of the last two samples, not divided by time: their difference, or the last one alone
 * when a counter was reset. Null when exponential and custom buckets are mixed.
 */
export function lastChange(before: Histogram, last: Histogram, isCounter: boolean, remarks: Remarks): Histogram | null {
  remarkOnHints([before, last], isCounter, remarks);
  if (isCounter && isReset(last, before)) return { ...compactHistogram(last), resetHint: 'gauge' };
  const combination = combineHistograms(last, before, -1);
  if (combination === null) {
    remarks.warn(mixedSchemas(remarks.metricName));
    return null;
  }
  return { ...resultOf(combination, 'subtraction', remarks), resetHint: 'gauge' };
}
