// Everything that a network may bring: garbage, bombs, floods, half requests, strange paths. Whatever comes, the answer is 2xx or 4xx with
// a plain text, the process lives, answers others meanwhile, and keeps what was good.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parseManifest, type Route } from '../../lib/local/manifest.ts';
import { compress, writeRequest, writeRequestV2 } from '../ingest/encoder.ts';
import { ALERTS, type Besieged, FORM, JSON_BODY, requireCalm, startBesieged, TEXT } from './besieged.ts';
import { type Attempt, attempt, createRandom, damaged, type Outcome } from './hostile.ts';

const SEED = Number(process.env['TOCSIN_SEED'] ?? 20_260_115);
const ROUNDS = Number(process.env['TOCSIN_ROUNDS'] ?? 12);

const { routes } = parseManifest(readFileSync('serverless.yml', 'utf8'), 'serverless.yml');
let besieged: Besieged;

before(async () => {
  besieged = await startBesieged();
});

after(() => besieged.program.stop());

const PROTOBUF = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const V2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
const SILENCE = JSON.stringify({
  matchers: [{ name: 'alertname', value: 'No.*', isRegex: true, isEqual: true }],
  startsAt: '2026-01-15T00:00:00Z',
  endsAt: '2026-01-15T00:00:01Z',
  createdBy: 'me',
  comment: 'c',
});
const WEBHOOK = JSON.stringify({
  version: '4',
  alerts: [{ status: 'firing', labels: { alertname: 'Hooked' }, annotations: {}, startsAt: '2026-01-15T00:00:00Z' }],
});
const series = [
  {
    labels: [
      ['__name__', 'hostile'],
      ['job', 'x'],
    ] as const,
    samples: [[1, Date.now()]] as const,
  },
];

/** A valid body for each route that takes one; the others get that of a query. */
const valid: Readonly<
  Record<string, readonly (readonly [headers: Readonly<Record<string, string>>, body: Uint8Array])[]>
> = {
  '/api/v1/write': [
    [PROTOBUF, compress(writeRequest(series))],
    [{ ...PROTOBUF, 'content-type': V2 }, compress(writeRequestV2(series))],
  ],
  '/api/v1/push': [
    [TEXT, Buffer.from('# TYPE hostile gauge\nhostile{job="x"} 1\nhostile{job="y"} NaN\n')],
    [{ 'content-type': 'application/openmetrics-text' }, Buffer.from('hostile 1\n# EOF\n')],
    [JSON_BODY, Buffer.from('{"samples":[{"name":"hostile","labels":{"job":"z"},"value":1}]}')],
    [{ ...TEXT, 'content-encoding': 'gzip' }, gzipSync('hostile 1\n')],
    [{ ...TEXT, 'content-encoding': 'zstd' }, zstdCompressSync('hostile 1\n')],
    [{ ...TEXT, 'content-encoding': 'deflate' }, deflateSync('hostile 1\n')],
    [{ ...TEXT, 'content-encoding': 'snappy' }, compress(Buffer.from('hostile 1\n'))],
  ],
  '/api/v2/{path+}': [
    [JSON_BODY, Buffer.from(ALERTS)],
    [JSON_BODY, Buffer.from(SILENCE)],
  ],
  '/hooks/alertmanager': [[JSON_BODY, Buffer.from(WEBHOOK)]],
};
const ofQuery: (typeof valid)[string] = [
  [FORM, Buffer.from('query=sum(rate(good_total[5m]))by(job)&time=1e9&step=1&start=0&end=9')],
];
const places: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/{path+}': [
    ...[
      'query',
      'query_range',
      'series',
      'labels',
      'label/job/values',
      'format_query',
      'parse_query',
      'query_exemplars',
    ],
    ...['metadata', 'rules', 'alerts', 'targets', 'status/config', 'status/flags', 'label/%ff/values', '%2e%2e/x'],
  ].map((path) => `/api/v1/${path}`),
  '/api/v2/{path+}': ['alerts', 'silences', 'alerts/groups', 'receivers', 'status', 'silence/%00', 'silence/x'].map(
    (path) => `/api/v2/${path}`,
  ),
  '/api/v1/silence/{id}': ['/api/v1/silence/1'],
};
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'];
const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { 'content-type': 'application/x-www-form-urlencoded; charset=\u00ff' },
  { 'content-type': ';;;=' },
  { 'content-encoding': 'br, gzip' },
  { 'content-encoding': 'gzip' },
  { accept: 'image/*', 'accept-encoding': 'gzip;q=0, *' },
  { authorization: 'Basic \u00ff:::', 'x-correlation-id': 'x'.repeat(5_000) },
];

