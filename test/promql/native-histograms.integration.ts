/**
 * Holds operators, aggregations and range functions to a real Prometheus 3.5 on random native histograms: same label sets,
 * same buckets, same remarks. What 3.5 does differently from later versions is left out: custom bounds that differ.
 * Run: TOCSIN_PEERS=… node --test test/promql/native-histograms.integration.ts
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listBuckets } from '../../lib/api/histogram-buckets.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from '../../lib/model/histogram.ts';
import { labelsOf, labelsToRecord } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { SequenceValue } from '../../lib/promql/series-notation.ts';
import { type EngineOptions, QueryError, type QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';
import { compress, type SentHistogram, type SentSeries, writeRequest } from '../ingest/encoder.ts';
import { createRandom, type Random } from './fuzz/random.ts';
import { type RealPrometheus, startPrometheus } from './real-prometheus.ts';
import { withStoredHints } from './stored-hints.ts';

const SEED = 20_250_801;
const END_MS = 1_750_000_020_000;
const STEP_MS = 60_000;
const STEPS = 20;
/** Histograms `h{i="0"}` and so on: first exponential ones, then custom ones. */
const HISTOGRAMS = 48;
const CUSTOM_BOUNDS = [-2, -0.5, 0, 1, 2.5, 10];

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly SequenceValue[];
}

function side(random: Random, indexes: readonly [low: number, high: number], isFractional: boolean) {
  const first = random.between(...indexes);
  const length = random.int(6);
  const spans = length === 0 ? [] : [{ offset: first, length }];
  if (random.chance(0.3)) spans.push({ offset: length === 0 ? first : random.between(1, 3), length: 2 });
  const size = spans.reduce((sum, span) => sum + span.length, 0);
  const count = (): number => (random.chance(0.2) ? 0 : random.int(9) + (isFractional ? random.next() : 0));
  return { spans, counts: Array.from({ length: size }, count) };
}

interface Style {
  readonly isCustom: boolean;
  readonly isTame: boolean;
  readonly resetHint: ResetHint;
}

const NO_SIDE = { spans: [], counts: [] };

/** Zero thresholds reach into other buckets, which happens when they change, except in a tame histogram. */
function randomHistogram(random: Random, { isCustom, isTame, resetHint }: Style): Histogram {
  const isFractional = random.chance(0.5);
  const positive = isCustom
    ? { spans: [{ offset: 0, length: 7 }], counts: Array.from({ length: 7 }, () => random.int(9)) }
    : side(random, [-4, 4], isFractional);
  const negative = isCustom || random.chance(0.4) ? NO_SIDE : side(random, [-4, 3], isFractional);
  const zeroThreshold = isCustom ? 0 : isTame ? 0.001 : random.pick([0.001, 0.001, 0.25, 0.5, 1, 1.5, 3]);
  const zeroCount = isCustom || random.chance(0.3) ? 0 : random.int(5);
  const counted = [...positive.counts, ...negative.counts].reduce((sum, count) => sum + count, zeroCount);
  return {
    schema: isCustom ? CUSTOM_BUCKETS_SCHEMA : random.pick([-1, 0, 0, 1, 2]),
    zeroThreshold,
    zeroCount,
    count: counted,
    sum: Math.round(random.next() * 1e4 - 3e3) / 16,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customBounds: isCustom ? CUSTOM_BOUNDS : [],
    resetHint,
  };
}

const histogramValue = (histogram: Histogram): SequenceValue => ({ kind: 'histogram', histogram, isHintWritten: true });

/** A counter that grows, changes its resolution now and then, and is reset now and then; or a gauge that jumps. */
function history(random: Random, { isCustom, isGauge, floats, gaps }: HistoryKind): SequenceValue[] {
  const style: Style = { isCustom, isTame: true, resetHint: isGauge ? 'gauge' : 'unknown' };
  let current = grown(random, randomHistogram(random, style), 1000);
  return Array.from({ length: STEPS }, (): SequenceValue => {
    if (random.chance(gaps)) return ABSENT;
    if (random.chance(floats)) return { kind: 'float', value: random.int(10) };
    if (isGauge) return histogramValue(randomHistogram(random, style));
    if (random.chance(0.08)) current = grown(random, randomHistogram(random, style), 1000);
    else current = grown(random, current, 10);
    return histogramValue(current);
  });
}

