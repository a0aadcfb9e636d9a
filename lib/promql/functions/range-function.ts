import type { Histogram } from '../../model/histogram.ts';
import type { Span } from '../../model/issue.ts';
import { FLOAT, HISTOGRAM } from '../../series/cells.ts';
import type { Grid } from '../../series/grid.ts';
import type { Call, Expr } from '../ast.ts';
import {
  type Chunk,
  clearStep,
  createChunkMaker,
  openStep,
  presentCells,
  putFloat,
  putHistogram,
  removeCell,
} from '../chunk.ts';
import type { Evaluation, Ranges, Vector, Windows } from '../evaluation.ts';
import { dropNames } from '../names.ts';
import { metricNameOf } from '../series-list.ts';
import { QueryError } from '../value.ts';

/**
 * The floats of one series in one window: sample i has `values[first + i * stride]` at `timesMs[firstTime + i]`.
 * A view that is moved from window to window: do not keep it.
 */
export interface Samples {
  count: number;
  values: Float64Array;
  first: number;
  stride: number;
  timesMs: Float64Array;
  firstTime: number;
  /** The window is (startMs, endMs]. */
  startMs: number;
  endMs: number;
  /** The time of the step itself, without offset and @. */
  stepMs: number;
  /** Native histograms of the series in the window, which are not among the values; in time order. */
  histograms: HistogramSample[];
}

/** A native histogram in a window. */
export interface HistogramSample {
  readonly timeMs: number;
  readonly histogram: Histogram;
}

/** A function of a range vector: one number per series and window, or null for no result. */
export interface RangeFunction {
  /** `args` are the scalar arguments at the step, in order. `count` is at least 1, or `histograms` is. */
  ofSamples(samples: Samples, args: readonly number[]): number | null;
  /**
   * The same for all series of a grid at once, for windows without gaps; fills every step of the chunk.
   * Null when going series by series is as good.
   */
  readonly ofBlock: ((windows: Windows, chunk: Chunk) => void) | null;
  /**
   * Native histograms: counted by the function itself; left out with a remark; computed by `ofHistograms`, which allows no
   * floats beside them; or not understood yet.
   */
  readonly histograms: 'counted' | 'ignored' | 'computed' | 'not yet';
  /** The result for a window of nothing but histograms, or null. `warn` takes a text that names the metric. */
  ofHistograms(samples: Samples, warn: (text: (metricName: string) => string) => void): Histogram | null;
  readonly keepsName: boolean;
  /** The argument is meant to be a counter, and its name should say so. */
  readonly wantsCounter: boolean;
}

/** A range function that drops the name and has no block form. */
export function rangeFunction(
  ofSamples: RangeFunction['ofSamples'],
  parts: Partial<Omit<RangeFunction, 'ofSamples'>> = {},
): RangeFunction {
  return {
    ofSamples,
    ofBlock: null,
    histograms: 'not yet',
    ofHistograms: () => null,
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
  // As in Prometheus, which has lost the place of a subquery when it comes to remarks.
  const place = argument.kind === 'subquery' ? { start: 0, end: 0 } : argument.span;
  const scalars = call.args.filter((_, i) => i !== position).map((arg) => evaluation.scalar(arg));
  const computed = vectorOf({ evaluation, call, place, definition, scalars }, ranges);
  return definition.keepsName ? computed : dropNames(evaluation, computed, 'error');
}

function withoutParens(expr: Expr): Expr {
  return expr.kind === 'paren' ? withoutParens(expr.expr) : expr;
}

interface Application {
  readonly evaluation: Evaluation;
  readonly call: Call;
  /** What remarks are about. */
  readonly place: Span;
  readonly definition: RangeFunction;
  readonly scalars: readonly Float64Array[];
}

function vectorOf(application: Application, ranges: Ranges): Vector {
  const { evaluation, definition } = application;
  return {
    kind: 'vector',
    distinct: ranges.distinct,
    each(consume) {
      const maker = createChunkMaker();
      const samples = createSamples();
      let held = 0;
      ranges.each((windows) => {
        const chunk = maker.make(windows.series, evaluation.steps.count);
        definition.ofBlock?.(windows, chunk);
        for (let step = 0; step < chunk.steps; step++) fillStep(application, windows, { chunk, samples, step });
        if (definition.wantsCounter) checkName(application, chunk);
        evaluation.budget.hold(presentCells(chunk));
        held += presentCells(chunk);
        consume(chunk);
      });
      evaluation.budget.release(held);
    },
  };
}

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
    histograms: [],
  };
}

interface StepTarget {
  readonly chunk: Chunk;
  readonly samples: Samples;
  readonly step: number;
}