function attacksOn(route: Route, random: () => number): Attempt[] {
  const paths = places[route.path] ?? [route.path];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] ?? assert.fail('empty');
  return paths.flatMap((path) =>
    (valid[route.path] ?? ofQuery).flatMap(([headers, whole]) =>
      damaged(whole, random).map((body) => {
        const method = random() < 0.7 && route.method !== 'ANY' ? route.method : pick(methods);
        const query = random() < 0.5 ? '' : `?${new URLSearchParams({ query: Buffer.from(body).toString('latin1') })}`;
        return { method, path: `${path}${query}`.slice(0, 8_000), headers: { ...headers, ...pick(oddHeaders) }, body };
      }),
    ),
  );
}

test('garbage on every route, by every method, in every encoding', () =>
  besieged.survive('garbage', async () => {
    console.log(`seed ${SEED}`);
    const random = createRandom(SEED);
    let requests = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const route of routes) {
        const attacks = attacksOn(route, random);
        await Promise.all(attacks.map(expectCalm));
        requests += attacks.length;
      }
    }
    console.log(`${requests} requests`);
  }));

async function expectCalm(attack: Attempt): Promise<Outcome> {
  const outcome = await attempt(besieged.port, attack);
  requireCalm(`${attack.method} ${attack.path.slice(0, 200)}`, outcome);
  return outcome;
}

const zeros = Buffer.alloc(300_000_000);
const manySeries = Array.from({ length: 600_000 }, (_, i) => `m{a="${i}"} 1\n`).join('');
/** Copies of one byte that inflate to 31 MB. */
const snappyBomb = Buffer.concat([
  Uint8Array.of(0xc0, 0x8c, 0xe4, 0x0e, 0, 0),
  Buffer.concat(Array.from({ length: 484_375 }, () => Uint8Array.of(0xfe, 1, 0))),
]);
const large = (text: string, count: number, between = ''): string => Array(count).fill(text).join(between);

/** Headers, body, and the statuses that are right. */
const bombs: readonly (readonly [
  name: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: () => Uint8Array | string,
  statuses: readonly number[],
])[] = [
  ['gzip', '/api/v1/push', { ...TEXT, 'content-encoding': 'gzip' }, () => gzipSync(zeros), [413]],
  ['deflate', '/api/v1/push', { ...TEXT, 'content-encoding': 'deflate' }, () => deflateSync(zeros), [413]],
  ['zstd', '/api/v1/push', { ...TEXT, 'content-encoding': 'zstd' }, () => zstdCompressSync(zeros), [413]],
  ['gzip in gzip', '/api/v1/push', { ...TEXT, 'content-encoding': 'gzip' }, () => gzipSync(gzipSync(zeros)), [400]],
  ['snappy', '/api/v1/write', PROTOBUF, () => snappyBomb, [400]],
  ['snappy, version 2', '/api/v1/write', { ...PROTOBUF, 'content-type': V2 }, () => snappyBomb, [400]],
  ['snappy that declares 4 GB', '/api/v1/write', PROTOBUF, () => Uint8Array.of(255, 255, 255, 255, 15, 0), [413]],
  ['series', '/api/v1/push', { ...TEXT, 'content-encoding': 'gzip' }, () => gzipSync(manySeries), [413]],
  ['bad lines', '/api/v1/push', { ...TEXT, 'content-encoding': 'gzip' }, () => gzipSync(large('a\n', 15e6)), [413]],
  ['empty lines', '/api/v1/push', { ...TEXT, 'content-encoding': 'gzip' }, () => gzipSync(large('\n', 31e6)), [413]],
  ['one long line', '/api/v1/push', TEXT, () => large('a', 5.9e6), [400]],
  [
    'JSON objects',
    '/api/v1/push',
    { ...JSON_BODY, 'content-encoding': 'gzip' },
    () => gzipSync(`{"samples":[${large('{}', 10e6, ',')}]}`),
    [413],
  ],
  ['JSON brackets', '/api/v1/push', JSON_BODY, () => large('[', 5.9e6), [413]],
  ['brackets for alerts', '/api/v2/alerts', JSON_BODY, () => large('[', 5.9e6), [413]],
  ['objects for alerts', '/api/v2/alerts', JSON_BODY, () => `[${large('{}', 1.9e6, ',')}]`, [413]],
  [
    'objects for a webhook',
    '/hooks/alertmanager',
    JSON_BODY,
    () => `{"version":"4","alerts":[${large('{}', 1.9e6, ',')}]}`,
    [400],
  ],
  [
    '49,000 bad alerts',
    '/hooks/alertmanager',
    JSON_BODY,
    () => `{"version":"4","alerts":[${large('{}', 49_000, ',')}]}`,
    [400],
  ],
  [
    'an alert of 100,000 labels',
    '/api/v2/alerts',
    JSON_BODY,
    () => JSON.stringify([{ labels: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`l${i}`, 'v'])) }]),
    [400],
  ],
  [
    'an alert of control characters',
    '/api/v2/alerts',
    JSON_BODY,
    () => JSON.stringify([{ labels: { a: large('\u0001', 49_000) } }]),
    [400],
  ],
  [
    'a silence of broken UTF-8',
    '/api/v2/silences',
    JSON_BODY,
    () => Buffer.concat([Buffer.from(SILENCE.slice(0, -3)), Buffer.alloc(150_000, 0xff), Buffer.from('"}')]),
    [400],
  ],
  [
    'a silence with a long id',
    '/api/v2/silences',
    JSON_BODY,
    () => `{"id":"${large('x', 5_000)}",${SILENCE.slice(1).replaceAll('2026', '2999')}`,
    [404],
  ],
  ['more than a function takes', '/api/v1/push', TEXT, () => large('a', 7e6), [413]],
  ['more than the gateway takes', '/api/v1/push', TEXT, () => large('a', 12e6), [413]],
  ['more than the gateway takes, where no body is wanted', '/live', TEXT, () => large('a', 12e6), [404, 413]],
];

