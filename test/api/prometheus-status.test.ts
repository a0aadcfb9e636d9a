import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoFloat, parseGoInteger } from '../../lib/api/go-number.ts';
import { compress, writeRequest } from '../ingest/encoder.ts';
import { createPrometheusWorld, type PrometheusWorld } from './prometheus-world.ts';

const NOW_MS = 1_767_225_600_000;
const HOUR_MS = 3_600_000;

async function worldWithSeries(): Promise<PrometheusWorld> {
  const world = createPrometheusWorld({ nowMs: () => NOW_MS });
  const rows: readonly (readonly [name: string, job: string, timeMs: number])[] = [
    ['up', 'a', NOW_MS],
    ['up', 'bé', NOW_MS],
    ['down', 'a', NOW_MS],
    ['old', 'z', NOW_MS - 5 * HOUR_MS],
  ];
  const series = rows.map(([name, job, timeMs]) => {
    return { labels: [['__name__', name] as const, ['job', job] as const], samples: [[1, timeMs] as const] };
  });
  assert.equal((await world.write(compress(writeRequest(series)))).status, 204);
  return world;
}

async function answer(world: PrometheusWorld, target: string): Promise<unknown> {
  const reply = await world.get(target);
  return [reply.status, JSON.parse(String(reply.body))];
}

test('status/tsdb counts the series of the last two hours, the largest first', async () => {
  const world = await worldWithSeries();
  const counts = {
    headStats: { numSeries: 3, numLabelPairs: 4, chunkCount: 0, minTime: NOW_MS - 2 * HOUR_MS, maxTime: NOW_MS },
    seriesCountByMetricName: [
      { name: 'up', value: 2 },
      { name: 'down', value: 1 },
    ],
    labelValueCountByLabelName: [
      { name: '__name__', value: 2 },
      { name: 'job', value: 2 },
    ],
    memoryInBytesByLabelName: [
      { name: '__name__', value: 8 },
      { name: 'job', value: 5 },
    ],
    seriesCountByLabelValuePair: [
      { name: '__name__=up', value: 2 },
      { name: 'job=a', value: 2 },
    ],
  };
  assert.deepEqual(await answer(world, 'status/tsdb?limit=2'), [200, { status: 'success', data: counts }]);
  for (const limit of ['x', '0', '-1', '1.5']) {
    const [status, body] = Object(await answer(world, `status/tsdb?limit=${limit}`));
    assert.deepEqual([status, body.error], [400, 'limit must be a positive number'], limit);
  }
});

test('storage of its own is not to be administered', async () => {
  const world = await worldWithSeries();
  for (const method of ['POST', 'PUT']) {
    const reply = await world.request(method, 'admin/tsdb/delete_series?match[]=up');
    assert.deepEqual(
      [reply.status, reply.body],
      [500, '{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}'],
    );
  }
  const refused = await world.get('admin/tsdb/snapshot');
  assert.deepEqual([refused.status, refused.headers['allow']], [405, 'OPTIONS, POST, PUT']);
});

test('exemplars: none are kept, and constants can have none', async () => {
  const world = await worldWithSeries();
  assert.equal((await world.get('query_exemplars?query=sum(rate(up[5m]))')).body, '{"status":"success","data":[]}');
  for (const query of ['1', '"a"', '-(1)', 'time() + pi()', 'vector(1)']) {
    const reply = await world.get(`query_exemplars?query=${encodeURIComponent(query)}`);
    assert.deepEqual([reply.status, reply.body], [204, ''], query);
  }
  for (const query of ['topk(1, up)', 'max_over_time((up)[5m:])', '1 + -up', 'topk(scalar(up), vector(1))']) {
    assert.equal((await world.get(`query_exemplars?query=${encodeURIComponent(query)}`)).status, 200, query);
  }
});

test('metadata of targets: mistakes are told, though there are none', async () => {
  const world = await worldWithSeries();
  const messages: readonly (readonly [target: string, error: string])[] = [
    ['targets/metadata?limit=x', 'limit must be a number'],
    [
      'targets/metadata?match_target={a',
      'invalid parameter "match_target": 1:3: parse error: unexpected end of input inside braces',
    ],
  ];
  for (const [target, error] of messages) {
    const [status, body] = Object(await answer(world, target));
    assert.deepEqual([status, body.error], [400, error]);
  }
});

test('numbers are read as Go reads them', () => {
  const floats: readonly (readonly [text: string, value: number | null])[] = [
    ['1', 1],
    ['+1.5e3', 1500],
    ['.5', 0.5],
    ['5.', 5],
    ['1_000.2_5', 1000.25],
    ['0x1p4', 16],
    ['-0x1.8p1', -3],
    ['0X_fp-4', 0.9375],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ...['', ' 1', '1s', '1__0', '_1', '1_', '1_.5', '0x10', '0xp1', '1e', '1e400', '--1'].map((text) => {
      return [text, null] as const;
    }),
  ];
  for (const [text, value] of floats) assert.equal(parseGoFloat(text), value, text);
  assert.equal(parseGoInteger('+07'), 7);
  assert.equal(parseGoInteger('1.0'), 'invalid syntax');
  assert.equal(parseGoInteger('9223372036854775808'), 'value out of range');
  assert.equal(parseGoInteger('-9223372036854775808'), -(2 ** 63));
  assert.equal(parseGoInteger(`${'0'.repeat(30)}7`), 7);
});

test('numbers as long as a body are refused in one pass', () => {
  const digits = '1'.repeat(1_000_000);
  for (const text of [`${digits}x`, `0x${digits}x`, `0x${digits}p`, `${digits}.${digits}x`]) {
    assert.equal(parseGoFloat(text), null, text.slice(-3));
  }
  assert.equal(parseGoInteger(digits), 'value out of range');
});
