import { FLOAT, HISTOGRAM, MISSING, STALE } from '../series/cells.ts';
import { evenRowAfter } from '../series/even-rows.ts';
import { firstRowAfter, type Grid, isWhole } from '../series/grid.ts';
import type { Batch } from './batches.ts';
import { type Chunk, openChunk, putFloat, putHistogram, removeCell, removeRun } from './chunk.ts';
import type { SourceGrid } from './reset-detection.ts';
import { rowsPerStep } from './windows.ts';

/** The instants at which samples are looked for. */
export interface Lookup {
  /** By step; ascending, and evenly apart. */
  readonly timesMs: Float64Array;
  /** Samples of (time - lookbackMs, time] count. */
  readonly lookbackMs: number;
}

/** From so many columns of one grid on it is better to go row by row. */
const MIN_ROW_WIDTH = 4;

/** Fills a chunk with the newest sample of each series at each step. */
export function readInstants(batch: Batch, chunk: Chunk, lookup: Lookup): void {
  openChunk(chunk);
  let first = 0;
  for (const part of batch.parts) {
    if (part.columns.length >= MIN_ROW_WIDTH) readRows({ ...part, first, chunk }, lookup);
    else readColumns({ ...part, first, chunk }, lookup);
    first += part.columns.length;
  }
}

/** Columns of a grid on their way into a chunk, in which the first of them is series `first`. */
interface Reading extends SourceGrid {
  readonly first: number;
  readonly chunk: Chunk;
}

/** Step by step, all columns at once. */
function readRows(reading: Reading, { timesMs, lookbackMs }: Lookup): void {
  const { grid, chunk, first, columns } = reading;
  let next = firstRowAfter(grid, timesMs[0] ?? 0);
  for (let step = 0; step < chunk.steps; step++) {
    const timeMs = timesMs[step] ?? 0;
    while (next < grid.length && (grid.timesMs[next] ?? 0) <= timeMs) next++;
    const row = next - 1;
    if (row < 0 || (grid.timesMs[row] ?? 0) <= timeMs - lookbackMs) {
      removeRun(chunk, step, { first, count: columns.length });
    } else if (grid.irregularInRow[row] === 0) copyRow(reading, row, step);
    else for (let i = 0; i < columns.length; i++) putNewest(reading, i, { step, row, afterMs: timeMs - lookbackMs });
  }
}

function copyRow({ grid, columns, chunk, first }: Reading, row: number, step: number): void {
  const { values } = chunk;
  const source = grid.values;
  const width = columns.length;
  const from = row * grid.width;
  const to = step * chunk.width + first;
  if (width === grid.width) for (let i = 0; i < width; i++) values[to + i] = source[from + i] ?? 0;
  else for (let i = 0; i < width; i++) values[to + i] = source[from + (columns[i] ?? 0)] ?? 0;
}

/** Column by column, all steps in one loop. */
function readColumns(reading: Reading, lookup: Lookup): void {
  const { grid, columns } = reading;
  const next = evenRowAfter(grid, lookup.timesMs[0] ?? 0);
  const perStep = rowsPerStep(grid, lookup.timesMs);
  for (let i = 0; i < columns.length; i++) {
    const isEven = isWhole(grid, columns[i] ?? 0) && !Number.isNaN(next + perStep);
    if (isEven && areRecent(reading, lookup, next - 1)) copyColumn(reading, i, { next, perStep }, lookup);
    else readColumn(reading, i, lookup);
  }
}

/** Whether samples are newer than the lookback: how old the newest is, is the same at each step as at the first. */
function areRecent({ grid }: Reading, { timesMs, lookbackMs }: Lookup, row: number): boolean {
  const { evenFrom, evenSinceMs, intervalMs } = grid;
  return (timesMs[0] ?? 0) - (evenSinceMs + (row - evenFrom) * intervalMs) < lookbackMs;
}

/** Where the row of each step is known beforehand. */
interface EvenSteps {
  /** The row after the first step, as `evenRowAfter` numbers them. */
  readonly next: number;
  readonly perStep: number;
}

