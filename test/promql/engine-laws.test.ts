import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Labels, labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { type EngineOptions, QueryError, type QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { isAlmostEqual } from './expectations.ts';

const STEP_MS = 15_000;

/** One sample of a drawn series: a value, "stale", or nothing. */
type Drawn = number | 'stale' | null;

interface DrawnSeries {
  readonly labels: Labels;
  /** Delay of all its samples within the step: series with equal delays share a grid. */
  readonly delayMs: number;
  readonly samples: readonly Drawn[];
}

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 2, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0) },
);
const sample: fc.Arbitrary<Drawn> = fc.oneof(
  { weight: 8, arbitrary: value },
  { weight: 1, arbitrary: fc.constant<Drawn>(null) },
  { weight: 1, arbitrary: fc.constant<Drawn>('stale') },
);
const seriesList: fc.Arbitrary<DrawnSeries[]> = fc.uniqueArray(
  fc.record({
    labels: fc
      .record({
        __name__: fc.constantFrom('x_total', 'y_total'),
        job: fc.constantFrom('a', 'b'),
        host: fc.constantFrom('1', '2', '3'),
      })
      .map(labelsOf),
    delayMs: fc.constantFrom(0, 0, 0, 1000, 7000),
    samples: fc.array(sample, { minLength: 1, maxLength: 40 }),
  }),
  { minLength: 1, maxLength: 8, selector: ({ labels }) => labels.key },
);

const QUERIES = [
  'x_total',
  'x_total offset 40s',
  'rate(x_total[2m])',
  'increase({__name__=~"x_total"}[1m30s] offset 15s)',
  'irate(x_total[1m])',
  'delta(y_total[1m])',
  'sum by (job) (rate(x_total[1m]))',
  'avg without (host) (x_total)',
  'stddev by (job) (x_total)',
  'max by (host) (y_total) > 100',
  'quantile(0.7, x_total)',
  'count_values("v", x_total)',
  'topk(100, x_total)',
  'avg_over_time(x_total[1m])',
  'stdvar_over_time(x_total[1m])',
  'quantile_over_time(0.3, x_total[2m])',
  'deriv(x_total[2m])',
  'changes(x_total[2m]) + resets(x_total[2m])',
  'last_over_time(x_total[45s])',
  'absent(x_total{job="a"})',
  'absent_over_time(y_total[30s])',
  'max_over_time(sum(x_total)[2m:30s])',
  'x_total / on(job, host) y_total',
  'x_total - on(host) group_left sum by (host) (y_total)',
  'x_total and on(job) y_total > 500',
  'x_total or on(job) y_total',
  'x_total unless y_total',
  'x_total + on(job, host) fill(0) y_total',
  'clamp(x_total, 10, 500) * 2 ^ 0.5',
  'label_replace(x_total, "job", "z", "job", "a")',
  'timestamp(x_total)',
  'scalar(x_total{job="a", host="1"}) + x_total',
  '-x_total',
  'x_total smoothed',
  'rate(x_total[1m] smoothed)',
  'increase(x_total[1m] anchored)',
  'changes(x_total[1m] anchored offset 10s)',
  'info(x_total, {__name__="y_total"})',
  'limit_ratio(0.5, x_total)',
];

const query = fc.constantFrom(...QUERIES);
const delayedNameRemoval = fc.boolean();

interface Row {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: Exclude<Drawn, null>;
}

function rowsOf(series: readonly DrawnSeries[]): Row[] {
  return series.flatMap(({ labels, delayMs, samples }) =>
    samples.flatMap((drawn, i) => (drawn === null ? [] : [{ labels, timeMs: i * STEP_MS + delayMs, value: drawn }])),
  );
}

function memoryOf(rows: readonly Row[], batchSize: number): SeriesMemory {
  const memory = createSeriesMemory();
  for (let from = 0; from < rows.length; from += batchSize) {
    const builder = createSampleBatchBuilder();
    for (const row of rows.slice(from, from + batchSize)) {
      const series = builder.series(row.labels);
      if (row.value === 'stale') builder.addStale(series, row.timeMs);
      else builder.add(series, row.timeMs, row.value);
    }
    memory.append(builder.build());
  }
  return memory;
}

