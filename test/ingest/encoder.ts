/** Builds remote-write requests as a sender does: protobuf by the `pbf` package, which the receiver does not use, and snappy. */
import { snappyCompress } from 'hysnappy';
import { PbfWriter } from 'pbf';

/** The stale marker: a NaN with these bits, which a JavaScript number cannot hold. */
export const STALE = Symbol('stale');
type SentValue = number | typeof STALE;

export interface SentHistogram {
  readonly timeMs: number;
  readonly schema?: number;
  readonly count?: number;
  /** A float histogram: counts are doubles, buckets absolute. */
  readonly isFloat?: boolean;
  readonly sum?: SentValue;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  readonly positiveSpans?: readonly (readonly [offset: number, length: number])[];
  /** Absolute. */
  readonly positive?: readonly number[];
  readonly negativeSpans?: readonly (readonly [offset: number, length: number])[];
  readonly negative?: readonly number[];
  readonly customBounds?: readonly number[];
  readonly resetHint?: number;
  /** Version 2 only. */
  readonly startMs?: number;
}

export interface SentSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** With a start timestamp in version 2 only. */
  readonly samples?: readonly (readonly [value: SentValue, timeMs: number, startMs?: number])[];
  readonly histograms?: readonly SentHistogram[];
  /** Label pairs of each exemplar. */
  readonly exemplars?: readonly (readonly (readonly [name: string, value: string])[])[];
  /** Version 2 only. */
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
  /** Version 2 only. */
  readonly createdAtMs?: number;
}

export interface SentMetadata {
  readonly type: number;
  readonly name: string;
  readonly help: string;
  readonly unit: string;
}

const STALE_LOW = 2;
const STALE_HIGH = 0x7ff00000;

/** A remote-write 1.0 request, not yet compressed. */
export function writeRequest(series: readonly SentSeries[], metadata: readonly SentMetadata[] = []): Uint8Array {
  const pbf = new PbfWriter();
  for (const sent of series) pbf.writeMessage(1, writeSeries, sent);
  for (const sent of metadata) {
    pbf.writeMessage(
      3,
      (said: SentMetadata, inner) => {
        inner.writeVarintField(1, said.type);
        inner.writeStringField(2, said.name);
        inner.writeStringField(4, said.help);
        inner.writeStringField(5, said.unit);
      },
      sent,
    );
  }
  return pbf.finish().slice();
}

/** A remote-write 2.0 request, not yet compressed. */
export function writeRequestV2(series: readonly SentSeries[]): Uint8Array {
  const symbols = new Map([['', 0]]);
  const ref = (text: string): number => {
    const known = symbols.get(text) ?? symbols.size;
    symbols.set(text, known);
    return known;
  };
  const refs = (labels: readonly (readonly [string, string])[]) => labels.flat().map(ref);
  const bodies = series.map((sent) => {
    const pbf = new PbfWriter();
    pbf.writePackedVarint(1, refs(sent.labels));
    for (const sample of sent.samples ?? []) pbf.writeMessage(2, writeSample, sample);
    for (const histogram of sent.histograms ?? []) pbf.writeMessage(3, writeHistogram, histogram);
    for (const labels of sent.exemplars ?? []) {
      pbf.writeMessage(4, (pairs: typeof labels, inner) => inner.writePackedVarint(1, refs(pairs)), labels);
    }
    if (sent.metadata !== undefined) {
      const { type, help, unit } = sent.metadata;
      const numbers = [type, ref(help), ref(unit)] as const;
      pbf.writeMessage(5, writeMetadataRefs, numbers);
    }
    if (sent.createdAtMs !== undefined) pbf.writeVarintField(6, sent.createdAtMs);
    return pbf.finish().slice();
  });
  const pbf = new PbfWriter();
  for (const symbol of symbols.keys()) pbf.writeStringField(4, symbol);
  for (const body of bodies) pbf.writeBytesField(5, body);
  return pbf.finish().slice();
}

/** As it goes over the wire. */
export function compress(message: Uint8Array): Uint8Array {
  return snappyCompress(message);
}

function writeMetadataRefs([type, help, unit]: readonly [number, number, number], pbf: PbfWriter): void {
  pbf.writeVarintField(1, type);
  pbf.writeVarintField(3, help);
  pbf.writeVarintField(4, unit);
}

function writeSeries(sent: SentSeries, pbf: PbfWriter): void {
  for (const label of sent.labels) pbf.writeMessage(1, writeLabel, label);
  for (const sample of sent.samples ?? []) pbf.writeMessage(2, writeSample, sample);
  for (const labels of sent.exemplars ?? []) {
    pbf.writeMessage(
      3,
      (pairs: typeof labels, inner) => {
        for (const label of pairs) inner.writeMessage(1, writeLabel, label);
      },
      labels,
    );
  }
  for (const histogram of sent.histograms ?? []) pbf.writeMessage(4, writeHistogram, histogram);
}

function writeLabel([name, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeStringField(2, value);
}

function writeSample([value, timeMs, startMs]: readonly [SentValue, number, number?], pbf: PbfWriter): void {
  writeDouble(1, value, pbf);
  pbf.writeVarintField(2, timeMs);
  if (startMs !== undefined) pbf.writeVarintField(3, startMs);
}

function writeDouble(field: number, value: SentValue, pbf: PbfWriter): void {
  pbf.writeTag(field, 1);
  if (value !== STALE) {
    pbf.writeDouble(value);
    return;
  }
  pbf.writeFixed32(STALE_LOW);
  pbf.writeFixed32(STALE_HIGH);
}

function writeHistogram(sent: SentHistogram, pbf: PbfWriter): void {
  if (sent.isFloat) pbf.writeDoubleField(2, sent.count ?? 0);
  else pbf.writeVarintField(1, sent.count ?? 0);
  writeDouble(3, sent.sum ?? 0, pbf);
  pbf.writeSVarintField(4, sent.schema ?? 0);
  pbf.writeDoubleField(5, sent.zeroThreshold ?? 0);
  if (sent.isFloat) pbf.writeDoubleField(7, sent.zeroCount ?? 0);
  else pbf.writeVarintField(6, sent.zeroCount ?? 0);
  for (const [offset, length] of sent.negativeSpans ?? []) pbf.writeMessage(8, writeSpan, { offset, length });
  if (sent.isFloat) pbf.writePackedDouble(10, [...(sent.negative ?? [])]);
  else pbf.writePackedSVarint(9, deltas(sent.negative ?? []));
  for (const [offset, length] of sent.positiveSpans ?? []) pbf.writeMessage(11, writeSpan, { offset, length });
  if (sent.isFloat) pbf.writePackedDouble(13, [...(sent.positive ?? [])]);
  else pbf.writePackedSVarint(12, deltas(sent.positive ?? []));
  pbf.writeVarintField(14, sent.resetHint ?? 0);
  pbf.writeVarintField(15, sent.timeMs);
  pbf.writePackedDouble(16, [...(sent.customBounds ?? [])]);
  if (sent.startMs !== undefined) pbf.writeVarintField(17, sent.startMs);
}

function writeSpan({ offset, length }: { readonly offset: number; readonly length: number }, pbf: PbfWriter): void {
  pbf.writeSVarintField(1, offset);
  pbf.writeVarintField(2, length);
}

function deltas(counts: readonly number[]): number[] {
  return counts.map((count, i) => count - (counts[i - 1] ?? 0));
}
