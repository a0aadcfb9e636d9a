import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExposition } from '../../lib/ingest/exposition.ts';
import { parseJsonBatch } from '../../lib/ingest/json-batch.ts';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import type { Received } from '../../lib/ingest/received.ts';
import { createRemoteWriteReader } from '../../lib/ingest/remote-write.ts';
import { createRemoteWriteV2Reader } from '../../lib/ingest/remote-write-v2.ts';
import { inflateSnappy } from '../../lib/ingest/snappy.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { compress, type SentSeries, STALE, writeRequest, writeRequestV2 } from './encoder.ts';
import { createReceiver, NOW_MS } from './receiver.ts';

const LIMITS = { ...DEFAULT_INGEST_LIMITS, maxInflatedBytes: 100_000 };

/** One of everything that a request can hold. */
const series: readonly SentSeries[] = [
  {
    labels: [
      ['__name__', 'http_requests_total'],
      ['job', 'api'],
      ['path', '/żółć'],
    ],
    samples: [
      [1, NOW_MS, NOW_MS - 2],
      [STALE, NOW_MS + 1],
      [0.1, -1],
    ],
    exemplars: [[['trace_id', 'abc']]],
    metadata: { type: 1, help: 'Requests.', unit: '' },
    createdAtMs: NOW_MS - 1,
  },
  {
    labels: [['__name__', 'latency']],
    histograms: [
      {
        timeMs: NOW_MS,
        schema: 2,
        count: 9,
        sum: 1.5,
        zeroCount: 1,
        positiveSpans: [
          [-1, 2],
          [3, 1],
        ],
        positive: [1, 2, 3],
        negativeSpans: [[0, 1]],
        negative: [2],
      },
      {
        timeMs: NOW_MS + 1,
        isFloat: true,
        schema: -53,
        count: 1.5,
        positiveSpans: [[0, 1]],
        positive: [1.5],
        customBounds: [1, 2],
      },
    ],
  },
];

const messages = [
  {
    version: '1.0',
    bytes: writeRequest(series, [{ type: 1, name: 'm', help: 'h', unit: 'u' }]),
    createReader: createRemoteWriteReader,
  },
  { version: '2.0', bytes: writeRequestV2(series), createReader: createRemoteWriteV2Reader },
] as const;

/** The answer to any bytes is rows or InvalidInput, never another error, and never more than the bytes can hold. */
function assertAnswered(read: () => Received, sizeBytes: number): void {
  try {
    const received = read();
    assert.ok(received.batch.values.length <= sizeBytes);
    assert.ok(received.batch.series.length <= sizeBytes);
    for (const row of received.batch.seriesOf) assert.ok(received.batch.series[row] !== undefined);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
  }
}

for (const { version, bytes, createReader } of messages) {
  test(`remote write ${version}: cut at any byte, a request is refused or is the whole of the messages before the cut`, () => {
    const reader = createReader(LIMITS);
    const whole = reader.read(bytes).batch.values.length;
    let taken = 0;
    for (let length = 0; length < bytes.length; length++) {
      try {
        taken = Math.max(taken, reader.read(bytes.slice(0, length)).batch.values.length);
      } catch (error) {
        assert.ok(error instanceof InvalidInput, `at ${length}: ${String(error)}`);
        assert.match(error.message, /^protobuf: /);
      }
    }
    assert.equal(whole, 5);
    // Between two messages a cut cannot be seen by protobuf; snappy's declared length sees it.
    assert.ok(taken <= whole);
  });

  test(`remote write ${version}: changed bytes never crash`, () => {
    const reader = createReader(LIMITS);
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = bytes.slice();
        for (const { at, byte } of changes) changed[at] = byte;
        assertAnswered(() => reader.read(changed), changed.length);
      }),
      { numRuns: 3_000 },
    );
  });

  test(`remote write ${version}: random bytes never crash`, () => {
    const reader = createReader(LIMITS);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) =>
        assertAnswered(() => reader.read(random), random.length),
      ),
      { numRuns: 3_000 },
    );
  });

  test(`remote write ${version}: a compressed request cut at any byte is refused`, () => {
    const compressed = compress(bytes);
    for (let length = 0; length < compressed.length; length++) {
      assert.throws(() => inflateSnappy(compressed.slice(0, length), 100_000), InvalidInput, `at ${length}`);
    }
    assert.deepEqual(inflateSnappy(compressed, 100_000), bytes);
  });
}

