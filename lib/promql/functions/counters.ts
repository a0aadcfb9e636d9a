import type { Histogram } from '../../model/histogram.ts';
import { firstEntryFrom, type Resets, resetsOf } from '../../series/resets.ts';
import { type Chunk, removeRun } from '../chunk.ts';
import type { Windows } from '../evaluation.ts';
import { divideHistogram, scaleHistogram } from '../histogram-algebra.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import type { Point } from '../points.ts';
import { histogramChange, lastChange } from './histogram-rate.ts';
import type { Remarks } from './over-points.ts';
import { countChanges, countResets } from './point-changes.ts';
import { type RangeFunction, rangeFunction, type Samples } from './range-function.ts';

/** Which of the three extrapolated functions: a counter's resets are undone; a rate is divided by the range. */
interface Extrapolation {
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}

/** increase: how much a counter rose over the window, extrapolated to its edges. */
export const increase = extrapolated({ isCounter: true, perSecond: false });
/** rate: the increase per second. */
export const rate = extrapolated({ isCounter: true, perSecond: true });
/** delta: how much a gauge changed over the window, extrapolated to its edges. */
export const delta = extrapolated({ isCounter: false, perSecond: false });

function extrapolated(kind: Extrapolation): RangeFunction {
  return rangeFunction((samples) => extrapolatedOf(samples, kind), {
    ofBlock: (windows, chunk) => extrapolateBlock(windows, chunk, kind),
    wantsCounter: kind.isCounter,
    histograms: 'computed',
    ofHistograms: (samples, remarks) => extrapolatedHistogram(samples, kind, remarks),
  });
}

function extrapolatedHistogram(samples: Samples, kind: Extrapolation, remarks: Remarks): Histogram | null {
  const { histograms } = samples;
  const first = histograms[0];
  const last = histograms.at(-1);
  if (first === undefined || last === undefined || histograms.length < 2) return null;
  const change = histogramChange(
    histograms.map(({ histogram }) => histogram),
    kind.isCounter,
    remarks,
  );
  if (change === null) return null;
  const edges = edgesOf(first.timeMs, last.timeMs, histograms.length, samples);
  return scaleHistogram(change, factorOf(change.count, first.histogram.count, edges, kind));
}

/** What the times of a window say about how far to extrapolate, in seconds. */
interface Edges {
  readonly sampled: number;
  readonly toStart: number;
  readonly toEnd: number;
  readonly range: number;
}

// Matches Prometheus' extrapolatedRate: a gap of 1.1 mean steps or more is extended by half a step, not to the edge.
function edgesOf(firstMs: number, lastMs: number, count: number, window: { startMs: number; endMs: number }): Edges {
  const sampled = (lastMs - firstMs) / 1000;
  const mean = sampled / (count - 1);
  const threshold = mean * 1.1;
  const toStart = (firstMs - window.startMs) / 1000;
  const toEnd = (window.endMs - lastMs) / 1000;
  return {
    sampled,
    toStart: toStart >= threshold ? mean / 2 : toStart,
    toEnd: toEnd >= threshold ? mean / 2 : toEnd,
    range: (window.endMs - window.startMs) / 1000,
  };
}

/** By what to multiply a difference; a counter is not taken below zero. The order of operations is Prometheus', to the last bit. */
function factorOf(difference: number, first: number, edges: Edges, kind: Extrapolation): number {
  let { toStart } = edges;
  if (kind.isCounter && difference > 0 && first >= 0) {
    const toZero = edges.sampled * (first / difference);
    if (toZero < toStart) toStart = toZero;
  }
  const factor = (edges.sampled + toStart + edges.toEnd) / edges.sampled;
  return kind.perSecond ? factor / edges.range : factor;
}

