import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import { createRemoteWriteReader } from '../../lib/ingest/remote-write.ts';
import { createRemoteWriteV2Reader } from '../../lib/ingest/remote-write-v2.ts';
import type { Histogram } from '../../lib/model/histogram.ts';
import { type SentHistogram, STALE, writeRequest, writeRequestV2 } from './encoder.ts';

const labels = [['__name__', 'latency']] as const;

function read(histogram: SentHistogram, limits = DEFAULT_INGEST_LIMITS) {
  const series = [{ labels, histograms: [histogram] }];
  const one = createRemoteWriteReader(limits).read(writeRequest(series));
  const two = createRemoteWriteV2Reader(limits).read(writeRequestV2(series));
  assert.deepEqual(one, two);
  return one;
}

const empty: Histogram = {
  ...{ schema: 0, zeroThreshold: 0, zeroCount: 0, count: 0, sum: 0, customBounds: [], resetHint: 'unknown' },
  ...{ positiveSpans: [], positiveBuckets: [], negativeSpans: [], negativeBuckets: [] },
};

const good: readonly { name: string; sent: SentHistogram; expected: Partial<Histogram> }[] = [
  { name: 'an empty one', sent: { timeMs: 5 }, expected: {} },
  {
    name: 'integer counts, both signs and a zero bucket',
    sent: {
      ...{ timeMs: 5, schema: 3, count: 14, sum: 18.4, zeroCount: 2, zeroThreshold: 0.001, resetHint: 2 },
      ...{
        positiveSpans: [
          [-2, 2],
          [1, 1],
        ],
        positive: [1, 4, 2],
        negativeSpans: [[0, 2]],
        negative: [3, 2],
      },
    },
    expected: {
      ...{ schema: 3, count: 14, sum: 18.4, zeroCount: 2, zeroThreshold: 0.001, resetHint: 'not-reset' },
      ...{
        positiveSpans: [
          { offset: -2, length: 2 },
          { offset: 1, length: 1 },
        ],
        positiveBuckets: [1, 4, 2],
      },
      ...{ negativeSpans: [{ offset: 0, length: 2 }], negativeBuckets: [3, 2] },
    },
  },
  {
    name: 'float counts whose buckets do not add up',
    sent: {
      timeMs: 5,
      isFloat: true,
      count: 2.5,
      sum: 1,
      zeroCount: 0.25,
      positiveSpans: [[0, 1]],
      positive: [1.5],
      resetHint: 3,
    },
    expected: {
      count: 2.5,
      sum: 1,
      zeroCount: 0.25,
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveBuckets: [1.5],
      resetHint: 'gauge',
    },
  },
  {
    name: 'custom buckets',
    sent: {
      timeMs: 5,
      schema: -53,
      count: 6,
      sum: 9,
      positiveSpans: [[0, 3]],
      positive: [1, 2, 3],
      customBounds: [0.5, 2],
    },
    expected: {
      schema: -53,
      count: 6,
      sum: 9,
      positiveSpans: [{ offset: 0, length: 3 }],
      positiveBuckets: [1, 2, 3],
      customBounds: [0.5, 2],
    },
  },
  {
    name: 'NaN observations, which are in no bucket',
    sent: { timeMs: 5, count: 3, sum: Number.NaN, positiveSpans: [[0, 1]], positive: [2] },
    expected: { count: 3, sum: Number.NaN, positiveSpans: [{ offset: 0, length: 1 }], positiveBuckets: [2] },
  },
  {
    name: 'a resolution finer than 8 is reduced to it: buckets 1 to 4 of schema 10 are bucket 1 of schema 8',
    sent: {
      timeMs: 5,
      schema: 10,
      count: 15,
      positiveSpans: [
        [1, 4],
        [3, 1],
      ],
      positive: [1, 2, 3, 4, 5],
    },
    expected: { schema: 8, count: 15, positiveSpans: [{ offset: 1, length: 2 }], positiveBuckets: [10, 5] },
  },
  {
    name: 'reduced with a gap and below bucket 1',
    sent: {
      timeMs: 5,
      schema: 9,
      count: 6,
      positiveSpans: [
        [-5, 2],
        [20, 1],
      ],
      positive: [1, 2, 3],
    },
    expected: {
      schema: 8,
      count: 6,
      positiveSpans: [
        { offset: -2, length: 1 },
        { offset: 10, length: 1 },
      ],
      positiveBuckets: [3, 3],
    },
  },
];

for (const { name, sent, expected } of good) {
  test(`histogram taken: ${name}`, () => {
    const { batch, rejections } = read(sent);
    assert.deepEqual(rejections.texts, []);
    assert.deepEqual([...batch.histograms], [[0, { ...empty, ...expected }]]);
    assert.deepEqual([...batch.timesMs], [5]);
  });
}

test('a stale marker in the sum ends a histogram series', () => {
  const { batch } = read({ timeMs: 5, sum: STALE });
  assert.deepEqual([batch.stale[0], batch.histograms.size], [1, 0]);
});

