import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../../lib/model/sample.ts';
import type { StoredRecord, Table } from '../../lib/ports.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';
import { blockKey, shardOf } from '../../lib/store/sample-keys.ts';
import { createSampleStore, type SampleStore } from '../../lib/store/samples.ts';

const START_MS = 1_767_225_600_000; // a full hour
const MINUTE_MS = 60_000;
const LIMITS = { retentionMs: 24 * 60 * MINUTE_MS, maxSampleAgeMs: 60 * MINUTE_MS, maxSampleFutureMs: 10 * MINUTE_MS };

interface Bench {
  readonly table: Table;
  readonly store: SampleStore;
  /** Partitions that were asked for. */
  readonly asked: string[];
}

function bench(): Bench {
  const inner = createEmbeddedTable({ path: ':memory:', clock: { nowMs: () => START_MS } });
  const asked: string[] = [];
  const table: Table = {
    ...inner,
    query: (query, nowMs) => {
      asked.push(query.pk);
      return inner.query(query, nowMs);
    },
  };
  return { table, store: createSampleStore({ table }, LIMITS), asked };
}

/** What a memory was given: `name time=value`, in that order; later ones of one series and time replace earlier ones. */
function recorder() {
  const cells = new Map<string, number>();
  let appended = 0;
  return {
    append(batch: SampleBatch): void {
      appended += batch.values.length;
      for (const [row, value] of batch.values.entries()) {
        const labels = batch.series[batch.seriesOf[row] ?? -1];
        cells.set(`${labels?.key} ${batch.timesMs[row]}`, value);
      }
    },
    dropBefore(timeMs: number): void {
      for (const key of cells.keys()) if (Number(key.slice(key.lastIndexOf(' '))) < timeMs) cells.delete(key);
    },
    cells,
    get appended() {
      return appended;
    },
  };
}

function samples(metricName: string, ...rows: readonly (readonly [timeMs: number, value: number])[]): SampleBatch {
  const builder = createSampleBatchBuilder();
  const series = builder.series(labelsOf({ __name__: metricName, job: 'a' }));
  for (const [timeMs, value] of rows) builder.add(series, timeMs, value);
  return builder.build();
}

function cell(metricName: string, timeMs: number): string {
  return `${labelsOf({ __name__: metricName, job: 'a' }).key} ${timeMs}`;
}

const need = (metricName: string | null, fromMs: number, toMs: number) => ({ metricName, fromMs, toMs });

test('what was appended is loaded, in another process too', async () => {
  const { table, store } = bench();
  await store.append(samples('up', [START_MS, 1], [START_MS + 1, -0]), START_MS + 5);
  for (const reader of [store, createSampleStore({ table }, LIMITS)]) {
    const memory = recorder();
    const loaded = await reader.load(memory, [need('up', START_MS, START_MS + 10)], START_MS + 10);
    assert.deepEqual(
      [...memory.cells],
      [
        [cell('up', START_MS), 1],
        [cell('up', START_MS + 1), -0],
      ],
    );
    assert.deepEqual([loaded.blocks, loaded.rows, loaded.damaged], [1, 2, []]);
  }
});

test('an empty batch writes nothing', async () => {
  const { store } = bench();
  assert.deepEqual(await store.append(createSampleBatchBuilder().build(), START_MS), { blocks: 0, sizeBytes: 0 });
});

test('a repeated request writes the same record at the same instant, and nothing new later', async () => {
  const { table, store } = bench();
  const batch = samples('up', [START_MS, 1]);
  await store.append(batch, START_MS);
  await store.append(batch, START_MS);
  const pk = blockKey(shardOf('up'), START_MS, '').pk;
  const { records } = await table.query({ pk, skPrefix: '', after: null, limit: 10 }, START_MS);
  assert.equal(records.length, 1);
  await store.append(batch, START_MS + 500);
  const memory = recorder();
  await store.load(memory, [need('up', START_MS, START_MS)], START_MS + 500);
  assert.deepEqual([...memory.cells], [[cell('up', START_MS), 1]]);
});

test('two different requests of one instant are both kept', async () => {
  const { store } = bench();
  await Promise.all([
    store.append(samples('up', [START_MS, 1]), START_MS),
    store.append(samples('up', [START_MS + 1, 2]), START_MS),
  ]);
  const memory = recorder();
  await store.load(memory, [need('up', START_MS, START_MS + 1)], START_MS + 1);
  assert.equal(memory.cells.size, 2);
});

