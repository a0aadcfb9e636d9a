import type { Histogram } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM, MISSING } from './cells.ts';
import { dropEvenRows, type EvenRows, evenRowAfter, extendEvenRows, NO_EVEN_ROWS } from './even-rows.ts';
import { createResets, dropResets, type Resets, rewindResets } from './resets.ts';

/**
 * Samples of several series that share their timestamps: `length` rows (instants) by `width` columns (series).
 * The cell of row k and column s is at `k * width + s`, so one instant of all series is one run of memory.
 * Arrays may be longer than the grid; what lies beyond is meaningless.
 */
export interface Grid extends EvenRows {
  readonly width: number;
  readonly length: number;
  /** Ascends strictly. */
  readonly timesMs: Float64Array;
  /** NaN or anything where the cell is not FLOAT. */
  readonly values: Float64Array;
  readonly cells: Uint8Array;
  /** Per row, the number of cells that are not FLOAT: where it is 0 nobody needs to look at `cells`. */
  readonly irregularInRow: Int32Array;
  /** Per column, the number of cells that are not FLOAT. */
  readonly irregularInColumn: Int32Array;
  /** Of the whole grid: mostly 0, and nearer to hand than the arrays. */
  readonly irregularCells: number;
  /** By cell. */
  readonly histograms: Pick<ReadonlyMap<number, Histogram>, 'get' | 'size'>;
  /** Read through `resetsOf`. */
  readonly resets: Resets;
}

/** A stored grid. Only lib/series writes to it. */
export interface StoredGrid extends Grid {
  length: number;
  timesMs: Float64Array;
  values: Float64Array;
  cells: Uint8Array;
  irregularInRow: Int32Array;
  readonly irregularInColumn: Int32Array;
  irregularCells: number;
  readonly histograms: Map<number, Histogram>;
  /** Table row of each column. */
  readonly rowOfColumn: Int32Array;
  evenFrom: number;
  evenSinceMs: number;
  intervalMs: number;
  /** Cells that are MISSING; many of them mean that these series do not belong together. */
  missing: number;
}

/** One sample on its way into a grid: `kind` is FLOAT, STALE or HISTOGRAM. */
export interface Cell {
  readonly kind: number;
  readonly value: number;
  readonly histogram: Histogram | null;
}

/** An empty grid for the series of the given table rows. */
export function createGrid(rowOfColumn: Int32Array, capacity: number): StoredGrid {
  const width = rowOfColumn.length;
  return {
    width,
    length: 0,
    timesMs: new Float64Array(capacity),
    ...NO_EVEN_ROWS,
    values: new Float64Array(capacity * width),
    cells: new Uint8Array(capacity * width),
    irregularInRow: new Int32Array(capacity),
    irregularInColumn: new Int32Array(width),
    irregularCells: 0,
    histograms: new Map(),
    resets: createResets(),
    rowOfColumn,
    missing: 0,
  };
}

/** Adds a row of missing cells after the last one; `timeMs` must be later than every row's. */
export function addRow(grid: StoredGrid, timeMs: number): void {
  const { width, length } = grid;
  if (length === grid.timesMs.length) grow(grid);
  extendEvenRows(grid, timeMs);
  grid.timesMs[length] = timeMs;
  grid.cells.fill(MISSING, length * width, (length + 1) * width);
  grid.irregularInRow[length] = width;
  for (let column = 0; column < width; column++) increment(grid.irregularInColumn, column, 1);
  grid.irregularCells += width;
  grid.missing += width;
  grid.length++;
}

function grow(grid: StoredGrid): void {
  const capacity = Math.max(4, Math.ceil(grid.timesMs.length * 1.5));
  const values = new Float64Array(capacity * grid.width);
  const cells = new Uint8Array(capacity * grid.width);
  const timesMs = new Float64Array(capacity);
  const irregularInRow = new Int32Array(capacity);
  values.set(grid.values);
  cells.set(grid.cells);
  timesMs.set(grid.timesMs);
  irregularInRow.set(grid.irregularInRow);
  Object.assign(grid, { values, cells, timesMs, irregularInRow });
}

/** Sets one cell to a float, whatever it held. The way nearly all samples take. */
export function putFloat(grid: StoredGrid, row: number, column: number, value: number): void {
  const index = row * grid.width + column;
  if (grid.cells[index] === HISTOGRAM || row < grid.resets.through) {
    putCell(grid, { row, column }, { kind: FLOAT, value, histogram: null });
    return;
  }
  if (grid.cells[index] !== FLOAT) {
    if (grid.cells[index] === MISSING) grid.missing--;
    increment(grid.irregularInRow, row, -1);
    increment(grid.irregularInColumn, column, -1);
    grid.irregularCells--;
    grid.cells[index] = FLOAT;
  }
  grid.values[index] = value;
}

