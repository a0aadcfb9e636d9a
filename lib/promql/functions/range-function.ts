import type { Histogram } from '../../model/histogram.ts';
import type { Span } from '../../model/issue.ts';
import { isWhole } from '../../series/grid.ts';
import type { Call } from '../ast.ts';
import { type Chunk, openChunk, presentCells, putFloat, putHistogram, removeCell, withChunkMaker } from '../chunk.ts';
import { type Evaluation, type Ranges, stepTimeMs, type Vector, type Windows } from '../evaluation.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import { dropNames } from '../names.ts';
import { withoutParens } from '../parentheses.ts';
import type { Point } from '../points.ts';
import { labelledSeries, metricNameOf } from '../series-list.ts';
import { type Column, type ColumnReader, type ColumnResults, createColumnReader, removeSparse } from './columns.ts';
import { checkCounterNames } from './counter-names.ts';
import type { Remarks } from './over-points.ts';
import { createHistory, createWindowColumn, type HistogramSample, type WindowSamples } from './window-column.ts';

/**
 * The floats of one series in one window: sample i has `values[first + i * stride]` at `timesMs[firstTime + i]`.
 * Native histograms are not among the values. A view that is moved from window to window: do not keep it.
 */
export interface Samples extends WindowSamples {
  /** The window is (startMs, endMs]. */
  startMs: number;
  endMs: number;
  /** The time of the step itself, without offset and @. */
  stepMs: number;
}

/** A function of a range vector: one number per series and window, or null for no result. */
export interface RangeFunction {
  /** `args` are the scalar arguments at the step, in order. `count` is at least 1, or `histograms` is. */
  ofSamples(samples: Samples, args: readonly number[]): number | null;
  /**
   * The same for all windows of one series without histograms, in one loop; `scalars` are the scalar arguments by step.
   * Results of windows with less than `minSamples` are removed afterwards, whatever is in their places.
   * Null when going window by window is as good.
   */
  readonly ofColumn: ((column: Column, results: ColumnResults, scalars: readonly Float64Array[]) => void) | null;
  readonly minSamples: number;
  /**
   * The same for many series of one grid at once, as if there were no gaps: fills every step of their place in an open chunk.
   * Series with gaps come again, one by one. Null when going series by series is as good.
   */
  readonly ofBlock: ((windows: Windows, chunk: Chunk) => void) | null;
  /**
   * Windows with native histograms: these are counted by the function itself; left out with a remark; computed by
   * `ofHistograms`, which allows no floats beside them; or computed by `ofPoints`.
   */
  readonly histograms: 'counted' | 'ignored' | 'computed' | 'as points';
  /** The result for a window of nothing but histograms, or null. */
  ofHistograms(samples: Samples, remarks: Remarks, args: readonly number[]): Histogram | null;
  /** The result for a window of floats and histograms, in time order; at least one is a histogram. */
  ofPoints(points: readonly Point[], remarks: Remarks): number | Histogram | null;
  readonly keepsName: boolean;
  /** The argument is meant to be a counter, and its name should say so. */
  readonly wantsCounter: boolean;
}

/** A range function that drops the name, leaves histograms out and has no form for columns or blocks. */
export function rangeFunction(
  ofSamples: RangeFunction['ofSamples'],
  parts: Partial<Omit<RangeFunction, 'ofSamples'>> = {},
): RangeFunction {
  return {
    ofSamples,
    ofColumn: null,
    minSamples: 1,
    ofBlock: null,
    histograms: 'ignored',
    ofHistograms: () => null,
    ofPoints: () => null,
    keepsName: false,
    wantsCounter: false,
    ...parts,
  };
}

/** Applies a range function to the one range vector among the arguments of a call. */
export function applyRangeFunction(evaluation: Evaluation, call: Call, definition: RangeFunction): Vector {
  const inner = call.args.map(withoutParens);
  const position = inner.findIndex(({ kind }) => kind === 'matrixSelector' || kind === 'subquery');
  const argument = inner[position];
  if (argument === undefined) throw new Error(`${call.func} has no range vector argument`);
  const ranges = evaluation.ranges(argument);
  // As in Prometheus: remarks are about the first argument, and the place of a subquery has been lost.
  const [first = argument] = inner;
  const place = first.kind === 'subquery' ? { start: 0, end: 0 } : first.span;
  const scalars = call.args.filter((_, i) => i !== position).map((arg) => evaluation.scalar(arg));
  const computed = vectorOf({ evaluation, call, place, definition, scalars, args: [] }, ranges);
  return definition.keepsName ? computed : dropNames(evaluation, computed, 'error');
}

