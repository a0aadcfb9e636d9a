/** The series that a real Prometheus and the local process are given before both are asked the same. */
import { type SentHistogram, type SentMetadata, type SentSeries, STALE } from '../ingest/encoder.ts';

const STEP_MS = 15_000;
const COUNT = 120;
/** The newest sample is a minute old when a script starts. */
export const END_MS = Math.floor(Date.now() / STEP_MS) * STEP_MS - 60_000;
const START_MS = END_MS - (COUNT - 1) * STEP_MS;

type Sent = number | typeof STALE | null;

function everyStep(value: (i: number) => Sent): NonNullable<SentSeries['samples']> {
  return Array.from({ length: COUNT }, (_, i) => {
    const sent = value(i);
    return sent === null ? [] : [[sent, START_MS + i * STEP_MS] as const];
  }).flat();
}

function sortedLabels(name: string, labels: Readonly<Record<string, string>>): SentSeries['labels'] {
  return Object.entries({ __name__: name, ...labels }).sort(([a], [b]) => (a < b ? -1 : 1));
}

function series(name: string, labels: Readonly<Record<string, string>>, value: (i: number) => Sent): SentSeries {
  return { labels: sortedLabels(name, labels), samples: everyStep(value) };
}

const BOUNDS = ['0.1', '0.5', '1', '5', '+Inf'];

/** Counters with resets and gaps, gauges with odd values, histograms of both kinds, series that end, names that need quotes. */
export function sameSeries(): readonly SentSeries[] {
  const jobs = ['api', 'web'].flatMap((job, j) =>
    ['a', 'b', 'c'].flatMap((instance, n) => [
      series(
        'requests_total',
        { job, instance, code: n === 1 ? '500' : '200' },
        (i) => (i * (7 + j + n)) % (900 + 70 * n),
      ),
      series('memory_bytes', { job, instance }, (i) => 1e6 * (1 + j) + 1e3 * Math.sin(i / (3 + n)) * i),
      series('up', { job, instance }, (i) => (i % (11 + n) === 0 ? 0 : 1)),
      ...BOUNDS.map((le, b) => series('latency_bucket', { job, instance, le }, (i) => i * (b + 1) * (n + 1))),
    ]),
  );
  return [
    ...jobs,
    series('sparse', { kind: 'gaps' }, (i) => (i % 40 < 10 ? i : null)),
    series('sparse', { kind: 'ends' }, (i) => (i < 100 ? i : i === 100 ? STALE : null)),
    series('odd', { value: 'nan' }, () => Number.NaN),
    series('odd', { value: 'inf' }, (i) => (i % 2 === 0 ? Infinity : -Infinity)),
    series('odd', { value: 'tiny' }, (i) => 10 ** -(i % 30)),
    series('odd', { value: 'huge' }, (i) => 10 ** (i % 30)),
    series('dotted.name', { 'with space': 'ü 😀 "<>&' }, (i) => i),
    series('temperature', { 'host.name': 'a/b\\c\n', room: 'küche' }, (i) => 20 + (i % 7) / 8),
    series('temperature', { 'host.name': '\u2028', room: 'bad' }, (i) => 18 - (i % 5) / 4),
    ...nativeHistograms(),
    nativeCounter(),
    series('limits', { job: 'api' }, () => 1_500_000),
    { ...series('traced_total', { job: 'api' }, (i) => i), exemplars: [[['trace_id', 'abc']]] },
  ];
}

/** What senders say about two of them: both gauges. */
export const sameMetadata: readonly SentMetadata[] = [
  { type: 2, name: 'temperature', help: 'Degrees <Celsius>.', unit: '' },
  { type: 2, name: 'memory_bytes', help: 'Memory.', unit: 'bytes' },
];

/** One of every layout: how the API shows their buckets. */
function nativeHistograms(): readonly SentSeries[] {
  const layouts: Readonly<Record<string, Partial<SentHistogram>>> = {
    coarse: { schema: -2, positiveSpans: [[-3, 5]], positive: [1, 0, 2, 3, 4], count: 10 },
    plain: {
      schema: 0,
      positiveSpans: [
        [-2, 2],
        [3, 2],
      ],
      positive: [1, 2, 3, 4],
      zeroThreshold: 0.001,
      zeroCount: 2,
      count: 12,
    },
    fine: {
      schema: 8,
      positiveSpans: [
        [-700, 3],
        [900, 2],
      ],
      positive: [5, 6, 7, 8, 9],
      count: 35,
    },
    medium: {
      schema: 3,
      positiveSpans: [[11, 4]],
      positive: [1, 1, 1, 1],
      negativeSpans: [[5, 3]],
      negative: [2, 0, 3],
      count: 9,
    },
    float: { isFloat: true, schema: 1, positiveSpans: [[0, 2]], positive: [0.25, 1.5], count: 1.75 },
    extreme: { schema: 0, positiveSpans: [[1023, 3]], positive: [1, 2, 3], count: 6 },
    custom: { schema: -53, customBounds: [-1, 0.5, 2], positiveSpans: [[0, 4]], positive: [1, 2, 3, 4], count: 10 },
    zero: { zeroCount: 3, count: 3 },
    overlapping: {
      schema: 0,
      zeroThreshold: 0.3,
      zeroCount: 1,
      positiveSpans: [[-2, 3]],
      positive: [1, 2, 3],
      count: 7,
    },
    empty: {},
  };
  return Object.entries(layouts).map(([layout, fields]) => ({
    labels: sortedLabels('native', { layout }),
    histograms: [1, 2].map((n) => ({ ...fields, sum: 1.5 * n, timeMs: END_MS - n * STEP_MS })).reverse(),
  }));
}

/** Counts that rise, fall once, and end with a stale marker. */
function nativeCounter(): SentSeries {
  const histograms = Array.from({ length: 40 }, (_, i): SentHistogram => {
    const grown = i < 25 ? i : i - 24;
    const positive = [grown, 2 * grown, 0, grown];
    const timeMs = END_MS - (42 - i) * STEP_MS;
    return { schema: 2, positiveSpans: [[3, 4]], positive, count: 4 * grown, sum: 3.5 * grown, timeMs };
  });
  return { labels: sortedLabels('duration_seconds', { job: 'api' }), histograms };
}
