import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpReply } from '../../lib/api/http.ts';
import { compress, type SentHistogram, type SentSeries, STALE, writeRequest, writeRequestV2 } from './encoder.ts';
import { createReceiver, NOW_MS } from './receiver.ts';

const V1 = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const V2 = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'content-encoding': 'snappy',
};
const HOUR_MS = 3_600_000;

type Pairs = readonly (readonly [name: string, value: string])[];
const named = (name: string, ...more: Pairs): Pairs => [['__name__', name], ...more];
const one = (labels: Pairs, more: Partial<SentSeries> = {}): SentSeries => ({
  labels,
  samples: [[1, NOW_MS]],
  ...more,
});

/** Samples, histograms and exemplars that the reply says were written. */
function written(reply: HttpReply): (number | null)[] {
  return ['Samples', 'Histograms', 'Exemplars'].map((kind) => {
    const value = reply.headers[`X-Prometheus-Remote-Write-${kind}-Written`];
    return value === undefined ? null : Number(value);
  });
}

const labelShapes: readonly [string, Pairs][] = [
  ['a simple label', named('m', ['job', 'a'])],
  ['several labels', named('m', ['a', '1'], ['b', '2'], ['c', '3'], ['instance', 'host:9090'])],
  ['a new line in a value', named('m', ['a', 'one\ntwo'])],
  ['a dotted name', named('http.server.duration', ['http.method', 'GET'])],
  ['a name with spaces', named('my metric', ['my label', 'x'])],
];
const values: readonly [string, number | typeof STALE][] = [
  ['1', 1],
  ['stale', STALE],
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
];
const exemplarShapes: readonly [string, Pairs][] = [
  ['a trace id', [['trace_id', '4bf92f3577b34da6a3ce929d0e0e4736']]],
  [
    'trace and span',
    [
      ['trace_id', 'a'],
      ['span_id', 'b'],
    ],
  ],
  ['no labels', []],
  ['a long label', [['trace_id', 'x'.repeat(300)]]],
  ['unicode', [['user', 'żółć 🚨']]],
  ['an empty value', [['trace_id', '']]],
  ['many labels', Array.from({ length: 20 }, (_, i) => [`l${i}`, String(i)] as const)],
];
const span = [[0, 2]] as const;
const histograms: readonly [string, SentHistogram][] = [
  [
    'both signs and zero',
    {
      timeMs: NOW_MS,
      count: 9,
      sum: 3,
      zeroCount: 1,
      zeroThreshold: 0.001,
      positiveSpans: span,
      positive: [2, 3],
      negativeSpans: span,
      negative: [1, 2],
    },
  ],
  [
    'custom buckets',
    { timeMs: NOW_MS, schema: -53, count: 5, sum: 3, positiveSpans: span, positive: [2, 3], customBounds: [1, 2] },
  ],
  ['positive only', { timeMs: NOW_MS, count: 5, sum: 3, positiveSpans: span, positive: [2, 3] }],
  ['negative only', { timeMs: NOW_MS, count: 5, sum: -3, negativeSpans: span, negative: [2, 3] }],
  ['zero only', { timeMs: NOW_MS, count: 5, zeroCount: 5, zeroThreshold: 0.1 }],
  ['empty', { timeMs: NOW_MS }],
];
const [[, histogram] = ['', { timeMs: NOW_MS }]] = histograms;
const trace: readonly Pairs[] = [[['trace_id', 'a']]];
const described = { type: 1, help: 'Help with "quotes",\nlines and 🚨', unit: 'µs' };