for (const [name, path, headers, body, statuses] of bombs) {
  test(`bomb: ${name}`, () =>
    besieged.survive(name, async () => {
      const outcome = await expectCalm({ method: 'POST', path, headers, body: body() });
      assert.ok(statuses.includes(outcome.status), `${outcome.status}: ${outcome.text.slice(0, 300)}`);
      assert.match(outcome.text, /\w+ \w+/, 'a plain message');
    }));
}

test('a text that is no UTF-8 is refused, not mended', async () => {
  const body = Buffer.from('broken{by="\u00e9"} 1\n', 'latin1');
  const answer = await attempt(besieged.port, { method: 'POST', path: '/api/v1/push', headers: TEXT, body });
  assert.deepEqual([answer.status, answer.text], [400, 'body is not UTF-8\n']);
});

const nested = (open: string, inner: string, close: string, depth: number): string =>
  open.repeat(depth) + inner + close.repeat(depth);

const queries: readonly (readonly [name: string, query: string])[] = [
  ['10,000 parentheses', nested('(', '1', ')', 10_000)],
  ['half a million parentheses', '('.repeat(500_000)],
  ['signs', `${'-'.repeat(900_000)}1`],
  ['operators', `1${'+1'.repeat(400_000)}`],
  ['aggregations', nested('sum(', 'up', ')', 10_000)],
  ['subqueries', `up${'[1m:]'.repeat(3_000)}`],
  ['a megabyte of nonsense', '%\u00a7$'.repeat(300_000)],
  ['a megabyte of name', 'a'.repeat(999_999)],
  ['a text without end', `"${'a'.repeat(900_000)}`],
  ['a regex that is catastrophic elsewhere', `good_total{a!~"(a+)+$",b!~"(x+x+)+y"} == ${'1'.repeat(300)}`],
  ['a regex of repeats', 'up{a=~"((((a{100}){100}){100}){100})"}'],
  ['a regex of a megabyte', `up{a=~"${'(a?){1,50}'.repeat(90_000)}"}`],
  ['a century by milliseconds', 'count_over_time(vector(1)[100y:1ms])'],
  ['days within days', 'sum_over_time(sum_over_time(sum_over_time(vector(1)[1d:1s])[1d:1s])[1d:1s])'],
  ['scalars at many steps', `count_over_time(vector(${nested('1+(', '1', ')', 200)})[999999s:1s])`],
  ['vectors at many steps', `count_over_time((${nested('vector(1) or (', 'vector(1)', ')', 200)})[999999s:1s])`],
  ['values at many steps', 'count_over_time(count_values("a", vector(time()))[999999s:1s])'],
  ['sorting at many steps', 'quantile_over_time(0.5, quantile_over_time(0.5, vector(time())[1d:1s])[1d:1s])'],
  ['a label of megabytes', `label_replace(up, "a", "${'$1'.repeat(400_000)}", "job", "(.*)")`],
  ['a range of all time', 'good_total[290y]'],
  ['offsets', 'good_total offset 290y offset 1y'],
];

for (const [name, query] of queries) {
  test(`query: ${name}`, () =>
    besieged.survive(name, async () => {
      const range = { start: '0', end: '10999', step: '1' };
      const forms: readonly (readonly [path: string, more: Readonly<Record<string, string>>])[] = [
        ['query', {}],
        ['query_range', range],
        ['query_exemplars', range],
        ['parse_query', {}],
        ['format_query', {}],
        ['series', { 'match[]': query }],
      ];
      for (const [path, more] of forms) {
        const body = new URLSearchParams({ query, ...more }).toString();
        await expectCalm({ method: 'POST', path: `/api/v1/${path}`, headers: FORM, body });
      }
    }));
}

