import type { SourceGrid, SourceTable } from './reset-detection.ts';
import { type SeriesList, tableSeries } from './series-list.ts';

/** Grids of one table whose series make one chunk, the columns of one beside those of the next. */
export interface Batch {
  readonly series: SeriesList;
  readonly parts: readonly SourceGrid[];
}

/** A chunk has no more cells than this, however many series share a grid. */
const MAX_CHUNK_CELLS = 4_000_000;
/**
 * Grids are gathered up to so many cells: a gauge of a target is one series with timestamps of its own, and what comes after
 * selection is paid for by the chunk. Values of so many cells (64 KiB) still stay near the processor.
 */
const GATHERED_CELLS = 8192;

/** What was selected, in its order, in chunks of a good size for the number of steps. */
export function batchesOf({ table, grids }: SourceTable, steps: number): Batch[] {
  const batches: Batch[] = [];
  let parts: SourceGrid[] = [];
  let width = 0;
  const close = (): void => {
    if (width > 0) batches.push({ series: tableSeries(table, tableRowsOf(parts, width)), parts });
    parts = [];
    width = 0;
  };
  const add = (part: SourceGrid): void => {
    if ((width + part.columns.length) * steps > GATHERED_CELLS) close();
    parts.push(part);
    width += part.columns.length;
  };
  for (const grid of grids) {
    if (grid.columns.length * steps <= MAX_CHUNK_CELLS) add(grid);
    else for (const slice of slicesOf(grid, steps)) add(slice);
  }
  close();
  return batches;
}

function tableRowsOf(parts: readonly SourceGrid[], width: number): Int32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.tableRows;
  const tableRows = new Int32Array(width);
  let next = 0;
  for (const part of parts) {
    for (let i = 0; i < part.tableRows.length; i++) tableRows[next++] = part.tableRows[i] ?? 0;
  }
  return tableRows;
}

/** A selection in parts that are narrow enough for the number of steps. */
function slicesOf(part: SourceGrid, steps: number): readonly SourceGrid[] {
  const most = Math.max(1, Math.floor(MAX_CHUNK_CELLS / Math.max(1, steps)));
  const slices: SourceGrid[] = [];
  for (let from = 0; from < part.columns.length; from += most) {
    const columns = part.columns.subarray(from, from + most);
    slices.push({ grid: part.grid, columns, tableRows: part.tableRows.subarray(from, from + most) });
  }
  return slices;
}
