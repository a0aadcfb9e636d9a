import { FLOAT } from './cells.ts';

/**
 * Where counters of a grid fell, as a sparse list: entry i says that column `columns[i]` is lower in row `rows[i]` than in
 * the row before. Entries ascend by row. Only neighbours that are both floats are compared.
 * Filled lazily: rows from `through` on have not been looked at.
 */
export interface Resets {
  count: number;
  rows: Int32Array;
  columns: Int32Array;
  through: number;
}

/** The part of a grid in which resets are looked for. */
interface CounterGrid {
  readonly width: number;
  readonly length: number;
  readonly values: Float64Array;
  readonly cells: Uint8Array;
  readonly irregularInRow: Int32Array;
  readonly resets: Resets;
}

/** Nothing looked at yet. */
export function createResets(): Resets {
  return { count: 0, rows: new Int32Array(0), columns: new Int32Array(0), through: 0 };
}

/** The resets of a grid, looked for in the rows that are new since the last time. */
export function resetsOf(grid: CounterGrid): Resets {
  const { resets } = grid;
  while (resets.through < grid.length) scanRow(grid, resets);
  return resets;
}

function scanRow(grid: CounterGrid, resets: Resets): void {
  const row = resets.through++;
  if (row === 0) return;
  const { values, cells, width } = grid;
  const plain = grid.irregularInRow[row] === 0 && grid.irregularInRow[row - 1] === 0;
  const base = row * width;
  for (let column = 0; column < width; column++) {
    const index = base + column;
    if (!((values[index] ?? 0) < (values[index - width] ?? 0))) continue;
    if (plain || (cells[index] === FLOAT && cells[index - width] === FLOAT)) addEntry(resets, row, column);
  }
}

function addEntry(resets: Resets, row: number, column: number): void {
  if (resets.count === resets.rows.length) {
    resets.rows = longer(resets.rows);
    resets.columns = longer(resets.columns);
  }
  resets.rows[resets.count] = row;
  resets.columns[resets.count++] = column;
}

function longer(numbers: Int32Array): Int32Array {
  const copy = new Int32Array(Math.max(8, numbers.length * 2));
  copy.set(numbers);
  return copy;
}

/** To be called when a cell of `row` changed. */
export function rewindResets(resets: Resets, row: number): void {
  if (row >= resets.through) return;
  while (resets.count > 0 && (resets.rows[resets.count - 1] ?? 0) >= row) resets.count--;
  resets.through = row;
}

/** To be called when the first `dropped` rows went away. */
export function dropResets(resets: Resets, dropped: number): void {
  let kept = 0;
  for (let i = 0; i < resets.count; i++) {
    const row = (resets.rows[i] ?? 0) - dropped;
    // The first row left has nothing before it.
    if (row <= 0) continue;
    resets.rows[kept] = row;
    resets.columns[kept++] = resets.columns[i] ?? 0;
  }
  resets.count = kept;
  resets.through = Math.max(0, resets.through - dropped);
}

/** The first entry whose row is at or after `row`. */
export function firstEntryFrom(resets: Resets, row: number): number {
  let low = 0;
  let high = resets.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((resets.rows[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
