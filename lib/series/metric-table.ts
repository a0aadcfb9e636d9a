import type { Labels } from '../model/labels.ts';
import { FLOAT, MISSING } from './cells.ts';
import type { LabelColumn } from './dictionary.ts';
import {
  addRow,
  type Cell,
  createGrid,
  dropRowsBefore,
  firstRowFrom,
  putCell,
  putFloat,
  type StoredGrid,
} from './grid.ts';
import { createLabelTable, type LabelTable } from './label-table.ts';
import { type LateSample, regroup } from './regroup.ts';

/**
 * All series of one metric. Row r of the table is one label set; its samples are a column of one of the grids.
 * Rows and grids keep their numbers while `version` stays the same.
 */
export interface MetricTable {
  readonly name: string;
  readonly version: number;
  readonly rowCount: number;
  readonly sampleCount: number;
  /** Made on demand; the same object again as a rule, and one with the same key always. */
  labels(row: number): Labels;
  /** The same without METADATA_LABELS. */
  namelessLabels(row: number): Labels;
  /** The columns of all labels that some row has, `__name__` excepted. */
  readonly columns: ReadonlyMap<string, LabelColumn>;
  readonly grids: readonly StoredGrid[];
}

/** A table that is written to. Late samples wait until `settle`. */
export interface WritableTable extends MetricTable {
  /** The row of a label set, new if need be. */
  rowOf(labels: Labels): number;
  hasGrid(row: number): boolean;
  /** Gives rows without samples their grids: those that start together share one. */
  startGrids(starts: readonly RowStart[]): void;
  writeFloat(row: number, timeMs: number, value: number): void;
  write(row: number, timeMs: number, cell: Cell): void;
  /** Brings everything written into grids. To be called before reading. */
  settle(): void;
  /** Removes samples before `timeMs`, and rows left without samples. */
  dropBefore(timeMs: number): void;
}

/** A row and the time of its first sample. */
export interface RowStart {
  readonly row: number;
  readonly firstMs: number;
}

// A grid of which more than this share is missing holds series that do not belong together.
const MOST_MISSING = 0.25;

/** An empty table. */
export function createMetricTable(name: string): WritableTable {
  const state = createState(name);
  return {
    name,
    get version() {
      return state.version;
    },
    get rowCount() {
      return state.labelTable.rowCount;
    },
    get sampleCount() {
      return state.grids.reduce((sum, grid) => sum + grid.length * grid.width - grid.missing, state.late.length);
    },
    get columns() {
      return state.labelTable.columns;
    },
    get grids() {
      return state.grids;
    },
    labels: (row) => state.labelTable.labels(row),
    namelessLabels: (row) => state.labelTable.namelessLabels(row),
    rowOf(labels) {
      const row = state.labelTable.rowOf(labels);
      return row < 0 ? addLabels(state, labels) : row;
    },
    hasGrid: (row) => (state.gridOfRow[row] ?? null) !== null,
    startGrids: (starts) => startGrids(state, starts),
    writeFloat(row, timeMs, value) {
      const grid = state.gridOfRow[row] ?? null;
      const gridRow = grid === null ? -1 : rowForWriting(grid, timeMs);
      if (grid === null || gridRow < 0) writeLate(state, { tableRow: row, timeMs, cell: floatCell(value) });
      else putFloat(grid, gridRow, state.columnOfRow[row] ?? 0, value);
    },
    write(row, timeMs, cell) {
      const grid = state.gridOfRow[row] ?? null;
      const gridRow = grid === null ? -1 : rowForWriting(grid, timeMs);
      if (grid === null || gridRow < 0) writeLate(state, { tableRow: row, timeMs, cell });
      else putCell(grid, { row: gridRow, column: state.columnOfRow[row] ?? 0 }, cell);
    },
    settle: () => settle(state),
    dropBefore: (timeMs) => dropBefore(state, timeMs),
  };
}

interface TableState {
  readonly name: string;
  labelTable: LabelTable;
  /** Null for rows whose samples are all late. */
  gridOfRow: (StoredGrid | null)[];
  columnOfRow: number[];
  grids: StoredGrid[];
  late: LateSample[];
  version: number;
}

function createState(name: string): TableState {
  return {
    name,
    labelTable: createLabelTable(name),
    gridOfRow: [],
    columnOfRow: [],
    grids: [],
    late: [],
    version: 0,
  };
}

function addLabels(state: TableState, labels: Labels): number {
  state.gridOfRow.push(null);
  state.columnOfRow.push(0);
  state.version++;
  return state.labelTable.add(labels);
}