interface HistoryKind {
  readonly isCustom: boolean;
  readonly isGauge: boolean;
  /** Probabilities. */
  readonly floats: number;
  readonly gaps: number;
}

function grown(random: Random, histogram: Histogram, by: number): Histogram {
  const grow = (count: number): number => Math.floor(count) + random.int(by);
  const positiveBuckets = histogram.positiveBuckets.map(grow);
  const negativeBuckets = histogram.negativeBuckets.map(grow);
  const { zeroCount } = histogram;
  const count = [...positiveBuckets, ...negativeBuckets].reduce((sum, own) => sum + own, zeroCount);
  return { ...histogram, positiveBuckets, negativeBuckets, count: count + by, sum: histogram.sum + random.int(100) };
}

function randomSeries(random: Random): Series[] {
  const series: Series[] = [];
  for (let i = 0; i < HISTOGRAMS; i++) {
    const isCustom = i >= (HISTOGRAMS * 3) / 4;
    const resetHint = random.chance(0.3) ? 'gauge' : 'unknown';
    const labels = { i: String(i), kind: isCustom ? 'custom' : 'exponential', parity: String(i % 2) };
    for (const name of ['h', 'tame']) {
      const value = histogramValue(randomHistogram(random, { isCustom, isTame: name === 'tame', resetHint }));
      const values = [...Array.from({ length: STEPS - 1 }, () => ABSENT), value];
      series.push({ labels: { __name__: name, ...labels }, values });
    }
  }
  for (let i = 0; i < 6; i++) {
    const value: SequenceValue = { kind: 'float', value: random.int(4) + i / 8 };
    const labels = { __name__: 'f', i: String(i), parity: String(i % 2) };
    series.push({ labels, values: Array.from({ length: STEPS }, () => value) });
  }
  for (let i = 0; i < 24; i++) {
    const isCustom = i % 4 === 3;
    const labels = { i: String(i), kind: isCustom ? 'custom' : 'exponential' };
    const own = (name: string, kind: Omit<HistoryKind, 'isCustom'>): Series => ({
      labels: { __name__: name, ...labels },
      values: history(random, { ...kind, isCustom }),
    });
    series.push(own('counter', { isGauge: false, floats: 0, gaps: 0 }));
    series.push(own('gauge', { isGauge: true, floats: 0, gaps: 0.1 }));
    series.push(own('mixed', { isGauge: false, floats: 0.3, gaps: 0.1 }));
  }
  return series;
}

const ABSENT: SequenceValue = { kind: 'absent' };

function sent(histogram: Histogram, timeMs: number): SentHistogram {
  return {
    timeMs,
    isFloat: true,
    schema: histogram.schema,
    count: histogram.count,
    sum: histogram.sum,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    positiveSpans: histogram.positiveSpans.map(({ offset, length }) => [offset, length] as const),
    positive: histogram.positiveBuckets,
    negativeSpans: histogram.negativeSpans.map(({ offset, length }) => [offset, length] as const),
    negative: histogram.negativeBuckets,
    customBounds: histogram.customBounds,
    resetHint: histogram.resetHint === 'gauge' ? 3 : 0,
  };
}

/** One request for each instant: a sender may not mix floats and histograms of one series in one request out of order. */
function requests(series: readonly Series[]): Uint8Array[] {
  return Array.from({ length: STEPS }, (_, step) => {
    const timeMs = END_MS - (STEPS - 1 - step) * STEP_MS;
    const ofStep = series.flatMap(({ labels, values }): SentSeries[] => {
      const value = values[step] ?? ABSENT;
      const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
      if (value.kind === 'float') return [{ labels: pairs, samples: [[value.value, timeMs]] }];
      return value.kind === 'histogram' ? [{ labels: pairs, histograms: [sent(value.histogram, timeMs)] }] : [];
    });
    return compress(writeRequest(ofStep));
  });
}

