import type { Histogram } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM } from '../series/cells.ts';
import { firstRowAfter, type Grid } from '../series/grid.ts';
import type { SeriesStarts } from '../series/start-times.ts';

/**
 * A sample of one series on its own, for what looks beyond its window or at more than values: extended ranges and start
 * timestamps. Slower than columns of a grid, so ordinary range functions stay with functions/range-function.ts.
 */
export interface Point {
  readonly timeMs: number;
  /** NaN for a native histogram. */
  readonly value: number;
  readonly histogram: Histogram | null;
  /** Since when it has been counting, epoch milliseconds; 0 when that is not known. */
  readonly startMs: number;
}

/** What to read of a column: samples later than `afterMs`, up to and including `throughMs`. */
export interface PointSpan {
  readonly afterMs: number;
  readonly throughMs: number;
  /** Null when no start timestamp is known. */
  readonly startTimes: SeriesStarts | null;
}

/** The samples of one column of a grid in time order; staleness markers are left out. */
export function pointsOf(grid: Grid, column: number, { afterMs, throughMs, startTimes }: PointSpan): Point[] {
  const points: Point[] = [];
  const end = firstRowAfter(grid, throughMs);
  for (let row = firstRowAfter(grid, afterMs); row < end; row++) {
    const cell = row * grid.width + column;
    const kind = grid.cells[cell];
    if (kind !== FLOAT && kind !== HISTOGRAM) continue;
    const timeMs = grid.timesMs[row] ?? 0;
    const histogram = kind === HISTOGRAM ? (grid.histograms.get(cell) ?? null) : null;
    const value = histogram === null ? (grid.values[cell] ?? Number.NaN) : Number.NaN;
    points.push({ timeMs, value, histogram, startMs: startTimes?.at(timeMs) ?? 0 });
  }
  return points;
}

/** The first point after `timeMs`; `points.length` when there is none. */
export function firstPointAfter(points: readonly Point[], timeMs: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.timeMs ?? 0) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