interface Asked {
  readonly text: string;
  readonly times: QueryTimes;
  readonly delayedNameRemoval: boolean;
}

/** Points by label set and time, or the error. */
function answer(
  memory: SeriesMemory,
  { text, times, delayedNameRemoval }: Asked,
): ReadonlyMap<string, number> | string {
  const options: EngineOptions = {
    lookbackMs: 60_000,
    defaultSubqueryStepMs: 30_000,
    maxSamples: 1_000_000,
    delayedNameRemoval,
  };
  const points = new Map<string, number>();
  try {
    const { value: result } = evaluate(parseExpr(text, ALL_FEATURES), memory, times, options);
    assert.ok(result.kind === 'vector' || result.kind === 'matrix');
    if (result.kind === 'vector') {
      for (const { labels, timeMs, value: own } of result.elements) points.set(`${labels.key} ${timeMs}`, own);
      assert.equal(points.size, result.elements.length, 'a label set comes twice');
    }
    for (const { labels, timesMs, values } of result.kind === 'matrix' ? result.series : []) {
      for (const [i, timeMs] of timesMs.entries()) points.set(`${labels.key} ${timeMs}`, values[i] ?? 0);
    }
    return points;
  } catch (error) {
    if (error instanceof QueryError) return error.message;
    throw error;
  }
}

function assertSame(actual: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>, exact: boolean): void {
  assert.deepEqual([...actual.keys()].toSorted(), [...expected.keys()].toSorted());
  for (const [key, wanted] of expected) {
    const own = actual.get(key) ?? Number.NaN;
    const same = exact ? Object.is(own, wanted) : isAlmostEqual(own, wanted);
    assert.ok(same, `${key}: ${own} instead of ${wanted}`);
  }
}

test('a range query is its instants', () => {
  const law = fc.property(seriesList, query, delayedNameRemoval, (series, text, delayed) => {
    const memory = memoryOf(rowsOf(series), 1000);
    const times = { startMs: 45_000, endMs: 345_000, stepMs: 20_000 };
    const whole = answer(memory, { text, times, delayedNameRemoval: delayed });
    const instants = new Map<string, number>();
    let failed = false;
    for (let timeMs = times.startMs; timeMs <= times.endMs; timeMs += times.stepMs) {
      const instant = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
      const one = answer(memory, { text, times: instant, delayedNameRemoval: delayed });
      if (typeof one === 'string') failed = true;
      else for (const [key, own] of one) instants.set(key, own);
    }
    // One failing instant fails the range. The reverse need not hold: equal label sets at different times collide only there.
    if (failed) assert.equal(typeof whole, 'string');
    else if (typeof whole !== 'string') assertSame(whole, instants, true);
  });
  fc.assert(law, { numRuns: 400 });
});

test('the order in which samples arrive never matters', () => {
  const law = fc.property(
    seriesList,
    query,
    fc.integer({ min: 1, max: 50 }),
    fc.infiniteStream(fc.nat()),
    (series, text, batchSize, random) => {
      const rows = rowsOf(series);
      const ranked = rows.map((row) => ({ row, rank: random.next().value ?? 0 }));
      const shuffled = ranked.toSorted((a, b) => a.rank - b.rank).map(({ row }) => row);
      const times = { startMs: 45_000, endMs: 345_000, stepMs: 20_000 };
      const asked: Asked = { text, times, delayedNameRemoval: false };
      const inOrder = answer(memoryOf(rows, 1000), asked);
      const mixed = answer(memoryOf(shuffled, batchSize), asked);
      if (typeof inOrder === 'string' || typeof mixed === 'string') assert.equal(typeof mixed, typeof inOrder);
      else assertSame(mixed, inOrder, false);
    },
  );
  fc.assert(law, { numRuns: 400 });
});
