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
  const rows = createRows();
  const staleRows: number[] = [];
  const histograms = new Map<number, Histogram>();
  /** By row, up to the last that says. */
  const starts: number[] = [];
  return {
    get size() {
      return rows.size;
    },
    series(labels) {
      const known = numbers.get(labels.key);
      if (known !== undefined) return known;
      numbers.set(labels.key, series.length);
      return series.push(labels) - 1;
    },
    add(number, timeMs, value) {
      rows.add(number, timeMs, value);
    },
    addStale(number, timeMs) {
      staleRows.push(rows.add(number, timeMs, Number.NaN));
    },
    addHistogram(number, timeMs, histogram) {
      histograms.set(rows.add(number, timeMs, Number.NaN), histogram);
    },
    setStart(startMs) {
      while (starts.length < rows.size - 1) starts.push(0);
      starts[rows.size - 1] = startMs;
    },
    build() {
      const stale = new Uint8Array(rows.size);
      for (const row of staleRows) stale[row] = 1;
      return {
        series,
        ...rows.build(),
        stale,
        histograms,
        startTimesMs: starts.length === 0 ? null : startColumn(starts, rows.size),
      };
    },
  };
}

function startColumn(starts: readonly number[], rows: number): Float64Array {
  const column = new Float64Array(rows);
  column.set(starts);
  return column;
}

/** The columns that every row has. */
interface Rows {
  readonly size: number;
  /** Returns the number of the row. */
  add(series: number, timeMs: number, value: number): number;
  build(): Pick<SampleBatch, 'seriesOf' | 'timesMs' | 'values'>;
}

const FIRST_ROWS = 64;

/** Typed arrays that double: lists of numbers would be copied number by number in the end. */
function createRows(): Rows {
  let seriesOf = new Int32Array(FIRST_ROWS);
  let timesMs = new Float64Array(FIRST_ROWS);
  let values = new Float64Array(FIRST_ROWS);
  let size = 0;
  const grow = (): void => {
    const before = { seriesOf, timesMs, values };
    seriesOf = new Int32Array(size * 2);
    timesMs = new Float64Array(size * 2);
    values = new Float64Array(size * 2);
    seriesOf.set(before.seriesOf);
    timesMs.set(before.timesMs);
    values.set(before.values);
  };
  return {
    get size() {
      return size;
    },
    add(series, timeMs, value) {
      if (size === values.length) grow();
      seriesOf[size] = series;
      timesMs[size] = timeMs;
      values[size] = value;
      return size++;
    },
    build: () => ({
      seriesOf: seriesOf.slice(0, size),
      timesMs: timesMs.slice(0, size),
      values: values.slice(0, size),
    }),
  };
}
