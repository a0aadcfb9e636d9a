/**
 * The local process and a real Prometheus get the same samples by remote write and are asked the same: queries over every part
 * of the language that 3.5 and we have in common, series and labels, and requests that must be refused.
 * Run: TOCSIN_PEERS=… node --test test/api/prometheus.integration.ts
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { emptyFolder, freePort, type RunningProgram, startTocsin } from '../e2e/processes.ts';
import { compress, type SentHistogram, type SentSeries, STALE, writeRequest } from '../ingest/encoder.ts';
import { type RealPrometheus, startPrometheus } from '../promql/real-prometheus.ts';
import { REFUSED_REQUESTS } from './prometheus-cases.ts';
import { INSTANT_QUERIES } from './prometheus-queries.ts';

const STEP_MS = 15_000;
const COUNT = 120;
/** The newest sample is a minute old when the script starts. */
const END_MS = Math.floor(Date.now() / STEP_MS) * STEP_MS - 60_000;
const START_MS = END_MS - (COUNT - 1) * STEP_MS;

function everyStep(value: (i: number) => number | typeof STALE | null): NonNullable<SentSeries['samples']> {
  return Array.from({ length: COUNT }, (_, i) => {
    const sent = value(i);
    return sent === null ? [] : [[sent, START_MS + i * STEP_MS] as const];
  }).flat();
}

function series(
  name: string,
  labels: Record<string, string>,
  value: (i: number) => number | typeof STALE | null,
): SentSeries {
  return {
    labels: Object.entries({ __name__: name, ...labels }).sort(([a], [b]) => (a < b ? -1 : 1)),
    samples: everyStep(value),
  };
}

const BOUNDS = ['0.1', '0.5', '1', '5', '+Inf'];

/** Counters with resets and gaps, gauges with odd values, classic histograms, a series that ends, names that need quotes. */
function testSeries(): readonly SentSeries[] {
  const jobs = ['api', 'web'].flatMap((job, j) =>
    ['a', 'b', 'c'].flatMap((instance, n) => [
      series(
        'requests_total',
        { job, instance, code: n === 1 ? '500' : '200' },
        (i) => (i * (7 + j + n)) % (900 + 70 * n),
      ),
      series('memory_bytes', { job, instance }, (i) => 1e6 * (1 + j) + 1e3 * Math.sin(i / (3 + n)) * i),
      series('up', { job, instance }, (i) => (i % (11 + n) === 0 ? 0 : 1)),
      ...BOUNDS.map((le, b) => series('latency_bucket', { job, instance, le }, (i) => i * (b + 1) * (n + 1))),
    ]),
  );
  return [
    ...jobs,
    series('sparse', { kind: 'gaps' }, (i) => (i % 40 < 10 ? i : null)),
    series('sparse', { kind: 'ends' }, (i) => (i < 100 ? i : i === 100 ? STALE : null)),
    series('odd', { value: 'nan' }, () => Number.NaN),
    series('odd', { value: 'inf' }, (i) => (i % 2 === 0 ? Infinity : -Infinity)),
    series('odd', { value: 'tiny' }, (i) => 10 ** -(i % 30)),
    series('odd', { value: 'huge' }, (i) => 10 ** (i % 30)),
    series('dotted.name', { 'with space': 'ü 😀 "<>&' }, (i) => i),
    ...nativeHistograms(),
    series('limits', { job: 'api' }, () => 1_500_000),
  ];
}

/** Native histograms of every layout: how the API shows their buckets. */
function nativeHistograms(): readonly SentSeries[] {
  const layouts: Readonly<Record<string, Partial<SentHistogram>>> = {
    coarse: { schema: -2, positiveSpans: [[-3, 5]], positive: [1, 0, 2, 3, 4], count: 10 },
    plain: {
      schema: 0,
      positiveSpans: [
        [-2, 2],
        [3, 2],
      ],
      positive: [1, 2, 3, 4],
      zeroThreshold: 0.001,
      zeroCount: 2,
      count: 12,
    },
    fine: {
      schema: 8,
      positiveSpans: [
        [-700, 3],
        [900, 2],
      ],
      positive: [5, 6, 7, 8, 9],
      count: 35,
    },
    medium: {
      schema: 3,
      positiveSpans: [[11, 4]],
      positive: [1, 1, 1, 1],
      negativeSpans: [[5, 3]],
      negative: [2, 0, 3],
      count: 9,
    },
    extreme: { schema: 0, positiveSpans: [[1023, 3]], positive: [1, 2, 3], count: 6 },
    custom: { schema: -53, customBounds: [-1, 0.5, 2], positiveSpans: [[0, 4]], positive: [1, 2, 3, 4], count: 10 },
    empty: {},
  };
  return Object.entries(layouts).map(([layout, fields]) => ({
    labels: [
      ['__name__', 'native'],
      ['layout', layout],
    ],
    histograms: [1, 2].map((n) => ({ ...fields, sum: 1.5 * n, timeMs: END_MS - n * STEP_MS })).reverse(),
  }));
}

let real: RealPrometheus;
let ours: RunningProgram;
let ourUrl = '';

