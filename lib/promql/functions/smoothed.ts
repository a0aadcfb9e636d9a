import type { Histogram } from '../../model/histogram.ts';
import type { MatrixSelector, VectorSelector } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import { firstPointAfter } from '../points.ts';
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
  if (after === undefined || before.timeMs === endMs) return before.histogram ?? before.value;
  const [own, other] = histogramPoints([before, after]);
  if (own === undefined || other === undefined) {
    return interpolateFloat(before, after, { timeMs: endMs, isCounter: false });
  }
  if (refuseMixedBuckets([own, other], remarks)) return null;
  const isCounter = own.histogram.resetHint !== 'gauge' && other.histogram.resetHint !== 'gauge';
  return interpolateHistogram(own, other, { timeMs: endMs, isCounter, remarks });
}
