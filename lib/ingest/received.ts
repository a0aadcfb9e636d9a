import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../model/sample.ts';
import type { LabelSetCheck } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { createRejectionList, type RejectionReason, type Rejections, tooLarge } from './rejections.ts';

/** Type, help and unit of a metric, as its sender says. Empty text where it does not say. */
export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** What a decoder found in one request. */
export interface Received {
  /** Rows of the series whose labels are sound, in the order they came. */
  readonly batch: SampleBatch;
  /** Exemplars of those series: parsed, counted, not stored. */
  readonly exemplars: number;
  /** By metric name. */
  readonly metadata: ReadonlyMap<string, MetricMetadata>;
  readonly rejections: Rejections;
}

/** What decoders fill. Throws InvalidInput (code "too-large") once the request holds more than the limits allow. */
export interface ReceivedBuilder {
  /** Starts a series. Null when it was rejected (and noted): its rows are then only checked for their framing. */
  series(check: LabelSetCheck): number | null;
  /** `startMs` says since when the sample has been counting; 0, and what no block can hold, counts as not known. */
  add(series: number | null, timeMs: number, value: number, startMs?: number): void;
  addStale(series: number | null, timeMs: number): void;
  addHistogram(series: number | null, timeMs: number, histogram: Histogram, startMs?: number): void;
  addExemplar(series: number | null): void;
  /** The first that comes for a metric counts. Names that no series can have, and more metrics than series, are ignored. */
  addMetadata(metricName: string, metadata: MetricMetadata): void;
  /** Counts as a series. */
  reject(reason: RejectionReason, text: string): void;
  build(): Received;
}

/** As far from 1970 as blocks reach, in both directions. */
const MAX_START_MS = 2 ** 50;

/** An empty builder with the limits of one request. */
export function createReceivedBuilder(limits: IngestLimits): ReceivedBuilder {
  const rows = createSampleBatchBuilder();
  const rejections = createRejectionList();
  const metadata = new Map<string, MetricMetadata>();
  const numbers = new Map<Labels, number>();
  const count = createCounter(limits);
  const setStart = (startMs: number): void => {
    if (Math.abs(startMs) <= MAX_START_MS) rows.setStart(startMs);
  };
  let exemplars = 0;
  let distinct = 0;
  return {
    series(check) {
      if (check.kind === 'rejected') {
        this.reject(check.reason, check.text);
        return null;
      }
      // Label sets that a reader keeps are the same object each time: cheaper than their key.
      const known = numbers.get(check.labels);
      if (known !== undefined) return known;
      const number = rows.series(check.labels);
      if (number === distinct) {
        distinct += 1;
        count.series(check.sizeBytes);
      }
      numbers.set(check.labels, number);
      return number;
    },
    add(series, timeMs, value, startMs = 0) {
      count.samples(1);
      if (series === null) return;
      rows.add(series, timeMs, value);
      if (startMs !== 0) setStart(startMs);
    },
    addStale(series, timeMs) {
      count.samples(1);
      if (series !== null) rows.addStale(series, timeMs);
    },
    addHistogram(series, timeMs, histogram, startMs = 0) {
      count.samples(1 + histogram.positiveBuckets.length + histogram.negativeBuckets.length);
      if (series === null) return;
      rows.addHistogram(series, timeMs, histogram);
      if (startMs !== 0) setStart(startMs);
    },
    addExemplar(series) {
      if (series !== null) exemplars += 1;
    },
    addMetadata(metricName, described) {
      if (metricName === '' || metricName.length > limits.maxLabelValueBytes) return;
      if (metadata.size < limits.maxSeries && !metadata.has(metricName)) metadata.set(metricName, described);
    },
    reject(reason, text) {
      count.series(0);
      rejections.add(reason, text);
    },
    build: () => ({ batch: rows.build(), exemplars, metadata, rejections: rejections.build() }),
  };
}

/** Counts what a request holds and throws once it is too much. */
function createCounter(limits: IngestLimits): {
  series(labelBytes: number): void;
  samples(weight: number): void;
} {
  let seriesCount = 0;
  // Apart from the size of the request: remote write 2.0 may name one long text many times.
  let labelBytes = 0;
  let sampleCount = 0;
  return {
    series(sizeBytes) {
      seriesCount += 1;
      labelBytes += sizeBytes;
      if (seriesCount > limits.maxSeries) throw tooLarge(`request holds more than ${limits.maxSeries} series`);
      if (labelBytes > limits.maxInflatedBytes)
        throw tooLarge(`labels take more than ${limits.maxInflatedBytes} bytes`);
    },
    samples(weight) {
      sampleCount += weight;
      if (sampleCount > limits.maxSamples) throw tooLarge(`request holds more than ${limits.maxSamples} samples`);
    },
  };
}
