import { FLOAT, HISTOGRAM, MISSING, STALE } from '../series/cells.ts';
import { firstRowAfter, type Grid } from '../series/grid.ts';
import type { GridSelection, TableSelection } from '../series/select.ts';
import type { At, MatrixSelector, VectorSelector } from './ast.ts';
import { type Chunk, clearStep, createChunkMaker, openStep, presentCells, putFloat, putHistogram } from './chunk.ts';
import { durationMs, positiveDurationMs } from './durations.ts';
import { type Evaluation, type Ranges, type Steps, stepTimeMs, type Vector, type Windows } from './evaluation.ts';
import { tableSeries } from './series-list.ts';
import { QueryError } from './value.ts';

/** What an instant selector yields for a sample: its value, or (for timestamp()) its own time in seconds. */
export type SampleAspect = 'value' | 'time';

/** The newest sample of each selected series within the lookback; a staleness marker hides what is older. */
export function selectInstants(evaluation: Evaluation, selector: VectorSelector, aspect: SampleAspect): Vector {
  refuseExtension(selector);
  const selections = evaluation.memory.select(selector.matchers);
  const timesMs = instantsOf(evaluation, selector);
  const { lookbackMs } = evaluation.options;
  return {
    kind: 'vector',
    distinct: isDistinct(selections),
    each(consume) {
      const maker = createChunkMaker();
      let held = 0;
      for (const { table, grids } of selections) {
        for (const part of grids.flatMap((grid) => slicesOf(grid, timesMs.length))) {
          const chunk = maker.make(tableSeries(table, part.tableRows), timesMs.length);
          readInstants({ part, chunk, timesMs, lookbackMs });
          const samples = presentCells(chunk);
          evaluation.budget.countRead(samples);
          evaluation.budget.hold(samples);
          held += samples;
          if (aspect === 'time') readTimes({ part, chunk, timesMs, lookbackMs });
          consume(chunk);
        }
      }
      evaluation.budget.release(held);
    },
  };
}

/** All samples of each selected series in the window (t - range, t] of each step. */
export function selectRanges(evaluation: Evaluation, matrix: MatrixSelector): Ranges {
  const { selector } = matrix;
  refuseExtension(selector);
  const selections = evaluation.memory.select(selector.matchers);
  const endsMs = instantsOf(evaluation, selector);
  const rangeMs = positiveDurationMs(matrix.range, evaluation.query);
  return {
    kind: 'matrix',
    distinct: isDistinct(selections),
    each(consume) {
      const from = new Int32Array(endsMs.length);
      const to = new Int32Array(endsMs.length);
      for (const { table, grids } of selections) {
        for (const { grid, columns, tableRows } of grids.flatMap((part) => slicesOf(part, endsMs.length))) {
          const windows = { series: tableSeries(table, tableRows), grid, columns, from, to, endsMs, rangeMs };
          slideWindows(windows);
          countWindows(evaluation, windows);
          consume(windows);
        }
      }
    },
  };
}

/** A chunk has no more cells than this, however many series share a grid. */
const MAX_CHUNK_CELLS = 4_000_000;

/** A selection in parts that are narrow enough for the number of steps. */
function slicesOf(part: GridSelection, steps: number): readonly GridSelection[] {
  const most = Math.max(1, Math.floor(MAX_CHUNK_CELLS / Math.max(1, steps)));
  if (part.columns.length <= most) return [part];
  const slices: GridSelection[] = [];
  for (let from = 0; from < part.columns.length; from += most) {
    const columns = part.columns.subarray(from, from + most);
    slices.push({ grid: part.grid, columns, tableRows: part.tableRows.subarray(from, from + most) });
  }
  return slices;
}

function refuseExtension({ extension }: VectorSelector): void {
  if (extension !== null) throw new QueryError(`the ${extension} modifier is not supported yet`);
}

// One metric's rows stay different without its name, unless they differ in another label that goes with it.
function isDistinct(selections: readonly TableSelection[]): boolean {
  const [only] = selections;
  if (only === undefined) return true;
  return selections.length === 1 && !only.table.columns.has('__type__') && !only.table.columns.has('__unit__');
}

/** The instants a selector or subquery means at each step: pinned by @, shifted by offset. */
export function instantsOf(evaluation: Evaluation, node: Pick<VectorSelector, 'at' | 'offset'>): Float64Array {
  const { steps, query } = evaluation;
  const offsetMs = node.offset === null ? 0 : durationMs(node.offset, query);
  const timesMs = new Float64Array(steps.count);
  for (let step = 0; step < steps.count; step++) {
    timesMs[step] = (node.at === null ? stepTimeMs(steps, step) : pinnedMs(node.at, evaluation)) - offsetMs;
  }
  return timesMs;
}

function pinnedMs(at: At, { query }: Pick<Evaluation, 'query'>): number {
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? query.startMs : query.endMs;
}

