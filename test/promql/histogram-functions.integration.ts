/**
 * Holds the functions of histograms to a real Prometheus 3.5 on random ones, classic and native, that have all the faults
 * they can have: NaN observations, counts beside their buckets, falling counts, bounds that are no numbers, both kinds at
 * once. What later versions do differently is left out: fractions for which 3.5 finds no number, and the extent, names and
 * places of some remarks.
 * Run: TOCSIN_PEERS=… node --test test/promql/histogram-functions.integration.ts
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../lib/model/histogram.ts';
import { labelsOf, labelsToRecord } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions } from '../../lib/promql/value.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';
import { compress, type SentSeries, writeRequest } from '../ingest/encoder.ts';
import { createRandom, type Random } from './fuzz/random.ts';
import { type RealPrometheus, startPrometheus } from './real-prometheus.ts';

const SEED = 20_261_121;
const TIME_MS = 1_750_000_000_000;
const HISTOGRAMS = 300;
const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 50_000_000,
  delayedNameRemoval: false,
};

type Labelled = Readonly<Record<string, string>>;

/** One sample of one series. */
type Sample =
  | { readonly labels: Labelled; readonly value: number }
  | { readonly labels: Labelled; readonly histogram: Histogram };

interface Side {
  readonly spans: readonly BucketSpan[];
  readonly counts: readonly number[];
}

function randomSide(random: Random, first: number, mostSpans: number): Side {
  const spans = Array.from({ length: random.int(mostSpans + 1) }, (_, i) => ({
    offset: i === 0 ? first + random.int(10) : 1 + random.int(4),
    length: 1 + random.int(5),
  }));
  const size = spans.reduce((sum, { length }) => sum + length, 0);
  const count = (): number => (random.chance(0.2) ? 0 : random.chance(0.5) ? random.int(20) : random.next() * 20);
  return { spans, counts: Array.from({ length: size }, count) };
}

function randomExponential(random: Random): Histogram {
  const positive = randomSide(random, random.pick([-5, -5, -25, 45, 900]), 3);
  const negative = randomSide(random, -5, random.pick([0, 3]));
  return withTotals(random, {
    schema: random.pick([-4, -2, -1, 0, 1, 2, 3, 5, 8]),
    zeroThreshold: random.pick([0, 0, 0.001, 0.3, 1, 2.9e-39]),
    zeroCount: random.chance(0.5) ? 0 : random.int(10),
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customBounds: [],
  });
}

function randomCustom(random: Random): Histogram {
  const bounds = new Set(Array.from({ length: 1 + random.int(7) }, () => random.int(40) / 2 - 8));
  const length = random.int(bounds.size + 2);
  return withTotals(random, {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: length === 0 ? [] : [{ offset: 0, length }],
    positiveBuckets: Array.from({ length }, () => (random.chance(0.2) ? 0 : random.int(20))),
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: [...bounds].sort((a, b) => a - b),
  });
}

/** With a count that may be another than that of the buckets, and a sum that may be no number. */
function withTotals(random: Random, buckets: Omit<Histogram, 'count' | 'sum' | 'resetHint'>): Histogram {
  const counts = [...buckets.positiveBuckets, ...buckets.negativeBuckets, buckets.zeroCount];
  const inBuckets = counts.reduce((sum, count) => sum + count, 0);
  const count = random.chance(0.7)
    ? inBuckets
    : random.chance(0.5)
      ? inBuckets + random.int(5)
      : inBuckets * random.next();
  const sum = random.chance(0.15)
    ? Number.NaN
    : random.chance(0.05)
      ? Number.POSITIVE_INFINITY
      : random.next() * 200 - 50;
  return { ...buckets, count, sum, resetHint: 'unknown' };
}

const BOUNDS = [
  '-5',
  '-1',
  '-0.5',
  '0',
  '0.1',
  '.25',
  '1',
  '1e0',
  '2',
  '0x1p1',
  '1_0',
  '1e3',
  'Inf',
  'bad',
  '+NaN',
  '',
];

/** The buckets of a classic histogram, sometimes with a native one of the same name and labels. */
function randomClassic(random: Random, labels: Labelled): Sample[] {
  const bounds = new Set(Array.from({ length: 1 + random.int(9) }, () => random.pick(BOUNDS)));
  if (random.chance(0.8)) bounds.add('+Inf');
  const isTorn = random.chance(0.2);
  let below = 0;
  const samples: Sample[] = [...bounds]
    .sort((a, b) => Number(a) - Number(b))
    .map((le) => {
      below = isTorn ? random.int(20) : below + random.int(9) + (random.chance(0.1) ? 1e-13 : 0);
      return { labels: le === '' ? labels : { ...labels, le }, value: random.chance(0.01) ? Number.NaN : below };
    });
  if (random.chance(0.1) && !bounds.has('')) samples.push({ labels, histogram: randomCustom(random) });
  return samples;
}

function randomSamples(random: Random): Sample[] {
  return Array.from({ length: HISTOGRAMS }, (_, i): Sample[] => {
    const labels = { __name__: random.pick(['h', 'h', 'g_seconds']), i: String(i) };
    if (i % 2 === 0) return randomClassic(random, { ...labels, kind: 'classic' });
    const histogram = random.chance(0.6) ? randomExponential(random) : randomCustom(random);
    return [{ labels: { ...labels, kind: 'native' }, histogram }];
  }).flat();
}

