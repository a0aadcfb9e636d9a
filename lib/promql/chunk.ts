import type { Histogram } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM, MISSING } from '../series/cells.ts';
import type { SeriesList } from './series-list.ts';

/**
 * Some series of an instant vector at all steps of an evaluation: what operators hand to each other.
 * The cell of step i and series j is at `i * width + j`. Arrays may be longer than `steps * width`.
 * A chunk belongs to whoever received it, until that call returns: it may be changed in place, and must be copied to be kept,
 * because its maker fills the same arrays again.
 */
export interface Chunk {
  readonly series: SeriesList;
  readonly width: number;
  readonly steps: number;
  /** Meaningless where the cell is not FLOAT. */
  readonly values: Float64Array;
  /** FLOAT, MISSING or HISTOGRAM. Meaningless in steps whose `irregular` is 0. */
  readonly cells: Uint8Array;
  /** Per step, the number of cells that are not FLOAT. */
  readonly irregular: Int32Array;
  /** By cell; null when there are none. */
  histograms: Map<number, Histogram> | null;
}

const MIN_FILLED_CELLS = 16;

/** Makes chunks in the same arrays again and again, so that a stream of them allocates nothing per sample. */
export interface ChunkMaker {
  /** A chunk whose arrays hold anything: use `openChunk`, or fill every step whole. */
  make(series: SeriesList, steps: number): Chunk;
}

interface ChunkArrays {
  values: Float64Array;
  cells: Uint8Array;
  irregular: Int32Array;
}

// Arrays that nobody uses, from query to query: a small query would spend more on new ones than on its samples.
const idle: ChunkArrays[] = [];
const MOST_IDLE = 8;
const MAX_IDLE_CELLS = 16_384;

/** Lets `use` make chunks. They and their arrays are anybody's when it returns. */
export function withChunkMaker(use: (maker: ChunkMaker) => void): void {
  const arrays = idle.pop() ?? { values: new Float64Array(0), cells: new Uint8Array(0), irregular: new Int32Array(0) };
  use({
    make(series, steps) {
      const width = series.size;
      if (width * steps > arrays.values.length) {
        arrays.values = new Float64Array(width * steps);
        arrays.cells = new Uint8Array(width * steps);
      }
      if (steps > arrays.irregular.length) arrays.irregular = new Int32Array(steps);
      const { values, cells, irregular } = arrays;
      return { series, width, steps, values, cells, irregular, histograms: null };
    },
  });
  const isSmall = arrays.values.length <= MAX_IDLE_CELLS && arrays.irregular.length <= MAX_IDLE_CELLS;
  if (isSmall && idle.length < MOST_IDLE) idle.push(arrays);
}

/** A chunk with its own arrays and every cell MISSING. */
export function emptyChunk(series: SeriesList, steps: number): Chunk {
  const width = series.size;
  return {
    series,
    width,
    steps,
    values: new Float64Array(width * steps),
    cells: new Uint8Array(width * steps).fill(MISSING),
    irregular: new Int32Array(steps).fill(width),
    histograms: null,
  };
}

/** Makes every cell FLOAT, for makers that fill column by column and remove what is not there. */
export function openChunk({ cells, irregular, width, steps }: Chunk): void {
  cells.fill(FLOAT, 0, width * steps);
  irregular.fill(0, 0, steps);
}

/** Makes every cell MISSING, for makers that put in what is there. */
export function emptyCells({ cells, irregular, width, steps }: Chunk): void {
  cells.fill(MISSING, 0, width * steps);
  irregular.fill(width, 0, steps);
}

/** Makes the cells of a step that has only floats say so, so that some of them can be changed. */
export function openStep(chunk: Chunk, step: number): void {
  if (chunk.irregular[step] === 0) fillStep(chunk, step, FLOAT);
}

/** A chunk of one series (a gauge of one target) is as usual as one of fifty, and for it the call of `fill` costs more than its work. */
function fillStep({ cells, width }: Chunk, step: number, kind: number): void {
  const from = step * width;
  if (width >= MIN_FILLED_CELLS) cells.fill(kind, from, from + width);
  else for (let i = from; i < from + width; i++) cells[i] = kind;
}

/** Removes a cell of an open step. */
export function removeCell(chunk: Chunk, step: number, index: number): void {
  const kind = chunk.cells[index];
  if (kind === MISSING) return;
  chunk.cells[index] = MISSING;
  if (kind === FLOAT) chunk.irregular[step] = (chunk.irregular[step] ?? 0) + 1;
  else chunk.histograms?.delete(index);
}

/** Series of a chunk that stand side by side. */
export interface SeriesRun {
  readonly first: number;
  readonly count: number;
}

/** Removes the floats of neighbouring series from an open step. */
export function removeRun(chunk: Chunk, step: number, { first, count }: SeriesRun): void {
  const from = step * chunk.width + first;
  for (let index = from; index < from + count; index++) removeCell(chunk, step, index);
}

/** Puts a float into an open step. */
export function putFloat(chunk: Chunk, step: number, index: number, value: number): void {
  chunk.values[index] = value;
  if (chunk.cells[index] === FLOAT) return;
  if (chunk.cells[index] !== MISSING) chunk.histograms?.delete(index);
  chunk.cells[index] = FLOAT;
  chunk.irregular[step] = (chunk.irregular[step] ?? 0) - 1;
}

/** Puts a histogram into an open step. */
export function putHistogram(chunk: Chunk, step: number, index: number, histogram: Histogram): void {
  if (chunk.cells[index] === FLOAT) chunk.irregular[step] = (chunk.irregular[step] ?? 0) + 1;
  chunk.cells[index] = HISTOGRAM;
  chunk.values[index] = Number.NaN;
  chunk.histograms ??= new Map();
  chunk.histograms.set(index, histogram);
}

/** What a cell holds: FLOAT, MISSING or HISTOGRAM. */
export function cellKind(chunk: Chunk, step: number, index: number): number {
  return chunk.irregular[step] === 0 ? FLOAT : (chunk.cells[index] ?? MISSING);
}

/** Whether a step has neither floats nor histograms. */
export function isEmptyStep(chunk: Chunk, step: number): boolean {
  return chunk.irregular[step] === chunk.width && chunk.histograms === null;
}

/** Samples in a chunk. */
export function presentCells(chunk: Chunk): number {
  let present = chunk.width * chunk.steps + (chunk.histograms?.size ?? 0);
  for (let step = 0; step < chunk.steps; step++) present -= chunk.irregular[step] ?? 0;
  return present;
}
