import { firstEntryFrom, type Resets, resetsOf } from '../../series/resets.ts';
import { type Chunk, removeRun } from '../chunk.ts';
import type { Windows } from '../evaluation.ts';
import { createEdges, type Edges, type Extrapolation, factorOf, setEdges } from './extrapolation.ts';

/** Many series of a grid: bounds and edges once per step, resets from the sparse index. */
export function extrapolateBlock(windows: Windows, chunk: Chunk, kind: Extrapolation): void {
  const { grid, from, to, endsMs, rangeMs, columns, into } = windows;
  const resets = kind.isCounter ? resetsOf(grid) : null;
  // Filled anew at each step: objects of their own would be as many as steps, in each query.
  const row = { step: 0, firstRow: 0, lastRow: 0, edges: createEdges(), kind };
  const window = { startMs: 0, endMs: 0, firstMs: 0, lastMs: 0, count: 0 };
  for (let step = 0; step < chunk.steps; step++) {
    const firstRow = from[step] ?? 0;
    const lastRow = (to[step] ?? 0) - 1;
    if (lastRow <= firstRow) {
      removeRun(chunk, step, { first: into.first, count: columns.length });
      continue;
    }
    row.step = step;
    row.firstRow = firstRow;
    row.lastRow = lastRow;
    window.endMs = endsMs[step] ?? 0;
    window.startMs = window.endMs - rangeMs;
    window.firstMs = grid.timesMs[firstRow] ?? 0;
    window.lastMs = grid.timesMs[lastRow] ?? 0;
    window.count = lastRow - firstRow + 1;
    setEdges(row.edges, window);
    const end = resets === null ? 0 : firstEntryFrom(resets, lastRow + 1);
    const entry = resets === null ? 0 : firstEntryFrom(resets, firstRow + 1);
    if (resets === null || entry >= end) extrapolateRow(windows, chunk, row);
    else {
      subtractRows(windows, chunk, row);
      addResets(windows, chunk, row, { resets, entry, end });
      extrapolateDifferences(windows, chunk, row);
    }
  }
}

interface RowExtrapolation {
  readonly step: number;
  readonly firstRow: number;
  readonly lastRow: number;
  readonly edges: Edges;
  readonly kind: Extrapolation;
}

/**
 * A row in which no counter fell. Most counters are far from zero, which a multiplication tells without dividing; the margin
 * leaves every close case to the exact formula of `factorOf`.
 */
function extrapolateRow({ grid, columns, into }: Windows, chunk: Chunk, row: RowExtrapolation): void {
  const { edges, kind, step } = row;
  const { values } = chunk;
  const source = grid.values;
  const width = columns.length;
  const all = width === grid.width;
  const target = step * chunk.width + into.first;
  const first = row.firstRow * grid.width;
  const toLast = (row.lastRow - row.firstRow) * grid.width;
  const factor = (edges.sampled + edges.toStart + edges.toEnd) / edges.sampled;
  const usual = kind.perSecond ? factor / edges.range : factor;
  const reach = edges.toStart * 1.000001;
  for (let i = 0; i < width; i++) {
    const cell = first + (all ? i : (columns[i] ?? 0));
    const firstValue = source[cell] ?? 0;
    const difference = (source[cell + toLast] ?? 0) - firstValue;
    const isFar = !kind.isCounter || difference <= 0 || firstValue * edges.sampled > difference * reach;
    values[target + i] = difference * (isFar ? usual : factorOf(difference, firstValue, edges, kind));
  }
}

function subtractRows({ grid, columns, into }: Windows, chunk: Chunk, row: RowExtrapolation): void {
  const source = grid.values;
  const first = row.firstRow * grid.width;
  const last = row.lastRow * grid.width;
  const target = row.step * chunk.width + into.first;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] ?? 0;
    chunk.values[target + i] = (source[last + column] ?? 0) - (source[first + column] ?? 0);
  }
}

/** Entries of the list of resets that lie in a window. */
interface ResetRun {
  readonly resets: Resets;
  readonly entry: number;
  readonly end: number;
}

function addResets({ grid, columns, into }: Windows, chunk: Chunk, { step }: RowExtrapolation, run: ResetRun): void {
  const { resets } = run;
  for (let { entry } = run; entry < run.end; entry++) {
    const column = resets.columns[entry] ?? 0;
    const series = columns.length === grid.width ? column : indexOf(columns, column);
    if (series < 0) continue;
    const cell = step * chunk.width + into.first + series;
    const before = grid.values[((resets.rows[entry] ?? 0) - 1) * grid.width + column] ?? 0;
    chunk.values[cell] = (chunk.values[cell] ?? 0) + before;
  }
}

function extrapolateDifferences({ grid, columns, into }: Windows, chunk: Chunk, row: RowExtrapolation): void {
  const target = row.step * chunk.width + into.first;
  const first = row.firstRow * grid.width;
  for (let i = 0; i < columns.length; i++) {
    const difference = chunk.values[target + i] ?? 0;
    const firstValue = grid.values[first + (columns[i] ?? 0)] ?? 0;
    chunk.values[target + i] = difference * factorOf(difference, firstValue, row.edges, row.kind);
  }
}

/** Position of a number in ascending numbers, or -1. */
function indexOf(ascending: Int32Array, wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = ascending[middle] ?? 0;
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