const span = [[0, 1]] as const;
const bad: readonly { name: string; sent: SentHistogram; text: string }[] = [
  {
    name: 'buckets that do not add up to the count',
    sent: { timeMs: 5, count: 3, positiveSpans: span, positive: [2] },
    text: "2 observations found in buckets, but the Count field is 3: histogram's observation count should equal the number of observations found in the buckets",
  },
  {
    name: 'more in buckets than the count, with a NaN sum',
    sent: { timeMs: 5, count: 1, sum: Number.NaN, positiveSpans: span, positive: [2] },
    text: '2 observations found in buckets, but the Count field is 1',
  },
  {
    name: 'spans for more buckets than sent',
    sent: { timeMs: 5, count: 1, positiveSpans: [[0, 2]], positive: [1] },
    text: 'spans need 2 buckets, have 1 buckets',
  },
  {
    name: 'spans of 4 billion buckets',
    sent: { timeMs: 5, positiveSpans: [[0, 0xffffffff]] },
    text: 'spans need 4294967295 buckets, have 0 buckets',
  },
  {
    name: 'a later span that goes back',
    sent: {
      timeMs: 5,
      count: 2,
      negativeSpans: [
        [0, 1],
        [-1, 1],
      ],
      negative: [1, 1],
    },
    text: 'span number 2 with offset -1: histogram has a span whose offset is negative',
  },
  {
    name: 'a negative bucket',
    sent: { timeMs: 5, isFloat: true, count: 1, positiveSpans: span, positive: [-1] },
    text: 'bucket number 1 has observation count of -1: histogram has a bucket whose observation count is negative',
  },
  { name: 'a negative count', sent: { timeMs: 5, isFloat: true, count: -1 }, text: 'observation count is -1' },
  {
    name: 'a negative zero bucket',
    sent: { timeMs: 5, isFloat: true, count: 1, zeroCount: -0.5 },
    text: 'zero bucket has observation count of -0.5',
  },
  { name: 'a schema nobody knows', sent: { timeMs: 5, schema: 53 }, text: 'histogram has an invalid schema' },
  { name: 'a schema below -4', sent: { timeMs: 5, schema: -5 }, text: 'histogram has an invalid schema' },
  {
    name: 'custom bounds without the custom schema',
    sent: { timeMs: 5, customBounds: [1] },
    text: 'histogram with exponential schema must not have custom bounds',
  },
  {
    name: 'custom bounds that do not ascend',
    sent: { timeMs: 5, schema: -53, customBounds: [2, 2] },
    text: 'histogram custom bounds must be in strictly increasing order',
  },
  {
    name: 'infinite custom bounds',
    sent: { timeMs: 5, schema: -53, customBounds: [Number.POSITIVE_INFINITY] },
    text: 'histogram custom bounds must be finite',
  },
  {
    name: 'too few custom bounds',
    sent: { timeMs: 5, schema: -53, count: 3, positiveSpans: [[0, 3]], positive: [1, 1, 1], customBounds: [1] },
    text: 'histogram custom bounds are too few: 1 bounds, 3 buckets',
  },
  {
    name: 'custom buckets with a zero bucket',
    sent: { timeMs: 5, schema: -53, count: 1, zeroCount: 1 },
    text: 'custom buckets: must have zero count of 0',
  },
  {
    name: 'custom buckets with a zero threshold',
    sent: { timeMs: 5, schema: -53, zeroThreshold: 1 },
    text: 'custom buckets: must have zero threshold of 0',
  },
  {
    name: 'custom buckets with a negative side',
    sent: { timeMs: 5, schema: -53, count: 1, negativeSpans: span, negative: [1] },
    text: 'custom buckets: must not have negative spans or buckets',
  },
];

for (const { name, sent, text } of bad) {
  test(`histogram refused: ${name}`, () => {
    const { batch, rejections } = read(sent);
    assert.equal(batch.values.length, 0);
    const [said = ''] = rejections.texts;
    assert.equal(said.slice(0, text.length), text);
    assert.match(said, / for series \{__name__="latency"\}$/);
  });
}

test('a histogram of more buckets than the limit is refused, however they are sent', () => {
  const limits = { ...DEFAULT_INGEST_LIMITS, maxHistogramBuckets: 10 };
  const buckets = Array.from({ length: 11 }, () => 1);
  const wide: SentHistogram = { timeMs: 5, count: 11, positiveSpans: [[0, 11]], positive: buckets };
  const spans: SentHistogram = { timeMs: 5, positiveSpans: buckets.map((): [number, number] => [0, 0]) };
  const bounds: SentHistogram = { timeMs: 5, schema: -53, customBounds: buckets.map((_, i) => i) };
  for (const sent of [wide, spans, bounds]) {
    assert.match(read(sent, limits).rejections.texts[0] ?? '', /^histogram has more than 10 buckets or spans/);
  }
});