function startGrids(state: TableState, starts: readonly RowStart[]): void {
  const rowsByStart = new Map<number, number[]>();
  for (const { row, firstMs } of starts) {
    const rows = rowsByStart.get(firstMs);
    if (rows === undefined) rowsByStart.set(firstMs, [row]);
    else rows.push(row);
  }
  const fresh = [...rowsByStart.values()].map((rows) => createGrid(Int32Array.from(rows), 16));
  placeRows(state, fresh);
  state.grids = [...state.grids, ...fresh];
}

/** Notes where the rows of grids are. */
function placeRows(state: TableState, grids: readonly StoredGrid[]): void {
  for (const grid of grids) {
    grid.rowOfColumn.forEach((row, column) => {
      state.gridOfRow[row] = grid;
      state.columnOfRow[row] = column;
    });
  }
  state.version++;
}

function floatCell(value: number): Cell {
  return { kind: FLOAT, value, histogram: null };
}

// So that a stream of nothing but late samples does not pile up unread.
const MOST_LATE = 1_000_000;

function writeLate(state: TableState, sample: LateSample): void {
  state.late.push(sample);
  if (state.late.length >= MOST_LATE) settle(state);
}

function settle(state: TableState): void {
  const { late, grids } = state;
  const touched = new Set(late.map((sample) => state.gridOfRow[sample.tableRow] ?? null));
  const loose = grids.filter((grid) => touched.has(grid) || grid.missing > MOST_MISSING * grid.length * grid.width);
  if (loose.length === 0 && late.length === 0) return;
  replaceGrids(state, loose, late);
  state.late = [];
}

function replaceGrids(state: TableState, loose: readonly StoredGrid[], late: readonly LateSample[]): void {
  const apart = new Set(loose);
  const regrouped = regroup(loose, late);
  state.grids = [...state.grids.filter((grid) => !apart.has(grid)), ...regrouped];
  placeRows(state, regrouped);
}

function dropBefore(state: TableState, timeMs: number): void {
  settle(state);
  for (const grid of state.grids) dropRowsBefore(grid, timeMs);
  const loose = [...new Set([...state.grids.filter(hasEmptyColumn), ...twins(state.grids)])];
  if (loose.length === 0) return;
  for (const grid of loose) for (const row of grid.rowOfColumn) state.gridOfRow[row] = null;
  replaceGrids(state, loose, []);
  if (state.gridOfRow.includes(null)) removeEmptyRows(state);
}

/** Leaves only the rows that have a grid, with new numbers in the old order. */
function removeEmptyRows(state: TableState): void {
  const { name, labelTable, gridOfRow, grids, version } = state;
  Object.assign(state, createState(name), { grids, version });
  const newRow = new Map<number, number>();
  gridOfRow.forEach((grid, row) => {
    if (grid !== null) newRow.set(row, addLabels(state, labelTable.labels(row)));
  });
  for (const { rowOfColumn } of grids) {
    for (let i = 0; i < rowOfColumn.length; i++) rowOfColumn[i] = newRow.get(rowOfColumn[i] ?? 0) ?? 0;
  }
  placeRows(state, grids);
}

/** The grid row for a sample at `timeMs`, added at the end if need be; -1 when it would have to go in between. */
function rowForWriting(grid: StoredGrid, timeMs: number): number {
  const last = grid.length - 1;
  const lastMs = last < 0 ? Number.NEGATIVE_INFINITY : (grid.timesMs[last] ?? 0);
  if (timeMs === lastMs) return last;
  if (timeMs > lastMs) {
    addRow(grid, timeMs);
    return last + 1;
  }
  const row = firstRowFrom(grid, timeMs);
  return grid.timesMs[row] === timeMs ? row : -1;
}

function hasEmptyColumn(grid: StoredGrid): boolean {
  if (grid.length === 0) return true;
  for (let column = 0; column < grid.width; column++) {
    if ((grid.irregularInColumn[column] ?? 0) === grid.length && isEmpty(grid, column)) return true;
  }
  return false;
}

function isEmpty(grid: StoredGrid, column: number): boolean {
  for (let row = 0; row < grid.length; row++) if (grid.cells[row * grid.width + column] !== MISSING) return false;
  return true;
}

/** Grids that look alike now that their past is gone, and can be one. */
function twins(grids: readonly StoredGrid[]): StoredGrid[] {
  const alike = new Map<string, StoredGrid[]>();
  for (const grid of grids) {
    if (grid.missing > 0) continue;
    const signature = `${grid.length} ${grid.timesMs[0]} ${grid.timesMs[grid.length >> 1]} ${grid.timesMs[grid.length - 1]}`;
    alike.set(signature, [...(alike.get(signature) ?? []), grid]);
  }
  return [...alike.values()].filter((same) => same.length > 1).flat();
}