const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 50_000_000,
  delayedNameRemoval: false,
};

const memory = createSeriesMemory();
const random = createRandom(SEED);
let prometheus: RealPrometheus;

before(async () => {
  const series = randomSeries(random);
  const builder = createSampleBatchBuilder();
  // Series that have been there from the start come first, as they do for the real one.
  const isFirst = ({ values }: Series): boolean => values[0]?.kind !== 'absent';
  for (const { labels, values } of [...series.filter(isFirst), ...series.filter((own) => !isFirst(own))]) {
    const number = builder.series(labelsOf(labels));
    for (const [step, value] of withStoredHints(values).entries()) {
      const timeMs = END_MS - (STEPS - 1 - step) * STEP_MS;
      if (value.kind === 'float') builder.add(number, timeMs, value.value);
      if (value.kind === 'histogram') builder.addHistogram(number, timeMs, value.histogram);
    }
  }
  memory.append(builder.build());
  prometheus = await startPrometheus([
    '--web.enable-remote-write-receiver',
    '--enable-feature=native-histograms,promql-experimental-functions',
    '--storage.tsdb.retention.time=100y',
  ]);
  for (const body of requests(series)) {
    const response = await fetch(`${prometheus.url}/api/v1/write`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: Buffer.from(body),
    });
    assert.equal(response.status, 204, await response.text());
  }
});

after(() => prometheus.stop());

/** Numbers of a sample: the value of a float; count, sum and four for each bucket of a histogram. */
type Numbers = readonly number[];

interface Answer {
  /** By label set and time. */
  readonly points: ReadonlyMap<string, Numbers>;
  readonly remarks: readonly string[];
  readonly error: string | null;
}

function numbersOf(histogram: Histogram): Numbers {
  const buckets = listBuckets(histogram).flatMap(({ boundaries, lower, upper, count }) => [
    boundaries,
    lower,
    upper,
    count,
  ]);
  return [histogram.count, histogram.sum, ...buckets];
}

function ours(text: string, times: QueryTimes): Answer {
  const points = new Map<string, Numbers>();
  try {
    const { value, warnings, infos } = evaluate(parseExpr(text, ALL_FEATURES), memory, times, { ...OPTIONS, text });
    const put = (labels: object, timeMs: number, numbers: Numbers): void => {
      points.set(`${JSON.stringify(labels)} ${timeMs}`, numbers);
    };
    for (const element of value.kind === 'vector' ? value.elements : []) {
      const numbers = element.histogram === null ? [element.value] : numbersOf(element.histogram);
      put(labelsToRecord(element.labels), element.timeMs, numbers);
    }
    for (const { labels, timesMs, values, histograms } of value.kind === 'matrix' ? value.series : []) {
      for (const [i, timeMs] of timesMs.entries()) {
        const histogram = histograms.get(i);
        put(labelsToRecord(labels), timeMs, histogram === undefined ? [values[i] ?? 0] : numbersOf(histogram));
      }
    }
    return { points, remarks: [...warnings, ...infos], error: null };
  } catch (error) {
    if (error instanceof QueryError) return { points, remarks: [], error: error.message };
    throw error;
  }
}

interface WireHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [number, string, string, string])[];
}
type WirePoint<T> = readonly [seconds: number, value: T];
interface WireSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: WirePoint<string>;
  readonly values?: readonly WirePoint<string>[];
  readonly histogram?: WirePoint<WireHistogram>;
  readonly histograms?: readonly WirePoint<WireHistogram>[];
}

const toNumber = (text: string): number => Number(text.replace('Inf', 'Infinity'));