before(async () => {
  const folder = emptyFolder('api');
  const config = join(folder, 'config');
  mkdirSync(config);
  writeFileSync(join(config, 'alertmanager.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  writeFileSync(join(config, 'tocsin.yml'), 'query: { features: [promql-experimental-functions] }\n');
  const port = await freePort();
  ourUrl = `http://127.0.0.1:${port}`;
  real = await startPrometheus([
    '--web.enable-remote-write-receiver',
    '--enable-feature=promql-experimental-functions,native-histograms',
  ]);
  ours = await startTocsin({ config, data: join(folder, 'data'), port });
  const body = compress(writeRequest(testSeries()));
  for (const url of [real.url, ourUrl]) {
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
    // A view of exactly these bytes; fetch takes no view of a shared buffer, which this is not.
    const reply = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      headers,
      body: new Blob([new Uint8Array(body)]),
    });
    assert.equal(reply.status, 204, `${url}: ${await reply.text()}`);
  }
});

after(async () => {
  await Promise.all([real?.stop(), ours?.stop()]);
});

interface Seen {
  readonly status: number;
  readonly body: unknown;
}

async function ask(url: string, target: string): Promise<Seen> {
  const reply = await fetch(`${url}/api/v1/${target}`);
  const text = await reply.text();
  const isJson = reply.headers.get('content-type') === 'application/json';
  return { status: reply.status, body: isJson ? JSON.parse(text) : text };
}

/** Without our additions, vectors in label order, and numbers to the precision to which two languages agree. */
function normalised({ body, status }: Seen): unknown {
  if (typeof body !== 'object' || body === null) return { status, body };
  const { issues: _, ...known } = Object(body);
  const { result, resultType } = Object(known.data);
  if (resultType === 'vector') {
    const key = (element: unknown): string => JSON.stringify(Object(element).metric);
    result.sort((a: unknown, b: unknown) => (key(a) < key(b) ? -1 : 1));
  }
  // The order of series of one selector is that of the storage.
  if (Array.isArray(known.data)) known.data = known.data.map((item: unknown) => JSON.stringify(item)).sort();
  return { status, body: rounded(known) };
}

const SIGNIFICANT_DIGITS = 11;

function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
  }
  const isNumber = typeof value === 'string' && /^-?[\d.]+(e[+-]\d+)?$/.test(value);
  return isNumber ? Number(Number(value).toPrecision(SIGNIFICANT_DIGITS)) : value;
}

async function compare(target: string): Promise<void> {
  const [theirs, mine] = await Promise.all([ask(real.url, target), ask(ourUrl, target)]);
  assert.deepEqual(normalised(mine), normalised(theirs), target);
}

const END_S = END_MS / 1000;

test('instant queries', async (t) => {
  for (const query of INSTANT_QUERIES) {
    for (const time of [END_S, END_S - 303.7]) await compare(`query?query=${encodeURIComponent(query)}&time=${time}`);
  }
  t.diagnostic(`${INSTANT_QUERIES.length} queries at two times`);
});

test('range queries', async () => {
  // sort() warns in range queries since 3.6; range vectors have no range queries.
  for (const query of INSTANT_QUERIES.filter((text) => !/^sort\(|\]$/.test(text))) {
    const range = `start=${END_S - 1200}&end=${END_S + 400}&step=47s`;
    await compare(`query_range?query=${encodeURIComponent(query)}&${range}`);
  }
});

test('series, labels and values', async () => {
  const interval = `start=${END_S - 600}&end=${END_S}`;
  const selectors = ['up', '{job="api",__name__=~"up|limits"}', 'sparse{kind="gaps"}', 'nothing', '{"dotted.name"}'];
  for (const selector of selectors) {
    const match = `match[]=${encodeURIComponent(selector)}`;
    await compare(`series?${match}&${interval}`);
    await compare(`labels?${match}&${interval}`);
    await compare(`label/job/values?${match}&${interval}`);
    await compare(`label/__name__/values?${match}`);
  }
  const rest = [
    'labels',
    'label/le/values',
    'label/nothing/values',
    'label/U__with_20_space/values',
    'label/with%20space/values',
  ];
  for (const target of [
    ...rest,
    'series?match[]=up&match[]=limits',
    'labels?limit=3',
    'series?match[]=limits&limit=1',
  ]) {
    await compare(target);
  }
});

test('requests that must be refused, and endpoints without samples', async () => {
  const further = [
    'nope',
    'query?query=limits&time=NaN1',
    'query?query=topk(1e30,up)',
    'query?query=up*on(job)limits',
    `query?query=${encodeURIComponent('rate({__name__=~"up|memory_bytes"}[5m])')}`,
    'scrape_pools',
    'targets',
    'targets?state=active',
    'targets?state=dropped',
    'targets?state=x',
    'targets/metadata',
    'notifications',
    'metadata',
    'query?query=up&limit=2&time=1',
    'format_query?query=sum(up)by(job)>0',
  ];
  for (const target of [...REFUSED_REQUESTS.map(([text]) => text), ...further]) await compare(target);
});

test('forms, methods and headers', async () => {
  for (const url of [real.url, ourUrl]) {
    const form = { method: 'POST', body: new URLSearchParams({ query: 'limits', time: String(END_S) }) };
    const posted = await fetch(`${url}/api/v1/query?query=up`, form);
    const { data: answered } = Object(await posted.json());
    assert.equal(answered.result[0].value[1], '1500000', url);
    assert.equal((await fetch(`${url}/api/v1/query?query=1`, { method: 'PUT' })).status, 405, url);
    assert.equal((await fetch(`${url}/api/v1/rules`, { method: 'POST' })).status, 405, url);
    const shared = await fetch(`${url}/api/v1/query?query=1`, { headers: { origin: 'http://grafana' } });
    assert.equal(shared.headers.get('access-control-allow-origin'), 'http://grafana', url);
    assert.equal((await fetch(`${url}/api/v1/query`, { method: 'OPTIONS' })).status, 204, url);
  }
});