test('of one series and time the last write counts', async () => {
  const { store } = bench();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  await store.append(samples('up', [START_MS, 2]), START_MS + 1_000);
  const memory = recorder();
  await store.load(memory, [need('up', START_MS, START_MS)], START_MS + 2_000);
  assert.deepEqual([...memory.cells.values()], [2]);
});

test('a warm memory is given each block once', async () => {
  const { store } = bench();
  const memory = recorder();
  for (let minute = 0; minute < 90; minute++) {
    const nowMs = START_MS + minute * MINUTE_MS;
    await store.append(samples('up', [nowMs, minute]), nowMs);
    const loaded = await store.load(memory, [need('up', nowMs - 5 * MINUTE_MS, nowMs)], nowMs);
    assert.equal(loaded.blocks, 1, `minute ${minute}`);
  }
  assert.deepEqual([memory.appended, memory.cells.size], [90, 90]);
});

test('a block that is committed late, behind others that were read, is found by the next load', async () => {
  const { store } = bench();
  const memory = recorder();
  await store.append(samples('up', [START_MS + 20_000, 2]), START_MS + 20_000);
  await store.load(memory, [need('up', START_MS, START_MS + 25_000)], START_MS + 25_000);
  await store.append(samples('up', [START_MS, 1]), START_MS);
  const loaded = await store.load(memory, [need('up', START_MS, START_MS + 35_000)], START_MS + 35_000);
  assert.equal(loaded.blocks, 1);
  assert.equal(memory.cells.get(cell('up', START_MS)), 1);
});

/** Needs from here on lie in one hour of reception. */
const FIRST_MS = START_MS + LIMITS.maxSampleFutureMs;

test('a table that counts its changes is asked only after one, or when an hour turns', async () => {
  const { asked, store, table } = bench();
  const memory = recorder();
  const load = async (nowMs: number): Promise<number> => {
    asked.length = 0;
    await store.load(memory, [need('up', FIRST_MS, nowMs)], nowMs);
    return asked.length;
  };
  await store.append(samples('up', [FIRST_MS, 1]), FIRST_MS);
  assert.equal(await load(FIRST_MS + 1_000), 1);
  assert.equal(await load(FIRST_MS + 40 * MINUTE_MS), 0);
  // Received long ago, committed now.
  await store.append(samples('up', [FIRST_MS + 5, 2]), FIRST_MS + 500);
  assert.equal(await load(FIRST_MS + 40 * MINUTE_MS), 1);
  assert.equal(memory.cells.get(cell('up', FIRST_MS + 5)), 2);
  await table.putAll([{ pk: 'other', sk: 'x', body: 'x', expiresAtMs: null }]);
  assert.equal(await load(FIRST_MS + 41 * MINUTE_MS), 1);
  assert.equal(await load(FIRST_MS + 42 * MINUTE_MS), 0);
  // What a clock that is ahead has written there was not read before.
  assert.equal(await load(FIRST_MS + 50 * MINUTE_MS), 2);
  await store.load(memory, [need('up', FIRST_MS - 20 * MINUTE_MS, FIRST_MS)], FIRST_MS + 40 * MINUTE_MS);
  assert.ok(asked.length > 2);
});

test('what is written while a load reads is found by the next', async () => {
  const { table } = bench();
  const writer = createSampleStore({ table }, LIMITS);
  let late: Promise<void> | null = null;
  const writing: Table = {
    ...table,
    query: async (query, nowMs) => {
      const page = await table.query(query, nowMs);
      late ??= writer.append(samples('up', [FIRST_MS, 1]), FIRST_MS).then(() => undefined);
      await late;
      return page;
    },
  };
  const memory = recorder();
  const reader = createSampleStore({ table: writing }, LIMITS);
  await reader.load(memory, [need('up', FIRST_MS, FIRST_MS)], FIRST_MS);
  assert.equal(memory.cells.size, 0);
  await reader.load(memory, [need('up', FIRST_MS, FIRST_MS)], FIRST_MS);
  assert.equal(memory.cells.size, 1);
});