function sentOf(sample: Sample): SentSeries {
  const labels = Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if ('value' in sample) return { labels, samples: [[sample.value, TIME_MS]] };
  const { histogram } = sample;
  const spansOf = (spans: readonly BucketSpan[]) => spans.map(({ offset, length }) => [offset, length] as const);
  const sent = {
    ...histogram,
    timeMs: TIME_MS,
    isFloat: true,
    positiveSpans: spansOf(histogram.positiveSpans),
    positive: histogram.positiveBuckets,
    negativeSpans: spansOf(histogram.negativeSpans),
    negative: histogram.negativeBuckets,
    resetHint: 0,
  };
  return { labels, histograms: [sent] };
}

const memory = createSeriesMemory();
let prometheus: RealPrometheus;

before(async () => {
  const samples = randomSamples(createRandom(SEED));
  const builder = createSampleBatchBuilder();
  for (const sample of samples) {
    const series = builder.series(labelsOf(sample.labels));
    if ('value' in sample) builder.add(series, TIME_MS, sample.value);
    else builder.addHistogram(series, TIME_MS, sample.histogram);
  }
  memory.append(builder.build());
  prometheus = await startPrometheus(['--web.enable-remote-write-receiver', '--enable-feature=native-histograms']);
  const response = await fetch(`${prometheus.url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: Buffer.from(compress(writeRequest(samples.map(sentOf)))),
  });
  assert.equal(response.status, 204, await response.text());
});

after(() => prometheus.stop());

/** Values by label set, and remarks. */
interface Answer {
  readonly values: ReadonlyMap<string, number>;
  readonly remarks: ReadonlySet<string>;
}

function ours(text: string): Answer {
  const times = { startMs: TIME_MS, endMs: TIME_MS, stepMs: 0 };
  const { value, warnings, infos } = evaluate(parseExpr(text, ALL_FEATURES), memory, times, { ...OPTIONS, text });
  assert.equal(value.kind, 'vector');
  const elements = value.kind === 'vector' ? value.elements : [];
  const values = elements.map(({ labels, value: own }) => [JSON.stringify(labelsToRecord(labels)), own] as const);
  return { values: new Map(values), remarks: new Set([...warnings, ...infos].map(comparable)) };
}

async function theirs(text: string): Promise<Answer> {
  const answer = await prometheus.query('query', { query: text, time: String(TIME_MS / 1000) });
  assert.equal(answer.status, 'success', answer.error);
  // The real program is the authority on its own wire format.
  const { result } = answer.data as { result: readonly { metric: Labelled; value: readonly [number, string] }[] };
  const values = result.map(({ metric, value }) => {
    return [JSON.stringify(metric), Number(value[1].replace('Inf', 'Infinity'))] as const;
  });
  return {
    values: new Map(values),
    remarks: new Set([...(answer.warnings ?? []), ...(answer.infos ?? [])].map(comparable)),
  };
}

/** Without what 3.5 says less of: the extent of repairs, and names and places of remarks about NaN. */
function comparable(remark: string): string {
  const text = remark.replace(/, from buckets .*Z/, '').replace(' for metric name ""', '');
  if (text.includes('NaN observations')) return text.replace(/ \(\d+:\d+\)$/, '');
  return text.includes('monotonicity') ? text.replace(/ for metric name "\w+"/, '') : text;
}

async function compare(query: string): Promise<void> {
  const [own, real] = [ours(query), await theirs(query)];
  assert.deepEqual([...own.values.keys()].toSorted(), [...real.values.keys()].toSorted(), query);
  for (const [labels, wanted] of real.values) {
    const value = own.values.get(labels) ?? Number.NaN;
    if (query.startsWith('histogram_fraction') && Number.isNaN(wanted)) continue;
    const isClose =
      Object.is(value, wanted) || value === wanted || Math.abs(value - wanted) <= 1e-12 * Math.abs(wanted);
    assert.ok(isClose, `${query} ${labels}: ${value} instead of ${wanted}`);
  }
  assert.deepEqual([...own.remarks].toSorted(), [...real.remarks].toSorted(), query);
}

const VECTORS = ['h', 'g_seconds', '{__name__=~"h|g_seconds"}', 'max by (le, i) (h{kind="classic"})'];

for (const vector of VECTORS) {
  test(`quantiles of ${vector}`, async () => {
    for (const q of [0, 0.01, 0.1, 0.25, 0.4999, 0.5, 0.7, 0.9, 0.99, 1, -1, 1.5, Number.NaN]) {
      await compare(`histogram_quantile(${q}, ${vector})`);
    }
  });

  test(`shares of ${vector}`, async () => {
    const random = createRandom(SEED);
    const edges = ['-Inf', '-5', '-1', '-0.5', '0', '0.0005', '0.2', '1', '3.3', '1000', '+Inf', 'NaN'];
    const edge = (): string => (random.chance(0.3) ? String(random.next() * 20 - 10) : random.pick(edges));
    for (let i = 0; i < 60; i++) await compare(`histogram_fraction(${edge()}, ${edge()}, ${vector})`);
  });

  test(`count, sum and moments of ${vector}`, async () => {
    for (const name of ['count', 'sum', 'avg', 'stddev', 'stdvar']) await compare(`histogram_${name}(${vector})`);
  });
}
