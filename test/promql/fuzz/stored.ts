import type { Histogram, ResetHint } from '../../../lib/model/histogram.ts';
import { createSampleBatchBuilder } from '../../../lib/model/sample.ts';
import { createSeriesMemory, type SeriesMemory } from '../../../lib/series/memory.ts';
import { compress, type SentHistogram, type SentSeries, STALE, writeRequest } from '../../ingest/encoder.ts';
import { withStoredHints } from '../stored-hints.ts';
import type { Dataset, RandomSeries, TimedValue } from './dataset.ts';

/** The data in memory, series by series in this order. Reset hints are those that Prometheus' storage gives back. */
export function memoryOf(series: readonly RandomSeries[]): SeriesMemory {
  const memory = createSeriesMemory();
  const builder = createSampleBatchBuilder();
  for (const { labels, points } of series) {
    const number = builder.series(labels);
    const values = withStoredHints(points.map(({ value }) => value));
    points.forEach(({ timeMs }, i) => {
      const value = values[i];
      if (value?.kind === 'float') builder.add(number, timeMs, value.value);
      if (value?.kind === 'stale') builder.addStale(number, timeMs);
      if (value?.kind === 'histogram') builder.addHistogram(number, timeMs, value.histogram);
    });
  }
  memory.append(builder.build());
  return memory;
}

/** All series, metric by metric. */
export function seriesOf({ metrics }: Dataset): RandomSeries[] {
  return metrics.flatMap(({ series }) => series);
}

/**
 * Remote write requests that leave the same in Prometheus, series in this order. Each request holds one kind of sample per
 * series, because Prometheus sorts the kinds of one request apart and then finds them out of order.
 */
export function requestsOf(series: readonly RandomSeries[]): Uint8Array[] {
  const runs = series.map(({ points }) => runsOf(points));
  const count = runs.reduce((most, own) => Math.max(most, own.length), 0);
  return Array.from({ length: count }, (_, i) =>
    compress(writeRequest(series.flatMap((one, number) => sent(one, runs[number]?.[i] ?? [])))),
  );
}

function runsOf(points: readonly TimedValue[]): TimedValue[][] {
  const runs: TimedValue[][] = [];
  for (const point of points) {
    const last = runs.at(-1);
    if (last?.at(-1)?.value.kind === point.value.kind) last.push(point);
    else runs.push([point]);
  }
  return runs;
}

function sent({ labels, isFractional }: RandomSeries, points: readonly TimedValue[]): SentSeries[] {
  if (points.length === 0) return [];
  const samples: [number | typeof STALE, number][] = [];
  const histograms: SentHistogram[] = [];
  for (const { timeMs, value } of points) {
    if (value.kind === 'histogram') histograms.push(sentHistogram(value.histogram, timeMs, isFractional));
    else samples.push([value.kind === 'stale' ? STALE : value.value, timeMs]);
  }
  return [{ labels: labels.pairs, samples, histograms }];
}

const HINTS: Readonly<Record<ResetHint, number>> = { unknown: 0, reset: 1, 'not-reset': 2, gauge: 3 };

function sentHistogram(histogram: Histogram, timeMs: number, isFloat: boolean): SentHistogram {
  return {
    timeMs,
    isFloat,
    schema: histogram.schema,
    count: histogram.count,
    sum: histogram.sum,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    positiveSpans: histogram.positiveSpans.map(({ offset, length }) => [offset, length]),
    positive: histogram.positiveBuckets,
    negativeSpans: histogram.negativeSpans.map(({ offset, length }) => [offset, length]),
    negative: histogram.negativeBuckets,
    customBounds: histogram.customBounds,
    resetHint: HINTS[histogram.resetHint],
  };
}
