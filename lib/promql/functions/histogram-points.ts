import type { Histogram } from '../../model/histogram.ts';
import { combineHistograms } from '../histogram-algebra.ts';
import { isCustom } from '../histogram-buckets.ts';
import { boundsReconciled, mixedSchemas } from '../histogram-remarks.ts';
import type { Point } from '../points.ts';
import type { Remarks } from './over-points.ts';

/** A sample known to be a native histogram. */
export interface HistogramPoint extends Point {
  readonly histogram: Histogram;
}

/** The points that are histograms. */
export function histogramPoints(points: readonly Point[]): readonly HistogramPoint[] {
  return points.flatMap((point) => (point.histogram === null ? [] : [{ ...point, histogram: point.histogram }]));
}

/** What kinds of samples there are. */
export function kindsOf(points: readonly Point[]): 'floats' | 'histograms' | 'mixed' {
  const histograms = points.filter(({ histogram }) => histogram !== null).length;
  if (histograms === 0) return 'floats';
  return histograms === points.length ? 'histograms' : 'mixed';
}

/** Whether exponential and custom buckets are among the points, which nothing can combine; says so. */
export function refuseMixedBuckets(points: readonly HistogramPoint[], remarks: Remarks): boolean {
  const custom = points.filter(({ histogram }) => isCustom(histogram)).length;
  if (custom === 0 || custom === points.length) return false;
  remarks.warn(mixedSchemas(remarks.metricName));
  return true;
}

/** a + sign * b, both with exponential or both with custom buckets; says when their custom bounds differed. */
export function combined(a: Histogram, b: Histogram, sign: 1 | -1, remarks: Remarks): Histogram {
  const combination = combineHistograms(a, b, sign);
  if (combination === null) throw new Error('exponential and custom buckets meet');
  if (combination.boundsReconciled) {
    remarks.inform(boundsReconciled(sign === 1 ? 'addition' : 'subtraction'));
  }
  return combination.result;
}
