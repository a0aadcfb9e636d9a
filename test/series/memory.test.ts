import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Labels, labelsOf } from '../../lib/model/labels.ts';
import { createMatcher, type Matcher } from '../../lib/model/matcher.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { FLOAT, STALE } from '../../lib/series/cells.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { resetsOf } from '../../lib/series/resets.ts';

type Row = readonly [labels: Labels, timeMs: number, value: number | 'stale'];

const api = labelsOf({ __name__: 'requests_total', job: 'api' });
const web = labelsOf({ __name__: 'requests_total', job: 'web' });
const up = labelsOf({ __name__: 'up', job: 'api' });
const ALWAYS = { fromMs: 0, toMs: 1_000_000 };

function append(memory: SeriesMemory, rows: readonly Row[]): void {
  const builder = createSampleBatchBuilder();
  for (const [labels, timeMs, value] of rows) {
    const series = builder.series(labels);
    if (value === 'stale') builder.addStale(series, timeMs);
    else builder.add(series, timeMs, value);
  }
  memory.append(builder.build());
}

function matcher(name: string, operator: Matcher['operator'], value: string): Matcher {
  const made = createMatcher(name, operator, value);
  if ('error' in made) throw new Error(made.error);
  return made;
}

const requests = [matcher('__name__', '=', 'requests_total')];

/** Everything selected, as `time=value` texts by label set. */
function contents(memory: SeriesMemory, matchers: readonly Matcher[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { table, grids } of memory.select(matchers)) {
    for (const { grid, columns, tableRows } of grids) {
      columns.forEach((column, i) => {
        const samples: string[] = [];
        for (let row = 0; row < grid.length; row++) {
          const cell = row * grid.width + column;
          if (grid.cells[cell] === FLOAT) samples.push(`${grid.timesMs[row]}=${grid.values[cell]}`);
          if (grid.cells[cell] === STALE) samples.push(`${grid.timesMs[row]}=stale`);
        }
        found[table.labels(tableRows[i] ?? 0).key] = samples;
      });
    }
  }
  return found;
}

test('series that are scraped together share a grid', () => {
  const memory = createSeriesMemory();
  for (const timeMs of [1000, 2000, 3000]) {
    append(memory, [
      [api, timeMs, timeMs],
      [web, timeMs, 1],
    ]);
  }
  const [selection] = memory.select(requests);
  assert.equal(selection?.grids.length, 1);
  assert.deepEqual([...(selection?.grids[0]?.grid.timesMs.subarray(0, 3) ?? [])], [1000, 2000, 3000]);
});

test('late samples find their place, and the last of several counts', () => {
  const memory = createSeriesMemory();
  append(memory, [[api, 3000, 3]]);
  append(memory, [
    [api, 1000, 1],
    [api, 5000, 5],
  ]);
  append(memory, [
    [api, 2000, 2],
    [api, 3000, 33],
    [api, 2000, 22],
  ]);
  assert.deepEqual(contents(memory, requests)[api.key], ['1000=1', '2000=22', '3000=33', '5000=5']);
  assert.equal(memory.sampleCount, 4);
});

test('a staleness marker can be overwritten, and overwrites', () => {
  const memory = createSeriesMemory();
  append(memory, [
    [api, 1000, 1],
    [api, 2000, 'stale'],
  ]);
  append(memory, [
    [api, 1000, 'stale'],
    [api, 2000, 2],
  ]);
  assert.deepEqual(contents(memory, requests)[api.key], ['1000=stale', '2000=2']);
});

test('series that turn out to have their own rhythm get their own grids', () => {
  const memory = createSeriesMemory();
  append(memory, [
    [api, 1000, 1],
    [web, 1000, 1],
  ]);
  for (let i = 1; i < 20; i++) {
    append(memory, [
      [api, 1000 + i * 1000, i],
      [web, 1000 + i * 1300, i],
    ]);
  }
  const [selection] = memory.select(requests);
  assert.equal(selection?.grids.length, 2);
  assert.ok(selection?.grids.every(({ grid }) => grid.missing === 0));
  assert.equal(memory.sampleCount, 40);
});

test('matchers choose among metrics and labels', () => {
  const memory = createSeriesMemory();
  append(memory, [
    [api, 1000, 1],
    [web, 1000, 2],
    [up, 1000, 1],
    [labelsOf({ job: 'nameless' }), 1000, 7],
  ]);
  const keys = (...matchers: Matcher[]): string[] => Object.keys(contents(memory, matchers)).toSorted();
  assert.deepEqual(keys(matcher('job', '=', 'api')), [api.key, up.key].toSorted());
  assert.deepEqual(keys(...requests, matcher('job', '!=', 'api')), [web.key]);
  assert.deepEqual(keys(matcher('__name__', '=~', 'u.|v')), [up.key]);
  assert.deepEqual(keys(matcher('__name__', '=', '')), ['[["job","nameless"]]']);
  assert.deepEqual(keys(...requests, matcher('zone', '=', '')), [api.key, web.key].toSorted());
  assert.deepEqual(keys(...requests, matcher('zone', '!=', '')), []);
  assert.deepEqual(memory.metricNames(), ['', 'requests_total', 'up']);
});

