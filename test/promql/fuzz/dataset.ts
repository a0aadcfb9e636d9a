import { type Labels, labelsOf } from '../../../lib/model/labels.ts';
import type { SequenceValue } from '../../../lib/promql/series-notation.ts';
import { floatSeries } from './float-values.ts';
import { type NativeStyle, nativeSeries } from './native-values.ts';
import { createRandom, type Random } from './random.ts';

/** What the samples of a metric are like, which decides where expressions use it. */
export type MetricKind = 'counter' | 'gauge' | 'bucket' | 'info' | 'native';

/** One sample or staleness marker. */
export interface TimedValue {
  readonly timeMs: number;
  readonly value: Exclude<SequenceValue, { readonly kind: 'absent' }>;
}

export interface RandomSeries {
  readonly labels: Labels;
  /** Ascending strictly in time. */
  readonly points: readonly TimedValue[];
  /** Native histograms travel with whole or with fractional counts. */
  readonly isFractional: boolean;
}

export interface Metric {
  readonly name: string;
  readonly kind: MetricKind;
  readonly series: readonly RandomSeries[];
}

/** Random data: metrics of a few targets that are scraped together, some series on times of their own. */
export interface Dataset {
  readonly metrics: readonly Metric[];
  /** First and last instant of samples, epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly intervalMs: number;
}

/** Midnight, so that subqueries meet the same multiples of their step when times are counted from here. */
export const EPOCH_MS = Date.UTC(2023, 10, 15);

const JOBS = ['api', 'web', 'db'];
const LE = ['0.005', '0.01', '0.1', '0.5', '1', '2.5', '10', '+Inf'];

/** The same for the same seeds. */
export function randomDataset(...seeds: readonly number[]): Dataset {
  const random = createRandom(...seeds);
  const intervalMs = random.pick([10_000, 15_000, 15_000, 20_000]);
  const count = random.between(60, 120);
  const startMs = EPOCH_MS + random.pick([0, 0, random.int(600_000), 3_600_000 + random.int(60_000)]);
  const targets = JOBS.flatMap((job) =>
    Array.from({ length: random.between(1, 3) }, (_, i) =>
      createTarget(random, { job, number: i, startMs, intervalMs, count }),
    ),
  );
  const metrics = [
    ...floatMetrics(random, targets),
    ...classicMetrics(random, targets),
    ...nativeMetrics(random, targets),
  ];
  const times = metrics.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ timeMs }) => timeMs)));
  return {
    metrics,
    intervalMs,
    startMs: times.reduce((a, b) => Math.min(a, b)),
    endMs: times.reduce((a, b) => Math.max(a, b)),
  };
}

/** What is scraped together. */
interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly timesMs: readonly number[];
}

interface TargetPlan {
  readonly job: string;
  readonly number: number;
  readonly startMs: number;
  readonly intervalMs: number;
  readonly count: number;
}

function createTarget(random: Random, { job, number, startMs, intervalMs, count }: TargetPlan): Target {
  const zone = random.pick(['', 'eu', 'us']);
  const labels = { job, instance: `${random.chance(0.2) ? 'same' : job}:${number}`, ...(zone === '' ? {} : { zone }) };
  return { labels, timesMs: timesOf(random, { startMs, intervalMs, count }) };
}

function timesOf(random: Random, { startMs, intervalMs, count }: Omit<TargetPlan, 'job' | 'number'>): number[] {
  const phaseMs = random.pick([0, 0, 1, random.int(intervalMs)]);
  const jitterMs = random.pick([0, 0, 1, 40, intervalMs / 3]);
  const missed = random.pick([0, 0, 0.05, 0.3]);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const timeMs = startMs + phaseMs + i * intervalMs + random.int(jitterMs + 1);
    if (!random.chance(missed)) times.push(timeMs);
  }
  return times;
}

/** Times of one series: those of its target, often with a beginning, an end or an outage of its own. */
function seriesTimes(random: Random, { timesMs }: Target): readonly number[] {
  const count = timesMs.length;
  return random.weigh<readonly number[]>([
    [6, timesMs],
    [1, timesMs.slice(random.int(count / 2))],
    [1, timesMs.slice(0, random.between(1, count))],
    [1, withoutRun(timesMs, random.int(count), random.between(2, 40))],
    [1, timesMs.map((timeMs) => timeMs + 7)],
    [0.5, random.some(timesMs, 0.4)],
    [0.3, random.some(timesMs, 0.05)],
  ]);
}

function withoutRun(times: readonly number[], from: number, length: number): readonly number[] {
  return [...times.slice(0, from), ...times.slice(from + length)];
}

