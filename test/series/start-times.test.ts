import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../../lib/model/sample.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';

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

/** At one, two and three seconds. */
function startsOf(memory: SeriesMemory): number[] {
  return [1000, 2000, 3000].map((timeMs) => memory.startTimes.of(requests)?.at(timeMs) ?? 0);
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
  assert.deepEqual(startsOf(memory), [0, 500, 0]);
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
  assert.deepEqual(startsOf(memory), [200, 0, 0]);
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
  assert.equal(startsOf(memory)[1], 100);
  memory.dropBefore(3000);
  assert.equal(memory.startTimes.any, false);
  assert.equal(memory.startTimes.of(requests), null);
});

test('a memory that keeps none has none', () => {
  const memory = createSeriesMemory({ startTimes: false });
  memory.append(batchOf([[1000, 500]]));
  assert.equal(memory.startTimes.any, false);
  assert.equal(memory.sampleCount, 1);
});

test('law: in whatever order samples come, and come again, each has the start that it brought last', () => {
  const sample = fc.tuple(fc.nat(12), fc.constantFrom(0, 3, 3, 3, 5, 100));
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 40 }), fc.nat(12), (samples, dropBeforeMs) => {
      const memory = createSeriesMemory();
      // Known from the beginning, so that samples without start are noted too.
      memory.append(batchOf([[0, 7], ...samples]));
      memory.dropBefore(dropBeforeMs);
      const expected = new Map<number, number>([[0, 7], ...samples]);
      for (const [timeMs, startMs] of expected) {
        if (timeMs >= dropBeforeMs) assert.equal(memory.startTimes.of(requests)?.at(timeMs) ?? 0, startMs);
      }
    }),
    { numRuns: 500 },
  );
});