interface Application {
  readonly evaluation: Evaluation;
  readonly call: Call;
  /** What remarks are about. */
  readonly place: Span;
  readonly definition: RangeFunction;
  /** By argument, then by step. */
  readonly scalars: readonly Float64Array[];
  /** Those of one step, filled anew for each window. */
  readonly args: number[];
}

function vectorOf(application: Application, ranges: Ranges): Vector {
  const { evaluation, definition } = application;
  return {
    kind: 'vector',
    distinct: ranges.distinct,
    each(consume) {
      const samples = createSamples();
      let held = 0;
      const reader = createColumnReader(evaluation);
      withChunkMaker(({ make }) => {
        let target: Target = { chunk: make(NO_SERIES, 0), samples, reader };
        ranges.each((windows) => {
          const { series, first } = windows.into;
          if (first === 0) {
            target = { chunk: make(series, evaluation.steps.count), samples, reader };
            openChunk(target.chunk);
          }
          const { chunk } = target;
          fillPlace(application, windows, target);
          if (first + windows.columns.length < chunk.width) return;
          if (definition.wantsCounter) checkCounterNames(evaluation, chunk, application.place);
          evaluation.budget.hold(presentCells(chunk));
          held += presentCells(chunk);
          consume(chunk);
        });
      });
      evaluation.budget.release(held);
    },
  };
}

const NO_SERIES = labelledSeries([]);

function createSamples(): Samples {
  return {
    count: 0,
    values: new Float64Array(0),
    first: 0,
    stride: 1,
    timesMs: new Float64Array(0),
    firstTime: 0,
    startMs: 0,
    endMs: 0,
    stepMs: 0,
    histograms: NO_HISTOGRAMS,
    history: NO_HISTORY,
    matrix: () => null,
    firstHistogram: 0,
  };
}

const NO_HISTOGRAMS: readonly HistogramSample[] = [];

const NO_HISTORY = createHistory(NO_HISTOGRAMS);

interface Target {
  readonly chunk: Chunk;
  readonly samples: Samples;
  readonly reader: ColumnReader;
}

/** From so many series of one grid on a function goes over all of them at once, if it can. */
const MIN_BLOCK_WIDTH = 4;

/** The results of some windows in their place in an open chunk. */
function fillPlace(application: Application, windows: Windows, target: Target): void {
  const { definition, evaluation } = application;
  const { grid, columns } = windows;
  const asBlock = definition.ofBlock !== null && columns.length >= MIN_BLOCK_WIDTH;
  if (asBlock) evaluation.budget.visit(windows.rows);
  if (asBlock) definition.ofBlock?.(windows, target.chunk);
  if (asBlock && isRegular(windows)) return;
  for (let i = 0; i < columns.length; i++) {
    const number = columns[i] ?? 0;
    if (asBlock && isWhole(grid, number)) continue;
    evaluation.budget.visit(spannedRows(windows));
    const column = target.reader.read(windows, number);
    const series = windows.into.first + i;
    if (column === null) fillWithHistograms(application, windows, target, { series, column: number });
    else fillSeries(application, column, target, series);
  }
}

/** Rows from the first window through the last. */
function spannedRows({ from, to }: Windows): number {
  return (to[to.length - 1] ?? 0) - (from[0] ?? 0);
}

function isRegular({ grid, from, to }: Windows): boolean {
  if (grid.irregularCells === 0) return true;
  const end = to[to.length - 1] ?? 0;
  for (let row = from[0] ?? 0; row < end; row++) if (grid.irregularInRow[row] !== 0) return false;
  return true;
}

function fillSeries(application: Application, column: Column, target: Target, series: number): void {
  const { definition, scalars } = application;
  const { chunk } = target;
  if (definition.ofColumn === null) {
    fillWindowByWindow(application, column, target, series);
    return;
  }
  definition.ofColumn(column, { values: chunk.values, first: series, stride: chunk.width }, scalars);
  removeSparse(chunk, series, column, definition.minSamples);
}

