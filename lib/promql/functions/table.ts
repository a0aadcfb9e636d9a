import type { Call } from '../ast.ts';
import type { Evaluation, Value } from '../evaluation.ts';
import { formatGeneral } from '../go-format.ts';
import type { FunctionName } from '../signatures.ts';
import { absent, absentOverTime } from './absent.ts';
import { changes, delta, idelta, increase, irate, rate, resets } from './counters.ts';
import { applyElementFunction, clamp, type ElementFunction, goMax, goMin, roundTo } from './elementwise.ts';
import { histogramFraction, histogramQuantile, histogramQuantiles } from './histogram.ts';
import { info } from './info.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import * as moments from './native-moments.ts';
import * as overTime from './over-time.ts';
import { callOverPoints } from './point-calls.ts';
import { applyRangeFunction, type RangeFunction } from './range-function.ts';
import { calendarPart, constant, scalarOf, time, timestamp, vectorOf } from './scalars.ts';
import { sortByLabel, sortByValue } from './sorting.ts';
import { startTimestamp } from './start-timestamp.ts';
import { deriv, doubleExponentialSmoothing, predictLinear } from './trend.ts';

/** Computes a call whose arguments have been checked. Vectors are computed only when they are consumed. */
export type FunctionImplementation = (evaluation: Evaluation, call: Call) => Value;

const each =
  (apply: ElementFunction): FunctionImplementation =>
  (evaluation, call) =>
    applyElementFunction(evaluation, call, apply);

const overRange =
  (definition: RangeFunction): FunctionImplementation =>
  (evaluation, call) =>
    applyRangeFunction(evaluation, call, definition);

const ofHistogram =
  (moment: moments.Moment): FunctionImplementation =>
  (evaluation, call) =>
    moments.applyMoment(evaluation, call, moment);

const datePart =
  (part: Parameters<typeof calendarPart>[2]): FunctionImplementation =>
  (evaluation, call) =>
    calendarPart(evaluation, call, part);

