import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { ALL_FEATURES, STABLE_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFile } from '../../lib/rules/rule-file.ts';
import { type GroupReport, reportGroup } from '../../lib/rules/rule-report.ts';
import { compress, writeRequest } from '../ingest/encoder.ts';
import { REFUSED_REQUESTS } from './prometheus-cases.ts';
import { createPrometheusWorld, type PrometheusWorld, type WorldOptions } from './prometheus-world.ts';

const NOW_MS = 1_767_225_600_000;
const NOW_S = NOW_MS / 1000;

function emptyWorld(options: Partial<WorldOptions> = {}): PrometheusWorld {
  return createPrometheusWorld({ nowMs: () => NOW_MS, ...options });
}

/** Two jobs, ten minutes of samples a minute apart, and a series that is older. */
async function worldWithSamples(options: Partial<WorldOptions> = {}): Promise<PrometheusWorld> {
  const world = emptyWorld(options);
  const minutes = Array.from({ length: 11 }, (_, i) => NOW_MS - (10 - i) * 60_000);
  const series = ['a', 'b'].map((job, n) => ({
    labels: [
      ['__name__', 'requests_total'],
      ['job', job],
      ['zone', '<eu>'],
    ] as const,
    samples: minutes.map((timeMs, i) => [i * 60 * (n + 1), timeMs] as const),
  }));
  const old = {
    labels: [
      ['__name__', 'old'],
      ['job', 'gone'],
    ] as const,
    samples: [[1, NOW_MS - 3_600_000]] as const,
  };
  const reply = await world.write(
    compress(writeRequest([...series, old], [{ type: 1, name: 'requests_total', help: 'Requests & more.', unit: '' }])),
  );
  assert.equal(reply.status, 204, String(reply.body));
  return world;
}

async function json(world: PrometheusWorld, target: string): Promise<unknown> {
  const reply = await world.get(target);
  assert.equal(reply.headers['content-type'], 'application/json');
  return JSON.parse(String(reply.body));
}

async function payload(world: PrometheusWorld, target: string): Promise<unknown> {
  const reply = await world.get(target);
  assert.equal(reply.status, 200, `${target}: ${reply.body}`);
  const envelope: { data: unknown } = JSON.parse(String(reply.body));
  return envelope.data;
}

test('an instant query answers scalar, string, vector or matrix', async () => {
  const world = await worldWithSamples();
  const answers: readonly (readonly [query: string, body: string])[] = [
    ['1e21', `{"resultType":"scalar","result":[${NOW_S},"1000000000000000000000"]}`],
    ['"a<b"', `{"resultType":"string","result":[${NOW_S},"a\\u003cb"]}`],
    ['vector(1e-7)', `{"resultType":"vector","result":[{"metric":{},"value":[${NOW_S},"1e-07"]}]}`],
    ['vector(-1e21)', `{"resultType":"vector","result":[{"metric":{},"value":[${NOW_S},"-1e+21"]}]}`],
    ['vector(-Inf)', `{"resultType":"vector","result":[{"metric":{},"value":[${NOW_S},"-Inf"]}]}`],
    ['nothing', '{"resultType":"vector","result":[]}'],
    [
      'rate(requests_total{job="a"}[5m])',
      `{"resultType":"vector","result":[{"metric":{"job":"a","zone":"\\u003ceu\\u003e"},"value":[${NOW_S},"1"]}]}`,
    ],
    [
      'requests_total{job="b"}[90s]',
      `{"resultType":"matrix","result":[{"metric":{"__name__":"requests_total","job":"b","zone":"\\u003ceu\\u003e"},"values":[[${NOW_S - 60},"1080"],[${NOW_S},"1200"]]}]}`,
    ],
  ];
  for (const [query, body] of answers) {
    const reply = await world.get(`query?time=${NOW_S}&query=${encodeURIComponent(query)}`);
    assert.equal(reply.body, `{"status":"success","data":${body}}`, query);
  }
});

test('times are seconds with milliseconds or RFC 3339, and now when not given', async () => {
  const world = emptyWorld();
  const times: readonly (readonly [time: string, result: string])[] = [
    ['', `[${NOW_S},"1"]`],
    ['time=5.1239', '[5.124,"1"]'],
    ['time=-5.5', '[-5.5,"1"]'],
    ['time=2015-07-01T20:10:51.781Z', '[1435781451.781,"1"]'],
    ['time=2015-07-01T20:10:51%2B02:00', '[1435774251,"1"]'],
  ];
  for (const [time, result] of times) {
    const { body } = await world.get(`query?query=1&${time}`);
    assert.equal(body, `{"status":"success","data":{"resultType":"scalar","result":${result}}}`, time);
  }
  const vector = await world.get('query?query=vector(1)&time=-5.5');
  assert.match(String(vector.body), /"value":\[-5\.500,"1"\]/);
});