async function theirs(text: string, { startMs, endMs, stepMs }: QueryTimes): Promise<Answer> {
  const seconds = (timeMs: number): string => String(timeMs / 1000);
  const answer =
    stepMs === 0
      ? await prometheus.query('query', { query: text, time: seconds(startMs) })
      : await prometheus.query('query_range', {
          query: text,
          start: seconds(startMs),
          end: seconds(endMs),
          step: seconds(stepMs),
        });
  const points = new Map<string, Numbers>();
  if (answer.status !== 'success') return { points, remarks: [], error: answer.error ?? '' };
  // The real program is the authority on its own wire format.
  const { result } = answer.data as { readonly result: readonly WireSeries[] };
  for (const { metric, value, values = [], histogram, histograms = [] } of result) {
    const key = (time: number): string => `${JSON.stringify(metric)} ${Math.round(time * 1000)}`;
    for (const [time, own] of value === undefined ? values : [value]) points.set(key(time), [toNumber(own)]);
    for (const [time, own] of histogram === undefined ? histograms : [histogram]) {
      const buckets = (own.buckets ?? []).flatMap(([boundaries, ...rest]) => [boundaries, ...rest.map(toNumber)]);
      points.set(key(time), [toNumber(own.count), toNumber(own.sum), ...buckets]);
    }
  }
  return { points, remarks: [...(answer.warnings ?? []), ...(answer.infos ?? [])], error: null };
}

/** The largest number of a sample: what is left of buckets after a subtraction is compared with that. */
function isClose(own: Numbers, real: Numbers): boolean {
  const scale = Math.max(...real.map(Math.abs).filter(Number.isFinite), 0);
  return (
    own.length === real.length &&
    own.every((number, i) => {
      const wanted = real[i] ?? Number.NaN;
      return Object.is(number, wanted) || number === wanted || Math.abs(number - wanted) <= 1e-12 * scale;
    })
  );
}

/** Every query of which the two sides disagree, with what they say. */
async function assertAllSame(queries: Iterable<string>, times: QueryTimes): Promise<void> {
  const differences: string[] = [];
  for (const query of queries) {
    const difference = compare(ours(query, times), await theirs(query, times));
    if (difference !== null) differences.push(`${query}: ${difference}`);
  }
  assert.equal(differences.length, 0, `\n${differences.join('\n')}`);
}

function compare(own: Answer, real: Answer): string | null {
  if (own.error !== real.error) return `${own.error} instead of ${real.error}`;
  const [keys, wantedKeys] = [own.points, real.points].map((points) => [...points.keys()].toSorted().join(' '));
  if (keys !== wantedKeys) return `${keys} instead of ${wantedKeys}`;
  for (const [key, wanted] of real.points) {
    const numbers = own.points.get(key) ?? [];
    if (!isClose(numbers, wanted)) return `${key}: ${numbers.join(' ')} instead of ${wanted.join(' ')}`;
  }
  const [remarks, wantedRemarks] = [own.remarks, real.remarks].map((said) => said.toSorted().join('; '));
  return remarks === wantedRemarks ? null : `${remarks} instead of ${wantedRemarks}`;
}

const AT_END: QueryTimes = { startMs: END_MS, endMs: END_MS, stepMs: 0 };

test('operators between histograms', async () => {
  const queries: string[] = [];
  for (let i = 0; i < 60; i++) {
    const [a, b] = [random.int(HISTOGRAMS), random.chance(0.1) ? i % HISTOGRAMS : random.int(HISTOGRAMS)];
    for (const op of ['+', '-', '==', '!=', '== bool', '!= bool', '>', '*', '/', 'and', 'unless']) {
      queries.push(`h{i="${a}"} ${op} ignoring(i, kind, parity) h{i="${b}"}`);
    }
  }
  await assertAllSame(queries, AT_END);
});

test('operators between histograms and floats', async () => {
  const scalars = ['2.5', '-1', '0', '1e300', '+Inf', '-0.5'];
  const operators = ['+', '-', '*', '/', '%', '^', 'atan2', '==', '== bool', '<', '>= bool'];
  const queries = operators.flatMap((op) => [
    ...scalars.flatMap((scalar) => [`h ${op} ${scalar}`, `${scalar} ${op} h`]),
    `h{i=~"[0-5]"} ${op} on(i) f`,
    `f ${op} on(i) h{i=~"[0-5]"}`,
    `h{i=~"[0-9]"} ${op} on(parity) group_left() f{i=~"[01]"}`,
    `{__name__=~"h|f"} ${op} 2`,
  ]);
  queries.push('-h', '+h', '--h', 'h or f', 'f or h', 'h unless on(i) f', 'f and on(i) h');
  await assertAllSame(queries, AT_END);
});

