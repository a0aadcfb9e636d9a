import type { Histogram } from '../model/histogram.ts';
import { type Labels, NO_LABELS } from '../model/labels.ts';
import { FLOAT, HISTOGRAM, MISSING } from '../series/cells.ts';
import { type Chunk, cellKind, isEmptyStep } from './chunk.ts';
import { type Evaluation, type Ranges, type Steps, stepTimeMs, type Vector, type Windows } from './evaluation.ts';
import { finalVector, sameLabelSet } from './names.ts';
import { withoutMarkedNames } from './series-list.ts';
import type { MatrixSeries, VectorElement } from './value.ts';

/** An instant vector as elements, in the order of the operators. */
export function vectorElements(evaluation: Evaluation, vector: Vector): VectorElement[] {
  const elements: VectorElement[] = [];
  const timeMs = evaluation.steps.startMs;
  finalVector(evaluation, vector).each((chunk) => {
    for (let series = 0; series < chunk.width; series++) {
      const kind = cellKind(chunk, 0, series);
      if (kind === MISSING) continue;
      elements.push({
        labels: chunk.series.labels(series),
        timeMs,
        value: kind === FLOAT ? (chunk.values[series] ?? Number.NaN) : Number.NaN,
        histogram: kind === HISTOGRAM ? (chunk.histograms?.get(series) ?? null) : null,
      });
    }
  });
  return elements;
}

/** A vector at all steps as series, in no particular order; series without points are left out. */
export function matrixOfVector(evaluation: Evaluation, vector: Vector): MatrixSeries[] {
  const found: MatrixSeries[] = [];
  const stepTimesMs = timesOf(evaluation.steps);
  let run = stepTimesMs;
  finalVector(evaluation, vector).each((chunk) => {
    const points = countPoints(chunk);
    for (let series = 0; series < chunk.width; series++) {
      const count = points[series] ?? 0;
      if (count === 0) continue;
      const first = firstPresent(chunk, series);
      if (chunk.histograms === null && isPresentThrough(chunk, series, { first, count })) {
        if (run.length !== count || run[0] !== stepTimesMs[first]) run = stepTimesMs.subarray(first, first + count);
        found.push(seriesOfRun(chunk, series, first, run));
      } else found.push(seriesWithGaps(chunk, series, { count, stepTimesMs }));
    }
  });
  return found;
}

/** By series, the number of its points. */
function countPoints(chunk: Chunk): Int32Array {
  const { width, cells, irregular } = chunk;
  let emptySteps = 0;
  const points = new Int32Array(width);
  for (let step = 0; step < chunk.steps; step++) {
    if (irregular[step] === 0) continue;
    if (isEmptyStep(chunk, step)) {
      emptySteps++;
      continue;
    }
    const from = step * width;
    for (let series = 0; series < width; series++) {
      if (cells[from + series] === MISSING) points[series] = (points[series] ?? 0) - 1;
    }
  }
  const fromSteps = chunk.steps - emptySteps;
  for (let series = 0; series < width; series++) points[series] = (points[series] ?? 0) + fromSteps;
  return points;
}

const NO_HISTOGRAMS: ReadonlyMap<number, Histogram> = new Map();

/** The first step at which a series has a sample; it has one. */
function firstPresent(chunk: Chunk, series: number): number {
  let step = 0;
  while (cellKind(chunk, step, step * chunk.width + series) === MISSING) step++;
  return step;
}

interface StepRun {
  readonly first: number;
  readonly count: number;
}

/** Whether a series with so many points has them at consecutive steps. */
function isPresentThrough(chunk: Chunk, series: number, { first, count }: StepRun): boolean {
  for (let step = first; step < first + count; step++) {
    if (step >= chunk.steps || cellKind(chunk, step, step * chunk.width + series) === MISSING) return false;
  }
  return true;
}

/** Floats at consecutive steps from `first` on. Such series share their times. */
function seriesOfRun(chunk: Chunk, series: number, first: number, timesMs: Float64Array): MatrixSeries {
  const { length } = timesMs;
  const values = new Float64Array(length);
  let cell = first * chunk.width + series;
  for (let i = 0; i < length; i++, cell += chunk.width) values[i] = chunk.values[cell] ?? 0;
  return { labels: chunk.series.labels(series), timesMs, values, histograms: NO_HISTOGRAMS };
}

interface Points {
  readonly count: number;
  readonly stepTimesMs: Float64Array;
}

function seriesWithGaps(chunk: Chunk, series: number, { count, stepTimesMs }: Points): MatrixSeries {
  const timesMs = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms = new Map<number, Histogram>();
  let next = 0;
  for (let step = 0; step < chunk.steps; step++) {
    const cell = step * chunk.width + series;
    const kind = cellKind(chunk, step, cell);
    if (kind === MISSING) continue;
    timesMs[next] = stepTimesMs[step] ?? 0;
    values[next] = kind === FLOAT ? (chunk.values[cell] ?? Number.NaN) : Number.NaN;
    const histogram = kind === HISTOGRAM ? chunk.histograms?.get(cell) : undefined;
    if (histogram !== undefined) histograms.set(next, histogram);
    next++;
  }
  return {
    labels: chunk.series.labels(series),
    timesMs,
    values,
    histograms: histograms.size === 0 ? NO_HISTOGRAMS : histograms,
  };
}

function timesOf(steps: Steps): Float64Array {
  const timesMs = new Float64Array(steps.count);
  for (let step = 0; step < steps.count; step++) timesMs[step] = stepTimeMs(steps, step);
  return timesMs;
}

/** A scalar at all steps as a series without labels. */
export function matrixOfScalar(steps: Steps, values: Float64Array): MatrixSeries {
  return { labels: NO_LABELS, timesMs: timesOf(steps), values, histograms: NO_HISTOGRAMS };
}

/** A range vector at one instant: the samples themselves with their own times. */
export function matrixOfRanges(evaluation: Evaluation, ranges: Ranges): MatrixSeries[] {
  const found: MatrixSeries[] = [];
  ranges.each((windows) => {
    const { first, series } = windows.into;
    const named = evaluation.options.delayedNameRemoval ? withoutMarkedNames(series) : series;
    windows.columns.forEach((column, index) => {
      const own = samplesOf(windows, column, named.labels(first + index));
      evaluation.budget.hold(own.timesMs.length);
      if (own.timesMs.length > 0) found.push(own);
    });
  });
  if (evaluation.options.delayedNameRemoval) requireDistinct(found);
  return found;
}

function requireDistinct(found: readonly MatrixSeries[]): void {
  if (new Set(found.map(({ labels }) => labels.key)).size < found.length) throw sameLabelSet();
}

function samplesOf({ grid, from, to }: Windows, column: number, labels: Labels): MatrixSeries {
  const timesMs: number[] = [];
  const values: number[] = [];
  const histograms = new Map<number, Histogram>();
  for (let row = from[0] ?? 0; row < (to[0] ?? 0); row++) {
    const cell = row * grid.width + column;
    const kind = grid.cells[cell];
    if (kind !== FLOAT && kind !== HISTOGRAM) continue;
    const histogram = grid.histograms.get(cell);
    if (histogram !== undefined) histograms.set(values.length, histogram);
    timesMs.push(grid.timesMs[row] ?? 0);
    values.push(kind === FLOAT ? (grid.values[cell] ?? Number.NaN) : Number.NaN);
  }
  return {
    labels,
    timesMs: Float64Array.from(timesMs),
    values: Float64Array.from(values),
    histograms,
  };
}
