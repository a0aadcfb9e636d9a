import type { Histogram } from '../../model/histogram.ts';
import type { MatrixSelector, VectorSelector } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import { firstPointAfter, type Point } from '../points.ts';
import { interpolateFloat, interpolateHistogram } from './extended-change.ts';
import { histogramPoints, kindsOf, refuseMixedBuckets } from './histogram-points.ts';
import { applyToPoints, type PointWindow, type Remarks } from './over-points.ts';

/**
 * An instant selector with `smoothed`: the sample of each instant, or what lies between those around it. Where none follows
 * within the lookback the last one is carried on. Staleness markers do not count.
 */
export function selectSmoothed(evaluation: Evaluation, selector: VectorSelector): Vector {
  const { lookbackMs } = evaluation.options;
  const range = { kind: 'length', span: selector.span, lengthMs: lookbackMs, isDuration: true } as const;
  const matrix: MatrixSelector = { kind: 'matrixSelector', span: selector.span, selector, range };
  return applyToPoints(evaluation, matrix, { beforeMs: 0, afterMs: lookbackMs, apply: valueAtEnd });
}

function valueAtEnd({ points, endMs }: PointWindow, remarks: Remarks): number | Histogram | null {
  if (kindsOf(points) === 'mixed') {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  const next = firstPointAfter(points, endMs);
  const before = points[next - 1];
  const after = points[next];
  if (before === undefined) return null;
  const isBetween = after !== undefined && before.timeMs < endMs;
  const point = isBetween ? pointBetween(before, after, endMs, remarks) : before;
  return point && (point.histogram ?? point.value);
}

/** What lies between two samples; null, with a warning, when they are of different kinds. Floats count as gauges. */
export function pointBetween(before: Point, after: Point, timeMs: number, remarks: Remarks): Point | null {
  const histograms = histogramPoints([before, after]);
  const [own, other] = histograms;
  if (histograms.length === 1) {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  if (own === undefined || other === undefined) {
    return { ...before, timeMs, value: interpolateFloat(before, after, { timeMs, isCounter: false }) };
  }
  if (refuseMixedBuckets(histograms, remarks)) return null;
  const isCounter = own.histogram.resetHint !== 'gauge' && other.histogram.resetHint !== 'gauge';
  return { ...before, timeMs, histogram: interpolateHistogram(own, other, { timeMs, isCounter, remarks }) };
}