/** One step of all series; where the block form ran, only of the series whose window has gaps. */
function fillStep(application: Application, windows: Windows, target: StepTarget): void {
  const { definition, evaluation, scalars } = application;
  const { chunk, samples, step } = target;
  const from = windows.from[step] ?? 0;
  const to = windows.to[step] ?? 0;
  evaluation.budget.visit((to - from) * (definition.ofBlock === null ? chunk.width : 1));
  const regular = isRegular(windows.grid, from, to);
  const repairing = definition.ofBlock !== null;
  if (repairing && regular) return;
  if (repairing) openStep(chunk, step);
  else clearStep(chunk, step);
  if (from === to) return;
  const args = scalars.map((values) => values[step] ?? Number.NaN);
  samples.endMs = windows.endsMs[step] ?? 0;
  samples.startMs = samples.endMs - windows.rangeMs;
  samples.stepMs = evaluation.steps.startMs + step * evaluation.steps.stepMs;
  for (let series = 0; series < chunk.width; series++) {
    const column = windows.columns[series] ?? 0;
    const whole = regular || windows.grid.irregularInColumn[column] === 0;
    if (whole && repairing) continue;
    if (whole) viewColumn(windows.grid, column, { from, to }, samples);
    else gatherColumn(windows.grid, column, { from, to }, samples);
    const index = step * chunk.width + series;
    const value = resultOf(application, samples, args, () => metricNameOf(windows.series, series));
    if (value === null) removeCell(chunk, step, index);
    else if (typeof value === 'number') putFloat(chunk, step, index, value);
    else putHistogram(chunk, step, index, value);
  }
}

function isRegular(grid: Grid, from: number, to: number): boolean {
  for (let row = from; row < to; row++) if (grid.irregularInRow[row] !== 0) return false;
  return true;
}

interface Rows {
  readonly from: number;
  readonly to: number;
}

function viewColumn(grid: Grid, column: number, { from, to }: Rows, samples: Samples): void {
  samples.count = to - from;
  samples.values = grid.values;
  samples.first = from * grid.width + column;
  samples.stride = grid.width;
  samples.timesMs = grid.timesMs;
  samples.firstTime = from;
  if (samples.histograms.length > 0) samples.histograms = [];
}

// Scratch space of gatherColumn: what is in it never outlives the call of a range function.
let gatheredValues = new Float64Array(64);
let gatheredTimesMs = new Float64Array(64);

function gatherColumn(grid: Grid, column: number, { from, to }: Rows, samples: Samples): void {
  if (to - from > gatheredValues.length) {
    gatheredValues = new Float64Array((to - from) * 2);
    gatheredTimesMs = new Float64Array((to - from) * 2);
  }
  samples.count = 0;
  if (samples.histograms.length > 0) samples.histograms = [];
  for (let row = from; row < to; row++) {
    const cell = row * grid.width + column;
    if (grid.cells[cell] === FLOAT) {
      gatheredValues[samples.count] = grid.values[cell] ?? 0;
      gatheredTimesMs[samples.count++] = grid.timesMs[row] ?? 0;
    } else gatherHistogram(grid, cell, row, samples);
  }
  samples.values = gatheredValues;
  samples.timesMs = gatheredTimesMs;
  samples.first = 0;
  samples.stride = 1;
  samples.firstTime = 0;
}

function gatherHistogram(grid: Grid, cell: number, row: number, samples: Samples): void {
  const histogram = grid.cells[cell] === HISTOGRAM ? grid.histograms.get(cell) : undefined;
  if (histogram !== undefined) samples.histograms.push({ timeMs: grid.timesMs[row] ?? 0, histogram });
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
  { definition, call, evaluation, place }: Application,
  samples: Samples,
  args: readonly number[],
  name: () => string,
): number | Histogram | null {
  const { annotations } = evaluation;
  if (definition.histograms === 'not yet') {
    throw new QueryError(`${call.func}() of native histograms is not supported yet`);
  }
  if (definition.histograms === 'computed') {
    if (samples.count === 0) {
      return definition.ofHistograms(samples, (text) => annotations.warn(text(name()), place));
    }
    annotations.warn(`encountered a mix of histograms and floats for metric name "${name()}"`, place);
    return null;
  }
  if (samples.count === 0) return null;
  const ignored = 'ignored histograms in a range containing both floats and histograms for metric name';
  annotations.inform(`${ignored} "${name()}"`, place);
  return definition.ofSamples(samples, args);
}

const COUNTER_NAME = /(_total|_sum|_count|_bucket)$/;

function checkName({ evaluation, place }: Application, chunk: Chunk): void {
  const table = chunk.series.rows?.table;
  if (table !== undefined && COUNTER_NAME.test(table.name)) return;
  for (let series = 0; series < chunk.width; series++) {
    const name = metricNameOf(chunk.series, series);
    if (name === '' || COUNTER_NAME.test(name) || !hasFloat(chunk, series)) continue;
    const text = `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "${name}"`;
    evaluation.annotations.inform(text, place);
    if (table !== undefined) return;
  }
}

function hasFloat(chunk: Chunk, series: number): boolean {
  for (let step = 0; step < chunk.steps; step++) {
    if (chunk.irregular[step] === 0 || chunk.cells[step * chunk.width + series] === FLOAT) return true;
  }
  return false;
}
