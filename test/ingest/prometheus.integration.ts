/**
 * A real Prometheus scrapes an exporter and itself and writes to two receivers, by remote write 1.0 and 2.0. What it answers from
 * its own storage is what both must hold, bit for bit: floats, native histograms, and a stale marker where a series ended.
 * Needs TOCSIN_PEERS, the folder with the `prometheus` binary.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Histogram } from '../../lib/model/histogram.ts';
import { labelsFromPairs, labelsToRecord } from '../../lib/model/labels.ts';
import { createReceiver, type Receiver } from './receiver.ts';

const peers = process.env['TOCSIN_PEERS'];
if (peers === undefined) throw new Error('TOCSIN_PEERS must name the folder that holds the prometheus binary');

const SCRAPES = 6;
const PATIENCE_MS = 60_000;

const receivers: ReadonlyMap<string, Receiver> = new Map([
  ['/one', createReceiver({}, {}, Date.now)],
  ['/two', createReceiver({}, {}, Date.now)],
]);
const statuses: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'tocsin-remote-write-'));
let scrapes = 0;
let server: Server;
let prometheus: ChildProcess;
let prometheusUrl = '';

/** What the exporter says: every kind of value, and a series that ends. No -0: Prometheus' encoder takes it for 0 and leaves it out. */
function exposition(): string {
  const fleeting = scrapes < SCRAPES / 2 ? 'fleeting{kind="ends"} 1\n' : '';
  const values = `nan NaN\ninf +Inf\nminus_inf -Inf\nzero 0\ntiny 5e-324\nthird 0.3333333333333333\nbig 9007199254740993\n`;
  const labels = '{"dotted.name","label with spaces"="new\\nline 🚨"} 1\n';
  return `# HELP moving Moves.\n# TYPE moving counter\nmoving ${scrapes * 0.1}\n${values}${labels}${fleeting}`;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function listen(): Promise<Server> {
  const started = createServer(async (request, response) => {
    if (request.url === '/metrics') {
      scrapes += 1;
      response.setHeader('content-type', 'text/plain; version=0.0.4; escaping=allow-utf-8').end(exposition());
      return;
    }
    const prefix = request.url?.slice(0, 4) ?? '';
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const reply = await receivers.get(prefix)?.post('/api/v1/write', headers, await bodyOf(request));
    if (reply?.status !== 204) statuses.push(`${prefix}: ${reply?.status} ${reply?.body}`);
    response.writeHead(reply?.status ?? 404, reply?.headers).end(reply?.body);
  });
  return new Promise((resolve) => started.listen(0, '127.0.0.1', () => resolve(started)));
}

function portOf(listening: Server): number {
  // The address of a TCP server is no text and no null.
  return (listening.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const port = portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`);
    await pause(200);
  }
}

before(async () => {
  server = await listen();
  const ours = `127.0.0.1:${portOf(server)}`;
  const own = `127.0.0.1:${await freePort()}`;
  prometheusUrl = `http://${own}`;
  const write = (prefix: string, more: string) =>
    `  - url: http://${ours}${prefix}/api/v1/write\n    send_native_histograms: true\n    send_exemplars: true\n    metadata_config: {send_interval: 1s}\n${more}`;
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: exporter, static_configs: [{targets: ['${ours}']}]}
  - {job_name: prometheus, static_configs: [{targets: ['${own}']}]}
remote_write:
${write('/one', '')}${write('/two', '    protobuf_message: io.prometheus.write.v2.Request\n')}`,
  );
  prometheus = spawn(
    join(peers, 'prometheus'),
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--web.listen-address=${own}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      '--enable-feature=native-histograms,metadata-wal-records,exemplar-storage',
      '--web.console.templates=/nonexistent',
      '--web.console.libraries=/nonexistent',
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  await until('scrapes', async () => scrapes >= SCRAPES);
});

after(async () => {
  const ended = new Promise((resolve) => prometheus.once('exit', resolve));
  prometheus.kill('SIGTERM');
  await ended;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const histogramSchema = z.object({
  count: z.string(),
  sum: z.string(),
  buckets: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).optional(),
});
const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
        histograms: z.array(z.tuple([z.number(), histogramSchema])).optional(),
      }),
    ),
  }),
});

/** Every raw sample that Prometheus has: series and time, then the value or histogram in one canonical text. */
async function expectedCells(): Promise<Map<string, string>> {
  const query = new URLSearchParams({ query: '{__name__=~".+"}[5m]' });
  const response = await fetch(`${prometheusUrl}/api/v1/query?${query}`);
  const answer = answerSchema.parse(await response.json());
  const cells = new Map<string, string>();
  for (const { metric, values = [], histograms = [] } of answer.data.result) {
    const key = labelsFromPairs(Object.entries(metric)).key;
    for (const [seconds, text] of values) cells.set(`${key} ${Math.round(seconds * 1_000)}`, bitsOf(goNumber(text)));
    for (const [seconds, { count, sum, buckets = [] }] of histograms) {
      const counts = buckets.map((bucket) => Number(bucket[3]));
      cells.set(`${key} ${Math.round(seconds * 1_000)}`, JSON.stringify([Number(count), goNumber(sum), counts]));
    }
  }
  return cells;
}

function goNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** All NaN that are no stale markers are one: JavaScript does not keep their bits. */
function bitsOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16);
}

/** Counts of the populated buckets, from the most negative to the most positive, as Prometheus prints them. */
function printHistogram(h: Histogram): string {
  const counts = [...[...h.negativeBuckets].reverse(), h.zeroCount, ...h.positiveBuckets].filter(
    (count) => count !== 0,
  );
  return JSON.stringify([h.count, h.sum, counts]);
}

async function receivedCells(receiver: Receiver): Promise<Map<string, string>> {
  const cells = new Map<string, string>();
  for (const batch of await receiver.batches()) {
    for (const [row, value] of batch.values.entries()) {
      const labels = batch.series[batch.seriesOf[row] ?? -1];
      const histogram = batch.histograms.get(row);
      const shown = histogram === undefined ? bitsOf(value) : printHistogram(histogram);
      cells.set(`${labels?.key} ${batch.timesMs[row]}`, batch.stale[row] === 1 ? 'stale' : shown);
    }
  }
  return cells;
}

for (const [prefix, receiver] of receivers) {
  test(`remote write ${prefix}: what Prometheus holds arrives bit for bit`, async () => {
    const expected = await expectedCells();
    let received = new Map<string, string>();
    await until('all samples', async () => {
      received = await receivedCells(receiver);
      return [...expected.keys()].every((key) => received.has(key));
    });
    const different = [...expected].filter(([key, shown]) => received.get(key) !== shown);
    assert.deepEqual(
      different.slice(0, 5).map(([key, shown]) => `${key}: sent ${shown}, received ${received.get(key)}`),
      [],
    );
    const histograms = [...expected.values()].filter((shown) => shown.startsWith('['));
    assert.ok(expected.size > 1_000, `${expected.size} samples compared`);
    assert.ok(histograms.length > 10, `${histograms.length} native histograms compared`);
  });

  test(`remote write ${prefix}: the series that ended carries one stale marker`, async () => {
    await until('the stale marker', async () =>
      [...(await receivedCells(receiver))].some(([key, shown]) => key.includes('"fleeting"') && shown === 'stale'),
    );
    const ends = [...(await receivedCells(receiver))].filter(
      ([key, shown]) => key.includes('"fleeting"') && shown === 'stale',
    );
    assert.equal(ends.length, 1);
  });

  test(`remote write ${prefix}: UTF-8 names and metadata arrive`, async () => {
    await until('metadata', async () => (await receiver.metadata.load(Date.now())).has('moving'));
    assert.deepEqual((await receiver.metadata.load(Date.now())).get('moving'), {
      type: 'counter',
      help: 'Moves.',
      unit: '',
    });
    const series = (await receiver.batches()).flatMap((batch) => batch.series.map(labelsToRecord));
    assert.ok(
      series.some((labels) => labels['__name__'] === 'dotted.name' && labels['label with spaces'] === 'new\nline 🚨'),
    );
  });
}

test('every request was answered 204', () => assert.deepEqual(statuses, []));
