import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { inflate } from '../../lib/adapters/inflate.ts';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import { createRemoteWriteReader } from '../../lib/ingest/remote-write.ts';
import { createRemoteWriteV2Reader } from '../../lib/ingest/remote-write-v2.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import type { MemoryOptions } from '../../lib/series/memory.ts';
import { createIngestService } from '../../lib/services/ingest.ts';
import { createQueryService } from '../../lib/services/query.ts';
import { createMetadataStore } from '../../lib/store/metric-metadata.ts';
import { createSampleStore } from '../../lib/store/samples.ts';
import { compress, type SentSeries, STALE, writeRequest, writeRequestV2 } from './encoder.ts';

const NOW_MS = 1_767_225_600_000;
const SECOND_MS = 1000;

/** Starts of the rows that a request of version 2 brings, in their order. */
function startsOf(series: SentSeries): number[] | null {
  const { batch } = createRemoteWriteV2Reader(DEFAULT_INGEST_LIMITS).read(writeRequestV2([series]));
  return batch.startTimesMs === null ? null : [...batch.startTimesMs];
}

const labels = [['__name__', 'm_total']] as const;
const histogram = { timeMs: 70, schema: 0, count: 1, zeroCount: 1, sum: 1 };

test('remote write 2.0 says since when samples and histograms count', () => {
  assert.deepEqual(
    startsOf({
      labels,
      samples: [
        [1, 50, 10],
        [2, 60],
      ],
      histograms: [{ ...histogram, startMs: 20 }, histogram],
    }),
    [10, 0, 20, 0],
  );
  assert.equal(startsOf({ labels, samples: [[1, 50]], histograms: [histogram] }), null);
});

test('older senders say it once for a series, which counts where a sample does not say', () => {
  assert.deepEqual(
    startsOf({
      labels,
      samples: [
        [1, 50],
        [2, 60, 55],
      ],
      histograms: [histogram],
      createdAtMs: 10,
    }),
    [10, 55, 10],
  );
});

test('stale markers, refused histograms and starts beyond all time have none', () => {
  assert.equal(startsOf({ labels, samples: [[STALE, 50, 10]] }), null);
  assert.deepEqual(
    startsOf({
      labels,
      samples: [
        [1, 50, 10],
        [2, 60, 2 ** 50 + 2],
        [3, 70, -5],
      ],
      histograms: [{ ...histogram, count: 9, startMs: 20 }],
    }),
    [10, 0, -5],
  );
});

test('remote write 1.0 says nothing', () => {
  const request = writeRequest([{ labels, samples: [[1, 50]] }]);
  assert.equal(createRemoteWriteReader(DEFAULT_INGEST_LIMITS).read(request).batch.startTimesMs, null);
});

/** Samples go in by remote write, and come out by queries, through one table. */
function createWorld(memory: MemoryOptions) {
  const table = createEmbeddedTable({ path: ':memory:', clock: { nowMs: () => NOW_MS } });
  const limits = DEFAULT_INGEST_LIMITS;
  const samples = createSampleStore({ table }, { ...limits, retentionMs: 86_400_000 });
  const metadata = createMetadataStore({ table });
  const ingest = createIngestService({ samples, metadata, inflate }, { keep: 'all', isSelected: null, limits });
  const engine = { lookbackMs: 300_000, defaultSubqueryStepMs: 60_000, maxSamples: 1e6, delayedNameRemoval: false };
  const query = createQueryService(
    { samples, metadata, stopwatch: () => 0 },
    { engine, features: ALL_FEATURES, timeoutMs: 60_000, maxHeldSamples: 1e6, memory },
  );
  return {
    async send(series: readonly SentSeries[]): Promise<void> {
      const body = compress(writeRequestV2(series));
      const outcome = await ingest.ingest({ format: 'remote-write-2', encoding: 'snappy', body, receivedAtMs: NOW_MS });
      assert.ok(outcome.kind === 'stored' && outcome.rejections.causes === 0);
    },
    /** The values of an instant query now. */
    async ask(text: string): Promise<readonly number[]> {
      const times = { startMs: NOW_MS, endMs: NOW_MS, stepMs: 0 };
      const outcome = await query.query({ text, times, timeoutMs: null, lookbackMs: null }, NOW_MS);
      assert.ok(outcome.kind === 'answered' && outcome.result.value.kind === 'vector');
      return outcome.result.value.elements.map(({ value }) => value);
    },
  };
}

/** A counter that began anew half a minute ago, and has overtaken its old value since; and one that does not say. */
const restarted: readonly SentSeries[] = [
  {
    labels: [['__name__', 'restarted_total']],
    samples: [
      [10, NOW_MS - 60 * SECOND_MS, NOW_MS - 3600 * SECOND_MS],
      [25, NOW_MS, NOW_MS - 30 * SECOND_MS],
    ],
  },
  { labels: [['__name__', 'silent_total']], samples: [[1, NOW_MS]] },
];

test('what was sent comes back as start_timestamp(), and rates heed it, where the feature is on', async () => {
  const world = createWorld({ startTimes: true });
  await world.send(restarted);
  assert.deepEqual(await world.ask('start_timestamp(restarted_total)'), [(NOW_MS - 30 * SECOND_MS) / 1000]);
  assert.deepEqual(await world.ask('start_timestamp(restarted_total offset 1m)'), [(NOW_MS - 3600 * SECOND_MS) / 1000]);
  assert.deepEqual(await world.ask('start_timestamp(silent_total)'), [0]);
  assert.deepEqual(await world.ask('resets(restarted_total[2m])'), [1]);
});

test('a sample that is sent again without its start loses it', async () => {
  const world = createWorld({ startTimes: true });
  await world.send(restarted);
  await world.send([{ labels: [['__name__', 'restarted_total']], samples: [[25, NOW_MS]] }]);
  assert.deepEqual(await world.ask('start_timestamp(restarted_total)'), [0]);
  assert.deepEqual(await world.ask('resets(restarted_total[2m])'), [0]);
});

test('where the feature is off all is as if nobody had said', async () => {
  const world = createWorld({ startTimes: false });
  await world.send(restarted);
  assert.deepEqual(await world.ask('start_timestamp(restarted_total)'), []);
  assert.deepEqual(await world.ask('resets(restarted_total[2m])'), [0]);
});
