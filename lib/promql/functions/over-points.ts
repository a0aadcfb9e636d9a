import type { Histogram } from '../../model/histogram.ts';
import type { Span } from '../../model/issue.ts';
import type { MatrixSelector } from '../ast.ts';
import { batchesOf } from '../batches.ts';
import { type Chunk, emptyChunk, presentCells, putFloat, putHistogram } from '../chunk.ts';
import { positiveDurationMs } from '../durations.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { firstPointAfter, type Point, pointsOf } from '../points.ts';
import { instantsOf } from '../select.ts';
import { metricNameOf } from '../series-list.ts';

/** The points of one series in and around the range (startMs, endMs] of one step: at least one, in time order. */
export interface PointWindow {
  readonly points: readonly Point[];
  readonly startMs: number;
  readonly endMs: number;
}

/** What there is to say about the series at hand. */
export interface Remarks {
  readonly metricName: string;
  warn(text: string): void;
  inform(text: string): void;
}

/** A function of single points: a number, a native histogram, or null for no result. */
export interface PointFunction {
  /** How far before and after the range it looks, in milliseconds. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly apply: (window: PointWindow, remarks: Remarks) => number | Histogram | null;
}

/** Applies a function to every window of a range selector. Names are kept; `place` is what warnings are about. */
export function applyToPoints(
  evaluation: Evaluation,
  matrix: MatrixSelector,
  definition: PointFunction,
  place: Span = matrix.span,
): Vector {
  const { memory, steps, budget } = evaluation;
  const { selector } = matrix;
  const endsMs = instantsOf(evaluation, selector);
  const rangeMs = positiveDurationMs(matrix.range, evaluation.query);
  return {
    kind: 'vector',
    distinct: false,
    each(consume) {
      let held = 0;
      for (const { series, parts } of memory.select(selector.matchers).flatMap((own) => batchesOf(own, steps.count))) {
        const chunk = emptyChunk(series, steps.count);
        let next = 0;
        for (const { grid, columns } of parts) {
          for (const column of columns) {
            const own: Application = { evaluation, definition, place, chunk, series: next++, endsMs, rangeMs };
            applyToSeries(own, (span) => pointsOf(grid, column, span));
          }
        }
        budget.hold(presentCells(chunk));
        held += presentCells(chunk);
        consume(chunk);
      }
      budget.release(held);
    },
  };
}

interface Application {
  readonly evaluation: Evaluation;
  readonly definition: PointFunction;
  readonly place: Span;
  readonly chunk: Chunk;
  readonly series: number;
  /** By step; ascending. */
  readonly endsMs: Float64Array;
  readonly rangeMs: number;
}

/** Reads the series once for all steps; each window is a slice of it. */
function applyToSeries(application: Application, read: (span: Parameters<typeof pointsOf>[2]) => Point[]): void {
  const { evaluation, definition, place, chunk, series, endsMs, rangeMs } = application;
  const { memory, annotations, budget } = evaluation;
  const points = read({
    afterMs: (endsMs[0] ?? 0) - rangeMs - definition.beforeMs,
    throughMs: (endsMs.at(-1) ?? 0) + definition.afterMs,
    startTimes: memory.startTimes.any ? memory.startTimes.of(chunk.series.labels(series)) : null,
  });
  if (points.length === 0) return;
  const remarks: Remarks = {
    metricName: metricNameOf(chunk.series, series),
    warn: (text) => annotations.warn(text, place),
    inform: (text) => annotations.inform(text, place),
  };
  for (let step = 0; step < chunk.steps; step++) {
    const endMs = endsMs[step] ?? 0;
    const startMs = endMs - rangeMs;
    const from = firstPointAfter(points, startMs - definition.beforeMs);
    const own = points.slice(from, firstPointAfter(points, endMs + definition.afterMs));
    if (own.length === 0) continue;
    budget.countRead(own.length);
    budget.visit(own.length);
    const result = definition.apply({ points: own, startMs, endMs }, remarks);
    const cell = step * chunk.width + series;
    if (typeof result === 'number') putFloat(chunk, step, cell, result);
    else if (result !== null) putHistogram(chunk, step, cell, result);
  }
}