function floatMetrics(random: Random, targets: readonly Target[]): Metric[] {
  const own = (
    name: string,
    kind: MetricKind,
    values: string,
    extra: Record<string, readonly string[]> = {},
  ): Metric => ({
    name,
    kind,
    series: targets.flatMap((target) =>
      combinations(extra)
        .filter(() => random.chance(0.8))
        .map((labels) => floats(random, { name, target, labels, values })),
    ),
  });
  return [
    own('http_requests_total', 'counter', 'counter', { code: ['200', '404', '500'] }),
    own('io_bytes_total', 'counter', 'fractional counter'),
    own('jobs_done', 'counter', 'counter', { queue: ['a', 'b'] }),
    own('temperature', 'gauge', 'walk', { code: ['200', '404'] }),
    own('queue_length', 'gauge', 'small', { queue: ['a', 'b'] }),
    own('up', 'gauge', 'boolean'),
    own('odd_values', 'gauge', 'odd', { code: ['200', '500'] }),
    own('twin_a', 'gauge', 'small', { queue: ['a', 'b'] }),
    own('twin_b', 'gauge', 'walk', { queue: ['a', 'b'] }),
    own('dotted.name_bytes', 'gauge', 'walk', { 'a.b': ['x', 'y'] }),
    own('target_info', 'info', 'one', { version: [random.pick(['1', '2']), ...random.some(['3'], 0.3)] }),
    own('build_info', 'info', 'one', { build: ['x'] }),
  ];
}

function combinations(extra: Readonly<Record<string, readonly string[]>>): Record<string, string>[] {
  return Object.entries(extra).reduce<Record<string, string>[]>(
    (all, [name, values]) => all.flatMap((labels) => values.map((value) => ({ ...labels, [name]: value }))),
    [{}],
  );
}

interface Wanted {
  readonly name: string;
  readonly target: Target;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: string;
}

function floats(random: Random, { name, target, labels, values }: Wanted): RandomSeries {
  return {
    labels: labelsOf({ __name__: name, ...target.labels, ...labels }),
    points: floatSeries(random, seriesTimes(random, target), values),
    isFractional: true,
  };
}

/** Cumulative buckets with their sums and counts; some sets are broken in the ways that exist. */
function classicMetrics(random: Random, targets: readonly Target[]): Metric[] {
  const some = random.some(targets, 0.6);
  const bucketed = some.length === 0 ? targets.slice(0, 1) : some;
  const buckets = bucketed.flatMap((target) => {
    const bounds = random.weigh([
      [6, LE],
      [1, LE.slice(0, -1)],
      [1, [...LE, 'x', '1.0']],
      [1, ['-1', '0', ...LE.slice(4)]],
      [0.5, ['+Inf']],
    ]);
    const inOrder = random.chance(0.8);
    const times = seriesTimes(random, target);
    const labels = { __name__: 'latency_seconds_bucket', ...target.labels };
    const counters = cumulative(random, { times, size: bounds.length, inOrder });
    return bounds.map((le, i) => ({
      labels: labelsOf({ ...labels, le }),
      points: counters[i] ?? [],
      isFractional: true,
    }));
  });
  const own = (name: string, values: string): Metric => ({
    name,
    kind: 'counter',
    series: bucketed.map((target) => floats(random, { name, target, labels: {}, values })),
  });
  return [
    { name: 'latency_seconds_bucket', kind: 'bucket', series: buckets },
    own('latency_seconds_sum', 'fractional counter'),
    own('latency_seconds_count', 'counter'),
  ];
}

interface Cumulative {
  readonly times: readonly number[];
  readonly size: number;
  readonly inOrder: boolean;
}

function cumulative(random: Random, { times, size, inOrder }: Cumulative): TimedValue[][] {
  const totals = new Array<number>(size).fill(0);
  const series: TimedValue[][] = totals.map(() => []);
  for (const timeMs of times) {
    if (random.chance(0.02)) totals.fill(0);
    let added = 0;
    for (let i = 0; i < size; i++) {
      added = (inOrder ? added : 0) + random.int(random.pick([1, 2, 10]));
      totals[i] = (totals[i] ?? 0) + added;
      series[i]?.push({ timeMs, value: { kind: 'float', value: totals[i] ?? 0 } });
    }
  }
  return series;
}

function nativeMetrics(random: Random, targets: readonly Target[]): Metric[] {
  const own = (name: string, style: NativeStyle): Metric => ({
    name,
    kind: 'native',
    series: random.some(targets, 0.6).map((target) => {
      const isFractional = random.chance(0.5);
      const labels = labelsOf({ __name__: name, ...target.labels });
      return {
        labels,
        points: nativeSeries(random, seriesTimes(random, target), { ...style, isFractional }),
        isFractional,
      };
    }),
  });
  return [
    own('request_size', { buckets: 'exponential', isGauge: false, mixed: 0 }),
    own('payload', { buckets: 'exponential', isGauge: true, mixed: 0 }),
    own('wait_seconds', { buckets: 'custom', isGauge: false, mixed: 0 }),
    own('mixed_values', { buckets: 'any', isGauge: false, mixed: 0.15 }),
  ].filter(({ series }) => series.length > 0);
}
