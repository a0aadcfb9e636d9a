import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../lib/model/histogram.ts';
import { dropLabels, type Labels, labelValue, METRIC_NAME, overrideLabels } from '../../lib/model/labels.ts';
import type { SequenceValue, SeriesLine } from '../../lib/promql/series-notation.ts';

const BUCKET_LABEL = 'le';

/** The series that one native histogram is made of, and its own label set. */
interface Classic {
  readonly labels: Labels;
  readonly buckets: { readonly bound: number; readonly values: readonly SequenceValue[] }[];
  count: readonly SequenceValue[];
  sum: readonly SequenceValue[];
}

/**
 * What `load_with_nhcb` adds: of each classic histogram `x_bucket`, `x_count`, `x_sum` a native one `x` with custom buckets.
 * Buckets whose `le` is no number are left out.
 */
export function derivedHistograms(series: readonly SeriesLine[]): readonly SeriesLine[] {
  const byKey = new Map<string, Classic>();
  for (const line of series) addLine(line, byKey);
  return Array.from(byKey.values()).map((classic) => {
    const steps = Math.max(
      ...[classic.count, classic.sum, ...classic.buckets.map(({ values }) => values)].map((v) => v.length),
    );
    return { labels: classic.labels, values: Array.from({ length: steps }, (_, step) => histogramAt(classic, step)) };
  });
}

function addLine({ labels, values }: SeriesLine, byKey: Map<string, Classic>): void {
  const [, name = '', part = ''] = /^(.*)_(bucket|count|sum)$/.exec(labelValue(labels, METRIC_NAME)) ?? [];
  if (name === '') return;
  const own = overrideLabels(dropLabels(labels, new Set([BUCKET_LABEL])), [[METRIC_NAME, name]]);
  const classic = byKey.get(own.key) ?? { labels: own, buckets: [], count: [], sum: [] };
  if (part === 'count') classic.count = values;
  if (part === 'sum') classic.sum = values;
  if (part === 'bucket') {
    const bound = Number(labelValue(labels, BUCKET_LABEL).replace(/inf$/i, 'Infinity'));
    if (Number.isNaN(bound)) return;
    classic.buckets.push({ bound, values });
  }
  byKey.set(own.key, classic);
}

function floatAt(values: readonly SequenceValue[], step: number): number | null {
  const value = values[step];
  return value?.kind === 'float' ? value.value : null;
}

function histogramAt(classic: Classic, step: number): SequenceValue {
  const cumulative = new Map<number, number>();
  for (const { bound, values } of classic.buckets) {
    const count = floatAt(values, step);
    if (count !== null) cumulative.set(bound, count);
  }
  const count = floatAt(classic.count, step) ?? Math.max(...cumulative.values(), 0);
  const sum = floatAt(classic.sum, step);
  if (cumulative.size === 0 && sum === null && floatAt(classic.count, step) === null) return { kind: 'absent' };
  cumulative.set(Number.POSITIVE_INFINITY, cumulative.get(Number.POSITIVE_INFINITY) ?? count);
  const bounds = [...cumulative.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => cumulative.get(bound) ?? 0);
  const histogram: Histogram = {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum: sum ?? 0,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts.map((own, i) => own - (counts[i - 1] ?? 0)),
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: bounds.slice(0, -1),
    resetHint: 'unknown',
  };
  return { kind: 'histogram', histogram, isHintWritten: false };
}