/** Sets one cell, whatever it held. */
export function putCell(grid: StoredGrid, at: { readonly row: number; readonly column: number }, cell: Cell): void {
  const index = at.row * grid.width + at.column;
  const before = grid.cells[index];
  if (before === HISTOGRAM) grid.histograms.delete(index);
  if (before === MISSING) grid.missing--;
  const change = (cell.kind === FLOAT ? 0 : 1) - (before === FLOAT ? 0 : 1);
  if (change !== 0) {
    increment(grid.irregularInRow, at.row, change);
    increment(grid.irregularInColumn, at.column, change);
    grid.irregularCells += change;
  }
  grid.cells[index] = cell.kind;
  grid.values[index] = cell.value;
  rewindResets(grid.resets, at.row);
  if (cell.histogram !== null) grid.histograms.set(index, cell.histogram);
}

function increment(counts: Int32Array, at: number, by: number): void {
  counts[at] = (counts[at] ?? 0) + by;
}

/** Whether a column has nothing but floats. */
export function isWhole(grid: Grid, column: number): boolean {
  return grid.irregularCells === 0 || grid.irregularInColumn[column] === 0;
}

/** What is needed to find a row by its time. */
export type RowTimes = Pick<Grid, 'length' | 'timesMs' | keyof EvenRows>;

/** The first row at or after `timeMs`; `length` when there is none. */
export function firstRowFrom(times: RowTimes, timeMs: number): number {
  const row = firstRowAfter(times, timeMs) - 1;
  return row >= 0 && times.timesMs[row] === timeMs ? row : row + 1;
}

/** The first row after `timeMs`; `length` when there is none. */
export function firstRowAfter(times: RowTimes, timeMs: number): number {
  const row = evenRowAfter(times, timeMs);
  return Number.isNaN(row) ? searchRowAfter(times, timeMs) : Math.max(0, Math.min(row, times.length));
}

/** By halving; the first try is where the row should be if timestamps are regular, which in most grids they nearly are. */
function searchRowAfter(times: Pick<Grid, 'length' | 'timesMs'>, timeMs: number): number {
  const { timesMs, length } = times;
  let low = 0;
  let high = length;
  let middle = expectedRow(times, timeMs);
  while (low < high) {
    if ((timesMs[middle] ?? 0) <= timeMs) {
      low = middle + 1;
      if (low < high && (timesMs[low] ?? 0) > timeMs) return low;
    } else high = middle;
    middle = (low + high) >>> 1;
  }
  return low;
}

/** The last row at or before `timeMs` if timestamps are regular, at any rate one that exists. */
function expectedRow({ timesMs, length }: Pick<Grid, 'length' | 'timesMs'>, timeMs: number): number {
  const last = length - 1;
  const firstMs = timesMs[0] ?? 0;
  const share = (timeMs - firstMs) / ((timesMs[last] ?? 0) - firstMs);
  return share > 0 && share < 1 ? Math.floor(share * last) : share >= 1 ? last : 0;
}

/** Removes the rows before `timeMs`. Returns how many. */
export function dropRowsBefore(grid: StoredGrid, timeMs: number): number {
  const dropped = firstRowFrom(grid, timeMs);
  if (dropped === 0) return 0;
  const { width, length } = grid;
  for (let index = 0; index < dropped * width; index++) {
    const kind = grid.cells[index];
    if (kind === FLOAT) continue;
    if (kind === MISSING) grid.missing--;
    increment(grid.irregularInColumn, index % width, -1);
    grid.irregularCells--;
  }
  grid.timesMs.copyWithin(0, dropped, length);
  grid.irregularInRow.copyWithin(0, dropped, length);
  grid.values.copyWithin(0, dropped * width, length * width);
  grid.cells.copyWithin(0, dropped * width, length * width);
  moveHistograms(grid.histograms, dropped * width);
  dropResets(grid.resets, dropped);
  grid.length -= dropped;
  dropEvenRows(grid, dropped);
  return dropped;
}

function moveHistograms(histograms: Map<number, Histogram>, by: number): void {
  const kept = [...histograms].filter(([index]) => index >= by);
  histograms.clear();
  for (const [index, histogram] of kept) histograms.set(index - by, histogram);
}
