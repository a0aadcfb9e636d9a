import type { Histogram } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM, MISSING } from './cells.ts';
import { addRow, type Cell, createGrid, putCell, putFloat, type StoredGrid } from './grid.ts';

/** A sample that did not fit the grid of its series: it came late, or its series is new. */
export interface LateSample {
  readonly tableRow: number;
  readonly timeMs: number;
  readonly cell: Cell;
}

/** The samples of one series on the way into a new grid, in time order; arrays may be longer than `length`. */
interface SeriesRun {
  readonly tableRow: number;
  length: number;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
  /** By position. */
  readonly histograms: Map<number, Histogram>;
}

/**
 * Sorts samples into grids anew: series with exactly the same timestamps share one. Takes whole grids apart and merges late
 * samples into them; of several samples of one series at one time the last counts. Series without samples vanish.
 */
export function regroup(grids: readonly StoredGrid[], late: readonly LateSample[]): StoredGrid[] {
  const lateByRow = byTableRow(late);
  const classes = new Map<string, SeriesRun[][]>();
  for (const grid of grids) {
    for (let column = 0; column < grid.width; column++) {
      const tableRow = grid.rowOfColumn[column] ?? 0;
      const run = runOf(grid, column, lateByRow.get(tableRow) ?? []);
      lateByRow.delete(tableRow);
      joinClass(classes, run);
    }
  }
  for (const [tableRow, samples] of lateByRow) {
    const run = emptyRun(tableRow, samples.length);
    for (const sample of samples) push(run, sample.timeMs, sample.cell);
    joinClass(classes, run);
  }
  return [...classes.values()].flat().map(buildGrid);
}

/** Late samples of each series, in time order; those of one time in the order of their arrival. */
function byTableRow(late: readonly LateSample[]): Map<number, LateSample[]> {
  const grouped = new Map<number, LateSample[]>();
  for (const sample of late) {
    const samples = grouped.get(sample.tableRow);
    if (samples === undefined) grouped.set(sample.tableRow, [sample]);
    else samples.push(sample);
  }
  for (const samples of grouped.values()) samples.sort((a, b) => a.timeMs - b.timeMs);
  return grouped;
}

function emptyRun(tableRow: number, capacity: number): SeriesRun {
  return {
    tableRow,
    length: 0,
    timesMs: new Float64Array(capacity),
    values: new Float64Array(capacity),
    kinds: new Uint8Array(capacity),
    histograms: new Map(),
  };
}

/** One column of a grid with its late samples. */
function runOf(grid: StoredGrid, column: number, late: readonly LateSample[]): SeriesRun {
  const run = emptyRun(grid.rowOfColumn[column] ?? 0, grid.length + late.length);
  let next = 0;
  const pushLate = (untilMs: number): void => {
    for (let sample = late[next]; sample !== undefined && sample.timeMs < untilMs; sample = late[++next]) {
      push(run, sample.timeMs, sample.cell);
    }
  };
  for (let row = 0; row < grid.length; row++) {
    const index = row * grid.width + column;
    const kind = grid.cells[index] ?? MISSING;
    if (kind === MISSING) continue;
    const timeMs = grid.timesMs[row] ?? 0;
    pushLate(timeMs);
    const histogram = kind === HISTOGRAM ? (grid.histograms.get(index) ?? null) : null;
    push(run, timeMs, { kind, value: grid.values[index] ?? Number.NaN, histogram });
  }
  pushLate(Number.POSITIVE_INFINITY);
  return run;
}

/** Adds a sample at the end, or in the place of the last one when that has the same time. */
function push(run: SeriesRun, timeMs: number, { kind, value, histogram }: Cell): void {
  const at = run.length > 0 && run.timesMs[run.length - 1] === timeMs ? run.length - 1 : run.length++;
  run.timesMs[at] = timeMs;
  run.values[at] = value;
  run.kinds[at] = kind;
  if (histogram === null) run.histograms.delete(at);
  else run.histograms.set(at, histogram);
}

function joinClass(classes: Map<string, SeriesRun[][]>, run: SeriesRun): void {
  if (run.length === 0) return;
  const signature = `${run.length} ${run.timesMs[0]} ${run.timesMs[run.length - 1]}`;
  const alike = classes.get(signature) ?? [];
  classes.set(signature, alike);
  const own = alike.find(([first]) => first !== undefined && haveSameTimes(first, run));
  if (own === undefined) alike.push([run]);
  else own.push(run);
}

function haveSameTimes(a: SeriesRun, b: SeriesRun): boolean {
  for (let i = 0; i < a.length; i++) if (a.timesMs[i] !== b.timesMs[i]) return false;
  return true;
}

function buildGrid(runs: readonly SeriesRun[]): StoredGrid {
  const [first] = runs;
  const length = first?.length ?? 0;
  const grid = createGrid(
    Int32Array.from(runs, (run) => run.tableRow),
    length,
  );
  for (let row = 0; row < length; row++) addRow(grid, first?.timesMs[row] ?? 0);
  runs.forEach((run, column) => {
    for (let row = 0; row < length; row++) {
      const kind = run.kinds[row] ?? MISSING;
      const value = run.values[row] ?? Number.NaN;
      if (kind === FLOAT) putFloat(grid, row, column, value);
      else putCell(grid, { row, column }, { kind, value, histogram: run.histograms.get(row) ?? null });
    }
  });
  return grid;
}
