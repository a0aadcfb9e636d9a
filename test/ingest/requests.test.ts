import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { createSeriesFilter } from '../../lib/ingest/kept-series.ts';
import { createMatcher, type Matcher } from '../../lib/model/matcher.ts';
import { compress, writeRequest, writeRequestV2 } from './encoder.ts';
import { createReceiver, NOW_MS } from './receiver.ts';

const PROTOBUF = 'application/x-protobuf';
const message = writeRequest([{ labels: [['__name__', 'up']], samples: [[1, NOW_MS]] }]);
const stored = [`{"__name__":"up"} ${NOW_MS} 1`];

const supported = 'supported: prometheus.WriteRequest, io.prometheus.write.v2.Request';
const negotiations: readonly { headers: Readonly<Record<string, string>>; status: number; says: string }[] = [
  { headers: {}, status: 204, says: '' },
  { headers: { 'content-type': PROTOBUF }, status: 204, says: '' },
  {
    headers: { 'content-type': `${PROTOBUF};proto=prometheus.WriteRequest;q=1`, 'content-encoding': 'snappy' },
    status: 204,
    says: '',
  },
  { headers: { 'content-type': `${PROTOBUF}; proto=prometheus.WriteRequest` }, status: 204, says: '' },
  {
    headers: { 'content-type': 'application/json' },
    status: 415,
    says: `expected ${PROTOBUF} as the first (media) part, got application/json content-type\n`,
  },
  {
    headers: { 'content-type': 'image/png' },
    status: 415,
    says: `expected ${PROTOBUF} as the first (media) part, got image/png content-type\n`,
  },
  {
    headers: { 'content-type': `${PROTOBUF};proto=foo.Bar` },
    status: 415,
    says: `got ${PROTOBUF};proto=foo.Bar content type; unknown remote write protobuf message foo.Bar, ${supported}\n`,
  },
  {
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    says: 'gzip encoding (compression) is not accepted by this server; only snappy is acceptable\n',
  },
  {
    headers: { 'content-encoding': 'deflate' },
    status: 415,
    says: 'deflate encoding (compression) is not accepted by this server; only snappy is acceptable\n',
  },
];

for (const { headers, status, says } of negotiations) {
  test(`POST /api/v1/write with ${JSON.stringify(headers)} answers ${status}`, async () => {
    const receiver = createReceiver();
    const reply = await receiver.post('/api/v1/write', headers, compress(message));
    assert.deepEqual([reply.status, reply.body], [status, says]);
    assert.deepEqual(await receiver.rows(), status === 204 ? stored : []);
  });
}

const V2 = { 'content-type': `${PROTOBUF};proto=io.prometheus.write.v2.Request` };

test('a body that is not snappy, or not protobuf, is refused as a whole, with counts in version 2', async () => {
  const receiver = createReceiver();
  for (const headers of [{}, V2]) {
    const corrupt = await receiver.post('/api/v1/write', headers, 'definitely not snappy');
    assert.deepEqual([corrupt.status, corrupt.body], [400, 'snappy: corrupt input\n']);
    const undecodable = await receiver.post('/api/v1/write', headers, compress(Uint8Array.of(10, 5, 1)));
    assert.deepEqual([undecodable.status, undecodable.body], [400, 'protobuf: unexpected end at byte 2 of 3\n']);
    const counts = undecodable.headers['X-Prometheus-Remote-Write-Samples-Written'];
    assert.equal(counts, headers === V2 ? '0' : undefined);
  }
});

test('an empty request is fine and stores nothing', async () => {
  const receiver = createReceiver();
  const reply = await receiver.post('/api/v1/write', {}, compress(new Uint8Array(0)));
  assert.equal(reply.status, 204);
  assert.equal((await receiver.post('/api/v1/push', {}, '')).status, 204);
});

test('a body that declares gigabytes is refused before any memory is set aside for it', async () => {
  const receiver = createReceiver();
  // Snappy: a declared length of 4 GiB - 1, then one short literal.
  const bomb = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61);
  const reply = await receiver.post('/api/v1/write', {}, bomb);
  assert.deepEqual(
    [reply.status, reply.body],
    [413, 'request declares 4294967295 bytes after decompression, limit 32000000\n'],
  );
});

test('a body beyond the limit is refused by its size', async () => {
  const receiver = createReceiver({ maxBodyBytes: 100 });
  const reply = await receiver.post('/api/v1/push', {}, 'x'.repeat(101));
  assert.deepEqual([reply.status, reply.body], [413, 'body has 101 bytes, limit 100\n']);
});

test('version 2 cannot name one long text so often that labels fill the memory', async () => {
  const receiver = createReceiver({ maxInflatedBytes: 1_000_000 });
  const long = 'x'.repeat(4_000);
  const series = Array.from({ length: 400 }, (_, i) => ({
    labels: [
      ['__name__', 'm'],
      ['i', String(i)],
      ['v', long],
    ] as const,
    samples: [[1, NOW_MS]] as const,
  }));
  const reply = await receiver.post('/api/v1/write', V2, compress(writeRequestV2(series)));
  assert.deepEqual([reply.status, reply.body], [413, 'labels take more than 1000000 bytes\n']);
});