/** One row per function. Signatures are in signatures.ts. */
const functions = {
  abs: each(Math.abs),
  absent,
  absent_over_time: absentOverTime,
  acos: each(Math.acos),
  acosh: each(Math.acosh),
  asin: each(Math.asin),
  asinh: each(Math.asinh),
  atan: each(Math.atan),
  atanh: each(Math.atanh),
  avg_over_time: overRange(overTime.avgOverTime),
  ceil: each(Math.ceil),
  changes: overRange(changes),
  clamp,
  clamp_max: each((value, max) => goMin(max, value)),
  clamp_min: each((value, min) => goMax(min, value)),
  cos: each(Math.cos),
  cosh: each(Math.cosh),
  count_over_time: overRange(overTime.countOverTime),
  day_of_month: datePart('day'),
  day_of_week: datePart('weekday'),
  day_of_year: datePart('dayOfYear'),
  days_in_month: datePart('daysInMonth'),
  deg: each((value) => (value * 180) / Math.PI),
  delta: overRange(delta),
  deriv: overRange(deriv),
  double_exponential_smoothing: overRange(doubleExponentialSmoothing),
  end: (evaluation) => constant(evaluation, evaluation.query.endMs / 1000),
  exp: each(Math.exp),
  first_over_time: overRange(overTime.firstOverTime),
  floor: each(Math.floor),
  histogram_avg: ofHistogram(moments.histogramAvg),
  histogram_count: ofHistogram(moments.histogramCount),
  histogram_fraction: histogramFraction,
  histogram_quantile: histogramQuantile,
  histogram_quantiles: histogramQuantiles,
  histogram_stddev: ofHistogram(moments.histogramStddev),
  histogram_stdvar: ofHistogram(moments.histogramStdvar),
  histogram_sum: ofHistogram(moments.histogramSum),
  hour: datePart('hour'),
  idelta: overRange(idelta),
  increase: overRange(increase),
  info,
  irate: overRange(irate),
  label_join: labelJoin,
  label_replace: labelReplace,
  last_over_time: overRange(overTime.lastOverTime),
  ln: each(Math.log),
  log10: each(Math.log10),
  log2: each(Math.log2),
  mad_over_time: overRange(overTime.madOverTime),
  max_of: (evaluation, call) => ofTwoScalars(evaluation, call, goMax),
  max_over_time: overRange(overTime.maxOverTime),
  min_of: (evaluation, call) => ofTwoScalars(evaluation, call, goMin),
  min_over_time: overRange(overTime.minOverTime),
  minute: datePart('minute'),
  month: datePart('month'),
  pi: (evaluation) => constant(evaluation, Math.PI),
  predict_linear: overRange(predictLinear),
  present_over_time: overRange(overTime.presentOverTime),
  quantile_over_time: quantileOverTime,
  rad: each((value) => (value * Math.PI) / 180),
  range: (evaluation) => constant(evaluation, (evaluation.query.endMs - evaluation.query.startMs) / 1000),
  rate: overRange(rate),
  resets: overRange(resets),
  round: (evaluation, call) =>
    applyElementFunction(evaluation, call, call.args.length === 1 ? (value) => roundTo(value, 1) : roundTo),
  scalar: scalarOf,
  sgn: each(Math.sign),
  sin: each(Math.sin),
  sinh: each(Math.sinh),
  sort: (evaluation, call) => sortByValue(evaluation, call, false),
  sort_by_label: (evaluation, call) => sortByLabel(evaluation, call, false),
  sort_by_label_desc: (evaluation, call) => sortByLabel(evaluation, call, true),
  sort_desc: (evaluation, call) => sortByValue(evaluation, call, true),
  sqrt: each(Math.sqrt),
  start: (evaluation) => constant(evaluation, evaluation.query.startMs / 1000),
  start_timestamp: startTimestamp,
  stddev_over_time: overRange(overTime.stddevOverTime),
  stdvar_over_time: overRange(overTime.stdvarOverTime),
  step: (evaluation) => constant(evaluation, evaluation.query.stepMs / 1000),
  sum_over_time: overRange(overTime.sumOverTime),
  tan: each(Math.tan),
  tanh: each(Math.tanh),
  time,
  timestamp,
  ts_of_first_over_time: overRange(overTime.tsOfFirstOverTime),
  ts_of_last_over_time: overRange(overTime.tsOfLastOverTime),
  ts_of_max_over_time: overRange(overTime.tsOfMaxOverTime),
  ts_of_min_over_time: overRange(overTime.tsOfMinOverTime),
  vector: vectorOf,
  year: datePart('year'),
} satisfies Record<FunctionName, FunctionImplementation>;

const byName: ReadonlyMap<string, FunctionImplementation> = new Map(Object.entries(functions));

/** Computes a call of any function. */
export function callFunction(evaluation: Evaluation, call: Call): Value {
  const overPoints = callOverPoints(evaluation, call);
  if (overPoints !== null) return overPoints;
  const implementation = byName.get(call.func);
  if (implementation === undefined) throw new Error(`unknown function ${call.func}`);
  return implementation(evaluation, call);
}

function quantileOverTime(evaluation: Evaluation, call: Call): Value {
  const place = call.args[0]?.span ?? call.span;
  const definition = overTime.quantileOverTime((q) =>
    evaluation.annotations.warn(`quantile value should be between 0 and 1, got ${formatGeneral(q)}`, place),
  );
  return applyRangeFunction(evaluation, call, definition);
}

function ofTwoScalars(evaluation: Evaluation, call: Call, apply: (a: number, b: number) => number): Value {
  const [lhs, rhs] = call.args;
  if (lhs === undefined || rhs === undefined) throw new Error(`${call.func} takes two scalars`);
  const values = evaluation.scalar(lhs);
  const others = evaluation.scalar(rhs);
  return { kind: 'scalar', values: values.map((value, step) => apply(value, others[step] ?? Number.NaN)) };
}
