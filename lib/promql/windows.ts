import { type EvenRows, evenRowAfter } from '../series/even-rows.ts';
import { firstRowAfter, type RowTimes } from '../series/grid.ts';

/** What is needed to find windows: the rows of the window of step i are `from[i]` up to and without `to[i]`. */
export interface WindowSearch {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The window of a step is (endsMs[step] - rangeMs, endsMs[step]]. Ascending, and evenly apart. */
  readonly endsMs: Float64Array;
  readonly rangeMs: number;
}

/** How many rows further each step is; NaN where that is no whole number, or rows are not evenly apart. */
export function rowsPerStep({ intervalMs }: EvenRows, timesMs: Float64Array): number {
  const stepMs = timesMs.length > 1 ? (timesMs[1] ?? 0) - (timesMs[0] ?? 0) : 0;
  return stepMs % intervalMs === 0 ? stepMs / intervalMs : Number.NaN;
}

/** Finds the rows of every window. Returns the rows of all windows together. */
export function slideWindows(times: RowTimes, search: WindowSearch): number {
  const { endsMs, rangeMs } = search;
  const endMs = endsMs[0] ?? 0;
  const from = evenRowAfter(times, endMs - rangeMs);
  const to = evenRowAfter(times, endMs);
  const perStep = rowsPerStep(times, endsMs);
  const isEven = !Number.isNaN(from + to + perStep);
  return isEven ? countWindows(times, search, { from, to, perStep }) : searchWindows(times, search);
}

/** The rows of the first window, as `evenRowAfter` numbers them. */
interface EvenWindows {
  readonly from: number;
  readonly to: number;
  readonly perStep: number;
}

function countWindows({ length }: RowTimes, { from, to }: WindowSearch, even: EvenWindows): number {
  let first = even.from;
  let end = even.to;
  let rows = 0;
  for (let step = 0; step < from.length; step++) {
    const firstRow = first < 0 ? 0 : first < length ? first : length;
    const endRow = end < 0 ? 0 : end < length ? end : length;
    from[step] = firstRow;
    to[step] = endRow;
    rows += endRow - firstRow;
    first += even.perStep;
    end += even.perStep;
  }
  return rows;
}

/** Both edges only move forward. */
function searchWindows(times: RowTimes, { from, to, endsMs, rangeMs }: WindowSearch): number {
  const { timesMs, length } = times;
  let first = firstRowAfter(times, (endsMs[0] ?? 0) - rangeMs);
  let end = firstRowAfter(times, endsMs[0] ?? 0);
  let rows = 0;
  for (let step = 0; step < endsMs.length; step++) {
    const endMs = endsMs[step] ?? 0;
    while (end < length && (timesMs[end] ?? 0) <= endMs) end++;
    while (first < end && (timesMs[first] ?? 0) <= endMs - rangeMs) first++;
    from[step] = first;
    to[step] = end;
    rows += end - first;
  }
  return rows;
}