/** What must be accepted: 204 and the counts as sent. */
const accepted: readonly { name: string; series: readonly SentSeries[]; counts: readonly [number, number, number] }[] =
  [
    ...labelShapes.flatMap(([shape, labels]) =>
      values.map(([shown, value]) => ({
        name: `metric: ${shown} with ${shape}`,
        series: [{ labels, samples: [[value, NOW_MS]] } satisfies SentSeries],
        counts: [1, 0, 0] as const,
      })),
    ),
    {
      name: 'metric: created timestamp',
      series: [one(named('m_total'), { createdAtMs: NOW_MS - HOUR_MS })],
      counts: [1, 0, 0],
    },
    { name: 'metric: four series', series: ['a', 'b', 'c', 'd'].map((name) => one(named(name))), counts: [4, 0, 0] },
    ...exemplarShapes.map(([shape, labels]) => ({
      name: `exemplar: ${shape}`,
      series: [one(named('m'), { exemplars: [labels] })],
      counts: [1, 0, 1] as const,
    })),
    {
      name: 'exemplar: created timestamp',
      series: [one(named('m'), { exemplars: trace, createdAtMs: NOW_MS - HOUR_MS })],
      counts: [1, 0, 1],
    },
    {
      name: 'exemplar: three on one series',
      series: [one(named('m'), { exemplars: [...trace, ...trace, ...trace] })],
      counts: [1, 0, 3],
    },
    {
      name: 'exemplar: one series at three times',
      series: [-HOUR_MS, -60_000, 0].map(
        (agoMs) => ({ labels: named('m'), samples: [[1, NOW_MS + agoMs]], exemplars: trace }) satisfies SentSeries,
      ),
      counts: [3, 0, 3],
    },
    ...histograms.map(([shape, sent]) => ({
      name: `histogram: ${shape}`,
      series: [{ labels: named('h'), histograms: [sent] }],
      counts: [0, 1, 0] as const,
    })),
    {
      name: 'histogram: created timestamp',
      series: [{ labels: named('h'), histograms: [histogram], createdAtMs: NOW_MS - 1 }],
      counts: [0, 1, 0],
    },
    {
      name: 'histogram: several',
      series: [
        { labels: named('h'), histograms: [histogram, { ...histogram, timeMs: NOW_MS + 1 }] },
        { labels: named('i'), histograms: [histogram] },
      ],
      counts: [0, 3, 0],
    },
    {
      name: 'histogram: metadata and exemplar',
      series: [{ labels: named('h'), histograms: [histogram], metadata: { ...described, type: 3 }, exemplars: trace }],
      counts: [0, 1, 1],
    },
    ...Array.from({ length: 10 }, (_, type) => ({
      name: `metadata: type ${type}`,
      series: [one(named('m'), { metadata: { ...described, type } })],
      counts: [1, 0, 0] as const,
    })),
    {
      name: 'metadata: created timestamp',
      series: [one(named('m'), { metadata: described, createdAtMs: NOW_MS - 1 })],
      counts: [1, 0, 0],
    },
    {
      name: 'metadata: many labels',
      series: [one(named('m', ['a', '1'], ['b', 'two words'], ['c', '🚨']), { metadata: described })],
      counts: [1, 0, 0],
    },
    {
      name: 'combined: sample, metadata, exemplar',
      series: [one(named('m'), { metadata: described, exemplars: trace })],
      counts: [1, 0, 1],
    },
    {
      name: 'combined: a classic histogram',
      series: ['0.1', '1', '+Inf']
        .map((le) => one(named('h_bucket', ['le', le])))
        .concat(one(named('h_sum')), one(named('h_count'))),
      counts: [5, 0, 0],
    },
    {
      name: 'combined: a sample of an hour ago',
      series: [{ labels: named('m'), samples: [[1, NOW_MS - HOUR_MS]], exemplars: trace }],
      counts: [1, 0, 1],
    },
    {
      name: 'combined: 50 samples of one series',
      series: [{ labels: named('m'), samples: Array.from({ length: 50 }, (_, i) => [i, NOW_MS - i * 1_000] as const) }],
      counts: [50, 0, 0],
    },
    {
      name: 'combined: 50 histograms of one series',
      series: [
        {
          labels: named('h'),
          histograms: Array.from({ length: 50 }, (_, i) => ({ ...histogram, timeMs: NOW_MS - i * 1_000 })),
        },
      ],
      counts: [0, 50, 0],
    },
    {
      name: 'combined: emoji and special characters',
      series: [one(named('m', ['e', '🚨🎉'], ['s', '\\"\t{}=,']))],
      counts: [1, 0, 0],
    },
  ];

for (const { name, series, counts } of accepted) {
  test(`accepted: ${name}`, async () => {
    const receiver = createReceiver();
    const reply = await receiver.post('/api/v1/write', V2, compress(writeRequestV2(series)));
    assert.deepEqual([reply.status, reply.body], [204, '']);
    assert.deepEqual(written(reply), counts);
    assert.equal((await receiver.rows()).length, counts[0] + counts[1]);
    const first = createReceiver();
    const replyV1 = await first.post('/api/v1/write', V1, compress(writeRequest(series)));
    assert.deepEqual([replyV1.status, written(replyV1)], [204, [null, null, null]]);
    assert.deepEqual(await first.rows(), await receiver.rows());
  });
}

const nameless: Pairs = [['job', 'a']];

