import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Histogram } from '../../lib/model/histogram.ts';
import { labelsFromPairs, labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../../lib/model/sample.ts';
import { decodeBlock, encodeBlock } from '../../lib/series/block.ts';

const MAX_BYTES = 350_000;

function allRows(batch: SampleBatch): number[] {
  return [...batch.values.keys()];
}

function encode(batch: SampleBatch): Uint8Array {
  const block = encodeBlock(batch, allRows(batch), MAX_BYTES);
  assert.ok(block !== null);
  return block;
}

/** Rows by series in order of first appearance, as a block gives them back: bit for bit, but for the kind of NaN. */
function canonical(batch: SampleBatch): unknown[] {
  const rows = allRows(batch).map((row) => ({
    labels: batch.series[batch.seriesOf[row] ?? -1]?.pairs,
    timeMs: batch.timesMs[row],
    value: batch.values[row],
    stale: batch.stale[row],
    histogram: batch.histograms.get(row) ?? null,
    startMs: batch.startTimesMs?.[row] ?? 0,
  }));
  const order = new Map<string, unknown[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.labels);
    order.set(key, [...(order.get(key) ?? []), row]);
  }
  return [...order.values()].flat();
}

const time = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 1_767_225_600_000, max: 1_767_229_200_000 }),
  fc.integer(),
);
const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 2 ** 50, -(2 ** 50), 2 ** 50 + 2, 2 ** 53, 5e-324),
);
const count = fc.oneof(fc.nat(100), fc.double({ min: 0, noNaN: true }));
const spans = fc.array(
  fc.record({ offset: fc.integer({ min: -9, max: 9 }), length: fc.nat(4) }, { noNullPrototype: true }),
  { maxLength: 3 },
);
const side = spans.chain((chosen) => {
  const length = chosen.reduce((sum, span) => sum + span.length, 0);
  return fc.record({ spans: fc.constant(chosen), buckets: fc.array(count, { minLength: length, maxLength: length }) });
});
const histogram: fc.Arbitrary<Histogram> = fc
  .record({
    head: fc.record({
      schema: fc.constantFrom(-53, -4, 0, 3, 8),
      zeroThreshold: value,
      zeroCount: count,
      count,
      sum: value,
      customBounds: fc.array(fc.double({ noNaN: true }), { maxLength: 4 }),
      resetHint: fc.constantFrom('unknown', 'reset', 'not-reset', 'gauge'),
    }),
    positive: side,
    negative: side,
  })
  .map(({ head, positive, negative }) => ({
    ...head,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  }));
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const labels = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('__name__', 'job', 'le'), text), text), { maxLength: 5 })
  .map(labelsFromPairs);
const row = fc.oneof(
  { weight: 8, arbitrary: fc.record({ labels, time, kind: fc.constant('float' as const), value }) },
  { weight: 1, arbitrary: fc.record({ labels, time, kind: fc.constant('stale' as const) }) },
  { weight: 1, arbitrary: fc.record({ labels, time, kind: fc.constant('histogram' as const), histogram }) },
);
/** Mostly none at all, as most senders send none. */
const starts = fc.oneof(
  fc.constant([]),
  fc.array(fc.oneof(fc.constant(0), time, fc.constantFrom(2 ** 50, -(2 ** 50), 1_767_225_600_000)), { maxLength: 60 }),
);
const rows = fc.array(row, { minLength: 1, maxLength: 60 });
const batch = fc.tuple(rows, starts).map(([chosen, startsMs]): SampleBatch => {
  const builder = createSampleBatchBuilder();
  for (const [i, sample] of chosen.entries()) {
    const series = builder.series(sample.labels);
    if (sample.kind === 'float') builder.add(series, sample.time, sample.value);
    else if (sample.kind === 'stale') builder.addStale(series, sample.time);
    else builder.addHistogram(series, sample.time, sample.histogram);
    const startMs = startsMs[i] ?? 0;
    if (startMs !== 0) builder.setStart(startMs);
  }
  return builder.build();
});