test('a table that does not count is asked each time', async () => {
  const { asked, table } = bench();
  const { changes: _, ...uncounted } = table;
  const store = createSampleStore({ table: uncounted }, LIMITS);
  const memory = recorder();
  for (let i = 0; i < 3; i++) await store.load(memory, [need('up', FIRST_MS, FIRST_MS)], FIRST_MS);
  assert.equal(asked.length, 3);
});

test('a sender whose clock is ahead, over the turn of the hour, is heard', async () => {
  const { store } = bench();
  const memory = recorder();
  const hourMs = START_MS + 60 * MINUTE_MS;
  await store.append(samples('up', [hourMs + 1_000, 1]), hourMs + 2_000);
  await store.load(memory, [need('up', START_MS, hourMs)], hourMs - 1_000);
  assert.equal(memory.cells.size, 1);
});

test('a sample that came late stands in a later hour, and is found from its own time', async () => {
  const { store } = bench();
  await store.append(samples('up', [START_MS, 1]), START_MS + 59 * MINUTE_MS + 59_000);
  const memory = recorder();
  await store.load(memory, [need('up', START_MS - 1_000, START_MS + 1_000)], START_MS + 120 * MINUTE_MS);
  assert.deepEqual([...memory.cells.keys()], [cell('up', START_MS)]);
});

test('a longer window than before reads the part that is missing', async () => {
  const { store } = bench();
  for (let minute = 0; minute < 180; minute += 10) {
    await store.append(samples('up', [START_MS + minute * MINUTE_MS, minute]), START_MS + minute * MINUTE_MS);
  }
  const nowMs = START_MS + 180 * MINUTE_MS;
  const memory = recorder();
  const short = await store.load(memory, [need('up', nowMs - 5 * MINUTE_MS, nowMs)], nowMs);
  const long = await store.load(memory, [need('up', START_MS, nowMs)], nowMs);
  assert.deepEqual([short.blocks, long.blocks, memory.appended], [1, 17, 18]);
  const again = await store.load(memory, [need('up', START_MS, nowMs)], nowMs);
  assert.equal(again.blocks, 0);
});

test('after a long pause only the needed window is read, and older parts again when they are asked for', async () => {
  const { store, asked } = bench();
  const memory = recorder();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  await store.load(memory, [need('up', START_MS, START_MS)], START_MS);
  const laterMs = START_MS + 20 * 60 * MINUTE_MS;
  asked.length = 0;
  await store.load(memory, [need('up', laterMs - MINUTE_MS, laterMs)], laterMs);
  assert.ok(asked.length <= 2, asked.join(' '));
  await store.append(samples('up', [START_MS + 60 * MINUTE_MS, 2]), START_MS + 60 * MINUTE_MS);
  await store.load(memory, [need('up', START_MS, laterMs)], laterMs);
  assert.equal(memory.cells.size, 2);
});

test('what a memory forgot is read again when it is needed again', async () => {
  const { store } = bench();
  const memory = recorder();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  const nowMs = START_MS + 10 * MINUTE_MS;
  await store.append(samples('up', [nowMs, 2]), nowMs);
  await store.load(memory, [need('up', START_MS, nowMs)], nowMs);
  store.dropBefore(memory, START_MS + MINUTE_MS);
  assert.deepEqual([...memory.cells.values()], [2]);
  await store.load(memory, [need('up', START_MS + MINUTE_MS, nowMs)], nowMs);
  assert.equal(memory.appended, 2);
  await store.load(memory, [need('up', START_MS, nowMs)], nowMs);
  assert.deepEqual([...memory.cells.values()].sort(), [1, 2]);
});

test('a need of one metric reads its shard alone; a need of any metric reads all', async () => {
  const { store, asked } = bench();
  await store.load(recorder(), [need('up', START_MS, START_MS)], START_MS + 1);
  assert.deepEqual(new Set(asked.map((pk) => pk.split('#')[1])), new Set([String(shardOf('up'))]));
  asked.length = 0;
  await store.load(recorder(), [need(null, START_MS, START_MS)], START_MS + 1);
  assert.equal(new Set(asked.map((pk) => pk.split('#')[1])).size, 4);
});

test('a need of all time asks for no more hours than are kept', async () => {
  const { store, asked } = bench();
  await store.load(recorder(), [need('up', 0, Number.MAX_SAFE_INTEGER)], START_MS);
  assert.ok(asked.length <= 26, `${asked.length} partitions`);
});