/** What must be answered 400, and what is stored all the same. */
const refused: readonly {
  name: string;
  series: readonly SentSeries[];
  counts: readonly [number, number, number];
  says: RegExp;
}[] = [
  ...values.map(([shown, value]) => ({
    name: `metric: ${shown} without a name`,
    series: [{ labels: nameless, samples: [[value, NOW_MS]] } satisfies SentSeries],
    counts: [0, 0, 0] as const,
    says: /^invalid metric name or labels, got \{job="a"\}\n$/,
  })),
  {
    name: 'metric: no labels',
    series: [one([])],
    counts: [0, 0, 0],
    says: /^invalid metric name or labels, got \{\}\n$/,
  },
  {
    name: 'metric: four without a name',
    series: [1, 2, 3, 4].map((i) => one([['i', String(i)]])),
    counts: [0, 0, 0],
    says: /^(invalid metric name or labels, got \{i="\d"\}\n){4}$/,
  },
  {
    name: 'metric: one of four without a name',
    series: [one(named('a')), one(nameless), one(named('b')), one(named('c'))],
    counts: [3, 0, 0],
    says: /^invalid metric name or labels, got \{job="a"\}\n$/,
  },
  {
    name: 'exemplar: series without a name',
    series: [one(nameless, { exemplars: trace })],
    counts: [0, 0, 0],
    says: /^invalid metric name/,
  },
  {
    name: 'exemplar: a label without a name',
    series: [one(named('m', ['', 'x']), { exemplars: trace })],
    counts: [0, 0, 0],
    says: /^invalid metric name or labels/,
  },
  {
    name: 'histogram: count and buckets differ',
    series: [
      { labels: named('h'), histograms: [{ timeMs: NOW_MS, count: 9, positiveSpans: span, positive: [1, 1] }] },
      one(named('m')),
    ],
    counts: [1, 0, 0],
    says: /^2 observations found in buckets, but the Count field is 9: .* for series \{__name__="h"\}\n$/,
  },
  {
    name: 'metadata: no name',
    series: [one(nameless, { metadata: described })],
    counts: [0, 0, 0],
    says: /^invalid metric name/,
  },
  {
    name: 'metadata: an empty name',
    series: [one(named(''), { metadata: described })],
    counts: [0, 0, 0],
    says: /^invalid metric name/,
  },
  {
    name: 'combined: metadata alone',
    series: [{ labels: named('m'), metadata: described }],
    counts: [0, 0, 0],
    says: /^TimeSeries must contain at least one sample or histogram/,
  },
  {
    name: 'combined: exemplar alone',
    series: [{ labels: named('m'), exemplars: trace }],
    counts: [0, 0, 0],
    says: /^TimeSeries must contain/,
  },
  {
    name: 'a repeated label name',
    series: [one(named('m', ['a', '1'], ['a', '2'])), one(named('b'))],
    counts: [1, 0, 0],
    says: /^invalid labels for series, labels \{__name__="m", a="1", a="2"\}, duplicated label a\n$/,
  },
  {
    name: 'a sample from before the last hour',
    series: [
      {
        labels: named('m'),
        samples: [
          [1, NOW_MS - HOUR_MS - 1],
          [2, NOW_MS],
        ],
      },
    ],
    counts: [1, 0, 0],
    says: /^out of bounds for series \{__name__="m"\}\n$/,
  },
  {
    name: 'a sample of more than ten minutes ahead',
    series: [
      {
        labels: named('m'),
        samples: [
          [1, NOW_MS + 600_001],
          [2, NOW_MS + 600_000],
        ],
      },
    ],
    counts: [1, 0, 0],
    says: /^out of bounds: timestamp is too far in the future for series \{__name__="m"\}\n$/,
  },
];

for (const { name, series, counts, says } of refused) {
  test(`refused: ${name}`, async () => {
    const receiver = createReceiver();
    const reply = await receiver.post('/api/v1/write', V2, compress(writeRequestV2(series)));
    assert.equal(reply.status, 400);
    assert.match(String(reply.body), says);
    assert.deepEqual(written(reply), counts);
    assert.equal((await receiver.rows()).length, counts[0] + counts[1]);
  });
}

test('version 1 drops series without a name or with repeated labels in silence, and says what else is wrong', async () => {
  const receiver = createReceiver();
  const silent = [one(nameless), one(named('m', ['a', '1'], ['a', '2'])), one(named('good'))];
  const reply = await receiver.post('/api/v1/write', V1, compress(writeRequest(silent)));
  assert.deepEqual([reply.status, reply.body, written(reply)], [204, '', [null, null, null]]);
  const loud = [...silent, { labels: named('old'), samples: [[1, 0]] } satisfies SentSeries];
  const said = await receiver.post('/api/v1/write', V1, compress(writeRequest(loud)));
  assert.equal(said.status, 400);
  assert.match(String(said.body), /out of bounds for series \{__name__="old"\}\n$/);
  assert.deepEqual(await receiver.rows(), [`{"__name__":"good"} ${NOW_MS} 1`]);
});

test('metadata of accepted series can be asked for', async () => {
  const receiver = createReceiver();
  await receiver.post(
    '/api/v1/write',
    V2,
    compress(writeRequestV2([one(named('m'), { metadata: described }), one(nameless, { metadata: described })])),
  );
  assert.deepEqual(
    [...(await receiver.metadata.load(NOW_MS))],
    [['m', { type: 'counter', help: described.help, unit: 'µs' }]],
  );
});
