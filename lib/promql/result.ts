import type { Histogram } from '../model/histogram.ts';
import { NO_LABELS } from '../model/labels.ts';
import { FLOAT, HISTOGRAM, MISSING } from '../series/cells.ts';
import { type Chunk, cellKind } from './chunk.ts';
import { type Evaluation, type Ranges, type Steps, stepTimeMs, type Vector, type Windows } from './evaluation.ts';
import { finalVector } from './names.ts';
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
  finalVector(evaluation, vector).each((chunk) => {
    for (let series = 0; series < chunk.width; series++) {
      const own = seriesOf(evaluation.steps, chunk, series);
      if (own !== null) found.push(own);
    }
  });
  return found;
}

function seriesOf(steps: Steps, chunk: Chunk, series: number): MatrixSeries | null {
  let count = 0;
  for (let step = 0; step < chunk.steps; step++) {
    if (cellKind(chunk, step, step * chunk.width + series) !== MISSING) count++;
  }
  if (count === 0) return null;
  const timesMs = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms = new Map<number, Histogram>();
  let next = 0;
  for (let step = 0; step < chunk.steps; step++) {
    const cell = step * chunk.width + series;
    const kind = cellKind(chunk, step, cell);
    if (kind === MISSING) continue;
    timesMs[next] = stepTimeMs(steps, step);
    values[next] = kind === FLOAT ? (chunk.values[cell] ?? Number.NaN) : Number.NaN;
    const histogram = kind === HISTOGRAM ? chunk.histograms?.get(cell) : undefined;
    if (histogram !== undefined) histograms.set(next, histogram);
    next++;
  }
  return { labels: chunk.series.labels(series), timesMs, values, histograms };
}

/** A scalar at all steps as a series without labels. */
export function matrixOfScalar(steps: Steps, values: Float64Array): MatrixSeries {
  const timesMs = Float64Array.from(values, (_, step) => stepTimeMs(steps, step));
  return { labels: NO_LABELS, timesMs, values, histograms: new Map() };
}

/** A range vector at one instant: the samples themselves with their own times. */
export function matrixOfRanges(evaluation: Evaluation, ranges: Ranges): MatrixSeries[] {
  const found: MatrixSeries[] = [];
  ranges.each((windows) => {
    windows.columns.forEach((column, series) => {
      const own = samplesOf(windows, column, series);
      evaluation.budget.hold(own.timesMs.length);
      if (own.timesMs.length > 0) found.push(own);
    });
  });
  return found;
}

function samplesOf({ grid, from, to, into }: Windows, column: number, index: number): MatrixSeries {
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
    labels: into.series.labels(into.first + index),
    timesMs: Float64Array.from(timesMs),
    values: Float64Array.from(values),
    histograms,
  };
}