test('law: decode(encode(batch)) is the batch, rows by series', () => {
  fc.assert(
    fc.property(batch, (sent) => {
      const decoded = decodeBlock(encode(sent));
      assert.equal(decoded.kind, 'block');
      if (decoded.kind === 'block') assert.deepEqual(canonical(decoded.batch), canonical(sent));
    }),
    { numRuns: 300 },
  );
});

test('law: the same rows give the same bytes, and a selection of rows is a block of those rows', () => {
  fc.assert(
    fc.property(batch, fc.nat(), (sent, seed) => {
      assert.deepEqual(encode(sent), encode(sent));
      const rows = allRows(sent).filter((number) => (number * 7 + seed) % 3 > 0);
      if (rows.length === 0) return;
      const block = encodeBlock(sent, rows, MAX_BYTES);
      const decoded = block === null ? null : decodeBlock(block);
      assert.ok(decoded?.kind === 'block');
      const chosen = new Set(rows);
      const expected = [...allRows(sent).keys()].filter((number) => chosen.has(number));
      assert.equal(decoded.batch.values.length, expected.length);
    }),
    { numRuns: 100 },
  );
});

/** A batch like those of a scrape: many series at one time. */
function scrape(seriesCount: number): SampleBatch {
  const builder = createSampleBatchBuilder();
  for (let i = 0; i < seriesCount; i++) {
    const series = builder.series(
      labelsOf({
        __name__: 'http_requests_total',
        instance: `10.0.0.${i >> 5}:8080`,
        job: 'api',
        path: `/p/${i % 16}`,
        status: i % 2 ? '200' : '500',
      }),
    );
    builder.add(series, 1_767_225_600_000 + (i >> 5) * 7, (i * 2_654_435_761) % 1_000_003);
  }
  return builder.build();
}

test('bytes per sample stay low: 2,000 series once, and 100 series for half an hour', () => {
  const once = encode(scrape(2_000)).length / 2_000;
  assert.ok(once < 4.5, `${once} bytes a sample, labels included`);
  const builder = createSampleBatchBuilder();
  for (let i = 0; i < 100; i++) {
    const series = builder.series(labelsOf({ __name__: 'up_total', instance: String(i) }));
    for (let k = 0; k < 120; k++) builder.add(series, 1_767_225_600_000 + k * 15_000, 1_000 * i + k * 37);
  }
  const long = encode(builder.build()).length / 12_000;
  assert.ok(long < 0.6, `${long} bytes a sample`);
});

test('what does not fit into the bytes given, or is more than a block holds, is no block', () => {
  const sent = scrape(2_000);
  assert.ok(encodeBlock(sent, allRows(sent), 500) === null);
  const many = scrape(70_000);
  assert.ok(encodeBlock(many, allRows(many), 10_000_000) === null);
});

test('a time that is no whole number of milliseconds cannot be encoded', () => {
  const builder = createSampleBatchBuilder();
  builder.add(builder.series(labelsOf({ __name__: 'm' })), 1.5, 1);
  assert.throws(() => encode(builder.build()), /cannot hold the time 1\.5/);
});

function assertDamaged(block: Uint8Array, why: RegExp): void {
  const decoded = decodeBlock(block);
  assert.equal(decoded.kind, 'damaged');
  if (decoded.kind === 'damaged') assert.match(decoded.reason, why);
}

test('a block of another version, of nothing, or of other bytes is damaged, and says why', () => {
  const block = encode(scrape(50));
  assertDamaged(new Uint8Array(0), /block of 0 bytes/);
  assertDamaged(new Uint8Array(100), /not a block/);
  const other = block.slice();
  other[2] = 9;
  assertDamaged(other, /block version 9, can read 1/);
  for (let length = 32; length < block.length; length++) assertDamaged(block.slice(0, length), /checksum differs/);
});

test('law: one changed byte anywhere is noticed', () => {
  const block = encode(scrape(50));
  for (let at = 0; at < block.length; at++) {
    const changed = block.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    const decoded = decodeBlock(changed);
    assert.equal(decoded.kind, 'damaged', `byte ${at}`);
  }
});

/** Rewrites the checksum, as somebody would who wants the columns read. */
function reseal(block: Uint8Array): Uint8Array {
  new DataView(block.buffer, block.byteOffset, block.byteLength).setUint32(4, crc32(block.subarray(8)), true);
  return block;
}

