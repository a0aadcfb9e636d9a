import { FLOAT, HISTOGRAM } from '../../series/cells.ts';
import { NO_EVEN_ROWS } from '../../series/even-rows.ts';
import { type Grid, isWhole } from '../../series/grid.ts';
import { type Chunk, removeCell } from '../chunk.ts';
import type { Evaluation, Steps, Windows } from '../evaluation.ts';
import { slideWindows, type WindowSearch } from '../windows.ts';

/**
 * The floats of one series without gaps, and its windows: that of step i has `values[k]` at `timesMs[k]` for k from `from[i]`
 * up to and without `to[i]`. Only what lies in some window may be read. Do not keep it.
 */
export interface Column extends WindowSearch {
  values: Float64Array;
  timesMs: Float64Array;
  from: Int32Array;
  to: Int32Array;
  endsMs: Float64Array;
  rangeMs: number;
  /** The evaluation's own: without offset and @. */
  readonly steps: Steps;
  /** To be called by functions that look at the samples of each window anew, with their number. */
  visit(samples: number): void;
}

/** Where results of a column go: that of step i to `values[first + i * stride]`. */
export interface ColumnResults {
  readonly values: Float64Array;
  readonly first: number;
  readonly stride: number;
}

/** Reads columns of windows one by one. */
export interface ColumnReader {
  /** A column of `windows` with its gaps closed, or null when it has native histograms there. Valid until the next call. */
  read(windows: Windows, column: number): Column | null;
}

// Scratch space of the readers, of which only one is read at a time.
let scratchValues = new Float64Array(0);
let scratchTimesMs = new Float64Array(0);
let scratchFrom = new Int32Array(0);
let scratchTo = new Int32Array(0);

/** One reader for all windows of a range vector. A column that is a grid of its own and has no gaps is not even copied. */
export function createColumnReader({ steps, budget }: Evaluation): ColumnReader {
  const column: Column = {
    values: scratchValues,
    timesMs: scratchTimesMs,
    from: scratchFrom,
    to: scratchTo,
    endsMs: scratchTimesMs,
    rangeMs: 0,
    steps,
    visit: budget.visit,
  };
  return {
    read(windows, number) {
      const { grid, from, to } = windows;
      const end = to[steps.count - 1] ?? 0;
      reserve(end, steps.count);
      column.endsMs = windows.endsMs;
      column.rangeMs = windows.rangeMs;
      if (!isWhole(grid, number)) return closeGaps(windows, number, column) ? column : null;
      column.from = from;
      column.to = to;
      column.timesMs = grid.timesMs;
      column.values = grid.width === 1 ? grid.values : scratchValues;
      if (grid.width > 1) copyRows(grid, number, { from: from[0] ?? 0, to: end });
      return column;
    },
  };
}

/** Rows keep their numbers. */
function copyRows({ values, width }: Grid, column: number, rows: { readonly from: number; readonly to: number }): void {
  for (let row = rows.from; row < rows.to; row++) scratchValues[row] = values[row * width + column] ?? 0;
}

function reserve(rows: number, steps: number): void {
  if (rows > scratchValues.length) {
    scratchValues = new Float64Array(rows + (rows >> 1));
    scratchTimesMs = new Float64Array(rows + (rows >> 1));
  }
  if (steps > scratchFrom.length) {
    scratchFrom = new Int32Array(steps);
    scratchTo = new Int32Array(steps);
  }
}

/** Copies the floats of a column next to each other and finds its windows among them. False where there are histograms. */
function closeGaps(windows: Windows, number: number, column: Column): boolean {
  const { grid, from, to, endsMs } = windows;
  const { cells, values, timesMs, width } = grid;
  const end = to[endsMs.length - 1] ?? 0;
  let length = 0;
  for (let row = from[0] ?? 0; row < end; row++) {
    const cell = row * width + number;
    const kind = cells[cell];
    if (kind === HISTOGRAM) return false;
    if (kind !== FLOAT) continue;
    scratchValues[length] = values[cell] ?? 0;
    scratchTimesMs[length++] = timesMs[row] ?? 0;
  }
  column.values = scratchValues;
  column.timesMs = scratchTimesMs;
  column.from = scratchFrom;
  column.to = scratchTo;
  slideWindows({ length, timesMs: scratchTimesMs, ...NO_EVEN_ROWS }, column);
  return true;
}

/** Removes the results of windows with less samples than a function needs. */
export function removeSparse(chunk: Chunk, series: number, { from, to }: Column, minSamples: number): void {
  for (let step = 0; step < chunk.steps; step++) {
    if ((to[step] ?? 0) - (from[step] ?? 0) < minSamples) removeCell(chunk, step, step * chunk.width + series);
  }
}
