import type { Histogram } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM, MISSING } from './cells.ts';
import { addRow, type Cell, createGrid, putCell, type StoredGrid } from './grid.ts';

/** The samples of one series in time order, on the way into a new grid. */
interface SeriesRun {
  readonly tableRow: number;
  readonly timesMs: number[];
  readonly cells: Cell[];
}

/** A sample that did not fit the grid of its series: it came late, or its series is new. */
export interface LateSample {
  readonly tableRow: number;
  readonly timeMs: number;
  readonly cell: Cell;
}

/**
 * Sorts samples into grids anew: series with exactly the same timestamps share one. Takes whole grids apart and merges late
 * samples into them; of several samples of one series at one time the last counts. Series without samples vanish.
 */
export function regroup(grids: readonly StoredGrid[], late: readonly LateSample[]): StoredGrid[] {
  const runs = new Map<number, SeriesRun>();
  for (const grid of grids) takeApart(grid, runs);
  for (const [tableRow, samples] of byTableRow(late)) runs.set(tableRow, merge(runs.get(tableRow), tableRow, samples));
  const bySignature = new Map<string, SeriesRun[][]>();
  for (const run of runs.values()) if (run.timesMs.length > 0) joinClass(bySignature, run);
  return [...bySignature.values()].flat().map(buildGrid);
}

function takeApart(grid: StoredGrid, runs: Map<number, SeriesRun>): void {
  for (let column = 0; column < grid.width; column++) {
    const run: SeriesRun = { tableRow: grid.rowOfColumn[column] ?? 0, timesMs: [], cells: [] };
    for (let row = 0; row < grid.length; row++) {
      const index = row * grid.width + column;
      if (grid.cells[index] === MISSING) continue;
      run.timesMs.push(grid.timesMs[row] ?? 0);
      run.cells.push(cellAt(grid, index));
    }
    runs.set(run.tableRow, run);
  }
}

function cellAt(grid: StoredGrid, index: number): Cell {
  const kind = grid.cells[index] ?? FLOAT;
  const histogram: Histogram | null = kind === HISTOGRAM ? (grid.histograms.get(index) ?? null) : null;
  return { kind, value: grid.values[index] ?? Number.NaN, histogram };
}

function byTableRow(late: readonly LateSample[]): Map<number, LateSample[]> {
  const grouped = new Map<number, LateSample[]>();
  for (const sample of late) {
    const samples = grouped.get(sample.tableRow);
    if (samples === undefined) grouped.set(sample.tableRow, [sample]);
    else samples.push(sample);
  }
  return grouped;
}

function merge(known: SeriesRun | undefined, tableRow: number, late: readonly LateSample[]): SeriesRun {
  const merged: SeriesRun = { tableRow, timesMs: [], cells: [] };
  const added = late.toSorted((a, b) => a.timeMs - b.timeMs);
  let next = 0;
  const addUntil = (timeMs: number): void => {
    for (let sample = added[next]; sample !== undefined && sample.timeMs <= timeMs; sample = added[++next]) {
      appendOrReplace(merged, sample.timeMs, sample.cell);
    }
  };
  known?.timesMs.forEach((timeMs, i) => {
    const cell = known.cells[i];
    addUntil(timeMs - 1);
    if (cell !== undefined) appendOrReplace(merged, timeMs, cell);
  });
  addUntil(Number.POSITIVE_INFINITY);
  return merged;
}

function appendOrReplace(run: SeriesRun, timeMs: number, cell: Cell): void {
  if (run.timesMs.at(-1) === timeMs) run.cells[run.cells.length - 1] = cell;
  else {
    run.timesMs.push(timeMs);
    run.cells.push(cell);
  }
}

function joinClass(bySignature: Map<string, SeriesRun[][]>, run: SeriesRun): void {
  const signature = `${run.timesMs.length} ${run.timesMs[0]} ${run.timesMs.at(-1)}`;
  const classes = bySignature.get(signature) ?? [];
  bySignature.set(signature, classes);
  const own = classes.find(([first]) => first?.timesMs.every((timeMs, i) => timeMs === run.timesMs[i]));
  if (own === undefined) classes.push([run]);
  else own.push(run);
}

function buildGrid(runs: readonly SeriesRun[]): StoredGrid {
  const [first] = runs;
  const timesMs = first?.timesMs ?? [];
  const grid = createGrid(
    Int32Array.from(runs, (run) => run.tableRow),
    timesMs.length,
  );
  for (const timeMs of timesMs) addRow(grid, timeMs);
  runs.forEach((run, column) => {
    run.cells.forEach((cell, row) => {
      putCell(grid, { row, column }, cell);
    });
  });
  return grid;
}
