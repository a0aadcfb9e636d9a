import { type LabelPair, labelValue, METRIC_NAME } from '../model/labels.ts';
import { readText } from './label-cache.ts';
import { checkLabelSet, invalidUtf8, type LabelSetCheck, printPairs } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { type ReceivedHistogram, readHistogram } from './native-histogram.ts';
import { createReceivedBuilder, type ReceivedBuilder } from './received.ts';
import { tooLarge, unreadable } from './rejections.ts';
import { addHistogram, metricTypeName, type RemoteWriteReader, readSample } from './remote-write.ts';
import { BYTES, VARINT, WireReader } from './wire-reader.ts';

/** Label sets kept between requests. At most this many, with keys of as many characters; then all are forgotten. */
const MAX_KEPT = 50_000;
const MAX_KEPT_CHARS = 16_000_000;
/** Symbols a series may bring on average: names and values of its labels, help and unit. */
const MAX_SYMBOLS_PER_SERIES = 8;
/** Separates the texts of a cache key: no UTF-8 decodes to a lone surrogate. */
const SEPARATOR = '\ud800';

/** The texts of one request. Null where the bytes are no UTF-8. */
type Symbols = readonly (string | null)[];

interface SeriesParts {
  readonly labelRefs: number[];
  metadata: { type: number; helpRef: number; unitRef: number } | null;
  rows: number;
  /** Of the samples that do not say themselves; 0: not said. */
  startMs: number;
}

/** What becomes of the metadata of a series besides being kept. */
export interface MetadataOptions {
  /** Type and unit become its labels `__type__` and `__unit__` (Prometheus' feature type-and-unit-labels). */
  readonly typeAndUnitLabels?: boolean;
}

/**
 * Remote write 2.0, `io.prometheus.write.v2`; texts are numbers into a table:
 *
 *     message Request { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }   // symbols[0] is ""
 *     message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
 *                          repeated Exemplar exemplars = 4; Metadata metadata = 5; int64 created_timestamp = 6; }
 *     message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
 *     message Metadata { MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
 *
 * Older senders say once for a series what later ones say with each sample and histogram: since when it counts.
 */
export function createRemoteWriteV2Reader(limits: IngestLimits, options: MetadataOptions = {}): RemoteWriteReader {
  const kept = createKeptLabels();

  const checkRefs = (parts: SeriesParts, symbols: Symbols): LabelSetCheck => {
    const refs = parts.labelRefs;
    if (refs.length % 2 !== 0) return badRefs(`invalid labelRefs length ${refs.length}`);
    if (refs.length / 2 > limits.maxLabelsPerSeries) {
      const text = `series has ${refs.length / 2} labels, limit ${limits.maxLabelsPerSeries}`;
      return { kind: 'rejected', reason: 'too-many-labels', text };
    }
    let key = '';
    for (const ref of refs) {
      const symbol = symbols[ref];
      if (symbol === undefined) return badRefs(`labelRef ${ref} outside of symbols table (size ${symbols.length})`);
      if (symbol === null) return invalidUtf8();
      // Too long for any label set: no key, which many references could make as long as they like.
      if (key.length + symbol.length > limits.maxLabelSetBytes) return checkLabelSet(pairsOf(refs, symbols), limits);
      key += symbol + SEPARATOR;
    }
    const added = options.typeAndUnitLabels === true ? metadataPairs(parts.metadata, symbols) : [];
    key += added.flat().join(SEPARATOR);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const check = checkLabelSet(withMetadata(pairsOf(refs, symbols), added), limits);
    if (check.kind === 'labels') kept.keep(key, check);
    return check;
  };

  return {
    read(message) {
      const reader = new WireReader(message);
      const symbols = readSymbols(reader, limits);
      const into = createReceivedBuilder(limits);
      reader.position = 0;
      while (reader.position < message.length) {
        const tag = reader.tag();
        if (tag !== 5 * 8 + BYTES) {
          reader.skip(tag);
          continue;
        }
        const range = { end: reader.messageEnd(), start: reader.position };
        const parts = readParts(reader, range.end);
        const checked = checkRefs(parts, symbols);
        const check = parts.rows === 0 ? withoutRows(checked) : checked;
        reader.position = range.start;
        readRows(reader, { end: range.end, check, limits, startMs: parts.startMs }, into);
        if (parts.metadata !== null && check.kind === 'labels') describe(parts.metadata, check, symbols, into);
      }
      return into.build();
    },
  };
}

/** Label sets by their texts. */
interface KeptLabels {
  get(key: string): LabelSetCheck | undefined;
  keep(key: string, check: LabelSetCheck): void;
}

function createKeptLabels(): KeptLabels {
  const kept = new Map<string, LabelSetCheck>();
  let keptChars = 0;
  return {
    get: (key) => kept.get(key),
    keep(key, check) {
      if (kept.size >= MAX_KEPT || keptChars + key.length > MAX_KEPT_CHARS) {
        kept.clear();
        keptChars = 0;
      }
      kept.set(key, check);
      keptChars += key.length;
    },
  };
}

function badRefs(text: string): LabelSetCheck {
  return { kind: 'rejected', reason: 'label-refs', text: `parsing labels for series: ${text}` };
}

