import { FLOAT, HISTOGRAM } from '../../series/cells.ts';
import { addRow, createGrid, type Grid, putCell } from '../../series/grid.ts';
import type { MatrixSelector } from '../ast.ts';
import { batchesOf } from '../batches.ts';
import { positiveDurationMs } from '../durations.ts';
import type { ChunkPlace, Evaluation, Ranges } from '../evaluation.ts';
import { type Point, pointsOf } from '../points.ts';
import { instantsOf } from '../select.ts';
import { metricNameOf } from '../series-list.ts';
import { type ExtendedWindow, extendedWindow } from './extended-window.ts';
import type { Remarks } from './over-points.ts';
import { pointBetween } from './smoothed.ts';

/**
 * An extended range selector that stands alone, as the whole of an instant query: its samples, and one at each edge of the
 * range. Functions of extended ranges do not come here (extended.ts).
 */
export function selectExtendedRanges(evaluation: Evaluation, matrix: MatrixSelector): Ranges {
  const { memory, query } = evaluation;
  const endsMs = instantsOf(evaluation, matrix.selector);
  const rangeMs = positiveDurationMs(matrix.range, query);
  const columns = Int32Array.of(0);
  const search = { from: Int32Array.of(0), endsMs, rangeMs, columns };
  return {
    kind: 'matrix',
    distinct: false,
    each(consume) {
      for (const { series, parts } of memory.select(matrix.selector.matchers).flatMap((own) => batchesOf(own, 1))) {
        let next = 0;
        for (const part of parts) {
          for (const column of part.columns) {
            const into = { series, first: next++ };
            const grid = extendedGrid({ evaluation, matrix, endMs: endsMs[0] ?? 0, rangeMs, into }, part.grid, column);
            evaluation.budget.countRead(grid.length);
            consume({ ...search, grid, into, to: Int32Array.of(grid.length), rows: grid.length });
          }
        }
      }
    },
  };
}

interface Extension {
  readonly evaluation: Evaluation;
  readonly matrix: MatrixSelector;
  readonly endMs: number;
  readonly rangeMs: number;
  readonly into: ChunkPlace;
}

/** The samples of one series and those at the edges, as a grid of one column. */
function extendedGrid({ evaluation, matrix, endMs, rangeMs, into }: Extension, source: Grid, column: number): Grid {
  const { annotations, options } = evaluation;
  const isSmoothed = matrix.selector.extension === 'smoothed';
  const startMs = endMs - rangeMs;
  const points = pointsOf(source, column, {
    afterMs: startMs - options.lookbackMs,
    throughMs: endMs + (isSmoothed ? options.lookbackMs : 0),
    startTimes: null,
  });
  const remarks: Remarks = {
    metricName: metricNameOf(into.series, into.first),
    warn: (text) => annotations.warn(text, matrix.span),
    inform: (text) => annotations.inform(text, matrix.span),
  };
  const extended = points.length === 0 ? null : extendedWindow({ points, startMs, endMs }, isSmoothed);
  const grid = createGrid(Int32Array.of(0), points.length + 2);
  for (const point of extended === null ? [] : withEdges(extended, remarks)) {
    addRow(grid, point.timeMs);
    const kind = point.histogram === null ? FLOAT : HISTOGRAM;
    putCell(grid, { row: grid.length - 1, column: 0 }, { kind, value: point.value, histogram: point.histogram });
  }
  return grid;
}

/** What lies inside the range, between what is at its start and at its end; nothing when an edge cannot be told. */
function withEdges({ used, startMs, endMs, cutsLeft, cutsRight }: ExtendedWindow, remarks: Remarks): Point[] {
  const [first, second] = used;
  const last = used.at(-1);
  const beforeLast = used.at(-2);
  if (first === undefined || last === undefined) return [];
  const left = cutsLeft && second !== undefined ? pointBetween(first, second, startMs, remarks) : first;
  const right = cutsRight && beforeLast !== undefined ? pointBetween(beforeLast, last, endMs, remarks) : last;
  if (left === null || right === null) return [];
  const inside = used.filter(({ timeMs }) => timeMs > startMs && timeMs < endMs);
  return [{ ...left, timeMs: startMs }, ...inside, { ...right, timeMs: endMs }];
}