const text = '# TYPE up gauge\nup 1\n';
const encoded = new TextEncoder().encode(text);
const pushes: readonly { name: string; headers: Readonly<Record<string, string>>; body: Uint8Array | string }[] = [
  { name: 'text without any header', headers: {}, body: text },
  { name: 'text format 0.0.4', headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: text },
  {
    name: 'OpenMetrics',
    headers: { 'content-type': 'application/openmetrics-text; version=1.0.0' },
    body: `${text}# EOF\n`,
  },
  { name: 'JSON', headers: { 'content-type': 'application/json' }, body: '{"samples":[{"name":"up","value":1}]}' },
  { name: 'gzip', headers: { 'content-encoding': 'gzip' }, body: gzipSync(encoded) },
  { name: 'deflate', headers: { 'content-encoding': 'deflate' }, body: deflateSync(encoded) },
  { name: 'bare deflate', headers: { 'content-encoding': 'deflate' }, body: deflateRawSync(encoded) },
  { name: 'zstd', headers: { 'content-encoding': 'zstd' }, body: zstdCompressSync(encoded) },
  { name: 'snappy', headers: { 'content-encoding': 'snappy' }, body: compress(encoded) },
];

for (const { name, headers, body } of pushes) {
  test(`POST /api/v1/push takes ${name}`, async () => {
    const receiver = createReceiver();
    const reply = await receiver.post('/api/v1/push', headers, body);
    assert.deepEqual([reply.status, reply.body], [204, '']);
    assert.deepEqual(await receiver.rows(), stored);
  });
}

for (const encoding of ['gzip', 'deflate', 'zstd', 'snappy']) {
  test(`a push that is not the ${encoding} it says is refused`, async () => {
    const reply = await createReceiver().post('/api/v1/push', { 'content-encoding': encoding }, 'up 1\n\x00\xff');
    assert.equal(reply.status, 400);
    assert.match(
      String(reply.body),
      encoding === 'snappy' ? /^snappy: corrupt input\n$/ : new RegExp(`^body is not ${encoding}\n$`),
    );
  });
}

test('a bomb in any encoding is refused at the limit', async () => {
  const zeros = new Uint8Array(20_000_000);
  const receiver = createReceiver({ maxInflatedBytes: 1_000_000 });
  const bombs = {
    gzip: gzipSync(zeros),
    deflate: deflateSync(zeros),
    zstd: zstdCompressSync(zeros),
    snappy: compress(zeros),
  };
  for (const [encoding, bomb] of Object.entries(bombs)) {
    const reply = await receiver.post('/api/v1/push', { 'content-encoding': encoding }, bomb);
    assert.equal(reply.status, 413, encoding);
    assert.match(String(reply.body), /limit 1000000|more than 1000000 bytes/);
  }
});

test('a push of another type, encoding or path says what would be right', async () => {
  const receiver = createReceiver();
  const type = await receiver.post('/api/v1/push', { 'content-type': 'image/png' }, text);
  assert.deepEqual(
    [type.status, type.body],
    [
      415,
      'content type "image/png" is not accepted; one of text/plain, application/openmetrics-text, application/json\n',
    ],
  );
  const encoding = await receiver.post('/api/v1/push', { 'content-encoding': 'br' }, text);
  assert.deepEqual(
    [encoding.status, encoding.body],
    [415, 'content encoding "br" is not accepted; one of identity, gzip, x-gzip, deflate, zstd, snappy\n'],
  );
  assert.equal((await receiver.post('/api/v1/other', {}, text)).status, 404);
});

test('a push with bad lines keeps the good ones and lists the bad', async () => {
  const receiver = createReceiver();
  const reply = await receiver.post('/api/v1/push', {}, 'up 1\ndown\nold 1 5\n');
  assert.equal(reply.status, 400);
  assert.equal(
    reply.body,
    'line 2, column 5: value expected, got end of line\nout of bounds for series {__name__="old"}\n',
  );
  assert.deepEqual(await receiver.rows(), stored);
});

test('an answer repeats a bounded number of reasons', async () => {
  const reply = await createReceiver().post('/api/v1/push', {}, 'bad\n'.repeat(1_000));
  const lines = String(reply.body).split('\n');
  assert.deepEqual([lines.length, lines[20]], [22, 'and 980 more']);
});

function matchers(...conditions: readonly (readonly [name: string, operator: '=' | '=~', value: string])[]): Matcher[] {
  return conditions.map(([name, operator, value]) => {
    const matcher = createMatcher(name, operator, value);
    if ('error' in matcher) throw new Error(matcher.error);
    return matcher;
  });
}

test('keep: rules stores what a selector accepts; version 2 is told that all was taken', async () => {
  const isSelected = createSeriesFilter([
    matchers(['__name__', '=', 'up'], ['job', '=~', 'a|b']),
    matchers(['__name__', '=~', 'http_.+']),
  ]);
  const series = (['up|a', 'up|c', 'http_x|c', 'other|a'] as const).map((shape) => {
    const [name = '', job = ''] = shape.split('|');
    return {
      labels: [
        ['__name__', name],
        ['job', job],
      ] as const,
      samples: [[1, NOW_MS]] as const,
    };
  });
  const receiver = createReceiver({}, { keep: 'rules', isSelected });
  for (let i = 0; i < 2; i++) {
    const reply = await receiver.post('/api/v1/write', V2, compress(writeRequestV2(series)));
    assert.deepEqual([reply.status, reply.headers['X-Prometheus-Remote-Write-Samples-Written']], [204, '4']);
  }
  const kept = [`{"__name__":"http_x","job":"c"} ${NOW_MS} 1`, `{"__name__":"up","job":"a"} ${NOW_MS} 1`];
  assert.deepEqual([...new Set(await receiver.rows())], kept);
});
