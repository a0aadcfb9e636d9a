import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../../lib/model/sample.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';

const requests = labelsOf({ __name__: 'requests_total', job: 'api' });

function batchOf(rows: readonly (readonly [timeMs: number, startMs: number | null])[]): SampleBatch {
  const builder = createSampleBatchBuilder();
  const series = builder.series(requests);
  for (const [timeMs, startMs] of rows) {
    builder.add(series, timeMs, 1);
    if (startMs !== null) builder.setStart(startMs);
  }
  return builder.build();
}

test('a batch without start timestamps has no column for them', () => {
  assert.equal(batchOf([[1000, null]]).startTimesMs, null);
  const started = batchOf([
    [1000, null],
    [2000, 500],
  ]);
  assert.deepEqual([...(started.startTimesMs ?? [])], [0, 500]);
});

test('memory knows since when samples count, and of which metrics', () => {
  const memory = createSeriesMemory();
  memory.append(batchOf([[1000, null]]));
  assert.equal(memory.startTimes.any, false);
  memory.append(batchOf([[2000, 500]]));
  assert.equal(memory.startTimes.any, true);
  assert.equal(memory.startTimes.knows('requests_total'), true);
  assert.equal(memory.startTimes.knows('up'), false);
  assert.deepEqual([...(memory.startTimes.of(requests) ?? [])], [[2000, 500]]);
});

test('a sample that replaces another brings its own start timestamp, or takes the old one away', () => {
  const memory = createSeriesMemory();
  memory.append(
    batchOf([
      [1000, 100],
      [2000, 100],
    ]),
  );
  memory.append(
    batchOf([
      [1000, 200],
      [2000, null],
    ]),
  );
  assert.deepEqual([...(memory.startTimes.of(requests) ?? [])], [[1000, 200]]);
});

test('start timestamps go with their samples', () => {
  const memory = createSeriesMemory();
  memory.append(
    batchOf([
      [1000, 100],
      [2000, 100],
    ]),
  );
  memory.dropBefore(2000);
  assert.deepEqual([...(memory.startTimes.of(requests) ?? [])], [[2000, 100]]);
  memory.dropBefore(3000);
  assert.equal(memory.startTimes.any, false);
  assert.equal(memory.startTimes.of(requests), null);
});