function fillWindowByWindow(application: Application, column: Column, target: Target, series: number): void {
  const { definition } = application;
  const { budget } = application.evaluation;
  const { chunk, samples } = target;
  samples.values = column.values;
  samples.timesMs = column.timesMs;
  samples.stride = 1;
  samples.histograms = NO_HISTOGRAMS;
  for (let step = 0; step < chunk.steps; step++) {
    const from = column.from[step] ?? 0;
    const index = step * chunk.width + series;
    samples.first = from;
    samples.firstTime = from;
    samples.count = (column.to[step] ?? 0) - from;
    budget.visit(samples.count);
    const value =
      samples.count === 0 ? null : definition.ofSamples(samples, argumentsAt(application, column, samples, step));
    if (value === null) removeCell(chunk, step, index);
    else putFloat(chunk, step, index, value);
  }
}

/** Sets the times of a window. Returns the scalar arguments at its step. */
function argumentsAt(
  { evaluation, scalars, args }: Application,
  { endsMs, rangeMs }: Pick<Windows, 'endsMs' | 'rangeMs'>,
  samples: Samples,
  step: number,
): readonly number[] {
  samples.endMs = endsMs[step] ?? 0;
  samples.startMs = samples.endMs - rangeMs;
  samples.stepMs = stepTimeMs(evaluation.steps, step);
  for (let i = 0; i < scalars.length; i++) args[i] = scalars[i]?.[step] ?? Number.NaN;
  return args;
}

interface HistogramSeries {
  /** In the chunk. */
  readonly series: number;
  /** In the grid. */
  readonly column: number;
}

/** Window by window, floats and histograms apart. */
function fillWithHistograms(
  application: Application,
  windows: Windows,
  { chunk, samples }: Target,
  { series, column }: HistogramSeries,
): void {
  const name = (): string => metricNameOf(windows.into.series, series);
  const gathered = createWindowColumn(windows, column);
  for (let step = 0; step < chunk.steps; step++) {
    const index = step * chunk.width + series;
    gathered.moveTo(step, samples);
    application.evaluation.budget.visit(samples.count + samples.histograms.length);
    const value = resultOf(application, samples, argumentsAt(application, windows, samples, step), name);
    if (value === null) removeCell(chunk, step, index);
    else if (typeof value === 'number') putFloat(chunk, step, index, value);
    else putHistogram(chunk, step, index, value);
  }
}

function resultOf(
  application: Application,
  samples: Samples,
  args: readonly number[],
  name: () => string,
): number | Histogram | null {
  const { definition } = application;
  const { count, histograms } = samples;
  if (histograms.length === 0) return count === 0 ? null : definition.ofSamples(samples, args);
  return definition.histograms === 'counted'
    ? definition.ofSamples(samples, args)
    : resultWithHistograms(application, samples, args, name);
}

function resultWithHistograms(
  { definition, evaluation, place }: Application,
  samples: Samples,
  args: readonly number[],
  name: () => string,
): number | Histogram | null {
  const { annotations } = evaluation;
  const remarks: Remarks = {
    get metricName() {
      return name();
    },
    warn: (text) => annotations.warn(text, place),
    inform: (text) => annotations.inform(text, place),
  };
  if (definition.histograms === 'as points') return definition.ofPoints(pointsOf(samples), remarks);
  if (definition.histograms === 'computed') {
    if (samples.count === 0) return definition.ofHistograms(samples, remarks, args);
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  if (samples.count === 0) return definition.ofHistograms(samples, remarks, args);
  const ignored = 'ignored histograms in a range containing both floats and histograms for metric name';
  remarks.inform(`${ignored} "${remarks.metricName}"`);
  return definition.ofSamples(samples, args);
}

/** Floats and histograms of a window in time order. */
export function pointsOf({ count, values, first, stride, timesMs, firstTime, histograms }: Samples): readonly Point[] {
  if (count === 0) return histograms;
  const points: Point[] = [...histograms];
  for (let i = 0; i < count; i++) {
    const value = values[first + i * stride] ?? Number.NaN;
    points.push({ timeMs: timesMs[firstTime + i] ?? 0, value, histogram: null, startMs: 0 });
  }
  return points.sort((a, b) => a.timeMs - b.timeMs);
}