function extrapolatedOf(samples: Samples, kind: Extrapolation): number | null {
  const { count, values, first, stride, timesMs, firstTime } = samples;
  if (count < 2) return null;
  const last = first + (count - 1) * stride;
  let difference = (values[last] ?? 0) - (values[first] ?? 0);
  for (let i = first + stride; kind.isCounter && i <= last; i += stride) {
    const before = values[i - stride] ?? 0;
    if ((values[i] ?? 0) < before) difference += before;
  }
  const edges = edgesOf(timesMs[firstTime] ?? 0, timesMs[firstTime + count - 1] ?? 0, count, samples);
  return difference * factorOf(difference, values[first] ?? 0, edges, kind);
}

/** Many series of a grid: bounds and edges once per step, resets from the sparse index. */
function extrapolateBlock(windows: Windows, chunk: Chunk, kind: Extrapolation): void {
  const { grid, from, to, endsMs, rangeMs, columns, into } = windows;
  const resets = kind.isCounter ? resetsOf(grid) : null;
  for (let step = 0; step < chunk.steps; step++) {
    const firstRow = from[step] ?? 0;
    const lastRow = (to[step] ?? 0) - 1;
    if (lastRow <= firstRow) {
      removeRun(chunk, step, { first: into.first, count: columns.length });
      continue;
    }
    const endMs = endsMs[step] ?? 0;
    const edges = edgesOf(grid.timesMs[firstRow] ?? 0, grid.timesMs[lastRow] ?? 0, lastRow - firstRow + 1, {
      startMs: endMs - rangeMs,
      endMs,
    });
    const row = { step, firstRow, lastRow, edges, kind };
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

/** irate (per second, a fall counts as a restart from zero) and idelta: from the last two samples. */
function instantChange(isCounter: boolean): RangeFunction {
  const ofFloats: RangeFunction['ofSamples'] = ({ count, values, first, stride, timesMs, firstTime }) => {
    if (count < 2) return null;
    const lastIndex = first + (count - 1) * stride;
    const last = values[lastIndex] ?? 0;
    const before = values[lastIndex - stride] ?? 0;
    const difference = isCounter && last < before ? last : last - before;
    const elapsedMs = (timesMs[firstTime + count - 1] ?? 0) - (timesMs[firstTime + count - 2] ?? 0);
    return isCounter ? difference / (elapsedMs / 1000) : difference;
  };
  return rangeFunction(ofFloats, {
    histograms: 'as points',
    ofPoints: (points, remarks) => instantChangeOfPoints(points, isCounter, remarks),
  });
}

/** As for floats, when at least one point of the window is a histogram. */
function instantChangeOfPoints(
  points: readonly Point[],
  isCounter: boolean,
  remarks: Remarks,
): number | Histogram | null {
  const last = points.at(-1);
  const before = points.at(-2);
  if (last === undefined || before === undefined) return null;
  const seconds = (last.timeMs - before.timeMs) / 1000;
  if (last.histogram !== null && before.histogram !== null) {
    const change = lastChange(before.histogram, last.histogram, isCounter, remarks);
    return isCounter && change !== null ? divideHistogram(change, seconds) : change;
  }
  if (last.histogram !== null || before.histogram !== null) {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  const difference = isCounter && last.value < before.value ? last.value : last.value - before.value;
  return isCounter ? difference / seconds : difference;
}

export const irate = instantChange(true);
export const idelta = instantChange(false);

/** resets: how often a counter fell. */
export const resets = rangeFunction(
  ({ count, values, first, stride }) => {
    let falls = 0;
    for (let i = 1; i < count; i++) {
      if ((values[first + i * stride] ?? 0) < (values[first + (i - 1) * stride] ?? 0)) falls++;
    }
    return falls;
  },
  { histograms: 'as points', ofPoints: countResets },
);

/** changes: how often a value differs from the one before; NaN does not differ from NaN. */
export const changes = rangeFunction(
  ({ count, values, first, stride }) => {
    let differences = 0;
    for (let i = 1; i < count; i++) {
      const value = values[first + i * stride] ?? 0;
      const before = values[first + (i - 1) * stride] ?? 0;
      if (value !== before && !(Number.isNaN(value) && Number.isNaN(before))) differences++;
    }
    return differences;
  },
  { histograms: 'as points', ofPoints: countChanges },
);