test('samples are gone after the retention', async () => {
  const { store } = bench();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  const memory = recorder();
  const nowMs = START_MS + LIMITS.retentionMs;
  await store.load(memory, [need('up', START_MS, START_MS)], nowMs);
  assert.equal(memory.cells.size, 0);
});

test('a damaged block is told and skipped, its neighbours are read', async () => {
  const { table, store } = bench();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  const broken = { ...blockKey(shardOf('up'), START_MS + 1, 'x'), body: Uint8Array.of(1, 2, 3), expiresAtMs: null };
  const text = { ...blockKey(shardOf('up'), START_MS + 2, 'x'), body: 'text', expiresAtMs: null };
  await table.putAll([broken, text]);
  await store.append(samples('up', [START_MS + 3, 3]), START_MS + 3);
  const memory = recorder();
  const loaded = await store.load(memory, [need('up', START_MS, START_MS + 3)], START_MS + 3);
  assert.equal(memory.cells.size, 2);
  assert.deepEqual(
    loaded.damaged.map((said) => said.split(': ')[1]),
    ['block of 3 bytes', 'text where a block is expected'],
  );
});

test('a batch that is larger than a record is stored in several', async () => {
  const { table, store } = bench();
  const builder = createSampleBatchBuilder();
  const series = Array.from({ length: 500 }, (_, i) => builder.series(labelsOf({ __name__: 'noise', i: String(i) })));
  let seed = 1;
  for (let row = 0; row < 150_000; row++) {
    seed = (seed * 48_271) % 0x7fffffff;
    builder.add(series[row % 500] ?? 0, START_MS + row, seed / 7);
  }
  const appended = await store.append(builder.build(), START_MS);
  assert.ok(appended.blocks > 3, `${appended.blocks} blocks`);
  const pk = blockKey(shardOf('noise'), START_MS, '').pk;
  const records: StoredRecord[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page = await table.query({ pk, skPrefix: '', after: after === '' ? null : after, limit: 100 }, START_MS);
    records.push(...page.records);
    after = page.next;
  }
  assert.equal(records.length, appended.blocks);
  assert.ok(records.every((record) => record.body.length <= 350_000));
  const memory = recorder();
  await store.load(memory, [need('noise', START_MS, START_MS)], START_MS);
  assert.equal(memory.cells.size, 150_000);
});

test('a failed load leaves out nothing of the next', async () => {
  const { table, store } = bench();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  let fails = true;
  const flaky: Table = {
    ...table,
    query: (query, nowMs) => (fails ? Promise.reject(new Error('no table')) : table.query(query, nowMs)),
  };
  const reader = createSampleStore({ table: flaky }, LIMITS);
  const memory = recorder();
  await assert.rejects(reader.load(memory, [need('up', START_MS, START_MS)], START_MS), /no table/);
  fails = false;
  await reader.load(memory, [need('up', START_MS, START_MS)], START_MS);
  assert.equal(memory.cells.size, 1);
});

test('loads of one memory at once give it each block once', async () => {
  const { store } = bench();
  await store.append(samples('up', [START_MS, 1]), START_MS);
  const memory = recorder();
  await Promise.all([1, 2, 3].map(() => store.load(memory, [need('up', START_MS, START_MS)], START_MS + 1)));
  assert.equal(memory.appended, 1);
});

test('a merged block under the time of its newest part is read by every window that needs a part of it', async () => {
  const { store } = bench();
  // As compaction would leave an hour: one block of all its samples, received when the newest was.
  const hour = Array.from({ length: 60 }, (_, i) => [START_MS + i * MINUTE_MS, i] as const);
  await store.append(samples('up', ...hour), START_MS + 59 * MINUTE_MS);
  const memory = recorder();
  const nowMs = START_MS + 300 * MINUTE_MS;
  await store.load(memory, [need('up', START_MS + 5 * MINUTE_MS, START_MS + 6 * MINUTE_MS)], nowMs);
  assert.equal(memory.cells.size, 60);
});

test('series memory takes what the store gives', async () => {
  const { store } = bench();
  await store.append(samples('up', [START_MS, 1], [START_MS + 15_000, 0]), START_MS + 15_000);
  const memory = createSeriesMemory();
  await store.load(memory, [need(null, START_MS, START_MS + 15_000)], START_MS + 15_000);
  assert.deepEqual([memory.metricNames(), memory.seriesCount, memory.sampleCount], [['up'], 1, 2]);
});