interface InstantRead {
  readonly part: GridSelection;
  readonly chunk: Chunk;
  /** Ascending. */
  readonly timesMs: Float64Array;
  readonly lookbackMs: number;
}

function readInstants({ part, chunk, timesMs, lookbackMs }: InstantRead): void {
  const { grid } = part;
  let next = firstRowAfter(grid, timesMs[0] ?? 0);
  for (let step = 0; step < chunk.steps; step++) {
    const timeMs = timesMs[step] ?? 0;
    while (next < grid.length && (grid.timesMs[next] ?? 0) <= timeMs) next++;
    const row = next - 1;
    if (row < 0 || (grid.timesMs[row] ?? 0) <= timeMs - lookbackMs) clearStep(chunk, step);
    else if (grid.irregularInRow[row] === 0) copyRow(part, row, chunk, step);
    else copyNewest({ part, chunk, step, row, afterMs: timeMs - lookbackMs });
  }
}

function copyRow({ grid, columns }: GridSelection, row: number, chunk: Chunk, step: number): void {
  const { width, values } = chunk;
  const source = grid.values;
  const from = row * grid.width;
  const to = step * width;
  if (width === grid.width) for (let i = 0; i < width; i++) values[to + i] = source[from + i] ?? 0;
  else for (let i = 0; i < width; i++) values[to + i] = source[from + (columns[i] ?? 0)] ?? 0;
  chunk.irregular[step] = 0;
}

interface NewestRead {
  readonly part: GridSelection;
  readonly chunk: Chunk;
  readonly step: number;
  readonly row: number;
  readonly afterMs: number;
}

/** Where the newest row has gaps: looks further back, series by series. */
function copyNewest({ part, chunk, step, row, afterMs }: NewestRead): void {
  const { grid, columns } = part;
  clearStep(chunk, step);
  for (let i = 0; i < chunk.width; i++) {
    const cell = newestCell(grid, columns[i] ?? 0, row, afterMs);
    const kind = cell < 0 ? MISSING : grid.cells[cell];
    const histogram = kind === HISTOGRAM ? grid.histograms.get(cell) : undefined;
    if (kind === FLOAT) putFloat(chunk, step, step * chunk.width + i, grid.values[cell] ?? 0);
    else if (histogram !== undefined) putHistogram(chunk, step, step * chunk.width + i, histogram);
  }
}

/** The last cell of a column that is not missing, at or above `row` and after `afterMs`; -1 when there is none. */
function newestCell(grid: Grid, column: number, row: number, afterMs: number): number {
  for (let k = row; k >= 0 && (grid.timesMs[k] ?? 0) > afterMs; k--) {
    const cell = k * grid.width + column;
    if (grid.cells[cell] !== MISSING) return grid.cells[cell] === STALE ? -1 : cell;
  }
  return -1;
}

/** Replaces each present value by the time of its sample, in seconds. */
function readTimes({ part, chunk, timesMs, lookbackMs }: InstantRead): void {
  const { grid, columns } = part;
  for (let step = 0; step < chunk.steps; step++) {
    const timeMs = timesMs[step] ?? 0;
    const row = firstRowAfter(grid, timeMs) - 1;
    openStep(chunk, step);
    for (let i = 0; i < chunk.width; i++) {
      const index = step * chunk.width + i;
      if (chunk.cells[index] === MISSING) continue;
      const cell = newestCell(grid, columns[i] ?? 0, row, timeMs - lookbackMs);
      putFloat(chunk, step, index, (grid.timesMs[Math.floor(cell / grid.width)] ?? 0) / 1000);
    }
  }
}

/** Finds the rows of every window; ends ascend, so both edges only move forward. */
export function slideWindows({ grid, from, to, endsMs, rangeMs }: Windows): void {
  const { timesMs, length } = grid;
  let first = firstRowAfter(grid, (endsMs[0] ?? 0) - rangeMs);
  let end = firstRowAfter(grid, endsMs[0] ?? 0);
  for (let step = 0; step < endsMs.length; step++) {
    const endMs = endsMs[step] ?? 0;
    while (end < length && (timesMs[end] ?? 0) <= endMs) end++;
    while (first < end && (timesMs[first] ?? 0) <= endMs - rangeMs) first++;
    from[step] = first;
    to[step] = end;
  }
}

function countWindows({ budget }: Evaluation, { from, to, columns }: Windows): void {
  let rows = 0;
  for (let step = 0; step < from.length; step++) rows += (to[step] ?? 0) - (from[step] ?? 0);
  budget.countRead(rows * columns.length);
}

/** The steps of a subquery: multiples of its step in (first instant - range, last instant]. */
export function subquerySteps(stepMs: number, afterMs: number, throughMs: number): Steps {
  let startMs = stepMs * Math.trunc(afterMs / stepMs);
  if (startMs <= afterMs) startMs += stepMs;
  return { startMs, stepMs, count: Math.max(0, Math.floor((throughMs - startMs) / stepMs) + 1) };
}