function copyColumn(reading: Reading, i: number, { next, perStep }: EvenSteps, lookup: Lookup): void {
  const { grid, chunk, columns, first } = reading;
  const { length, values: source, width } = grid;
  const { steps, values, width: chunkWidth } = chunk;
  const column = columns[i] ?? 0;
  let step = 0;
  let row = next - 1;
  let index = first + i;
  for (; step < steps && row < 0; step++, row += perStep, index += chunkWidth) removeCell(chunk, step, index);
  for (; step < steps && row < length; step++, row += perStep, index += chunkWidth) {
    values[index] = source[row * width + column] ?? 0;
  }
  const lastMs = grid.evenSinceMs + (length - 1 - grid.evenFrom) * grid.intervalMs;
  for (; step < steps; step++, index += chunkWidth) {
    if (lastMs <= (lookup.timesMs[step] ?? 0) - lookup.lookbackMs) removeCell(chunk, step, index);
    else values[index] = source[(length - 1) * width + column] ?? 0;
  }
}

function readColumn(reading: Reading, i: number, { timesMs, lookbackMs }: Lookup): void {
  const { grid, chunk, columns } = reading;
  const { length, cells } = grid;
  const column = columns[i] ?? 0;
  const whole = isWhole(grid, column);
  let next = firstRowAfter(grid, timesMs[0] ?? 0);
  for (let step = 0, index = reading.first + i; step < chunk.steps; step++, index += chunk.width) {
    const timeMs = timesMs[step] ?? 0;
    while (next < length && (grid.timesMs[next] ?? 0) <= timeMs) next++;
    const row = next - 1;
    const cell = row * grid.width + column;
    if (row < 0 || (grid.timesMs[row] ?? 0) <= timeMs - lookbackMs) removeCell(chunk, step, index);
    else if (whole || cells[cell] === FLOAT) chunk.values[index] = grid.values[cell] ?? 0;
    else putNewest(reading, i, { step, row, afterMs: timeMs - lookbackMs });
  }
}

interface Place {
  readonly step: number;
  /** The newest row that may hold the sample. */
  readonly row: number;
  readonly afterMs: number;
}

/** Where the newest row of a series may be a gap: looks further back. */
function putNewest({ grid, columns, chunk, first }: Reading, i: number, { step, row, afterMs }: Place): void {
  const cell = newestCell(grid, columns[i] ?? 0, row, afterMs);
  const kind = cell < 0 ? MISSING : grid.cells[cell];
  const histogram = kind === HISTOGRAM ? grid.histograms.get(cell) : undefined;
  const index = step * chunk.width + first + i;
  if (kind === FLOAT) putFloat(chunk, step, index, grid.values[cell] ?? 0);
  else if (histogram !== undefined) putHistogram(chunk, step, index, histogram);
  else removeCell(chunk, step, index);
}

/** The last cell of a column that is not missing, at or above `row` and after `afterMs`; -1 when there is none. */
export function newestCell(grid: Grid, column: number, row: number, afterMs: number): number {
  for (let k = row; k >= 0 && (grid.timesMs[k] ?? 0) > afterMs; k--) {
    const cell = k * grid.width + column;
    if (grid.cells[cell] !== MISSING) return grid.cells[cell] === STALE ? -1 : cell;
  }
  return -1;
}

/** Replaces each sample that `readInstants` found by the time of that sample, in seconds. */
export function readTimes(batch: Batch, chunk: Chunk, lookup: Lookup): void {
  let first = 0;
  for (const part of batch.parts) {
    for (let step = 0; step < chunk.steps; step++) putTimes({ ...part, first, chunk }, step, lookup);
    first += part.columns.length;
  }
}

function putTimes({ grid, columns, chunk, first }: Reading, step: number, { timesMs, lookbackMs }: Lookup): void {
  const timeMs = timesMs[step] ?? 0;
  const row = firstRowAfter(grid, timeMs) - 1;
  for (let i = 0; i < columns.length; i++) {
    const index = step * chunk.width + first + i;
    if (chunk.cells[index] === MISSING) continue;
    const cell = newestCell(grid, columns[i] ?? 0, row, timeMs - lookbackMs);
    putFloat(chunk, step, index, (grid.timesMs[Math.floor(cell / grid.width)] ?? 0) / 1000);
  }
}
