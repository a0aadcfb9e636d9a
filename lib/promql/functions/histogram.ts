import type { Span } from '../../model/issue.ts';
import type { Call, Expr } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { formatGeneral } from '../go-format.ts';
import { withoutParens } from '../parentheses.ts';
import { warnOutside } from '../rank.ts';
import {
  type Buckets,
  bucketFraction,
  bucketQuantile,
  isComplete,
  type Repair,
  repairCounts,
} from './classic-histogram.ts';
import { forMetric } from './metric-remark.ts';
import { noteRepair } from './monotonicity.ts';
import { type NanEffect, nativeFraction, nativeQuantile } from './native-quantile.ts';
import { type HistogramFunction, overHistograms, type ResultLabel } from './over-histograms.ts';

/** histogram_quantile(q, v). */
export function histogramQuantile(evaluation: Evaluation, call: Call): Vector {
  const [rank, wrapped] = call.args;
  if (rank === undefined || wrapped === undefined) throw new Error('histogram_quantile takes two arguments');
  const argument = withoutParens(wrapped);
  return overHistograms(evaluation, argument, quantileFunction(evaluation, argument, [readRank(evaluation, rank)]));
}

/** histogram_quantiles(v, "label", q, …): a result for each q, which the label tells. */
export function histogramQuantiles(evaluation: Evaluation, call: Call): Vector {
  const [wrapped, label, ...rest] = call.args;
  if (wrapped === undefined || label === undefined) throw new Error('histogram_quantiles takes three arguments');
  const argument = withoutParens(wrapped);
  const ranks = rest.map((rank) => readRank(evaluation, rank));
  const resultLabel = labelOf(evaluation.text(label), ranks);
  return overHistograms(evaluation, argument, { ...quantileFunction(evaluation, argument, ranks), label: resultLabel });
}

/** histogram_fraction(lower, upper, v). */
export function histogramFraction(evaluation: Evaluation, call: Call): Vector {
  const [low, high, wrapped] = call.args;
  if (low === undefined || high === undefined || wrapped === undefined) {
    throw new Error('histogram_fraction takes three arguments');
  }
  const argument = withoutParens(wrapped);
  const lower = evaluation.scalar(low);
  const upper = evaluation.scalar(high);
  return overHistograms(evaluation, argument, {
    results: 1,
    label: null,
    classic: (buckets, { step }) =>
      isComplete(buckets) ? bucketFraction(lower[step] ?? 0, upper[step] ?? 0, buckets) : Number.NaN,
    native(histogram, { step, metricName }) {
      const { value, nan } = nativeFraction(lower[step] ?? 0, upper[step] ?? 0, histogram);
      if (nan !== null) noteNan(evaluation, argument.span, nan, metricName);
      return value;
    },
    finish() {},
  });
}

/** An argument that says which quantile is meant at each step. */
interface Rank {
  readonly values: Float64Array;
  readonly span: Span;
}

function readRank(evaluation: Evaluation, expr: Expr): Rank {
  return { values: evaluation.scalar(expr), span: expr.span };
}

function quantileFunction(evaluation: Evaluation, argument: Expr, ranks: readonly Rank[]): HistogramFunction {
  const repair: Repair = { fromBound: 0, toBound: 0, largestFall: 0 };
  const rankAt = (result: number, step: number): number => ranks[result]?.values[step] ?? Number.NaN;
  return {
    results: ranks.length,
    label: null,
    classic(buckets, { result, step, metricName }) {
      const q = rankAt(result, step);
      const obvious = obviousQuantile(q, buckets);
      if (obvious !== null) return obvious;
      if (repairCounts(buckets, repair)) noteRepair(evaluation, argument.span, { metricName, repair, step });
      return bucketQuantile(q, buckets);
    },
    native(histogram, { result, step, metricName }) {
      const { value, nan } = nativeQuantile(rankAt(result, step), histogram);
      if (nan !== null) noteNan(evaluation, argument.span, nan, metricName);
      return value;
    },
    finish() {
      for (const { values, span } of ranks) warnOutside(evaluation, values, span);
    },
  };
}

/** The quantile if the counts do not matter to it, else null. */
function obviousQuantile(q: number, buckets: Buckets): number | null {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  return isComplete(buckets) ? null : Number.NaN;
}

/** The values are those of all ranks at all steps, each once. */
function labelOf(name: string, ranks: readonly Rank[]): ResultLabel {
  const numberOfText = new Map<string, number>();
  const numberOf = new Map<number, number>();
  for (const rank of ranks) {
    for (const q of rank.values) {
      if (numberOf.has(q)) continue;
      const text = printRank(q);
      const number = numberOfText.get(text) ?? numberOfText.size;
      numberOfText.set(text, number);
      numberOf.set(q, number);
    }
  }
  const values = [...numberOfText.keys()];
  return { name, values, numberAt: (result, step) => numberOf.get(ranks[result]?.values[step] ?? Number.NaN) ?? 0 };
}

/** A number as OpenMetrics writes it: `0.5`, `1.0`, `+Inf`. */
function printRank(q: number): string {
  if (q === 0) return '0.0';
  const text = formatGeneral(q);
  return Number.isFinite(q) && !/[.e]/.test(text) ? `${text}.0` : text;
}

const NAN_REMARKS: Readonly<Record<NanEffect, string>> = {
  result: 'input to histogram_quantile has NaN observations, result is NaN',
  skewed: 'input to histogram_quantile has NaN observations, result is skewed higher',
  excluded: 'input to histogram_fraction has NaN observations, which are excluded from all fractions',
};

function noteNan(evaluation: Evaluation, place: Span, effect: NanEffect, metricName: string): void {
  evaluation.annotations.inform(NAN_REMARKS[effect] + forMetric(metricName), place);
}
