import { firstRowAfter, type Grid } from '../series/grid.ts';

/** What is needed to find windows: the rows of the window of step i are `from[i]` up to and without `to[i]`. */
export interface WindowSearch {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The window of a step is (endsMs[step] - rangeMs, endsMs[step]]. Ascending. */
  readonly endsMs: Float64Array;
  readonly rangeMs: number;
}

/** Finds the rows of every window; both edges only move forward. Returns the rows of all windows together. */
export function slideWindows(
  grid: Pick<Grid, 'length' | 'timesMs'>,
  { from, to, endsMs, rangeMs }: WindowSearch,
): number {
  const { timesMs, length } = grid;
  let first = firstRowAfter(grid, (endsMs[0] ?? 0) - rangeMs);
  let end = firstRowAfter(grid, endsMs[0] ?? 0);
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
