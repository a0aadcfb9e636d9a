import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '../../lib/model/labels.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';

const options: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 1_000_000,
  delayedNameRemoval: false,
};

/** Points of the only series of a result, by time. */
function pointsOf(text: string, timesMs: readonly number[], times: QueryTimes): [number, number][] {
  const memory = createSeriesMemory();
  memory.append({
    series: [labelsOf({ __name__: 'm' })],
    seriesOf: new Int32Array(timesMs.length),
    timesMs: Float64Array.from(timesMs),
    values: Float64Array.from(timesMs, (_, i) => i),
    stale: new Uint8Array(timesMs.length),
    histograms: new Map(),
    startTimesMs: null,
  });
  const { value } = evaluate(parseExpr(text, STABLE_FEATURES), memory, times, options);
  assert.equal(value.kind, 'matrix');
  const [series] = value.series;
  return series === undefined ? [] : [...series.timesMs].map((timeMs, i) => [timeMs, series.values[i] ?? Number.NaN]);
}

// Rows and steps that are evenly apart take another way than those that are not, and must come to the same.
const scrapes = fc
  .array(fc.record({ intervalMs: fc.constantFrom(15_000, 30_000, 400_000), rows: fc.integer({ min: 1, max: 12 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => {
    let timeMs = 1_000_000;
    return parts.flatMap(({ intervalMs, rows }) => Array.from({ length: rows }, () => (timeMs += intervalMs)));
  });
const steps = fc.record({
  startMs: fc.constantFrom(0, 900_000, 1_000_000, 1_007_000, 1_200_001),
  stepMs: fc.constantFrom(5_000, 15_000, 45_000, 60_000, 90_000),
  count: fc.integer({ min: 2, max: 40 }),
});

test('the newest sample of each step is found', () => {
  const law = fc.property(scrapes, steps, (timesMs, { startMs, stepMs, count }) => {
    const expected = Array.from({ length: count }, (_, step) => startMs + step * stepMs).flatMap((timeMs) => {
      const newest = timesMs.filter((own) => own <= timeMs).length - 1;
      const isRecent = newest >= 0 && (timesMs[newest] ?? 0) > timeMs - options.lookbackMs;
      return isRecent ? [[timeMs, newest]] : [];
    });
    const endMs = startMs + (count - 1) * stepMs;
    assert.deepEqual(pointsOf('m', timesMs, { startMs, endMs, stepMs }), expected);
  });
  fc.assert(law, { numRuns: 500 });
});

test('the samples of each window are found', () => {
  const law = fc.property(
    scrapes,
    steps,
    fc.constantFrom(1, 20, 30, 300),
    (timesMs, { startMs, stepMs, count }, range) => {
      const expected = Array.from({ length: count }, (_, step) => startMs + step * stepMs).flatMap((timeMs) => {
        const within = timesMs.filter((own) => own > timeMs - range * 1_000 && own <= timeMs).length;
        return within > 0 ? [[timeMs, within]] : [];
      });
      const endMs = startMs + (count - 1) * stepMs;
      const text = `count_over_time(m[${range}s])`;
      assert.deepEqual(pointsOf(text, timesMs, { startMs, endMs, stepMs }), expected);
    },
  );
  fc.assert(law, { numRuns: 500 });
});
