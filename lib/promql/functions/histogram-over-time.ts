import type { Histogram } from '../../model/histogram.ts';
import { createInPlaceSum, type InPlaceSum } from '../histogram-in-place.ts';
import { boundsReconciled, mixedSchemas, resetsCollided } from '../histogram-remarks.ts';
import { createHistogramMean, createHistogramSum, type HistogramTotal } from '../histogram-sum.ts';
import type { Point } from '../points.ts';
import { hintOfAll, sumOfRows } from './histogram-matrix.ts';
import type { RangeFunction, Samples } from './range-function.ts';

/** sum_over_time of histograms. */
export const sumOfHistograms = totalOf(createHistogramSum, false);
/** avg_over_time of histograms. */
export const meanOfHistograms = totalOf(createHistogramMean, true);

// One window is looked at after another: all are added up in the same arrays.
const within = createInPlaceSum();

function totalOf(
  create: (first: Histogram, within: InPlaceSum) => HistogramTotal,
  isMean: boolean,
): RangeFunction['ofHistograms'] {
  return (samples, remarks) => {
    const { histograms } = samples;
    const [first] = histograms;
    if (first === undefined) return null;
    const alike = totalOfAlike(samples, isMean ? histograms.length : 1);
    if (alike !== null) return alike;
    const total = create(first.histogram, within);
    for (let i = 1; i < histograms.length; i++) {
      const histogram = histograms[i]?.histogram;
      if (histogram !== undefined) total.add(histogram);
    }
    if (!total.isPossible) {
      remarks.warn(mixedSchemas(remarks.metricName));
      return null;
    }
    if (total.resetsCollide) remarks.warn(resetsCollided('aggregation'));
    if (total.boundsReconciled) remarks.inform(boundsReconciled('aggregation'));
    return total.result();
  };
}

/** The sum, divided, of histograms about which there is nothing to say: of one layout, with hints that agree. */
function totalOfAlike({ histograms, matrix, firstHistogram }: Samples, divisor: number): Histogram | null {
  const resetHint = hintOfAll(histograms);
  const numbers = resetHint === null ? null : matrix();
  if (numbers === null || resetHint === null) return null;
  return sumOfRows(numbers, { from: firstHistogram, to: firstHistogram + histograms.length }, divisor, resetHint);
}

/** What a point holds. */
export function sampleOf(point: Point | undefined): number | Histogram | null {
  return point === undefined ? null : (point.histogram ?? point.value);
}

/** When a point was, in seconds. */
export function secondsOf(point: Point | undefined): number | null {
  return point === undefined ? null : point.timeMs / 1000;
}
