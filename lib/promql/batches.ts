import type { SourceGrid, SourceTable } from './reset-detection.ts';
import { type SeriesList, tableSeries } from './series-list.ts';

/** Grids of one table whose series make one chunk, the columns of one beside those of the next. */
export interface Batch {
  readonly series: SeriesList;
  readonly parts: readonly SourceGrid[];
}

/** A chunk has no more cells than this, however many steps there are. */
const MAX_CHUNK_CELLS = 4_000_000;
/** Wide grids are cut into chunks of about so many cells (half a megabyte), which stay in a processor's second cache, */
const SLICED_CELLS = 65_536;
/** but not into narrower ones than this: what is done once per step is paid for by the series. */
const MIN_SLICE_WIDTH = 64;
/**
 * Grids are gathered up to so many cells: a gauge of a target is one series with timestamps of its own, and what comes after
 * selection is paid for by the chunk. Values of so many cells (64 KiB) still stay near the processor.
 */
const GATHERED_CELLS = 8192;
/**
 * Native histograms are hundreds of bytes each: so many of them are gone, whatever was made of them, before they are old enough
 * to be moved.
 */
const HISTOGRAM_CELLS = 32;

interface RememberedBatches {
  readonly steps: number;
  readonly batches: readonly Batch[];
}

// Selections are kept from query to query; to go over a thousand grids takes as long as to read a sample of each.
const remembered = new WeakMap<SourceTable, RememberedBatches>();

/** What was selected, in its order, in chunks of a good size for the number of steps. */
export function batchesOf(selected: SourceTable, steps: number): readonly Batch[] {
  const known = remembered.get(selected);
  if (known?.steps === steps) return known.batches;
  const batches = makeBatches(selected, steps);
  remembered.set(selected, { steps, batches });
  return batches;
}

function makeBatches({ table, grids }: SourceTable, steps: number): Batch[] {
  const batches: Batch[] = [];
  let parts: SourceGrid[] = [];
  let width = 0;
  const close = (): void => {
    if (width > 0) batches.push({ series: tableSeries(table, tableRowsOf(parts, width)), parts });
    parts = [];
    width = 0;
  };
  const add = (part: SourceGrid): void => {
    const gathered = hasMostlyHistograms(part) ? HISTOGRAM_CELLS : GATHERED_CELLS;
    if ((width + part.columns.length) * steps > gathered) close();
    parts.push(part);
    width += part.columns.length;
  };
  for (const grid of grids) {
    const most = hasMostlyHistograms(grid) ? Math.max(1, Math.floor(HISTOGRAM_CELLS / steps)) : mostColumns(steps);
    if (grid.columns.length <= most) add(grid);
    else for (const slice of slicesOf(grid, most)) add(slice);
  }
  close();
  return batches;
}

function hasMostlyHistograms({ grid }: SourceGrid): boolean {
  return grid.histograms.size * 2 > grid.length * grid.width;
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

function mostColumns(steps: number): number {
  const wanted = Math.max(MIN_SLICE_WIDTH, Math.floor(SLICED_CELLS / Math.max(1, steps)));
  return Math.max(1, Math.min(wanted, Math.floor(MAX_CHUNK_CELLS / Math.max(1, steps))));
}

/** A selection in parts of at most so many columns. */
function slicesOf(part: SourceGrid, most: number): readonly SourceGrid[] {
  const slices: SourceGrid[] = [];
  for (let from = 0; from < part.columns.length; from += most) {
    const columns = part.columns.subarray(from, from + most);
    slices.push({ grid: part.grid, columns, tableRows: part.tableRows.subarray(from, from + most) });
  }
  return slices;
}