test('a range query answers a matrix, scalars without labels', async () => {
  const world = await worldWithSamples();
  assert.deepEqual(await payload(world, 'query_range?query=1&start=0&end=10&step=5'), {
    resultType: 'matrix',
    result: [
      {
        metric: {},
        values: [
          [0, '1'],
          [5, '1'],
          [10, '1'],
        ],
      },
    ],
  });
  const range = `start=${NOW_S - 60}&end=${NOW_S}&step=30s`;
  assert.deepEqual(await payload(world, `query_range?query=sum(requests_total)&${range}`), {
    resultType: 'matrix',
    result: [
      {
        metric: {},
        values: [
          [NOW_S - 60, '1620'],
          [NOW_S - 30, '1620'],
          [NOW_S, '1800'],
        ],
      },
    ],
  });
});

test('a form body counts as parameters, before those of the URL', async () => {
  const world = emptyWorld();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await world.request('POST', 'query?query=1&time=7', { headers, body: 'query=2' });
  assert.equal(reply.body, '{"status":"success","data":{"resultType":"scalar","result":[7,"2"]}}');
});

test('refuses with status, type and text of Prometheus', async () => {
  const world = await worldWithSamples();
  for (const [target, error] of REFUSED_REQUESTS) {
    const reply = await world.get(target);
    const { issues, ...body } = JSON.parse(String(reply.body));
    assert.deepEqual(body, { status: 'error', errorType: 'bad_data', error }, target);
    assert.equal(reply.status, 400, target);
    assert.equal(issues[0].message, error, target);
  }
});

test('shows every mistake of a query with its place and advice', async () => {
  const { issues } = JSON.parse(String((await emptyWorld().get('query?query=rate(a)%2Bsum(1)')).body));
  assert.deepEqual(issues, [
    {
      code: 'promql-syntax',
      span: { start: 5, end: 6 },
      message:
        'invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
      hint: 'rate() needs a range vector; did you mean a[5m]?',
    },
    {
      code: 'promql-syntax',
      span: { start: 12, end: 13 },
      message:
        'invalid parameter "query": 1:13: parse error: expected type instant vector in aggregation expression, got scalar',
      hint: null,
    },
  ]);
});

test('a query that cannot be answered is 422, one that takes too long 503', async () => {
  const world = await worldWithSamples();
  const failing = await world.get(`query?query=${encodeURIComponent('label_replace(vector(1),"a","b","","(")')}`);
  assert.equal(failing.status, 422);
  assert.match(
    String(failing.body),
    /"errorType":"execution","error":"invalid regular expression in label_replace\(\): \("/,
  );
  const slow = await worldWithSamples({ loadingMs: 2_000 });
  const late = await slow.get('query?query=requests_total&timeout=1s');
  assert.equal(late.status, 503);
  assert.match(String(late.body), /"errorType":"timeout","error":"query timed out in expression evaluation"/);
  assert.equal((await slow.get('query?query=requests_total&timeout=5s')).status, 200);
});

test('a query that needs more samples than may be held is refused, and the next one is answered', async () => {
  const world = await worldWithSamples({ maxHeldSamples: 20 });
  const refused = await world.get('query?query=requests_total');
  assert.equal(refused.status, 422);
  assert.match(String(refused.body), /would load too many samples into memory/);
  assert.equal((await world.get('query?query=1')).status, 200);
  assert.equal((await world.get('series?match[]=requests_total')).status, 422);
});

test('limit cuts results and says so', async () => {
  const world = await worldWithSamples();
  const cut: { data: { result: unknown[] }; warnings: string[] } = JSON.parse(
    String((await world.get('query?query=requests_total&limit=1')).body),
  );
  assert.deepEqual([cut.data.result.length, cut.warnings], [1, ['results truncated due to limit']]);
  const labels: { data: unknown[]; warnings: string[] } = JSON.parse(String((await world.get('labels?limit=2')).body));
  assert.deepEqual([labels.data.length, labels.warnings], [2, ['results truncated due to limit']]);
  assert.deepEqual(Object.keys(Object(await json(world, 'query?query=requests_total&limit=2'))), ['status', 'data']);
});

