/**
 * Samples per second and core, from the compressed remote-write request to the durable record, in 2,000-sample requests as
 * Prometheus sends them: `node test/bench/ingest.ts [--series 10000] [--scrapes 40]`. Prints one line a stage, then the whole,
 * with a table on disk (one fsync a request). Prometheus 3.5's receiver takes 150,000 to 160,000 samples/s a core.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { inflate } from '../../lib/adapters/inflate.ts';
import { admitTimes } from '../../lib/ingest/admission.ts';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import { createRemoteWriteReader } from '../../lib/ingest/remote-write.ts';
import { createRemoteWriteV2Reader } from '../../lib/ingest/remote-write-v2.ts';
import { inflateSnappy } from '../../lib/ingest/snappy.ts';
import type { Table } from '../../lib/ports.ts';
import { decodeBlock, encodeBlock } from '../../lib/series/block.ts';
import { createIngestService, type IngestFormat } from '../../lib/services/ingest.ts';
import { createMetadataStore } from '../../lib/store/metric-metadata.ts';
import { createSampleStore } from '../../lib/store/samples.ts';
import { compress, type SentSeries, writeRequest, writeRequestV2 } from '../ingest/encoder.ts';

const { values: options } = parseArgs({
  options: { series: { type: 'string', default: '10000' }, scrapes: { type: 'string', default: '40' } },
});
const SERIES = Number(options.series);
const SCRAPES = Number(options.scrapes);
const PER_REQUEST = 2_000;
const START_MS = 1_767_225_600_000;
const STEP_MS = 15_000;
const LIMITS = { ...DEFAULT_INGEST_LIMITS, maxSampleAgeMs: 10 * SCRAPES * STEP_MS };
const STORE = {
  retentionMs: 86_400_000,
  maxSampleAgeMs: LIMITS.maxSampleAgeMs,
  maxSampleFutureMs: LIMITS.maxSampleFutureMs,
};
const MAX_BLOCK_BYTES = 350_000;

/** 100 series an instance: half a labelled counter, half a classic histogram, two gauges, as a typical service has them. */
function labelsOfSeries(i: number): (readonly [string, string])[] {
  const instance = Math.floor(i / 100);
  const target = [
    ['instance', `10.0.${instance >> 8}.${instance & 255}:8080`],
    ['job', `svc-${instance % 10}`],
  ] as const;
  const k = i % 100;
  if (k < 50) {
    const path = ['/api/v1/users', '/api/v1/orders', '/login', '/search', '/health'][k % 5] ?? '';
    const status = ['200', '201', '404', '500', '503'][Math.floor(k / 5) % 5] ?? '';
    return [
      ['__name__', 'http_requests_total'],
      ...target,
      ['method', k < 25 ? 'GET' : 'POST'],
      ['path', path],
      ['status', status],
    ];
  }
  if (k === 98) return [['__name__', 'up'], ...target];
  if (k === 99) return [['__name__', 'process_resident_memory_bytes'], ...target];
  const le = ['0.005', '0.01', '0.05', '0.1', '0.5', '1', '5', '10', '+Inf'][k % 9] ?? '';
  return [['__name__', 'http_request_duration_seconds_bucket'], ...target, ['le', le], ['path', `/p${k}`]];
}

const allLabels = Array.from({ length: SERIES }, (_, i) => labelsOfSeries(i));
const rates = Float64Array.from({ length: SERIES }, (_, i) => noise(i, 0) * (i % 100 < 50 ? 400 : 90));

/** 0 to 1, the same for the same numbers. */
function noise(a: number, b: number): number {
  let x = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/** Counters that grow at rates of their own, unevenly, from starts of their own. */
function valueAt(series: number, scrape: number): number {
  const start = Math.floor(noise(series, 1) * 1_000_000);
  return start + Math.floor((rates[series] ?? 0) * (scrape + noise(series, scrape + 2)));
}

function requestsOf(
  write: (series: readonly SentSeries[]) => Uint8Array,
): { readonly body: Uint8Array; readonly receivedAtMs: number }[] {
  const requests: { body: Uint8Array; receivedAtMs: number }[] = [];
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    for (let from = 0; from < SERIES; from += PER_REQUEST) {
      const timeOf = (i: number): number => START_MS + scrape * STEP_MS + (Math.floor(i / 100) % 150) * 97;
      const sent = allLabels.slice(from, from + PER_REQUEST).map((labels, k): SentSeries => {
        const i = from + k;
        return { labels, samples: [[valueAt(i, scrape), timeOf(i)]] };
      });
      requests.push({ body: compress(write(sent)), receivedAtMs: START_MS + (scrape + 1) * STEP_MS + from });
    }
  }
  return requests;
}

