import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';

// Whatever the series and their timestamps are like, they reach operators in chunks of a good size: narrow grids side by side,
// wide ones in slices. None of that shows.

const START_MS = 1_700_000_000_000;
const SCRAPE_MS = 15_000;
const SCRAPES = 60;
/** So many steps that a hundred series fill more than one chunk. */
const RANGE: QueryTimes = { startMs: START_MS, endMs: START_MS + 900_000, stepMs: 1000 };
/** Every so often the range is compared with an instant. */
const COMPARED_MS = 50_000;
const OPTIONS: EngineOptions = {
  lookbackMs: 40_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 10_000_000,
  delayedNameRemoval: false,
};

/** 100 gauges of one target each, and 90 series of one target; some end, some miss a sample, some a whole scrape. */
function createMemory(): SeriesMemory {
  const builder = createSampleBatchBuilder();
  for (let target = 0; target < 101; target++) {
    const series = target === 50 ? 90 : 1;
    for (let k = 0; k < series; k++) addSeries(builder, target, k);
  }
  const memory = createSeriesMemory();
  memory.append(builder.build());
  return memory;
}

function addSeries(builder: ReturnType<typeof createSampleBatchBuilder>, target: number, k: number): void {
  const series = builder.series(labelsOf({ __name__: 'x_total', job: `j${target % 3}`, i: `${target}-${k}` }));
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const timeMs = START_MS + scrape * SCRAPE_MS + target * 37;
    if (scrape % 20 === target % 23 || (scrape === 7 && k % 8 === 3)) continue;
    if (scrape === 30 && target % 5 === 0) builder.addStale(series, timeMs);
    else builder.add(series, timeMs, (scrape % 25) * (k + 1) + target);
  }
}

/** By time, the values by label set. */
function ask(memory: SeriesMemory, text: string, times: QueryTimes): ReadonlyMap<number, ReadonlyMap<string, number>> {
  const { value } = evaluate(parseExpr(text, STABLE_FEATURES), memory, times, OPTIONS);
  const points = new Map<number, Map<string, number>>();
  const add = (timeMs: number, key: string, own: number): void => {
    if (timeMs % COMPARED_MS === 0) points.set(timeMs, (points.get(timeMs) ?? new Map<string, number>()).set(key, own));
  };
  if (value.kind === 'vector') for (const one of value.elements) add(one.timeMs, one.labels.key, one.value);
  for (const { labels, timesMs, values } of value.kind === 'matrix' ? value.series : []) {
    for (const [i, timeMs] of timesMs.entries()) add(timeMs, labels.key, values[i] ?? Number.NaN);
  }
  return points;
}

const QUERIES = [
  'x_total',
  'x_total > 50',
  'timestamp(x_total)',
  'rate(x_total[1m])',
  'delta(x_total{i=~"50-.*[13579]"}[1m])',
  'avg_over_time(x_total[2m])',
  'max_over_time(x_total[90s])',
  'predict_linear(x_total[2m], 60)',
  'sum by (job) (rate(x_total[1m]))',
  'topk(7, x_total)',
];

const memory = createMemory();

for (const text of QUERIES) {
  test(`${text} of narrow and wide grids at many steps is what it is at each`, () => {
    const whole = ask(memory, text, RANGE);
    let compared = 0;
    for (let timeMs = RANGE.startMs; timeMs <= RANGE.endMs; timeMs += COMPARED_MS) {
      const one = ask(memory, text, { startMs: timeMs, endMs: timeMs, stepMs: 0 }).get(timeMs) ?? new Map();
      assert.deepEqual(sorted(whole.get(timeMs) ?? new Map()), sorted(one));
      compared += one.size;
    }
    assert.ok(compared > 0);
  });
}

function sorted(values: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...values].toSorted();
}
