import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions } from '../../lib/promql/value.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';

// Functions of a range that share work between overlapping windows, beside their formulas written out for one window.

const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 1_000_000,
  delayedNameRemoval: false,
};
const STEP_MS = 15_000;
const RANGE_MS = 120_000;
const START_MS = 1_700_000_000_000;

interface Sample {
  readonly timeMs: number;
  readonly value: number;
}

/** The values of a gauge over time. */
const gauges = fc.oneof(
  // Bytes, states and counts: exact however they are added up.
  fc.array(fc.integer({ min: -3, max: 1_000_000_000 }), { minLength: 1, maxLength: 60 }),
  // Integers whose sums are not.
  fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 60 }),
  fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 60 }),
  fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY)), {
    minLength: 1,
    maxLength: 60,
  }),
);

/** Gauges that a line is put through: a large offset, a small slope, little noise; constants among them. */
const trends = fc
  .record({
    offset: fc.constantFrom(0, 1, -1e3, 1e9, 1e15, 1e300, Number.POSITIVE_INFINITY),
    slope: fc.constantFrom(0, 1e-9, -1e-3, 1, 1e6),
    noise: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 60 }),
    scale: fc.constantFrom(0, 1e-6, 1, 1e6),
  })
  .map(({ offset, slope, noise, scale }) => noise.map((own, i) => offset + slope * i + scale * own));

function samplesOf(values: readonly number[], jitterMs: readonly number[]): Sample[] {
  return values.map((value, i) => ({
    timeMs: START_MS + i * STEP_MS + 1000 + (jitterMs[i % jitterMs.length] ?? 0),
    value,
  }));
}

/** What the expression over `x` yields at each step that has a result. */
function ask(samples: readonly Sample[], expr: string): ReadonlyMap<number, number> {
  const builder = createSampleBatchBuilder();
  const series = builder.series(labelsOf({ __name__: 'x' }));
  for (const { timeMs, value } of samples) builder.add(series, timeMs, value);
  const memory = createSeriesMemory();
  memory.append(builder.build());
  const times = { startMs: START_MS, endMs: START_MS + 80 * STEP_MS, stepMs: STEP_MS };
  const { value } = evaluate(parseExpr(expr, ALL_FEATURES), memory, times, OPTIONS);
  assert.ok(value.kind === 'matrix');
  const points = new Map<number, number>();
  for (const { timesMs, values } of value.series) {
    for (const [i, timeMs] of timesMs.entries()) points.set(timeMs, values[i] ?? 0);
  }
  return points;
}

/** The same, window by window. */
function windowByWindow(
  samples: readonly Sample[],
  ofWindow: (window: readonly Sample[], stepMs: number) => number | null,
): ReadonlyMap<number, number> {
  const points = new Map<number, number>();
  for (let step = 0; step <= 80; step++) {
    const endMs = START_MS + step * STEP_MS;
    const window = samples.filter(({ timeMs }) => timeMs > endMs - RANGE_MS && timeMs <= endMs);
    const value = window.length === 0 ? null : ofWindow(window, endMs);
    if (value !== null) points.set(endMs, value);
  }
  return points;
}

/** Compensated, as Prometheus' kahansum.Inc. */
function sumOf(values: readonly number[]): number {
  let sum = 0;
  let rest = 0;
  for (const value of values) {
    const next = sum + value;
    if (Math.abs(next) === Number.POSITIVE_INFINITY) rest = 0;
    else rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Math.abs(sum) === Number.POSITIVE_INFINITY ? sum : sum + rest;
}

const jitter = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 7 });
const valuesOf = (window: readonly Sample[]): readonly number[] => window.map(({ value }) => value);
const numbersOf = (window: readonly Sample[]): readonly number[] =>
  valuesOf(window).filter((value) => !Number.isNaN(value));