const samples = SERIES * SCRAPES;

function print(name: string, spentMs: number): void {
  const rate = Math.round(samples / spentMs) * 1_000;
  console.log(`${name.padEnd(52)} ${String(rate).padStart(10)} samples/s`);
}

/** The better of two runs, the first of which also warms up. */
function measure(name: string, work: () => void): void {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 2; run++) {
    const startMs = performance.now();
    work();
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  print(name, bestMs);
}

async function measureService(
  format: IngestFormat,
  bodies: readonly { body: Uint8Array; receivedAtMs: number }[],
  onDisk: boolean,
) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  const path = onDisk ? join(folder, 'tocsin.db') : ':memory:';
  const inner = createEmbeddedTable({ path, clock: { nowMs: () => START_MS } });
  let writtenBytes = 0;
  let records = 0;
  const table: Table = {
    ...inner,
    putAll: (all) => {
      records += all.length;
      for (const record of all) writtenBytes += record.body.length;
      return inner.putAll(all);
    },
  };
  const deps = { samples: createSampleStore({ table }, STORE), metadata: createMetadataStore({ table }), inflate };
  const service = createIngestService(deps, { limits: LIMITS, keep: 'all', isSelected: null });
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  for (const { body, receivedAtMs } of bodies) {
    const outcome = await service.ingest({ format, encoding: 'snappy', body, receivedAtMs });
    if (outcome.kind !== 'stored' || outcome.rejections.causes > 0) throw new Error(JSON.stringify(outcome));
  }
  const wallMs = performance.now() - startMs;
  const cpu = process.cpuUsage(startCpu);
  const where = onDisk ? 'on disk' : 'in memory';
  print(`${format}, whole service, table ${where}, wall time`, wallMs);
  print(`${format}, whole service, table ${where}, CPU time`, (cpu.user + cpu.system) / 1_000);
  console.log(
    `    ${(writtenBytes / samples).toFixed(2)} bytes a sample in ${(records / bodies.length).toFixed(1)} records a request`,
  );
  await inner.close();
  rmSync(folder, { recursive: true, force: true });
}

const requests = requestsOf(writeRequest);
const requestsV2 = requestsOf(writeRequestV2);
console.log(`${SERIES} series, ${SCRAPES} scrapes, ${requests.length} requests`);

const messages = requests.map(({ body }) => inflateSnappy(body, LIMITS.maxInflatedBytes));
const messagesV2 = requestsV2.map(({ body }) => inflateSnappy(body, LIMITS.maxInflatedBytes));
measure('inflate snappy', () => {
  for (const { body } of requests) inflateSnappy(body, LIMITS.maxInflatedBytes);
});
const reader = createRemoteWriteReader(LIMITS);
measure('decode remote write 1.0, series known', () => {
  for (const message of messages) reader.read(message);
});
const readerV2 = createRemoteWriteV2Reader(LIMITS);
measure('decode remote write 2.0, series known', () => {
  for (const message of messagesV2) readerV2.read(message);
});
measure('decode remote write 1.0, every series new', () => {
  for (const message of messages) createRemoteWriteReader(LIMITS).read(message);
});
const batches = messages.map((message) => reader.read(message).batch);
measure('admit', () => {
  for (const batch of batches) admitTimes(batch, LIMITS, START_MS + SCRAPES * STEP_MS);
});
const rows = Array.from({ length: PER_REQUEST }, (_, row) => row);
measure('encode blocks', () => {
  for (const batch of batches) encodeBlock(batch, rows.slice(0, batch.values.length), MAX_BLOCK_BYTES);
});
const blocks = batches.flatMap(
  (batch) => encodeBlock(batch, rows.slice(0, batch.values.length), MAX_BLOCK_BYTES) ?? [],
);
measure('decode blocks', () => {
  for (const block of blocks) decodeBlock(block);
});
await measureService('remote-write-1', requests, false);
await measureService('remote-write-1', requests, true);
await measureService('remote-write-2', requestsV2, true);
