import { createLabelCache, readText } from './label-cache.ts';
import { type LabelSetCheck, printPairs } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { type ReceivedHistogram, readHistogram } from './native-histogram.ts';
import { createReceivedBuilder, type Received, type ReceivedBuilder } from './received.ts';
import { BYTES, FIXED64, VARINT, WireReader } from './wire-reader.ts';

/** Reads requests of one version of remote write. Keeps label sets between requests: one reader a process. */
export interface RemoteWriteReader {
  /** The inflated message. Throws InvalidInput: "unreadable" or "too-large". */
  read(message: Uint8Array): Received;
}

const LABELS = 1 * 8 + BYTES;
const SAMPLE = 2 * 8 + BYTES;
const EXEMPLAR = 3 * 8 + BYTES;
const HISTOGRAM = 4 * 8 + BYTES;

/**
 * Remote write 1.0:
 *
 *     message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
 *     message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
 *     message Label { string name = 1; string value = 2; }
 *     message Sample { double value = 1; int64 timestamp = 2; }   // milliseconds
 *     message MetricMetadata { MetricType type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
 */
export function createRemoteWriteReader(limits: IngestLimits): RemoteWriteReader {
  const cache = createLabelCache(limits);

  const readSeries = (reader: WireReader, into: ReceivedBuilder): void => {
    const end = reader.messageEnd();
    const start = reader.position;
    while (reader.position < end && reader.bytes[reader.position] === LABELS) reader.skip(reader.tag());
    const labelsEnd = reader.position;
    const late = lateLabels(reader, end);
    const check =
      late === null ? cache.find(reader.bytes, start, labelsEnd) : cacheless(reader, { start, labelsEnd, late });
    reader.position = labelsEnd;
    readRows(reader, { end, check, limits }, into);
  };

  const cacheless = (
    reader: WireReader,
    parts: { readonly start: number; readonly labelsEnd: number; readonly late: Uint8Array },
  ): LabelSetCheck => {
    const leading = reader.bytes.subarray(parts.start, parts.labelsEnd);
    const all = new Uint8Array(leading.length + parts.late.length);
    all.set(leading);
    all.set(parts.late, leading.length);
    return cache.find(all, 0, all.length);
  };

  return {
    read(message) {
      const reader = new WireReader(message);
      const into = createReceivedBuilder(limits);
      while (reader.position < message.length) {
        const tag = reader.tag();
        if (tag === 1 * 8 + BYTES) readSeries(reader, into);
        else if (tag === 3 * 8 + BYTES) readMetadata(reader, into);
        else reader.skip(tag);
      }
      return into.build();
    },
  };
}

/** Label fields behind the first other field: legal, though no known sender writes them so. Null when there are none. */
function lateLabels(reader: WireReader, end: number): Uint8Array | null {
  const from = reader.position;
  let late: Uint8Array | null = null;
  let length = 0;
  while (reader.position < end) {
    const at = reader.position;
    const tag = reader.tag();
    reader.skip(tag);
    if (tag !== LABELS) continue;
    late ??= new Uint8Array(end - from);
    late.set(reader.bytes.subarray(at, Math.min(reader.position, end)), length);
    length += reader.position - at;
  }
  reader.close(end);
  return late === null ? null : late.subarray(0, length);
}

function readRows(
  reader: WireReader,
  series: { readonly end: number; readonly check: LabelSetCheck; readonly limits: IngestLimits },
  into: ReceivedBuilder,
): void {
  const number = into.series(series.check);
  while (reader.position < series.end) {
    const tag = reader.tag();
    if (tag === SAMPLE) readSample(reader, number, into, 0);
    else if (tag === HISTOGRAM)
      addHistogram(readHistogram(reader, series.limits.maxHistogramBuckets), series.check, number, into);
    else {
      if (tag === EXEMPLAR) into.addExemplar(number);
      reader.skip(tag);
    }
  }
}

/**
 * `Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }`, in milliseconds, the last in 2.0 only; other
 * fields are ignored. A sample that does not say since when it counts does so since `seriesStartMs`; 0 says that nobody knows.
 * The reader stands at its length.
 */
export function readSample(
  reader: WireReader,
  series: number | null,
  into: ReceivedBuilder,
  seriesStartMs: number,
): void {
  const end = reader.messageEnd();
  let value = 0;
  let isStale = false;
  let timeMs = 0;
  let startMs = 0;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 1 * 8 + FIXED64) {
      value = reader.double();
      isStale = Number.isNaN(value) && reader.wasStale();
    } else if (tag === 2 * 8 + VARINT) timeMs = reader.int64();
    else if (tag === 3 * 8 + VARINT) startMs = reader.int64();
    else reader.skip(tag);
  }
  reader.close(end);
  if (isStale) into.addStale(series, timeMs);
  else into.add(series, timeMs, value, startMs === 0 ? seriesStartMs : startMs);
}

/** Adds a histogram row, or notes why not. */
export function addHistogram(
  received: ReceivedHistogram,
  check: LabelSetCheck,
  series: number | null,
  into: ReceivedBuilder,
): void {
  if (received.kind === 'stale') into.addStale(series, received.timeMs);
  else if (received.kind === 'histogram') {
    into.addHistogram(series, received.timeMs, received.histogram, received.startMs);
  } else if (check.kind === 'labels') {
    into.reject('histogram-invalid', `${received.text} for series ${printPairs(check.labels.pairs)}`);
  }
}

/** The metric types as remote write numbers them, both versions. */
const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;

/** Name of a metric type; "unknown" for numbers nobody has defined. */
export function metricTypeName(number: number): string {
  return METRIC_TYPES[number] ?? 'unknown';
}

function readMetadata(reader: WireReader, into: ReceivedBuilder): void {
  const end = reader.messageEnd();
  let type = 0;
  let metricName: string | null = '';
  let help: string | null = '';
  let unit: string | null = '';
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 1 * 8 + VARINT) type = reader.uint32();
    else if (tag === 2 * 8 + BYTES) metricName = readText(reader);
    else if (tag === 4 * 8 + BYTES) help = readText(reader);
    else if (tag === 5 * 8 + BYTES) unit = readText(reader);
    else reader.skip(tag);
  }
  reader.close(end);
  // Metadata problems never fail a request: what is no text is left out.
  if (metricName !== null) {
    into.addMetadata(metricName, { type: metricTypeName(type), help: help ?? '', unit: unit ?? '' });
  }
}