test('a remembered selection sees series that came later', () => {
  const memory = createSeriesMemory();
  append(memory, [[api, 1000, 1]]);
  assert.deepEqual(Object.keys(contents(memory, requests)), [api.key]);
  append(memory, [[web, 2000, 1]]);
  assert.deepEqual(Object.keys(contents(memory, requests)).toSorted(), [api.key, web.key].toSorted());
});

test('label names and values are those of series with samples in the interval', () => {
  const memory = createSeriesMemory();
  append(memory, [
    [api, 1000, 1],
    [labelsOf({ __name__: 'requests_total', job: 'web', zone: 'eu' }), 9000, 1],
    [labelsOf({ __name__: 'requests_total', job: 'old' }), 1000, 'stale'],
  ]);
  assert.deepEqual(memory.labelNames(requests, { fromMs: 0, toMs: 5000 }), ['__name__', 'job']);
  assert.deepEqual(memory.labelNames(requests, ALWAYS), ['__name__', 'job', 'zone']);
  assert.deepEqual(memory.labelValues('job', requests, ALWAYS), ['api', 'web']);
  assert.deepEqual(memory.labelValues('zone', requests, ALWAYS), ['eu']);
  assert.deepEqual(
    memory.series(requests, { fromMs: 1000, toMs: 1000 }).map(({ key }) => key),
    [api.key],
  );
});

test('what is too old is forgotten, with the series that have nothing left', () => {
  const memory = createSeriesMemory();
  append(memory, [
    [api, 1000, 1],
    [api, 2000, 2],
    [api, 3000, 3],
    [web, 1000, 1],
    [up, 1000, 1],
  ]);
  memory.dropBefore(2000);
  assert.deepEqual(contents(memory, requests), { [api.key]: ['2000=2', '3000=3'] });
  assert.deepEqual(memory.metricNames(), ['requests_total']);
  assert.equal(memory.seriesCount, 1);
  assert.equal(memory.sampleCount, 2);
  append(memory, [[web, 4000, 9]]);
  assert.deepEqual(contents(memory, requests)[web.key], ['4000=9']);
});

test('counter resets are listed sparsely, also after changes in the past', () => {
  const memory = createSeriesMemory();
  append(
    memory,
    [5, 6, 1, 2, 0].map((value, i): Row => [api, i * 1000, value]),
  );
  const resetRows = (): number[] => {
    const grid = memory.select(requests)[0]?.grids[0]?.grid;
    assert.ok(grid !== undefined);
    const { rows, count } = resetsOf(grid);
    return [...rows.subarray(0, count)];
  };
  assert.deepEqual(resetRows(), [2, 4]);
  append(memory, [[api, 2000, 7]]);
  assert.deepEqual(resetRows(), [3, 4]);
  append(memory, [[api, 5000, -1]]);
  assert.deepEqual(resetRows(), [3, 4, 5]);
  memory.dropBefore(3000);
  assert.deepEqual(resetRows(), [1, 2]);
});

test('whatever the order and the batches, the last sample written at a time is kept', () => {
  const row = fc.tuple(
    fc.constantFrom(api, web, up),
    fc.integer({ min: 0, max: 12 }).map((i) => i * 1000),
    fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant<'stale'>('stale')),
  );
  const law = fc.property(
    fc.array(fc.array(row, { maxLength: 12 }), { maxLength: 8 }),
    fc.nat({ max: 9000 }),
    (batches, dropMs) => {
      const memory = createSeriesMemory();
      const expected = new Map<string, Map<number, number | 'stale'>>();
      for (const batch of batches) {
        append(memory, batch);
        contents(memory, []);
        for (const [labels, timeMs, value] of batch) {
          const own = expected.get(labels.key) ?? new Map<number, number | 'stale'>();
          expected.set(labels.key, own.set(timeMs, value));
        }
      }
      memory.dropBefore(dropMs);
      const wanted: Record<string, string[]> = {};
      for (const [key, samples] of expected) {
        const kept = [...samples].filter(([timeMs]) => timeMs >= dropMs).toSorted((a, b) => a[0] - b[0]);
        if (kept.length > 0) wanted[key] = kept.map(([timeMs, value]) => `${timeMs}=${value}`);
      }
      assert.deepEqual(contents(memory, []), wanted);
    },
  );
  fc.assert(law, { numRuns: 300 });
});
