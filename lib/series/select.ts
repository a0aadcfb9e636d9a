import type { Labels } from '../model/labels.ts';
import { METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { MISSING, STALE } from './cells.ts';
import { acceptedIds } from './dictionary.ts';
import { firstRowFrom, type StoredGrid } from './grid.ts';
import type { MetricTable } from './metric-table.ts';

/** Selected columns of one grid, in ascending order, and the table rows they are. */
export interface GridSelection {
  readonly grid: StoredGrid;
  readonly columns: Int32Array;
  readonly tableRows: Int32Array;
}

/** What matchers select from one metric. */
export interface TableSelection {
  readonly table: MetricTable;
  readonly grids: readonly GridSelection[];
}

/** Interval of time, both ends included. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Evaluates the conditions other than that on the name: each once per distinct value, then one scan of the columns. */
export function selectFromTable(table: MetricTable, matchers: readonly Matcher[]): TableSelection {
  const chosen = new Uint8Array(table.rowCount).fill(1);
  for (const matcher of matchers) {
    if (matcher.name !== METRIC_NAME) narrow(table, matcher, chosen);
  }
  const grids = table.grids.map((grid) => selectFromGrid(grid, chosen)).filter((part) => part.columns.length > 0);
  return { table, grids };
}

function narrow(table: MetricTable, matcher: Matcher, chosen: Uint8Array): void {
  const column = table.columns.get(matcher.name);
  if (column === undefined) {
    if (!matcher.matches('')) chosen.fill(0);
    return;
  }
  const accepted = acceptedIds(column, matcher);
  const { ids } = column;
  for (let row = 0; row < chosen.length; row++) {
    if (accepted[ids[row] ?? 0] === 0) chosen[row] = 0;
  }
}

/** Of all grids of a single series: a gauge has thousands of them. */
const ONLY_COLUMN = Int32Array.of(0);

function selectFromGrid(grid: StoredGrid, chosen: Uint8Array): GridSelection {
  const columns: number[] = [];
  grid.rowOfColumn.forEach((row, column) => {
    if (chosen[row] === 1) columns.push(column);
  });
  return {
    grid,
    columns: grid.width === 1 && columns.length === 1 ? ONLY_COLUMN : Int32Array.from(columns),
    tableRows: Int32Array.from(columns, (column) => grid.rowOfColumn[column] ?? 0),
  };
}

/** The selected label sets with at least one sample in the interval. */
export function seriesWithin(selection: TableSelection, interval: Interval): Labels[] {
  return selection.grids.flatMap(({ grid, columns, tableRows }) =>
    [...tableRows]
      .filter((_, i) => hasSample(grid, columns[i] ?? 0, interval))
      .map((row) => selection.table.labels(row)),
  );
}

function hasSample(grid: StoredGrid, column: number, { fromMs, toMs }: Interval): boolean {
  for (let row = firstRowFrom(grid, fromMs); row < grid.length && (grid.timesMs[row] ?? 0) <= toMs; row++) {
    const kind = grid.cells[row * grid.width + column];
    if (kind !== MISSING && kind !== STALE) return true;
  }
  return false;
}
