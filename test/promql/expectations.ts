import assert from 'node:assert/strict';
import type { Histogram } from '../../lib/model/histogram.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { compareLabels, type Labels } from '../../lib/model/labels.ts';
import { compactHistogram } from '../../lib/promql/histogram-algebra.ts';
import type { SequenceValue, SeriesLine } from '../../lib/promql/series-notation.ts';
import { QueryError, type QueryResult, type QueryValue } from '../../lib/promql/value.ts';
import type { Annotated, Expectation, Times } from './script.ts';

/** Fails unless the query fails, with the expected text. What is not supported yet is no failure of the kind meant. */
export function assertFailure(failure: NonNullable<Expectation['failure']>, run: () => QueryResult): void {
  const message = failureOf(run);
  if (message === null) throw new Error('the query succeeded, but it should fail');
  if (/not supported yet$/.test(message)) throw new Error(message);
  if (failure.text instanceof RegExp) assert.match(message, failure.text);
  else if (failure.text !== null) assert.equal(message, failure.text);
}

function failureOf(run: () => QueryResult): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues[0]?.message ?? '';
    if (error instanceof QueryError) return error.message;
    throw error;
  }
}

/** Fails unless the annotations are as expected: each expectation met, nothing else said. */
export function assertAnnotations(expected: Expectation, result: QueryResult): void {
  assertSaid('warning', expected.warnings, result.warnings);
  assertSaid('info', expected.infos, result.infos);
}

function assertSaid(kind: string, expected: Annotated, said: readonly string[]): void {
  if (expected === null) return;
  if (expected.kind === 'none') {
    assert.deepEqual(said, [], `no ${kind} expected`);
    return;
  }
  assert.ok(said.length > 0, `a ${kind} expected`);
  if (expected.texts.length === 0) return;
  const fits = (text: string, wanted: string | RegExp): boolean =>
    typeof wanted === 'string' ? text === wanted : wanted.test(text);
  for (const wanted of expected.texts) {
    assert.ok(
      said.some((text) => fits(text, wanted)),
      `no ${kind} like ${wanted}, but ${JSON.stringify(said)}`,
    );
  }
  for (const text of said) {
    assert.ok(
      expected.texts.some((wanted) => fits(text, wanted)),
      `unexpected ${kind} ${JSON.stringify(text)}`,
    );
  }
}

/** Prometheus' comparison: equal within a millionth of the sum of sizes. */
export function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  const smallest = 2.2250738585072014e-308;
  if (a === 0 || b === 0 || sum < smallest) return difference < 1e-6 * smallest;
  return difference / Math.min(sum, Number.MAX_VALUE) < 1e-6;
}

/** A point of a result: `value` is NaN for a native histogram. */
interface Point {
  readonly timeMs: number;
  readonly value: number;
  readonly histogram: Histogram | null;
}

