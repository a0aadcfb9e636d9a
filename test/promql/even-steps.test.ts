import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '../../lib/model/labels.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';

const options: Omit<EngineOptions, 'lookbackMs'> = {
  defaultSubqueryStepMs: 60_000,
  maxSamples: 1_000_000,
  delayedNameRemoval: false,
};

/** A query, and the times of the samples that it is about. */
interface Asked {
  readonly text: string;
  readonly times: QueryTimes;
  readonly lookbackMs: number;
  readonly timesMs: readonly number[];
}

/** Points of the only series of a result, by time. */
function pointsOf({ text, times, lookbackMs, timesMs }: Asked): [number, number][] {
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
  const { value } = evaluate(parseExpr(text, STABLE_FEATURES), memory, times, { ...options, lookbackMs });
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
const steps = fc
  .record({
    startMs: fc.constantFrom(0, 900_000, 1_000_000, 1_007_000, 1_200_001),
    stepMs: fc.constantFrom(5_000, 15_000, 45_000, 60_000, 90_000, 400_000),
    count: fc.integer({ min: 2, max: 40 }),
  })
  .map(({ startMs, stepMs, count }) => ({ startMs, stepMs, endMs: startMs + (count - 1) * stepMs }));
const lookback = fc.constantFrom(1, 10_000, 15_000, 300_000);
const pinned = fc.constantFrom(null, 1_015_000, 1_020_000, 1_100_000);

function stepsOf({ startMs, endMs, stepMs }: QueryTimes): number[] {
  return Array.from({ length: (endMs - startMs) / stepMs + 1 }, (_, step) => startMs + step * stepMs);
}

test('the newest sample of each step is found', () => {
  const law = fc.property(scrapes, steps, lookback, pinned, (timesMs, times, lookbackMs, pinnedMs) => {
    const expected = stepsOf(times).flatMap((timeMs) => {
      const atMs = pinnedMs ?? timeMs;
      const newest = timesMs.filter((own) => own <= atMs).length - 1;
      return newest >= 0 && (timesMs[newest] ?? 0) > atMs - lookbackMs ? [[timeMs, newest]] : [];
    });
    const text = pinnedMs === null ? 'm' : `m @ ${pinnedMs / 1_000}`;
    assert.deepEqual(pointsOf({ text, times, lookbackMs, timesMs }), expected);
  });
  fc.assert(law, { numRuns: 1_000 });
});

test('the samples of each window are found', () => {
  const range = fc.constantFrom(1, 20, 30, 300);
  const law = fc.property(scrapes, steps, range, pinned, (timesMs, times, rangeSeconds, pinnedMs) => {
    const expected = stepsOf(times).flatMap((timeMs) => {
      const atMs = pinnedMs ?? timeMs;
      const within = timesMs.filter((own) => own > atMs - rangeSeconds * 1_000 && own <= atMs).length;
      return within > 0 ? [[timeMs, within]] : [];
    });
    const text = `count_over_time(m[${rangeSeconds}s]${pinnedMs === null ? '' : ` @ ${pinnedMs / 1_000}`})`;
    assert.deepEqual(pointsOf({ text, times, lookbackMs: 300_000, timesMs }), expected);
  });
  fc.assert(law, { numRuns: 1_000 });
});