test('aggregations of histograms', async () => {
  const operators = ['sum', 'avg', 'count', 'group', 'min', 'max', 'stddev', 'stdvar', 'quantile(0.5,', 'topk(2,'];
  const numbers = Array.from({ length: HISTOGRAMS }, (_, i) => i);
  const choices = Array.from({ length: 30 }, () => random.some(numbers, 0.1).join('|'));
  const queries: string[] = [];
  for (const op of operators) {
    const call = op.endsWith(',') ? op : `${op}(`;
    for (const choice of choices) queries.push(`${call}tame{i=~"${choice}"})`);
    for (const vector of ['{__name__=~"h|f"}', 'tame * 1e300', 'tame{kind="exponential"}', 'f']) {
      queries.push(`${call}${vector})`);
    }
    queries.push(`${call.replace('(', ' by (kind) (')}tame)`);
    queries.push(`${call.replace('(', ' by (parity) (')}{__name__=~"tame|f"})`);
  }
  queries.push(...choices.map((choice) => `sum(h{i=~"${choice}"})`));
  queries.push('count_values("v", h)', 'count_values by (kind) ("v", h * 1000.5)', 'bottomk(3, h)');
  await assertAllSame(queries, AT_END);
});

const RANGE_FUNCTIONS = [
  'rate(X)',
  'increase(X)',
  'delta(X)',
  'irate(X)',
  'idelta(X)',
  'resets(X)',
  'changes(X)',
  'sum_over_time(X)',
  'avg_over_time(X)',
  'last_over_time(X)',
  'count_over_time(X)',
  'present_over_time(X)',
  'min_over_time(X)',
  'max_over_time(X)',
  'stddev_over_time(X)',
  'stdvar_over_time(X)',
  'quantile_over_time(0.5, X)',
  'mad_over_time(X)',
  'deriv(X)',
  'predict_linear(X, 60)',
  'double_exponential_smoothing(X, 0.5, 0.5)',
  'ts_of_last_over_time(X)',
  'ts_of_max_over_time(X)',
  'absent_over_time(X)',
];

test('range functions of gauges, and of floats and histograms', async () => {
  const calls = RANGE_FUNCTIONS.filter((call) => !/^(rate|increase)/.test(call));
  const mixed = ['mixed[4m]', 'mixed[9m:90s]', 'mixed[3m] offset 2m'];
  const queries = calls.flatMap((call) => mixed.map((range) => call.replace('X', range)));
  // Of buckets that the later histogram lacks, 3.5 looks only at the first, and its storage adds empty ones to gauges.
  const ofGauges = calls.filter((call) => !/^(irate|resets)/.test(call));
  queries.push(...ofGauges.flatMap((call) => [call.replace('X', 'gauge[5m]'), call.replace('X', 'gauge[3m:1m]')]));
  await assertAllSame(queries, AT_END);
  await assertAllSame(queries, { startMs: END_MS - 15 * STEP_MS, endMs: END_MS + STEP_MS, stepMs: 55_000 });
});

/** Windows begin just before a sample: 3.5 does not know that a counter that is extrapolated may not become negative. */
const WINDOW = '240001ms';

test('range functions of counters', async () => {
  const ranges = [`counter[${WINDOW}]`, `counter[${WINDOW}] offset 3m`, `counter[${WINDOW}:1m]`];
  const queries = RANGE_FUNCTIONS.flatMap((call) => ranges.map((range) => call.replace('X', range)));
  queries.push(
    `sum by (kind) (rate(counter[${WINDOW}]))`,
    `avg by (kind) (increase(counter[${WINDOW}]))`,
    `sum(rate(counter{kind="exponential"}[${WINDOW}])) * 60`,
    `rate(counter[${WINDOW}]) - rate(counter[${WINDOW}] offset 3m)`,
    `sum_over_time(rate(counter[${WINDOW}])[3m:1m])`,
  );
  await assertAllSame(queries, { startMs: END_MS - 11 * STEP_MS, endMs: END_MS, stepMs: STEP_MS });
});
