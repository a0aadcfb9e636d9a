import type { Histogram } from '../../model/histogram.ts';
import { createInPlaceSum, type InPlaceSum } from '../histogram-in-place.ts';
import { boundsReconciled, mixedSchemas, resetsCollided } from '../histogram-remarks.ts';
import { createHistogramMean, createHistogramSum, type HistogramTotal } from '../histogram-sum.ts';
import type { Point } from '../points.ts';
import type { RangeFunction } from './range-function.ts';

/** sum_over_time of histograms. */
export const sumOfHistograms = totalOf(createHistogramSum);
/** avg_over_time of histograms. */
export const meanOfHistograms = totalOf(createHistogramMean);

// One window is looked at after another: all are added up in the same arrays.
const within = createInPlaceSum();

function totalOf(create: (first: Histogram, within: InPlaceSum) => HistogramTotal): RangeFunction['ofHistograms'] {
  return ({ histograms }, remarks) => {
    const [first] = histograms;
    if (first === undefined) return null;
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

/** What a point holds. */
export function sampleOf(point: Point | undefined): number | Histogram | null {
  return point === undefined ? null : (point.histogram ?? point.value);
}

/** When a point was, in seconds. */
export function secondsOf(point: Point | undefined): number | null {
  return point === undefined ? null : point.timeMs / 1000;
}