test('snappy: random bytes are refused or inflate to what they declare, and show nothing of the request before', () => {
  const secret = new TextEncoder().encode('secret-of-another-tenant '.repeat(400));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (random) => {
      inflateSnappy(compress(secret), 100_000);
      try {
        const inflated = inflateSnappy(random, 10_000);
        assert.ok(!new TextDecoder('latin1').decode(inflated).includes('secret'));
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});

const piece = fc.oneof(
  fc.constantFrom(
    'up',
    '{',
    '}',
    '"',
    '=',
    ',',
    '\\',
    '#',
    ' ',
    '\n',
    '1',
    'NaN',
    '# TYPE up gauge',
    '# EOF',
    '\u0000',
    '\ud800',
    'le',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);

test('text: any lines are read or refused', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom('text', 'openmetrics'), (pieces, format) => {
      const body = new TextEncoder().encode(pieces.join(''));
      assertAnswered(() => parseExposition({ body, format, receivedAtMs: NOW_MS }, LIMITS), body.length);
    }),
    { numRuns: 2_000 },
  );
});

test('JSON: any value where samples are expected is read or refused', () => {
  const sample = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { name: fc.jsonValue(), labels: fc.jsonValue(), value: fc.jsonValue(), timeMs: fc.jsonValue() },
      { requiredKeys: [] },
    ),
    fc.record({
      name: fc.string({ unit: 'binary' }),
      labels: fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
      value: fc.double(),
    }),
  );
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 5 }), (samples) => {
      const body = new TextEncoder().encode(JSON.stringify({ samples }));
      assertAnswered(() => parseJsonBatch(body, LIMITS, NOW_MS), body.length);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever is posted wherever, the answer is 204 or 4xx', async () => {
  const receiver = createReceiver({ maxInflatedBytes: 100_000 });
  const headers = fc.record({
    'content-type': fc.constantFrom(
      '',
      'application/x-protobuf',
      'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'text/plain',
      'application/openmetrics-text',
      'application/json',
      ';;;',
      '=',
    ),
    'content-encoding': fc.constantFrom('', 'snappy', 'gzip', 'deflate', 'zstd', 'br'),
  });
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.uint8Array({ maxLength: 100 }).map(compress),
    fc.constantFrom(...messages.map(({ bytes }) => compress(bytes))),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/api/v1/write', '/api/v1/push'), headers, body, async (path, sent, bytes) => {
      const reply = await receiver.post(path, sent, bytes);
      assert.ok(reply.status === 204 || (reply.status >= 400 && reply.status < 500), String(reply.status));
      assert.ok(String(reply.body).length < 20_000);
      if (reply.status >= 400) assert.match(String(reply.body), /\n$/);
    }),
    { numRuns: 1_500 },
  );
});

test('tiny messages by the million stay within their limits', () => {
  const limits = { ...DEFAULT_INGEST_LIMITS, maxInflatedBytes: 8_000_000 };
  const fill = (pattern: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(4_000_000);
    for (let i = 0; i < bytes.length; i++) bytes[i] = pattern[i % pattern.length] ?? 0;
    return bytes;
  };
  const one = createRemoteWriteReader(limits);
  const two = createRemoteWriteV2Reader(limits);
  assert.throws(() => one.read(fill([10, 0])), /more than 20000 series/);
  assert.throws(() => two.read(fill([42, 0])), /more than 20000 series/);
  assert.throws(() => two.read(fill([34, 0])), /more than 160000 symbols/);
  // One series whose labels, then whose samples, are two bytes each.
  const wrap = (inner: Uint8Array): Uint8Array => Uint8Array.from([10, 0x80, 0x92, 0xf4, 0x01, ...inner]);
  const labels = one.read(wrap(fill([10, 0])));
  assert.deepEqual([...labels.rejections.byReason.keys()], ['too-many-labels']);
  assert.throws(() => one.read(wrap(fill([18, 0]))), /more than 200000 samples/);
});