const year = 365 * 86_400;
const parameters: readonly string[] = [
  'query_range?query=up&start=0&end=1e9&step=1e-9',
  `query_range?query=up&start=0&end=${90 * year}&step=0.001`,
  'query_range?query=vector(1)&start=-8e12&end=8e12&step=2e9',
  'query_range?query=up&start=1e308&end=1e309&step=1e308',
  'query_range?query=up&start=NaN&end=Inf&step=-Inf',
  'query_range?query=up&start=2&end=1&step=1',
  'query_range?query=up&start=0&end=1&step=0',
  'query_range?query=up&start=0&end=1&step=-1',
  'query_range?query=up&start=0&end=1&step=99999999999y',
  'query?query=up&time=1e308',
  'query?query=up&time=-1e15',
  'query?query=up&time=9999-99-99T99:99:99Z',
  'query?query=up&limit=-1',
  'query?query=up&limit=99999999999999999999',
  'query?query=up&limit=1e3',
  'query?query=up&timeout=1e308',
  'query?query=up&timeout=-1',
  'query?query=up&lookback_delta=290y',
  'query?query=up&lookback_delta=-5',
  'query?query=up&stats=%00',
  'query',
  'series',
  'series?match[]=',
  'series?match[]={}',
  'series?match[]={a=~".*"}',
  'series?match[]=%00%ff',
  'series?match[]=up&start=1e300',
  `series?${Array(1_500).fill('match[]=a').join('&')}`,
  'labels?start=9e12&end=-9e12',
  'labels?limit=-5',
  'label//values',
  'label/%F0%9F%92%A9/values',
  'label/U__zz_/values',
  'label/__proto__/values?match[]=constructor',
  'metadata?limit=x&limit_per_metric=-3',
  'rules?type=bad&rule_name[]=%00&match[]={',
  'targets?state=%00',
  'parse_query?query=%ff%fe',
];

test('absurd parameters', () =>
  besieged.survive('parameters', async () => {
    for (const path of parameters) await expectCalm({ method: 'GET', path: `/api/v1/${path}` });
    const filters = [
      'filter=%22',
      'filter=a%3D~%22(%22',
      'receiver=(',
      'filter=%00',
      `filter=${'a'.repeat(7_000)}`,
      'active=x',
    ];
    for (const path of filters.flatMap((each) => [
      `alerts?${each}`,
      `alerts/groups?${each}`,
      `silences?${each}`,
      `receivers?${each}`,
    ])) {
      await expectCalm({ method: 'GET', path: `/api/v2/${path}` });
    }
  }));

test('the good part of a batch is kept', async () => {
  const { port } = besieged;
  const push = (
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
    path = '/api/v1/push',
  ): Promise<Outcome> => attempt(port, { method: 'POST', path, headers, body });
  const now = Date.now();
  const text = await push(TEXT, 'kept{by="text"} 1\nnot a line at all\nkept{by="text2"} 2 1\nkept{by="text3"} 3\n');
  assert.equal(text.status, 400);
  assert.match(text.text, /^line 2, column \d+: /);
  const json = await push(JSON_BODY, '{"samples":[{"name":"kept","labels":{"by":"json"},"value":1},{"name":7},null]}');
  assert.equal(json.status, 400);
  assert.match(json.text, /^samples\[1\]\./);
  const written = writeRequest([
    {
      labels: [
        ['__name__', 'kept'],
        ['by', 'write'],
      ],
      samples: [[1, now]],
    },
    {
      labels: [
        ['__name__', 'kept'],
        ['by', 'old'],
      ],
      samples: [[1, now - 9e8]],
    },
    {
      labels: [
        ['__name__', 'kept'],
        ['by', 'x'.repeat(5_000)],
      ],
      samples: [[1, now]],
    },
  ]);
  assert.equal((await push(PROTOBUF, compress(written), '/api/v1/write')).status, 400);
  const alerts = await push(
    JSON_BODY,
    '[{"labels":{"alertname":"Kept"}},{"labels":{"alertname":"Lost","":"x"}},{"labels":{}}]',
    '/api/v2/alerts',
  );
  assert.equal(alerts.status, 400);
  const found = await attempt(port, { method: 'GET', path: '/api/v1/label/by/values?match[]=kept' });
  assert.deepEqual(JSON.parse(found.text).data, ['json', 'text', 'text3', 'write']);
  const listed = await attempt(port, { method: 'GET', path: '/api/v2/alerts?filter=alertname%3D~%22Kept%7CLost%22' });
  assert.match(listed.text, /"Kept"/);
  assert.doesNotMatch(listed.text, /"Lost"/);
});