function withoutRows(check: LabelSetCheck): LabelSetCheck {
  if (check.kind === 'rejected') return check;
  const series = printPairs(check.labels.pairs);
  const text = `TimeSeries must contain at least one sample or histogram for series ${series}`;
  return { kind: 'rejected', reason: 'series-empty', text };
}

function pairsOf(refs: readonly number[], symbols: Symbols): LabelPair[] {
  const pairs: LabelPair[] = [];
  for (let i = 0; i + 1 < refs.length; i += 2)
    pairs.push([symbols[refs[i] ?? 0] ?? '', symbols[refs[i + 1] ?? 0] ?? '']);
  return pairs;
}

/** Nothing when neither is said. */
function metadataPairs(metadata: SeriesParts['metadata'], symbols: Symbols): LabelPair[] {
  const type = metricTypeName(metadata?.type ?? 0);
  const unit = symbols[metadata?.unitRef ?? 0] ?? '';
  const pairs: LabelPair[] = [];
  if (type !== 'unknown') pairs.push(['__type__', type]);
  if (unit !== '') pairs.push(['__unit__', unit]);
  return pairs;
}

/** What a sender says as metadata takes the place of what it says as labels. */
function withMetadata(pairs: readonly LabelPair[], added: readonly LabelPair[]): readonly LabelPair[] {
  if (added.length === 0) return pairs;
  return [...pairs.filter(([name]) => name !== '__type__' && name !== '__unit__'), ...added];
}

/** The table may stand behind the series that use it, so it is read first. */
function readSymbols(reader: WireReader, limits: IngestLimits): Symbols {
  const limit = limits.maxSeries * MAX_SYMBOLS_PER_SERIES;
  const symbols: (string | null)[] = [];
  while (reader.position < reader.bytes.length) {
    const tag = reader.tag();
    if (tag !== 4 * 8 + BYTES) {
      reader.skip(tag);
      continue;
    }
    if (symbols.length >= limit) throw tooLarge(`request holds more than ${limit} symbols`);
    symbols.push(readText(reader));
  }
  reader.close(reader.bytes.length);
  if (symbols.length > 0 && symbols[0] !== '') throw unreadable('symbols[0] must be the empty string');
  return symbols;
}

/** One pass for what stands apart from the rows, in any order. The reader stands behind the length of the series. */
function readParts(reader: WireReader, end: number): SeriesParts {
  const parts: SeriesParts = { labelRefs: [], metadata: null, rows: 0, startMs: 0 };
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 1 * 8 + BYTES) {
      const packedEnd = reader.messageEnd();
      while (reader.position < packedEnd) parts.labelRefs.push(reader.uint32());
      reader.close(packedEnd);
    } else if (tag === 1 * 8 + VARINT) parts.labelRefs.push(reader.uint32());
    else if (tag === 5 * 8 + BYTES) parts.metadata = readMetadata(reader);
    else if (tag === 6 * 8 + VARINT) parts.startMs = reader.int64();
    else {
      if (tag === 2 * 8 + BYTES || tag === 3 * 8 + BYTES) parts.rows += 1;
      reader.skip(tag);
    }
  }
  reader.close(end);
  return parts;
}

function readMetadata(reader: WireReader): { type: number; helpRef: number; unitRef: number } {
  const end = reader.messageEnd();
  const metadata = { type: 0, helpRef: 0, unitRef: 0 };
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === 1 * 8 + VARINT) metadata.type = reader.uint32();
    else if (tag === 3 * 8 + VARINT) metadata.helpRef = reader.uint32();
    else if (tag === 4 * 8 + VARINT) metadata.unitRef = reader.uint32();
    else reader.skip(tag);
  }
  reader.close(end);
  return metadata;
}

function readRows(
  reader: WireReader,
  series: {
    readonly end: number;
    readonly check: LabelSetCheck;
    readonly limits: IngestLimits;
    readonly startMs: number;
  },
  into: ReceivedBuilder,
): void {
  const number = into.series(series.check);
  while (reader.position < series.end) {
    const tag = reader.tag();
    if (tag === 2 * 8 + BYTES) readSample(reader, number, into, series.startMs);
    else if (tag === 3 * 8 + BYTES) {
      const received = readHistogram(reader, series.limits.maxHistogramBuckets);
      addHistogram(startedBy(received, series.startMs), series.check, number, into);
    } else {
      if (tag === 4 * 8 + BYTES) into.addExemplar(number);
      reader.skip(tag);
    }
  }
}

function startedBy(received: ReceivedHistogram, seriesStartMs: number): ReceivedHistogram {
  if (seriesStartMs === 0 || received.kind !== 'histogram' || received.startMs !== 0) return received;
  return { ...received, startMs: seriesStartMs };
}

/** Metadata problems never fail a request: a reference beyond the table reads as no text. */
function describe(
  metadata: { readonly type: number; readonly helpRef: number; readonly unitRef: number },
  check: Extract<LabelSetCheck, { kind: 'labels' }>,
  symbols: Symbols,
  into: ReceivedBuilder,
): void {
  const help = symbols[metadata.helpRef] ?? '';
  const unit = symbols[metadata.unitRef] ?? '';
  // An unspecified type without texts says nothing.
  if (metadata.type === 0 && help === '' && unit === '') return;
  into.addMetadata(labelValue(check.labels, METRIC_NAME), { type: metricTypeName(metadata.type), help, unit });
}
