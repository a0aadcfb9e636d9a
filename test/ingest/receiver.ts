/** The receiver with everything behind it but Lambda: HTTP request in, reply out, samples on an embedded table. */
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { inflate } from '../../lib/adapters/inflate.ts';
import type { HttpReply, HttpRequest } from '../../lib/api/http.ts';
import { parseIngest, renderIngest } from '../../lib/api/ingest.ts';
import { DEFAULT_INGEST_LIMITS, type IngestLimits } from '../../lib/ingest/limits.ts';
import type { SampleBatch } from '../../lib/model/sample.ts';
import { createIngestService, type IngestSettings } from '../../lib/services/ingest.ts';
import { createMetadataStore, type MetadataStore } from '../../lib/store/metric-metadata.ts';
import { createSampleStore } from '../../lib/store/samples.ts';
import { printRows } from './rows.ts';

/** When every request of these tests is received. */
export const NOW_MS = 1_767_225_600_000;

const RETENTION_MS = 86_400_000;

export interface Receiver {
  post(path: string, headers: Readonly<Record<string, string>>, body: Uint8Array | string): Promise<HttpReply>;
  /** Every stored row, as `printRows` shows it, sorted. */
  rows(): Promise<readonly string[]>;
  /** Everything that is stored, block by block. */
  batches(): Promise<readonly SampleBatch[]>;
  readonly metadata: MetadataStore;
}

/** An empty receiver. */
export function createReceiver(
  limits: Partial<IngestLimits> = {},
  settings: Partial<Omit<IngestSettings, 'limits'>> = {},
  nowMs: () => number = () => NOW_MS,
): Receiver {
  const all = { ...DEFAULT_INGEST_LIMITS, ...limits };
  const table = createEmbeddedTable({ path: ':memory:', clock: { nowMs: () => NOW_MS } });
  const { maxSampleAgeMs, maxSampleFutureMs } = all;
  const samples = createSampleStore({ table }, { retentionMs: RETENTION_MS, maxSampleAgeMs, maxSampleFutureMs });
  const metadata = createMetadataStore({ table });
  const service = createIngestService(
    { samples, metadata, inflate },
    { keep: 'all', isSelected: null, ...settings, limits: all },
  );
  const batches = async (): Promise<SampleBatch[]> => {
    const all: SampleBatch[] = [];
    const memory = { append: (batch: SampleBatch) => void all.push(batch), dropBefore: () => undefined };
    const need = { metricName: null, fromMs: nowMs() - RETENTION_MS, toMs: nowMs() + RETENTION_MS };
    await samples.load(memory, [need], nowMs());
    return all;
  };
  return {
    metadata,
    async post(path, headers, body) {
      const request: HttpRequest = {
        ...{ method: 'POST', path, query: new URLSearchParams(), receivedAtMs: nowMs() },
        headers: new Map(Object.entries(headers)),
        body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
      };
      const parsed = parseIngest(request);
      if (parsed.kind === 'reply') return parsed.reply;
      return renderIngest(await service.ingest(parsed.request), parsed.request.format);
    },
    rows: async () => (await batches()).flatMap(printRows).sort(),
    batches,
  };
}
