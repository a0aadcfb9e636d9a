import type { Histogram } from './histogram.ts';
import type { Labels } from './labels.ts';

/**
 * Samples as columns: how they cross from decoders to the store, from the store to memory, and from rules to the store.
 * Row i says that `series[seriesOf[i]]` had `values[i]` at `timesMs[i]`. Rows are in the order they arrived.
 */
export interface SampleBatch {
  /** Distinct label sets, each with its metric name under `__name__`. */
  readonly series: readonly Labels[];
  readonly seriesOf: Int32Array;
  readonly timesMs: Float64Array;
  /** NaN where `stale` is 1 or where the row is a histogram. */
  readonly values: Float64Array;
  /** 1 where the series was marked stale at that time. Never a special NaN value: V8 does not keep NaN bits. */
  readonly stale: Uint8Array;
  /** Rows that are native histograms, by row number. Empty for most batches. */
  readonly histograms: ReadonlyMap<number, Histogram>;
  /** Since when each row has been counting, epoch milliseconds, 0 where it is not known; null when no row says. */
  readonly startTimesMs: Float64Array | null;
}

/** Collects rows into a SampleBatch; label sets are interned by key. */
export interface SampleBatchBuilder {
  readonly size: number;
  series(labels: Labels): number;
  add(series: number, timeMs: number, value: number): void;
  addStale(series: number, timeMs: number): void;
  addHistogram(series: number, timeMs: number, histogram: Histogram): void;
  /** Says since when the row added last has been counting. */
  setStart(startMs: number): void;
  build(): SampleBatch;
}

/** An empty builder. The batch it builds owns its arrays. */
export function createSampleBatchBuilder(): SampleBatchBuilder {
  const series: Labels[] = [];
  const numbers = new Map<string, number>();
  const seriesOf: number[] = [];
  const timesMs: number[] = [];
  const values: number[] = [];
  const staleRows: number[] = [];
  const histograms = new Map<number, Histogram>();
  const starts = new Map<number, number>();
  const add = (number: number, timeMs: number, value: number): number => {
    seriesOf.push(number);
    timesMs.push(timeMs);
    return values.push(value) - 1;
  };
  return {
    get size() {
      return values.length;
    },
    series(labels) {
      const known = numbers.get(labels.key);
      if (known !== undefined) return known;
      numbers.set(labels.key, series.length);
      return series.push(labels) - 1;
    },
    add,
    addStale(number, timeMs) {
      staleRows.push(add(number, timeMs, Number.NaN));
    },
    addHistogram(number, timeMs, histogram) {
      histograms.set(add(number, timeMs, Number.NaN), histogram);
    },
    setStart(startMs) {
      starts.set(values.length - 1, startMs);
    },
    build() {
      const stale = new Uint8Array(values.length);
      for (const row of staleRows) stale[row] = 1;
      return {
        series,
        seriesOf: Int32Array.from(seriesOf),
        timesMs: Float64Array.from(timesMs),
        values: Float64Array.from(values),
        stale,
        histograms,
        startTimesMs: starts.size === 0 ? null : Float64Array.from(values, (_, row) => starts.get(row) ?? 0),
      };
    },
  };
}
