import { FLOAT, HISTOGRAM } from '../../series/cells.ts';
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
  readonly endsMs: Float64Array;
  readonly rangeMs: number;
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
  /** The column with its gaps closed, or null when it has native histograms in its windows. Valid until the next call. */
  read(column: number): Column | null;
}

// Scratch space of the readers, of which only one is read at a time.
let scratchValues = new Float64Array(0);
let scratchTimesMs = new Float64Array(0);
let scratchFrom = new Int32Array(0);
let scratchTo = new Int32Array(0);

/** For the columns of some windows. A column that is a grid of its own and has no gaps is not even copied. */
export function createColumnReader(windows: Windows, { steps, budget }: Evaluation): ColumnReader {
  const { grid, from, to, endsMs, rangeMs } = windows;
  const { width, irregularInColumn } = grid;
  const first = from[0] ?? 0;
  const end = to[steps.count - 1] ?? 0;
  const column: Column = {
    values: grid.values,
    timesMs: grid.timesMs,
    from,
    to,
    endsMs,
    rangeMs,
    steps,
    visit: budget.visit,
  };
  reserve(end, steps.count);
  return {
    read(number) {
      if (irregularInColumn[number] !== 0) return closeGaps(windows, number, column) ? column : null;
      column.from = from;
      column.to = to;
      column.timesMs = grid.timesMs;
      column.values = width === 1 ? grid.values : scratchValues;
      // Rows keep their numbers.
      if (width > 1)
        for (let row = first; row < end; row++) scratchValues[row] = grid.values[row * width + number] ?? 0;
      return column;
    },
  };
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
  slideWindows({ length, timesMs: scratchTimesMs }, column);
  return true;
}

/** Removes the results of windows with less samples than a function needs. */
export function removeSparse(chunk: Chunk, series: number, { from, to }: Column, minSamples: number): void {
  for (let step = 0; step < chunk.steps; step++) {
    if ((to[step] ?? 0) - (from[step] ?? 0) < minSamples) removeCell(chunk, step, step * chunk.width + series);
  }
}
