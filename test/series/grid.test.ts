import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Histogram } from '../../lib/model/histogram.ts';
import { FLOAT, HISTOGRAM, MISSING, STALE } from '../../lib/series/cells.ts';
import { addRow, createGrid, dropRowsBefore, isWhole, putCell, putFloat } from '../../lib/series/grid.ts';

const HISTOGRAM_WITHOUT_BUCKETS: Histogram = {
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
  resetHint: 'unknown',
};
const WIDTH = 3;
const STEP_MS = 15_000;
const place = { row: fc.nat(7), column: fc.nat(WIDTH - 1) };
const change = fc.oneof(
  fc.record({ kind: fc.constant('row' as const) }),
  fc.record({ kind: fc.constant('drop' as const), rows: fc.nat(3) }),
  fc.record({ kind: fc.constant('float' as const), ...place }),
  fc.record({ kind: fc.constant('cell' as const), cell: fc.constantFrom(FLOAT, HISTOGRAM, STALE), ...place }),
);

test('what is counted of cells is what they are', () => {
  const law = fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
    const grid = createGrid(Int32Array.of(0, 1, 2), 1);
    for (const [i, one] of changes.entries()) {
      if (one.kind === 'row') addRow(grid, i * STEP_MS);
      else if (one.kind === 'drop') dropRowsBefore(grid, (grid.timesMs[0] ?? 0) + one.rows * STEP_MS);
      else if (one.row < grid.length) {
        if (one.kind === 'float') putFloat(grid, one.row, one.column, 1);
        else {
          const histogram = one.cell === HISTOGRAM ? HISTOGRAM_WITHOUT_BUCKETS : null;
          putCell(grid, one, { kind: one.cell, value: 0, histogram });
        }
      }
    }
    const cells = [...grid.cells.subarray(0, grid.length * WIDTH)];
    const irregular = cells.map((cell) => (cell === FLOAT ? 0 : 1));
    const sumOf = (belongs: (cell: number) => boolean): number =>
      irregular.reduce<number>((sum, one, cell) => sum + (belongs(cell) ? one : 0), 0);
    assert.equal(
      grid.irregularCells,
      sumOf(() => true),
    );
    assert.equal(grid.missing, cells.filter((cell) => cell === MISSING).length);
    assert.equal(grid.histograms.size, cells.filter((cell) => cell === HISTOGRAM).length);
    for (let row = 0; row < grid.length; row++) {
      assert.equal(
        grid.irregularInRow[row],
        sumOf((cell) => Math.floor(cell / WIDTH) === row),
      );
    }
    for (let column = 0; column < WIDTH; column++) {
      const count = sumOf((cell) => cell % WIDTH === column);
      assert.equal(grid.irregularInColumn[column], count);
      assert.equal(isWhole(grid, column), count === 0);
    }
  });
  fc.assert(law, { numRuns: 1_000 });
});
