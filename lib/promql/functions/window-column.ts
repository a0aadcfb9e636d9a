import type { Histogram } from '../../model/histogram.ts';
import { FLOAT, HISTOGRAM } from '../../series/cells.ts';
import type { Windows } from '../evaluation.ts';
import { areEqual, isReset } from '../histogram-algebra.ts';
import type { Point } from '../points.ts';
import { type HistogramMatrix, matrixOf } from './histogram-matrix.ts';

/** A native histogram in a window. */
export interface HistogramSample extends Point {
  readonly histogram: Histogram;
}

/** The samples of one series in one window, floats and native histograms apart, as `Samples` of range-function.ts has them. */
export interface WindowSamples {
  count: number;
  values: Float64Array;
  first: number;
  stride: number;
  timesMs: Float64Array;
  firstTime: number;
  /** In time order. */
  histograms: readonly HistogramSample[];
  /** Of all histograms of the series; number `firstHistogram` is the first one of the window. */
  history: HistogramHistory;
  /** All of them as a matrix, if they allow it. */
  matrix: () => HistogramMatrix | null;
  firstHistogram: number;
}

/**
 * What is known of the histograms of a column from neighbour to neighbour: counts of all up to and including the one of a number.
 * What happens within a window is the difference between its last and its first.
 */
export interface HistogramHistory {
  /** That are fewer than the one before. */
  resets(): Int32Array;
  /** That differ from the one before. */
  changes(): Int32Array;
  /** That have another schema than the one before. */
  schemas(): Int32Array;
  /** That are gauges, the very first aside. */
  gauges(): Int32Array;
}

/** The floats and histograms of one column, gathered once for all its windows. */
export interface WindowColumn {
  /** Makes `samples` those of the window of a step. */
  moveTo(step: number, samples: WindowSamples): void;
}

// Scratch space: there is one column at a time.
let scratchValues = new Float64Array(64);
let scratchTimesMs = new Float64Array(64);
/** By row from the first one on, the floats and the histograms before it. */
let floatsBefore = new Int32Array(64);
let histogramsBefore = new Int32Array(64);

/** Valid until the next one is created. */
export function createWindowColumn({ grid, from, to }: Windows, column: number): WindowColumn {
  const { cells, timesMs, values, width } = grid;
  const first = from[0] ?? 0;
  const end = to[to.length - 1] ?? 0;
  reserve(end - first + 1);
  const histograms: HistogramSample[] = [];
  let floats = 0;
  for (let row = first; row < end; row++) {
    floatsBefore[row - first] = floats;
    histogramsBefore[row - first] = histograms.length;
    const cell = row * width + column;
    const timeMs = timesMs[row] ?? 0;
    const histogram = cells[cell] === HISTOGRAM ? grid.histograms.get(cell) : undefined;
    if (histogram !== undefined) histograms.push({ timeMs, value: Number.NaN, histogram, startMs: 0 });
    if (cells[cell] !== FLOAT) continue;
    scratchValues[floats] = values[cell] ?? 0;
    scratchTimesMs[floats++] = timeMs;
  }
  floatsBefore[end - first] = floats;
  histogramsBefore[end - first] = histograms.length;
  const history = createHistory(histograms);
  let matrix: HistogramMatrix | null | undefined;
  const knownMatrix = (): HistogramMatrix | null => {
    if (matrix === undefined) matrix = matrixOf(histograms);
    return matrix;
  };
  return {
    moveTo(step, samples) {
      const start = (from[step] ?? 0) - first;
      const past = (to[step] ?? 0) - first;
      samples.values = scratchValues;
      samples.timesMs = scratchTimesMs;
      samples.stride = 1;
      samples.first = floatsBefore[start] ?? 0;
      samples.firstTime = samples.first;
      samples.count = (floatsBefore[past] ?? 0) - samples.first;
      samples.firstHistogram = histogramsBefore[start] ?? 0;
      samples.histograms = histograms.slice(samples.firstHistogram, histogramsBefore[past]);
      samples.history = history;
      samples.matrix = knownMatrix;
    },
  };
}

function reserve(rows: number): void {
  if (rows <= floatsBefore.length) return;
  const size = rows + (rows >> 1);
  scratchValues = new Float64Array(size);
  scratchTimesMs = new Float64Array(size);
  floatsBefore = new Int32Array(size);
  histogramsBefore = new Int32Array(size);
}

/** Of histograms in time order; each count is made when it is asked for first. */
export function createHistory(samples: readonly HistogramSample[]): HistogramHistory {
  return {
    resets: once(() => countNeighbours(samples, isReset)),
    changes: once(() => countNeighbours(samples, (current, before) => !areEqual(current, before))),
    schemas: once(() => countNeighbours(samples, (current, before) => current.schema !== before.schema)),
    gauges: once(() => countNeighbours(samples, ({ resetHint }) => resetHint === 'gauge')),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

type NeighbourTest = (current: Histogram, before: Histogram) => boolean;

function countNeighbours(samples: readonly HistogramSample[], is: NeighbourTest): Int32Array {
  const counts = new Int32Array(samples.length);
  for (let i = 1; i < samples.length; i++) {
    const current = samples[i]?.histogram;
    const before = samples[i - 1]?.histogram;
    const counted = current !== undefined && before !== undefined && is(current, before);
    counts[i] = (counts[i - 1] ?? 0) + (counted ? 1 : 0);
  }
  return counts;
}