test('stats tell where the time went', async () => {
  const world = await worldWithSamples({ loadingMs: 10 });
  const { stats } = Object(await payload(world, 'query?query=requests_total&stats=all'));
  assert.deepEqual(Object.keys(stats.timings), [
    'evalTotalTime',
    'resultSortTime',
    'queryPreparationTime',
    'innerEvalTime',
    'execQueueTime',
    'execTotalTime',
  ]);
  assert.deepEqual([stats.timings.evalTotalTime, stats.timings.execTotalTime], [0.02, 0.02]);
  assert.equal(stats.samples.totalQueryableSamples, 2);
});

test('annotations come with their position', async () => {
  const world = await worldWithSamples();
  const { infos } = Object(await json(world, `query?query=${encodeURIComponent('1 +\n  rate(old[2h])')}`));
  assert.equal(infos, undefined, 'one sample makes no rate');
  const { warnings } = Object(await json(world, 'query?query=quantile(2,requests_total)'));
  assert.deepEqual(warnings, ['PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)']);
});

test('series, label names and values of what has samples in the interval', async () => {
  const world = await worldWithSamples();
  const recent = `start=${NOW_S - 600}&end=${NOW_S}`;
  assert.deepEqual(await payload(world, `series?match[]=requests_total&match[]={job="b"}&${recent}`), [
    { __name__: 'requests_total', job: 'a', zone: '<eu>' },
    { __name__: 'requests_total', job: 'b', zone: '<eu>' },
  ]);
  assert.deepEqual(await payload(world, 'labels'), ['__name__', 'job', 'zone']);
  assert.deepEqual(await payload(world, 'labels?match[]=old'), ['__name__', 'job']);
  assert.deepEqual(await payload(world, 'label/job/values'), ['a', 'b', 'gone']);
  assert.deepEqual(await payload(world, `label/job/values?${recent}`), ['a', 'b']);
  assert.deepEqual(await payload(world, 'label/__name__/values?match[]={zone!=""}'), ['requests_total']);
  assert.deepEqual(await payload(world, 'label/U__job/values'), ['a', 'b', 'gone']);
});

test('metadata is what senders said', async () => {
  const world = await worldWithSamples();
  const described = { requests_total: [{ type: 'counter', unit: '', help: 'Requests & more.' }] };
  assert.deepEqual(await payload(world, 'metadata'), described);
  assert.deepEqual(await payload(world, 'metadata?metric=other'), {});
  assert.deepEqual(await payload(world, 'metadata?limit=0'), {});
});

test('formats and takes apart queries', async () => {
  const world = emptyWorld({ features: STABLE_FEATURES });
  assert.equal(await payload(world, 'format_query?query=sum(a)by(b)'), 'sum by (b) (a)');
  assert.deepEqual(await payload(world, 'parse_query?query=-a%20offset%205m'), {
    expr: {
      matchers: [{ name: '__name__', type: '=', value: 'a' }],
      name: 'a',
      offset: 300_000,
      startOrEnd: null,
      timestamp: null,
      type: 'vectorSelector',
    },
    op: '-',
    type: 'unaryExpr',
  });
});

const RULES = `
groups:
  - name: second
    rules: [{ record: job:requests, expr: 'sum by(job)(requests_total)' }]
  - name: first
    interval: 30s
    limit: 5
    rules:
      - { alert: Slow, expr: up==0, for: 5m, keep_firing_for: 1m, labels: { severity: page }, annotations: { text: '{{ $value }}' } }
      - { record: a:b, expr: '1', labels: { x: 'y' } }
`;

function reports(): readonly GroupReport[] {
  const defaults = { features: ALL_FEATURES, intervalMs: 60_000, queryOffsetMs: 0 };
  const [second, first] = readRuleFile('rules/a.yml', RULES, defaults).groups.map((group) => reportGroup(group, null));
  assert.ok(first !== undefined && second !== undefined);
  const alert = {
    labels: labelsOf({ alertname: 'Slow', severity: 'page' }),
    annotations: [['text', '0']] as const,
    state: 'firing',
    activeAtMs: NOW_MS,
    keepFiringSinceMs: null,
    value: 0,
  } as const;
  const lastEvaluation = { startedAtMs: NOW_MS, durationMs: 2 };
  const rules = first.rules.map((rule) =>
    rule.kind === 'alerting'
      ? { ...rule, state: 'firing' as const, health: 'ok' as const, alerts: [alert], lastEvaluation }
      : rule,
  );
  return [second, { ...first, rules, lastEvaluation }];
}

