import type { Labels } from '../model/labels.ts';
import { MISSING } from './cells.ts';
import { createLabelColumn, type LabelColumn, type LabelColumnBuilder } from './dictionary.ts';
import { addRow, type Cell, createGrid, dropRowsBefore, firstRowFrom, putCell, type StoredGrid } from './grid.ts';
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
  labels(row: number): Labels;
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
  let labelSets: Labels[] = [];
  let rowByKey = new Map<string, number>();
  let columns = new Map<string, LabelColumnBuilder>();
  let gridOfRow: (StoredGrid | null)[] = [];
  let columnOfRow: number[] = [];
  let grids: StoredGrid[] = [];
  let late: LateSample[] = [];
  let version = 0;

  const addLabels = (labels: Labels): number => {
    const row = labelSets.push(labels) - 1;
    rowByKey.set(labels.key, row);
    for (const [label, value] of labels.pairs) {
      if (label === '__name__') continue;
      const column = columns.get(label) ?? createLabelColumn();
      columns.set(label, column);
      column.set(row, value);
    }
    gridOfRow.push(null);
    columnOfRow.push(0);
    version++;
    return row;
  };

  const placeRows = (): void => {
    for (const grid of grids) {
      grid.rowOfColumn.forEach((row, column) => {
        gridOfRow[row] = grid;
        columnOfRow[row] = column;
      });
    }
    version++;
  };

  /** Leaves only the rows that have a grid, with new numbers in the old order. */
  const removeEmptyRows = (): void => {
    const newRow = new Map<number, number>();
    const before = labelSets;
    const kept = before.map((_, row) => row).filter((row) => gridOfRow[row] !== null);
    [labelSets, rowByKey, columns, gridOfRow, columnOfRow] = [[], new Map(), new Map(), [], []];
    for (const row of kept) {
      const labels = before[row];
      if (labels !== undefined) newRow.set(row, addLabels(labels));
    }
    for (const { rowOfColumn } of grids) {
      for (let i = 0; i < rowOfColumn.length; i++) rowOfColumn[i] = newRow.get(rowOfColumn[i] ?? 0) ?? 0;
    }
  };

  const settle = (): void => {
    const touched = new Set(late.map((sample) => gridOfRow[sample.tableRow] ?? null));
    const loose = grids.filter((grid) => touched.has(grid) || grid.missing > MOST_MISSING * grid.length * grid.width);
    if (loose.length === 0 && late.length === 0) return;
    const apart = new Set(loose);
    grids = [...grids.filter((grid) => !apart.has(grid)), ...regroup(loose, late)];
    late = [];
    placeRows();
  };

  return {
    name,
    get version() {
      return version;
    },
    get rowCount() {
      return labelSets.length;
    },
    get sampleCount() {
      return grids.reduce((sum, grid) => sum + grid.length * grid.width - grid.missing, late.length);
    },
    get columns() {
      return columns;
    },
    get grids() {
      return grids;
    },
    labels(row) {
      const labels = labelSets[row];
      if (labels === undefined) throw new Error(`metric table "${name}" has no row ${row}`);
      return labels;
    },
    hasGrid: (row) => (gridOfRow[row] ?? null) !== null,
    startGrids(starts) {
      const rowsByStart = new Map<number, number[]>();
      for (const { row, firstMs } of starts) {
        const rows = rowsByStart.get(firstMs);
        if (rows === undefined) rowsByStart.set(firstMs, [row]);
        else rows.push(row);
      }
      for (const rows of rowsByStart.values()) grids.push(createGrid(Int32Array.from(rows), 16));
      placeRows();
    },
    rowOf: (labels) => rowByKey.get(labels.key) ?? addLabels(labels),
    write(row, timeMs, cell) {
      const grid = gridOfRow[row] ?? null;
      const gridRow = grid === null ? null : rowForWriting(grid, timeMs);
      if (grid === null || gridRow === null) late.push({ tableRow: row, timeMs, cell });
      else putCell(grid, { row: gridRow, column: columnOfRow[row] ?? 0 }, cell);
    },
    settle,
    dropBefore(timeMs) {
      settle();
      for (const grid of grids) dropRowsBefore(grid, timeMs);
      const loose = new Set(grids.filter(hasEmptyColumn).concat(twins(grids)));
      if (loose.size === 0) return;
      gridOfRow.fill(null);
      grids = [...grids.filter((grid) => !loose.has(grid)), ...regroup([...loose], [])];
      placeRows();
      if (gridOfRow.includes(null)) {
        removeEmptyRows();
        placeRows();
      }
    },
  };
}

/** The grid row for a sample at `timeMs`, added at the end if need be; null when it would have to go in between. */
function rowForWriting(grid: StoredGrid, timeMs: number): number | null {
  const last = grid.length - 1;
  const lastMs = grid.timesMs[last] ?? Number.NEGATIVE_INFINITY;
  if (timeMs === lastMs && last >= 0) return last;
  if (timeMs > lastMs || last < 0) {
    addRow(grid, timeMs);
    return last + 1;
  }
  const row = firstRowFrom(grid, timeMs);
  return grid.timesMs[row] === timeMs ? row : null;
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
