import { labelValue, METRIC_NAME } from '../../model/labels.ts';
import { printRfc3339 } from '../../model/rfc3339.ts';
import { FLOAT, HISTOGRAM } from '../../series/cells.ts';
import type { Call, Expr } from '../ast.ts';
import { type Chunk, cellKind, emptyChunk, putFloat } from '../chunk.ts';
import { withCollected } from '../collect.ts';
import { type Evaluation, stepTimeMs, type Vector } from '../evaluation.ts';
import { formatGeneral } from '../go-format.ts';
import { dropNames } from '../names.ts';
import { warnOutside } from '../rank.ts';
import { createGroupIndex, labelledSeries, metricNameOf } from '../series-list.ts';
import { QueryError } from '../value.ts';
import {
  type Buckets,
  bucketFraction,
  bucketQuantile,
  isComplete,
  type Repair,
  repairCounts,
} from './classic-histogram.ts';

const BUCKET_LABEL = 'le';

/** histogram_quantile(q, b) over classic buckets: one result for all buckets that differ only in `le`. */
export function histogramQuantile(evaluation: Evaluation, call: Call): Vector {
  const [rank, argument] = call.args;
  if (rank === undefined || argument === undefined) throw new Error('histogram_quantile takes two arguments');
  const quantiles = evaluation.scalar(rank);
  const repairs = createRepairs(evaluation, argument);
  return overClassic(evaluation, argument, {
    compute(buckets, step, name) {
      const q = quantiles[step] ?? Number.NaN;
      if (Number.isNaN(q)) return Number.NaN;
      if (q < 0) return Number.NEGATIVE_INFINITY;
      if (q > 1) return Number.POSITIVE_INFINITY;
      if (!isComplete(buckets)) return Number.NaN;
      const repair = repairCounts(buckets);
      if (repair !== null) repairs.add(name, repair, step);
      return bucketQuantile(q, buckets);
    },
    finish() {
      warnOutside(evaluation, quantiles, rank.span);
      repairs.report();
    },
  });
}

/** histogram_fraction(lower, upper, b) over classic buckets. */
export function histogramFraction(evaluation: Evaluation, call: Call): Vector {
  const [low, high, argument] = call.args;
  if (low === undefined || high === undefined || argument === undefined) {
    throw new Error('histogram_fraction takes three arguments');
  }
  const lower = evaluation.scalar(low);
  const upper = evaluation.scalar(high);
  return overClassic(evaluation, argument, {
    compute: (buckets, step) =>
      isComplete(buckets) ? bucketFraction(lower[step] ?? 0, upper[step] ?? 0, buckets) : Number.NaN,
    finish() {},
  });
}

interface ClassicFunction {
  /** The result for one histogram at one step. May change the counts. */
  compute(buckets: Buckets, step: number, metricName: string): number;
  finish(): void;
}

function overClassic(evaluation: Evaluation, argument: Expr, definition: ClassicFunction): Vector {
  const vector = evaluation.vector(argument);
  const computed: Vector = {
    kind: 'vector',
    distinct: false,
    each(consume) {
      withCollected(evaluation, vector, (chunk) => {
        refuseNative(chunk);
        const result = computeGroups(chunk, groupBuckets(evaluation, argument, chunk), definition);
        definition.finish();
        consume(result);
      });
    },
  };
  return dropNames(evaluation, computed, 'error-at-one-step');
}

function refuseNative(chunk: Chunk): void {
  for (const cell of chunk.histograms?.keys() ?? []) {
    if (chunk.cells[cell] === HISTOGRAM) throw new QueryError('native histograms are not supported yet');
  }
}

interface Bucket {
  readonly series: number;
  readonly bound: number;
}

/** The buckets of each histogram, ascending by bound. */
interface BucketGroups {
  readonly buckets: readonly (readonly Bucket[])[];
  readonly chunk: Chunk;
}

