import type { Histogram } from '../../model/histogram.ts';
import type { Call, MatrixSelector } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import type { Point } from '../points.ts';
import { applyToPoints, type PointWindow, type Remarks } from './over-points.ts';
import { countNeighbours } from './point-changes.ts';
import { isRestart, startedIncrease, startedInstantRate, startedRate } from './started-change.ts';

/** A function of samples with start timestamps. */
type StartedFunction = (window: PointWindow, remarks: Remarks) => number | Histogram | null;

const FUNCTIONS: ReadonlyMap<string, StartedFunction> = new Map<string, StartedFunction>([
  ['increase', startedIncrease],
  ['irate', startedInstantRate],
  ['rate', startedRate],
  ['resets', ({ points }) => countNeighbours(points, isRestart)],
]);

/** Applies a function that heeds start timestamps; null when it does not, or no selected metric has any. Names are kept. */
export function startedCall(evaluation: Evaluation, call: Call, matrix: MatrixSelector): Vector | null {
  const { memory } = evaluation;
  const apply = memory.startTimes.any ? FUNCTIONS.get(call.func) : undefined;
  if (apply === undefined) return null;
  const selected = memory.select(matrix.selector.matchers);
  if (!selected.some(({ table }) => memory.startTimes.knows(table.name))) return null;
  const overlaps = new Map<string, number>();
  const vector = applyToPoints(evaluation, matrix, {
    beforeMs: 0,
    afterMs: 0,
    apply(window, remarks) {
      const { metricName } = remarks;
      if (hasOverlap(window.points)) overlaps.set(metricName, (overlaps.get(metricName) ?? 0) + 1);
      return apply(window, remarks);
    },
  });
  if (call.func !== 'rate' && call.func !== 'increase') return vector;
  return {
    ...vector,
    each(consume) {
      vector.each(consume);
      for (const [metricName, count] of overlaps) {
        const text = `sample has start time that overlaps with previous sample timestamp for metric "${metricName}"`;
        evaluation.annotations.warn(count === 1 ? text : `${text} (${count} occurrences)`, matrix.span);
      }
    },
  };
}

/** Whether a sample claims to count since a time at which the one before, which began elsewhere, still counted. */
function hasOverlap(points: readonly Point[]): boolean {
  return points.some(({ startMs }, i) => {
    const before = points[i - 1];
    return before !== undefined && startMs !== 0 && startMs < before.timeMs && startMs !== before.startMs;
  });
}