test('rules are listed by file and name, with their state and alerts', async () => {
  const world = emptyWorld({ groups: reports() });
  const never = { evaluationTime: 0, lastEvaluation: '0001-01-01T00:00:00Z' };
  const evaluated = { evaluationTime: 0.002, lastEvaluation: '2026-01-01T00:00:00.000Z' };
  const alert = {
    labels: { alertname: 'Slow', severity: 'page' },
    annotations: { text: '0' },
    state: 'firing',
    activeAt: '2026-01-01T00:00:00.000Z',
    value: '0e+00',
  };
  const slow = {
    ...{ state: 'firing', name: 'Slow', query: 'up == 0', duration: 300, keepFiringFor: 60 },
    ...{ labels: { severity: 'page' }, annotations: { text: '{{ $value }}' }, alerts: [alert], health: 'ok' },
    ...evaluated,
    type: 'alerting',
  };
  const constant = { name: 'a:b', query: '1', labels: { x: 'y' }, health: 'unknown', ...never, type: 'recording' };
  const requests = {
    name: 'job:requests',
    query: 'sum by (job) (requests_total)',
    health: 'unknown',
    ...never,
    type: 'recording',
  };
  const first = { name: 'first', file: 'rules/a.yml', rules: [slow, constant], interval: 30, limit: 5, ...evaluated };
  const second = { name: 'second', file: 'rules/a.yml', rules: [requests], interval: 60, limit: 0, ...never };
  assert.deepEqual(await payload(world, 'rules'), { groups: [first, second] });
  assert.deepEqual(await payload(world, 'alerts'), { alerts: [alert] });
  const filters: readonly (readonly [filter: string, groups: readonly unknown[]])[] = [
    ['type=Alert', [{ ...first, rules: [slow] }]],
    ['type=record&rule_group[]=first', [{ ...first, rules: [constant] }]],
    ['rule_name[]=job:requests&rule_name[]=a:b', [{ ...first, rules: [constant] }, second]],
    ['file[]=other', []],
    ['match[]={severity="page"}&exclude_alerts=true', [{ ...first, rules: [{ ...slow, alerts: null }] }]],
    ['match[]={x="y"}&match[]={severity="none"}', [{ ...first, rules: [constant] }]],
  ];
  for (const [filter, groups] of filters) assert.deepEqual(await payload(world, `rules?${filter}`), { groups }, filter);
  const page = Object(await payload(world, 'rules?group_limit=1'));
  assert.deepEqual(page.groups, [first]);
  const next = await payload(world, `rules?group_limit=1&group_next_token=${page.groupNextToken}`);
  assert.deepEqual(next, { groups: [second] });
});

test('tells what it is and what it has not', async () => {
  const world = emptyWorld();
  assert.equal(Object(await payload(world, 'status/buildinfo')).revision, 'tocsin 0.1.0');
  assert.equal(Object(await payload(world, 'status/runtimeinfo')).storageRetention, '15d');
  assert.deepEqual(await payload(world, 'status/config'), { yaml: 'log: { level: info }\n' });
  assert.deepEqual(await payload(world, 'status/flags'), { 'query.timeout': '25s' });
  assert.deepEqual(await payload(world, 'targets?state=active'), {
    activeTargets: [],
    droppedTargets: [],
    droppedTargetCounts: null,
  });
  assert.deepEqual(await payload(world, 'alertmanagers'), {
    activeAlertmanagers: [{ url: 'http://localhost:9095/api/v2/alerts' }],
    droppedAlertmanagers: [],
  });
});

test('unknown paths, wrong methods and other origins', async () => {
  const world = emptyWorld();
  assert.deepEqual(await world.get('nope'), {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: '404 page not found\n',
  });
  const refused = await world.request('POST', 'rules');
  assert.deepEqual([refused.status, refused.headers['allow']], [405, 'GET, OPTIONS']);
  assert.equal((await world.request('DELETE', 'query?query=1')).status, 405);
  const preflight = await world.request('OPTIONS', 'query', { headers: { origin: 'http://x' } });
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, 'http://x']);
});