interface Points {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

/** Fails unless an instant query's value is as expected. */
export function assertValue(expected: Expectation, value: QueryValue): void {
  if (expected.rangeVector !== null) {
    assertMatrix(expected, value, expected.rangeVector);
    return;
  }
  if (expected.text !== null) {
    assert.equal(value.kind, 'string');
    assert.equal(value.kind === 'string' ? value.value : null, expected.text);
    return;
  }
  if (expected.scalar !== null) {
    assert.equal(value.kind, 'scalar');
    const actual = value.kind === 'scalar' ? value.value : Number.NaN;
    assert.ok(isAlmostEqual(actual, expected.scalar), `${actual} instead of ${expected.scalar}`);
    return;
  }
  assert.ok(value.kind === 'vector' || value.kind === 'matrix', `a vector expected, not a ${value.kind}`);
  const actual = seriesOf(value);
  if (expected.ordered) {
    assert.deepEqual(
      actual.map(({ labels }) => labels.key),
      expected.series.map(({ labels }) => labels.key),
    );
  }
  comparePoints(expected.series, actual, (line) => atTimes(line, actual[0]?.points[0]?.timeMs ?? 0, 1));
}

/** Fails unless a matrix has exactly the expected points. */
export function assertMatrix(expected: Expectation, value: QueryValue, times: Times): void {
  const series =
    expected.scalar === null
      ? expected.series
      : [{ labels: { pairs: [], key: '[]' }, values: [{ kind: 'float' as const, value: expected.scalar }] }];
  comparePoints(series, seriesOf(value), (line) => atTimes(line, times.fromMs, times.stepMs));
}

/** Fails unless the point of each series at one time is the value that an instant query should have. */
export function assertPointAt(expected: Expectation, value: QueryValue, timeMs: number): void {
  const actual = seriesOf(value)
    .map(({ labels, points }) => ({ labels, points: points.filter((point) => point.timeMs === timeMs) }))
    .filter(({ points }) => points.length > 0);
  if (expected.scalar !== null) {
    const found = actual[0]?.points[0]?.value ?? null;
    assert.ok(found !== null && isAlmostEqual(found, expected.scalar), `${found} instead of ${expected.scalar}`);
    return;
  }
  comparePoints(expected.series, actual, (line) => atTimes(line, timeMs, 1));
}

/** Fails unless a matrix is sorted by labels. */
export function assertSorted(value: QueryValue): void {
  if (value.kind !== 'matrix') return;
  value.series.forEach(({ labels }, i) => {
    const before = value.series[i - 1];
    if (before !== undefined) assert.ok(compareLabels(before.labels, labels) < 0, 'the matrix is not sorted by labels');
  });
}

function seriesOf(value: QueryValue): readonly Points[] {
  if (value.kind === 'scalar') {
    const point = { timeMs: value.timeMs, value: value.value, histogram: null };
    return [{ labels: { pairs: [], key: '[]' }, points: [point] }];
  }
  if (value.kind === 'vector') {
    return value.elements.map((element) => ({
      labels: element.labels,
      points: [{ timeMs: element.timeMs, value: element.value, histogram: element.histogram }],
    }));
  }
  if (value.kind === 'string') throw new Error('a string has no series');
  return value.series.map(({ labels, timesMs, values, histograms }) => ({
    labels,
    points: Array.from(timesMs, (timeMs, i) => ({
      timeMs,
      value: values[i] ?? Number.NaN,
      histogram: histograms.get(i) ?? null,
    })),
  }));
}

type HistogramValue = Extract<SequenceValue, { kind: 'histogram' }>;

interface TimedValue {
  readonly timeMs: number;
  readonly value: SequenceValue;
}

function atTimes(line: SeriesLine, fromMs: number, stepMs: number): readonly TimedValue[] {
  return line.values
    .map((value, i) => ({ timeMs: fromMs + i * stepMs, value }))
    .filter(({ value }) => value.kind !== 'absent');
}

function comparePoints(
  expected: readonly SeriesLine[],
  actual: readonly Points[],
  timed: (line: SeriesLine) => readonly TimedValue[],
): void {
  const byKey = new Map(actual.map((series) => [series.labels.key, series]));
  assert.equal(byKey.size, actual.length, 'a label set comes twice in the result');
  const wanted = expected.map((line) => line.labels.key).toSorted();
  assert.deepEqual([...byKey.keys()].toSorted(), wanted, 'the label sets differ');
  for (const line of expected) {
    const points = byKey.get(line.labels.key)?.points ?? [];
    compareSeries(line.labels.key, timed(line), points);
  }
}

function compareSeries(key: string, expected: readonly TimedValue[], actual: readonly Point[]): void {
  assert.deepEqual(
    actual.map((point) => point.timeMs),
    expected.map((value) => value.timeMs),
    `${key}: points at other times`,
  );
  expected.forEach(({ timeMs, value }, i) => {
    const point = actual[i];
    if (point === undefined || value.kind === 'absent') return;
    if (point.histogram !== null && value.kind === 'histogram') {
      compareHistograms(`${key} at ${timeMs}`, point.histogram, value);
      return;
    }
    const wanted = value.kind === 'float' ? value.value : Number.NaN;
    assert.equal(
      point.histogram !== null,
      value.kind === 'histogram',
      `${key} at ${timeMs}: a histogram on one side only`,
    );
    assert.ok(isAlmostEqual(point.value, wanted), `${key} at ${timeMs}: ${point.value} instead of ${wanted}`);
  });
}

/** Layouts do not matter, and the hint only when the literal names one. */
function compareHistograms(place: string, actual: Histogram, expected: HistogramValue): void {
  const a = compactHistogram(actual);
  const b = compactHistogram(expected.histogram);
  const shape = (histogram: Histogram): unknown[] => [
    histogram.schema,
    histogram.zeroThreshold,
    histogram.customBounds,
    histogram.positiveSpans,
    histogram.negativeSpans,
  ];
  assert.deepEqual(shape(a), shape(b), `${place}: another bucket layout`);
  const counts = (histogram: Histogram): number[] => [
    histogram.count,
    histogram.sum,
    histogram.zeroCount,
    ...histogram.positiveBuckets,
    ...histogram.negativeBuckets,
  ];
  const wanted = counts(b);
  const areEqual = counts(a).every((count, i) => isAlmostEqual(count, wanted[i] ?? Number.NaN));
  assert.ok(areEqual, `${place}: ${JSON.stringify(a)} instead of ${JSON.stringify(b)}`);
  if (expected.isHintWritten) assert.equal(a.resetHint, b.resetHint, `${place}: another reset hint`);
}
