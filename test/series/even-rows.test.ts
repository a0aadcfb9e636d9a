import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addRow,
  createGrid,
  dropRowsBefore,
  firstRowAfter,
  firstRowFrom,
  type StoredGrid,
} from '../../lib/series/grid.ts';

/** Stretches of scrapes evenly apart, as they come when some are missed or the interval changes. */
const stretches = fc.array(
  fc.record({ intervalMs: fc.constantFrom(1, 1_000, 15_000, 60_000, 8e12), rows: fc.integer({ min: 1, max: 6 }) }),
  { minLength: 1, maxLength: 5 },
);
const begin = fc.constantFrom(-8e15, -30_000, 0, 1_795_226_907_123);

function gridAt(times: readonly number[]): StoredGrid {
  const grid = createGrid(Int32Array.of(0), 1);
  for (const timeMs of times) addRow(grid, timeMs);
  return grid;
}

function timesOf(beginMs: number, parts: readonly { readonly intervalMs: number; readonly rows: number }[]): number[] {
  let timeMs = beginMs;
  return parts.flatMap(({ intervalMs, rows }) => Array.from({ length: rows }, () => (timeMs += intervalMs)));
}

test('rows are found by their time, whatever was missed or dropped', () => {
  const law = fc.property(begin, stretches, fc.nat(30), fc.nat(1_000), (beginMs, parts, dropped, seed) => {
    const times = timesOf(beginMs, parts);
    const grid = createGrid(Int32Array.of(0), 1);
    const expected = [...times];
    const keptFrom = dropped % times.length;
    // Some rows come after others have been dropped.
    for (const [i, timeMs] of times.entries()) {
      addRow(grid, timeMs);
      if (i === Math.max(keptFrom, seed % times.length)) {
        assert.equal(dropRowsBefore(grid, times[keptFrom] ?? 0), keptFrom);
        expected.splice(0, keptFrom);
      }
    }
    assert.deepEqual([...grid.timesMs.subarray(0, grid.length)], expected);
    for (const timeMs of times.flatMap((own) => [own - 1, own, own + 1, own - 7_000, own + 100_000, own + 9e12])) {
      const before = expected.filter((own) => own < timeMs).length;
      assert.equal(firstRowFrom(grid, timeMs), before);
      assert.equal(firstRowAfter(grid, timeMs), before + (expected.includes(timeMs) ? 1 : 0));
    }
  });
  fc.assert(law, { numRuns: 500 });
});

test('rows of ages apart are told from the millisecond before them', () => {
  const grid = gridAt([-8e15 + 1, 1, 8e15 + 1]);
  assert.equal(firstRowAfter(grid, 8e15), 2);
  assert.equal(firstRowAfter(grid, 8e15 + 1), 3);
  assert.equal(dropRowsBefore(grid, 2), 2);
  assert.equal(firstRowAfter(grid, 8e15 + 1), 1);
  const two = gridAt([-8.64e15 + 1, 8.64e15 - 4]);
  dropRowsBefore(two, 0);
  assert.equal(firstRowAfter(two, 8.64e15 - 4), 1);
});

test('a grid that lost all rows begins anew', () => {
  const grid = gridAt([0, 1_000, 2_000]);
  assert.equal(dropRowsBefore(grid, 5_000), 3);
  assert.equal(firstRowAfter(grid, 1_500), 0);
  assert.equal(firstRowAfter(grid, 9_000), 0);
  addRow(grid, 7_000);
  assert.deepEqual(
    [6_999, 7_000, 8_000].map((timeMs) => firstRowAfter(grid, timeMs)),
    [0, 1, 1],
  );
});