const pairsOf = (window: readonly Sample[]): readonly (readonly [number, number])[] =>
  valuesOf(window).flatMap((value, i, all) => (i === 0 ? [] : [[all[i - 1] ?? 0, value] as const]));
const best = (values: readonly number[], isBetter: (a: number, b: number) => boolean): number =>
  values.reduce((known, value) => (Number.isNaN(known) || isBetter(value, known) ? value : known), Number.NaN);

const exactly: Readonly<Record<string, (window: readonly Sample[]) => number>> = {
  sum_over_time: (window) => sumOf(valuesOf(window)),
  min_over_time: (window) => best(numbersOf(window), (a, b) => a < b),
  max_over_time: (window) => best(numbersOf(window), (a, b) => a > b),
  count_over_time: (window) => window.length,
  first_over_time: (window) => window[0]?.value ?? Number.NaN,
  last_over_time: (window) => window.at(-1)?.value ?? Number.NaN,
  changes: (window) => pairsOf(window).filter(([a, b]) => a !== b && !(Number.isNaN(a) && Number.isNaN(b))).length,
  resets: (window) => pairsOf(window).filter(([a, b]) => b < a).length,
};

for (const [name, ofWindow] of Object.entries(exactly)) {
  test(`${name} over overlapping windows is what it is over each, to the last bit`, () => {
    const law = fc.property(gauges, jitter, (values, jitterMs) => {
      const samples = samplesOf(values, jitterMs);
      assert.deepEqual(ask(samples, `${name}(x[2m])`), windowByWindow(samples, ofWindow));
    });
    fc.assert(law, { numRuns: 150 });
  });
}

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Least squares as written in Prometheus, x in seconds from `zeroMs`. */
function lineOf(window: readonly Sample[], zeroMs: number): Line {
  const ys = valuesOf(window);
  const xs = window.map(({ timeMs }) => (timeMs - zeroMs) / 1000);
  const [first = 0] = ys;
  if (ys.every((y) => y === first)) {
    return Math.abs(first) === Number.POSITIVE_INFINITY
      ? { slope: Number.NaN, intercept: Number.NaN }
      : { slope: 0, intercept: first };
  }
  const count = window.length;
  const [x, y] = [sumOf(xs), sumOf(ys)];
  const covariance = sumOf(xs.map((own, i) => own * (ys[i] ?? 0))) - (x * y) / count;
  const variance = sumOf(xs.map((own) => own * own)) - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}

function assertClose(actual: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [timeMs, wanted] of expected) {
    const own = actual.get(timeMs) ?? Number.NaN;
    const isClose = Object.is(own, wanted) || Math.abs(own - wanted) <= 1e-11 * Math.abs(wanted);
    assert.ok(isClose, `at ${timeMs}: ${own} instead of ${wanted}`);
  }
}

test('predict_linear is what the written formula yields, to eleven digits', () => {
  const law = fc.property(
    fc.oneof(trends, gauges),
    jitter,
    fc.constantFrom(0, 60, 3600, -90),
    (values, jitterMs, ahead) => {
      const samples = samplesOf(values, jitterMs);
      const expected = windowByWindow(samples, (window, stepMs) => {
        const { slope, intercept } = lineOf(window, stepMs);
        return window.length < 2 ? null : slope * ahead + intercept;
      });
      assertClose(ask(samples, `predict_linear(x[2m], ${ahead})`), expected);
    },
  );
  fc.assert(law, { numRuns: 400 });
});

test('deriv is what the written formula yields, to eleven digits', () => {
  const law = fc.property(fc.oneof(trends, gauges), jitter, (values, jitterMs) => {
    const samples = samplesOf(values, jitterMs);
    const expected = windowByWindow(samples, (window) =>
      window.length < 2 ? null : lineOf(window, window[0]?.timeMs ?? 0).slope,
    );
    assertClose(ask(samples, 'deriv(x[2m])'), expected);
  });
  fc.assert(law, { numRuns: 400 });
});
