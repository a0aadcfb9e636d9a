import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';
import type { SampleBatch } from '../model/sample.ts';
import { printPairs } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { createRejectionList, type RejectionReason, type Rejections } from './rejections.ts';

/** What may be stored of a batch. */
export interface Admission {
  /** Every row of it has a whole number of milliseconds within the limits. The same object as came in when nothing was refused. */
  readonly batch: SampleBatch;
  readonly rejections: Rejections;
}

/**
 * Refuses rows that are too old or too far ahead of `receivedAtMs`; the others pass. The same series and time twice passes too:
 * the store keeps what was written last.
 */
export function admitTimes(batch: SampleBatch, limits: IngestLimits, receivedAtMs: number): Admission {
  const oldestMs = receivedAtMs - limits.maxSampleAgeMs;
  const newestMs = receivedAtMs + limits.maxSampleFutureMs;
  const rejections = createRejectionList();
  const kept: number[] = [];
  for (let row = 0; row < batch.timesMs.length; row++) {
    const timeMs = batch.timesMs[row] ?? Number.NaN;
    if (timeMs >= oldestMs && timeMs <= newestMs) {
      kept.push(row);
      continue;
    }
    const series = printPairs(batch.series[batch.seriesOf[row] ?? -1]?.pairs ?? []);
    if (timeMs > newestMs)
      rejections.add('too-far-in-future', `out of bounds: timestamp is too far in the future for series ${series}`);
    else rejections.add('too-old', `out of bounds for series ${series}`);
  }
  return {
    batch: kept.length === batch.timesMs.length ? batch : selectRows(batch, kept),
    rejections: rejections.build(),
  };
}

/** The named rows, in that order, with only the series they use. */
export function selectRows(batch: SampleBatch, rows: readonly number[]): SampleBatch {
  const series: Labels[] = [];
  const numberOf = new Int32Array(batch.series.length).fill(-1);
  const seriesOf = new Int32Array(rows.length);
  const histograms = new Map<number, Histogram>();
  for (const [i, row] of rows.entries()) {
    const old = batch.seriesOf[row] ?? -1;
    const labels = batch.series[old];
    if (labels !== undefined && numberOf[old] === -1) numberOf[old] = series.push(labels) - 1;
    seriesOf[i] = numberOf[old] ?? -1;
    const histogram = batch.histograms.get(row);
    if (histogram !== undefined) histograms.set(i, histogram);
  }
  return {
    series,
    seriesOf,
    timesMs: Float64Array.from(rows, (row) => batch.timesMs[row] ?? Number.NaN),
    values: Float64Array.from(rows, (row) => batch.values[row] ?? Number.NaN),
    stale: Uint8Array.from(rows, (row) => batch.stale[row] ?? 0),
    histograms,
    startTimesMs: batch.startTimesMs && Float64Array.from(rows, (row) => batch.startTimesMs?.[row] ?? 0),
  };
}

/** The refusals of two steps as one list. */
export function mergeRejections(first: Rejections, second: Rejections, maxTexts: number): Rejections {
  const byReason = new Map<RejectionReason, number>(first.byReason);
  for (const [reason, count] of second.byReason) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  const texts = [...first.texts, ...second.texts].slice(0, maxTexts);
  return { causes: first.causes + second.causes, byReason, texts };
}
