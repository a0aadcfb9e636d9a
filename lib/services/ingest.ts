import { admitTimes, mergeRejections, selectRows } from '../ingest/admission.ts';
import { parseExposition } from '../ingest/exposition.ts';
import { parseJsonBatch } from '../ingest/json-batch.ts';
import type { SeriesFilter } from '../ingest/kept-series.ts';
import type { IngestLimits } from '../ingest/limits.ts';
import type { Received } from '../ingest/received.ts';
import { MAX_TEXTS, type Rejections, tooLarge, unreadable } from '../ingest/rejections.ts';
import { createRemoteWriteReader } from '../ingest/remote-write.ts';
import { createRemoteWriteV2Reader, type MetadataOptions } from '../ingest/remote-write-v2.ts';
import { inflateSnappy } from '../ingest/snappy.ts';
import { InvalidInput, unreachable } from '../model/issue.ts';
import type { SampleBatch } from '../model/sample.ts';
import type { Inflate } from '../ports.ts';
import type { MetadataStore } from '../store/metric-metadata.ts';
import type { SampleStore } from '../store/samples.ts';

export type IngestFormat = 'remote-write-1' | 'remote-write-2' | 'text' | 'openmetrics' | 'json';
export type IngestEncoding = 'identity' | 'snappy' | 'gzip' | 'deflate' | 'zstd';

/** One request, its headers understood. */
export interface IngestRequest {
  readonly format: IngestFormat;
  readonly encoding: IngestEncoding;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
}

/** Rows of one kind and how many of them there were. */
export interface WrittenCounts {
  /** Floats and stale markers. */
  readonly samples: number;
  readonly histograms: number;
  /** Taken off the sender's hands: exemplars are counted and dropped. */
  readonly exemplars: number;
}

export type IngestOutcome =
  /** Nothing was stored. */
  | { readonly kind: 'refused'; readonly code: 'too-large' | 'unreadable'; readonly message: string }
  /** The good part is durable. `written` counts what was accepted, also what `keep: rules` then left out. */
  | {
      readonly kind: 'stored';
      readonly written: WrittenCounts;
      readonly rejections: Rejections;
      /** Accepted rows that no rule or listed query selects: what `keep: rules` saves, or would save. Null without rules to compare with. */
      readonly unselectedRows: number | null;
      readonly blocks: number;
      readonly storedBytes: number;
    };

export interface IngestSettings extends MetadataOptions {
  readonly limits: IngestLimits;
  readonly keep: 'all' | 'rules';
  /** What rules and listed queries select. Null when nothing says: then all is kept. */
  readonly isSelected: SeriesFilter | null;
}

export interface IngestService {
  /**
   * Admits and appends what one request brings; durable on return. A repeated request stores the same samples again, which changes
   * nothing: of one series and time the last write counts.
   */
  ingest(request: IngestRequest): Promise<IngestOutcome>;
}

export interface IngestDependencies {
  readonly samples: SampleStore;
  readonly metadata: MetadataStore;
  readonly inflate: Inflate;
}

/** The service; it keeps label sets from request to request, so one a process. */
export function createIngestService(deps: IngestDependencies, settings: IngestSettings): IngestService {
  const { limits } = settings;
  const decode = createDecoder(deps.inflate, settings);
  return {
    async ingest(request) {
      const received = refusalOr(() => decode(request));
      if (received.kind === 'refused') return received;
      const { batch, rejections } = admitTimes(received.value.batch, limits, request.receivedAtMs);
      const selected = settings.isSelected === null ? null : selectedRows(batch, settings.isSelected);
      const kept = selected === null || settings.keep === 'all' ? batch : selectRows(batch, selected);
      const appended = await deps.samples.append(kept, request.receivedAtMs);
      await deps.metadata.save(received.value.metadata, request.receivedAtMs);
      return {
        kind: 'stored',
        written: {
          samples: batch.values.length - batch.histograms.size,
          histograms: batch.histograms.size,
          exemplars: received.value.exemplars,
        },
        rejections: mergeRejections(received.value.rejections, rejections, MAX_TEXTS),
        unselectedRows: selected === null ? null : batch.values.length - selected.length,
        blocks: appended.blocks,
        storedBytes: appended.sizeBytes,
      };
    },
  };
}

type Refused = Extract<IngestOutcome, { kind: 'refused' }>;

function refusalOr(decode: () => Received): Refused | { readonly kind: 'received'; readonly value: Received } {
  try {
    return { kind: 'received', value: decode() };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const code = error.issues.some((issue) => issue.code === 'too-large') ? 'too-large' : 'unreadable';
    return { kind: 'refused', code, message: error.message };
  }
}

function createDecoder(inflate: Inflate, settings: IngestSettings): (request: IngestRequest) => Received {
  const { limits } = settings;
  const remoteWrite = createRemoteWriteReader(limits);
  const remoteWriteV2 = createRemoteWriteV2Reader(limits, settings);
  return (request) => {
    const { format, receivedAtMs } = request;
    if (request.body.length > limits.maxBodyBytes) {
      throw tooLarge(`body has ${request.body.length} bytes, limit ${limits.maxBodyBytes}`);
    }
    const body = inflateBody(request, inflate, limits);
    switch (format) {
      case 'remote-write-1':
        return remoteWrite.read(body);
      case 'remote-write-2':
        return remoteWriteV2.read(body);
      case 'text':
      case 'openmetrics':
        return parseExposition({ body, format, receivedAtMs }, limits);
      case 'json':
        return parseJsonBatch(body, limits, receivedAtMs);
      default:
        return unreachable(format);
    }
  };
}

function inflateBody({ body, encoding }: IngestRequest, inflate: Inflate, limits: IngestLimits): Uint8Array {
  if (encoding === 'identity') return body;
  if (encoding === 'snappy') return inflateSnappy(body, limits.maxInflatedBytes);
  const inflated = inflate(body, encoding, limits.maxInflatedBytes);
  if (inflated.kind === 'too-large')
    throw tooLarge(`body has more than ${limits.maxInflatedBytes} bytes after decompression`);
  if (inflated.kind === 'corrupt') throw unreadable(`body is not ${encoding}`);
  return inflated.bytes;
}

function selectedRows(batch: SampleBatch, isSelected: SeriesFilter): readonly number[] {
  const verdicts = batch.series.map(isSelected);
  const rows: number[] = [];
  for (let row = 0; row < batch.seriesOf.length; row++)
    if (verdicts[batch.seriesOf[row] ?? -1] === true) rows.push(row);
  return rows;
}