test('law: garbage under a right checksum is an answer, never a crash', () => {
  // Small enough to stay uncompressed, so that the changes reach the columns.
  const builder = createSampleBatchBuilder();
  builder.add(builder.series(labelsOf({ __name__: 'm', a: 'b' })), 1_000, 0.5);
  builder.addStale(builder.series(labelsOf({ __name__: 'n' })), 1_001);
  const small = encode(builder.build());
  const large = encode(scrape(300));
  const started = encode(deltas());
  const chosen = fc.constantFrom(small, large, started);
  const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(chosen, fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(40), (original, changes, cut) => {
      const block = original.slice();
      for (const { at, byte } of changes) block[8 + (at % (block.length - 8))] = byte;
      const decoded = decodeBlock(reseal(block.slice(0, Math.max(32, block.length - cut))));
      assert.ok(decoded.kind === 'damaged' || decoded.batch.values.length <= 65_536);
    }),
    { numRuns: 3_000 },
  );
});

/** Samples of one series that begin where the one before ended, and one of another that does not say. */
function deltas(): SampleBatch {
  const builder = createSampleBatchBuilder();
  const series = builder.series(labelsOf({ __name__: 'd' }));
  for (const timeMs of [1_001, 2_001, 3_001]) {
    builder.add(series, timeMs, 1);
    builder.setStart(timeMs - 1_000);
  }
  builder.add(builder.series(labelsOf({ __name__: 'e' })), 1_000, 1);
  return builder.build();
}

test('a block has a start column only where one of its rows says since when it counts', () => {
  const flagsOf = (block: Uint8Array | null): number | undefined => block?.[3];
  assert.equal(flagsOf(encode(deltas())), 2);
  assert.equal(flagsOf(encodeBlock(deltas(), [3], MAX_BYTES)), 0);
  const decoded = decodeBlock(encodeBlock(deltas(), [3], MAX_BYTES) ?? new Uint8Array(0));
  assert.ok(decoded.kind === 'block' && decoded.batch.startTimesMs === null);
});

test('a start that is no whole number of milliseconds cannot be encoded', () => {
  const builder = createSampleBatchBuilder();
  builder.add(builder.series(labelsOf({ __name__: 'm' })), 1, 1);
  builder.setStart(0.5);
  assert.throws(() => encode(builder.build()), /cannot hold the start 0\.5/);
});

test('a start column that is missing, left over, or out of bounds is damage', () => {
  const flagged = (block: Uint8Array, flags: number): Uint8Array => {
    const changed = block.slice();
    changed[3] = flags;
    return changed;
  };
  assertDamaged(flagged(encode(deltas()), 0), /4 bytes too many/);
  assertDamaged(flagged(encodeBlock(deltas(), [3], MAX_BYTES) ?? new Uint8Array(0), 2), /ends too early/);
  assertDamaged(flagged(encode(deltas()), 4), /flags 4/);
  const builder = createSampleBatchBuilder();
  builder.add(builder.series(labelsOf({ __name__: 'm' })), 1, 1);
  builder.setStart(2 ** 50);
  const block = encode(builder.build());
  // Of the zigzag of 2^50 + 3, the highest digit.
  block[block.length - 1] = 0x7f;
  assertDamaged(reseal(block), /start \d+ of row 0/);
});

test('starts of counters that go on, and of deltas, take next to nothing', () => {
  const startedBytes = (startOf: (k: number) => number): number => {
    const builder = createSampleBatchBuilder();
    for (let i = 0; i < 100; i++) {
      const series = builder.series(labelsOf({ __name__: 'up_total', instance: String(i) }));
      for (let k = 0; k < 120; k++) {
        builder.add(series, 1_767_225_600_000 + k * 15_000, 1_000 * i + k * 37);
        if (startOf(k) !== 0) builder.setStart(startOf(k));
      }
    }
    return encode(builder.build()).length;
  };
  const without = startedBytes(() => 0);
  assert.ok(startedBytes(() => 1_767_225_000_123) < without + 100, 'counters');
  assert.ok(startedBytes((k) => 1_767_225_600_000 + (k - 1) * 15_000) < without + 500, 'deltas');
});
