import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeName, unescapeName } from '../../lib/api/escaped-names.ts';
import type { HttpReply } from '../../lib/api/http.ts';
import { compress, type SentSeries, STALE, writeRequest } from '../ingest/encoder.ts';
import { createPrometheusWorld } from './prometheus-world.ts';

const NOW_MS = 1_767_225_600_000;

function series(labels: Readonly<Record<string, string>>, samples: SentSeries['samples']): SentSeries {
  return { labels: Object.entries(labels), ...(samples === undefined ? {} : { samples }) };
}

async function federate(query: string, accept = ''): Promise<HttpReply> {
  const world = createPrometheusWorld({ nowMs: () => NOW_MS });
  const native = { timeMs: NOW_MS, positiveSpans: [[0, 1]] as const, positive: [1], count: 1 };
  const written = await world.write(
    compress(
      writeRequest([
        series({ __name__: 'up', instance: 'a' }, [
          [0, NOW_MS - 60_000],
          [1, NOW_MS - 30_000],
        ]),
        series({ __name__: 'old', instance: 'a' }, [[1, NOW_MS - 400_000]]),
        series({ __name__: 'ended', instance: 'a' }, [
          [1, NOW_MS - 60_000],
          [STALE, NOW_MS - 30_000],
        ]),
        series({ __name__: 'big', region: 'us', text: 'a"b\\c\n' }, [[1e21, NOW_MS]]),
        series({ __name__: 'a.b', 'c d': 'é' }, [[Number.NaN, NOW_MS]]),
        { ...series({ __name__: 'native' }, []), histograms: [native] },
      ]),
    ),
  );
  assert.equal(written.status, 204, String(written.body));
  return world.request('GET', `../../federate?${query}`, { headers: { accept } });
}

const select = (selector: string): string => `match[]=${encodeURIComponent(selector)}`;

test('gives the newest sample of each series with its own time, by metric', async () => {
  const reply = await federate(`${select('{__name__=~"up|big"}')}&${select('up{instance="a"} # twice')}`);
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
  const lines = [
    '# TYPE big untyped',
    `big{region="us",text="a\\"b\\\\c\\n",instance=""} 1e+21 ${NOW_MS}`,
    '# TYPE up untyped',
    `up{instance="a",region="eu"} 1 ${NOW_MS - 30_000}`,
  ];
  assert.equal(reply.body, `${lines.join('\n')}\n`);
});

test('leaves out what is old, has ended or has no text form', async () => {
  for (const metric of ['old', 'ended', 'native', 'nothing']) {
    const reply = await federate(select(metric));
    assert.deepEqual([reply.status, reply.body], [200, ''], metric);
  }
});

test('writes names as the caller can read them', async () => {
  const selector = select('{"a.b"}');
  const value = `instance=""} NaN ${NOW_MS}\n`;
  const escaped = '# TYPE a_b untyped\na_b{c_d="é",region="eu",';
  const accepted: readonly (readonly [accept: string, text: string])[] = [
    ['', escaped],
    ['application/openmetrics-text', escaped],
    ['text/plain;escaping=unheard-of', escaped],
    ['text/plain; escaping=allow-utf-8', '# TYPE "a.b" untyped\n{"a.b","c d"="é",region="eu",'],
    [
      'application/openmetrics-text;escaping=dots,text/plain;version=0.0.4',
      '# TYPE a_dot_b untyped\na_dot_b{c__d="é",region="eu",',
    ],
    ['text/plain;escaping=values', '# TYPE U__a_2e_b untyped\nU__a_2e_b{U__c_20_d="é",region="eu",'],
  ];
  for (const [accept, text] of accepted) assert.equal((await federate(selector, accept)).body, text + value, accept);
});

test('says in plain text what is wrong', async () => {
  const refused = await federate(select('up['));
  assert.deepEqual([refused.status, refused.body], [400, '1:3: parse error: unexpected "["\n']);
  const world = createPrometheusWorld({ nowMs: () => NOW_MS });
  assert.equal((await world.request('POST', '../../federate')).status, 405);
});

test('names come back from their escapes', () => {
  for (const name of ['a.b', 'a_b.c', 'é 1', '1a', 'a__b-']) {
    assert.equal(unescapeName(escapeName(name, 'values')), name);
  }
  assert.equal(escapeName('1a', 'underscores'), '_a');
  assert.equal(escapeName('a_b', 'dots'), 'a__b');
  assert.equal(unescapeName('U__a_zz_'), 'U__a_zz_');
});
