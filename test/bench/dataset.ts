import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Labels, labelsFromPairs } from '../../lib/model/labels.ts';
import type { SampleBatch } from '../../lib/model/sample.ts';

/** What bench/lib/gen.mjs makes: a typical alerting workload with restarts, outages and staleness markers. */
export interface Dataset {
  /** First and last instant, epoch milliseconds. */
  readonly t0: number;
  readonly tEnd: number;
  /** Timestamps, shared by the series of one instance. */
  readonly grids: readonly Float64Array[];
  readonly series: readonly {
    readonly labels: readonly (readonly [string, string])[];
    /** Index into `grids`. */
    readonly grid: number;
    readonly values: Float64Array;
  }[];
}

/** The exports of bench/lib/gen.mjs that are used. */
export interface Generator {
  /** Begins at `t0`, epoch milliseconds, else at a fixed instant. */
  makeDataset(options: { series: number; minutes: number; t0?: number }): Dataset;
  isStale(values: Float64Array, index: number): boolean;
  /** Bodies of remote write 1.0 requests. */
  remoteWriteRequests(dataset: Dataset, options: { bulk: number }): Iterable<{ readonly body: Uint8Array }>;
}

/** Imports an untyped script of the folder bench/lib in TOCSIN_SHARED (else ../shared); T says what it exports. */
export async function importShared<T>(file: string): Promise<T> {
  const shared = process.env['TOCSIN_SHARED'] ?? '../shared';
  // The scripts carry no types; the interfaces of the callers are written after reading them.
  return (await import(pathToFileURL(join(shared, 'bench', 'lib', file)).href)) as T;
}

/** All samples in one batch, series by series. */
export function batchOf(dataset: Dataset, isStale: Generator['isStale']): SampleBatch {
  const series: Labels[] = dataset.series.map(({ labels }) => labelsFromPairs(labels));
  const total = dataset.series.reduce((sum, { values }) => sum + values.length, 0);
  const seriesOf = new Int32Array(total);
  const timesMs = new Float64Array(total);
  const values = new Float64Array(total);
  const stale = new Uint8Array(total);
  let row = 0;
  for (const [number, own] of dataset.series.entries()) {
    const grid = dataset.grids[own.grid] ?? new Float64Array(0);
    for (let i = 0; i < own.values.length; i++, row++) {
      seriesOf[row] = number;
      timesMs[row] = grid[i] ?? 0;
      stale[row] = isStale(own.values, i) ? 1 : 0;
      values[row] = stale[row] === 1 ? Number.NaN : (own.values[i] ?? 0);
    }
  }
  return { series, seriesOf, timesMs, values, stale, histograms: new Map(), startTimesMs: null };
}