function groupBuckets(evaluation: Evaluation, argument: Expr, chunk: Chunk): BucketGroups {
  const groups = createGroupIndex({ labels: [BUCKET_LABEL], without: true, nameCounts: true });
  const numbers = groups.numbersOf(chunk.series);
  const buckets: Bucket[][] = Array.from({ length: groups.count }, () => []);
  for (let series = 0; series < chunk.width; series++) {
    const text = labelValue(chunk.series.labels(series), BUCKET_LABEL);
    const bound = parseBound(text);
    if (Number.isNaN(bound)) warnMalformed(evaluation, argument, text, metricNameOf(chunk.series, series));
    else buckets[numbers[series] ?? 0]?.push({ series, bound });
  }
  for (const own of buckets) own.sort((a, b) => (a.bound === b.bound ? a.series - b.series : a.bound - b.bound));
  const labels = buckets.map((_, group) => groups.labels(group));
  const marked = new Uint8Array(labels.length);
  for (let series = 0; series < chunk.width; series++) {
    if (chunk.series.isMarked(series)) marked[numbers[series] ?? 0] = 1;
  }
  return { buckets, chunk: emptyChunk(labelledSeries(labels, marked), chunk.steps) };
}

function warnMalformed(evaluation: Evaluation, argument: Expr, text: string, name: string): void {
  const metric = name === '' ? '' : ` for metric name "${name}"`;
  const warning = `bucket label "le" is missing or has a malformed value of "${text}"${metric}`;
  evaluation.annotations.warn(warning, argument.span);
}

/** As Go's ParseFloat for what occurs in `le`; NaN when it is no number. */
function parseBound(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite === null) return Number.NaN;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function computeGroups(source: Chunk, groups: BucketGroups, definition: ClassicFunction): Chunk {
  const result = groups.chunk;
  const most = Math.max(0, ...groups.buckets.map((own) => own.length));
  const scratch: Buckets = { count: 0, bounds: new Float64Array(most), counts: new Float64Array(most) };
  groups.buckets.forEach((own, group) => {
    const name = labelValue(result.series.labels(group), METRIC_NAME);
    for (let step = 0; step < source.steps; step++) {
      readBuckets(source, own, step, scratch);
      if (scratch.count === 0) continue;
      putFloat(result, step, step * result.width + group, definition.compute(scratch, step, name));
    }
  });
  return result;
}

/** Buckets present at a step; those with equal bounds count as one. */
function readBuckets(source: Chunk, own: readonly Bucket[], step: number, into: Buckets): void {
  into.count = 0;
  for (const { series, bound } of own) {
    const cell = step * source.width + series;
    if (cellKind(source, step, cell) !== FLOAT) continue;
    const value = source.values[cell] ?? 0;
    if (into.count > 0 && into.bounds[into.count - 1] === bound) {
      into.counts[into.count - 1] = (into.counts[into.count - 1] ?? 0) + value;
    } else {
      into.bounds[into.count] = bound;
      into.counts[into.count++] = value;
    }
  }
}

interface Repairs {
  add(metricName: string, repair: Repair, step: number): void;
  /** One remark per metric name, for all steps together. */
  report(): void;
}

interface RepairSummary extends Repair {
  readonly samples: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

function createRepairs(evaluation: Evaluation, argument: Expr): Repairs {
  const byName = new Map<string, RepairSummary>();
  return {
    add(metricName, repair, step) {
      const timeMs = stepTimeMs(evaluation.steps, step);
      const known = byName.get(metricName) ?? { ...repair, samples: 0, firstMs: timeMs, lastMs: timeMs };
      byName.set(metricName, {
        fromBound: Math.min(known.fromBound, repair.fromBound),
        toBound: Math.max(known.toBound, repair.toBound),
        largestFall: Math.max(known.largestFall, repair.largestFall),
        samples: known.samples + 1,
        firstMs: Math.min(known.firstMs, timeMs),
        lastMs: Math.max(known.lastMs, timeMs),
      });
    },
    report() {
      for (const [name, repair] of byName) {
        evaluation.annotations.inform(printRepair(name, repair), argument.span);
      }
    },
  };
}

const MONOTONICITY =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

function printRepair(name: string, repair: RepairSummary): string {
  const metric = name === '' ? '' : ` for metric name "${name}"`;
  const buckets = `from buckets ${formatGeneral(repair.fromBound)} to ${formatGeneral(repair.toBound)}`;
  const times = `from ${printRfc3339(repair.firstMs, 'trimmed')} to ${printRfc3339(repair.lastMs, 'trimmed')}`;
  return `${MONOTONICITY}${metric}, ${buckets}, with a max diff of ${formatGeneral(repair.largestFall, 2)}, over ${repair.samples} samples ${times}`;
}
