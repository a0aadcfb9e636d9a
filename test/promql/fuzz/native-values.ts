import type { BucketSpan, Histogram } from '../../../lib/model/histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../../lib/model/histogram.ts';
import type { TimedValue } from './dataset.ts';
import type { Random } from './random.ts';

/** What native histograms of a metric are like. */
export interface NativeStyle {
  readonly buckets: 'exponential' | 'custom' | 'any';
  readonly isGauge: boolean;
  /** Share of samples that are floats. */
  readonly mixed: number;
}

/** What the buckets of a series are like for a while. */
interface Layout {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly customBounds: readonly number[];
  readonly hasNegative: boolean;
}

/** Counts by bucket index. */
interface Counts {
  readonly positive: Map<number, number>;
  readonly negative: Map<number, number>;
  zero: number;
  sum: number;
}

const BOUNDS = [
  [0.1, 0.5, 1, 5],
  [0.1, 0.5, 1, 5],
  [0.1, 0.5, 1, 5],
  [0.1, 0.5, 1, 5],
  [0.1, 1, 5, 25],
  [-1, 0, 2, 4],
  [1, 5],
];

/** Native histograms at these times: counters that rise and restart, or gauges; layouts change now and then. */
export function nativeSeries(
  random: Random,
  timesMs: readonly number[],
  style: NativeStyle & { readonly isFractional: boolean },
): TimedValue[] {
  const stale = random.pick([0, 0, 0.03]);
  const turns = random.pick([0, 0, 0.02]);
  let layout = randomLayout(random, style);
  const unit = style.isFractional ? 0.5 : 1;
  let counts = firstCounts(random, layout, FIRST_COUNT);
  return timesMs.map((timeMs, i) => {
    if (random.chance(turns)) {
      layout = { ...randomLayout(random, style), hasNegative: layout.hasNegative };
      counts = firstCounts(random, layout, LATER_COUNT);
    }
    if (style.isGauge || random.chance(0.03)) counts = firstCounts(random, layout, LATER_COUNT);
    observe(random, layout, counts, unit);
    if (i > 0 && random.chance(stale)) return { timeMs, value: { kind: 'stale' } };
    if (random.chance(style.mixed)) return { timeMs, value: { kind: 'float', value: random.int(10) } };
    const histogram = histogramOf(layout, counts, style.isGauge);
    return { timeMs, value: { kind: 'histogram', histogram, isHintWritten: false } };
  });
}

function randomLayout(random: Random, { buckets }: NativeStyle): Layout {
  if (buckets === 'custom' || (buckets === 'any' && random.chance(0.3))) {
    const customBounds = random.pick(BOUNDS);
    return { schema: CUSTOM_BUCKETS_SCHEMA, zeroThreshold: 0, customBounds, hasNegative: false };
  }
  return {
    schema: random.pick([0, 0, 1, 1, 2, 3, -1]),
    zeroThreshold: random.pick([0, 0.001, 0.001, 0.1, 1]),
    customBounds: [],
    hasNegative: random.chance(0.4),
  };
}

/**
 * Counters do not begin near zero: where they would have been zero within the window, versions after 3.5 extend them no further
 * back, which 3.5 only does for floats.
 */
const FIRST_COUNT = 4000;
const LATER_COUNT = 300;

function firstCounts(random: Random, { customBounds, hasNegative, schema }: Layout, count: number): Counts {
  const most = schema === CUSTOM_BUCKETS_SCHEMA ? customBounds.length : 4;
  const positive = new Map<number, number>();
  for (let index = 1; index <= most; index++) positive.set(index, count + random.int(20));
  // A side that one sample of a chunk has is there in all of them, if only with zeros.
  const isNegative = hasNegative && schema !== CUSTOM_BUCKETS_SCHEMA;
  const negative = new Map(isNegative ? [[2, count]] : []);
  return { positive, negative, zero: 0, sum: count * 7 };
}

function observe(random: Random, layout: Layout, counts: Counts, unit: number): void {
  for (let i = random.int(5); i > 0; i--) {
    const amount = random.between(1, 4) * unit;
    const isCustom = layout.schema === CUSTOM_BUCKETS_SCHEMA;
    const side = layout.hasNegative && !isCustom && random.chance(0.4) ? counts.negative : counts.positive;
    if (!isCustom && random.chance(0.2)) {
      counts.zero += amount;
      continue;
    }
    // Exponential buckets lie above every zero threshold: index 1 begins at 1.
    const index = isCustom ? random.int(layout.customBounds.length + 1) : random.between(1, 9);
    side.set(index, (side.get(index) ?? 0) + amount);
    counts.sum += (side === counts.negative ? -1 : 1) * amount * random.pick([0.25, 1, 3.7]);
  }
}

function histogramOf(layout: Layout, counts: Counts, isGauge: boolean): Histogram {
  const positive = runsOf(counts.positive);
  const negative = runsOf(counts.negative);
  const inside = [...positive.buckets, ...negative.buckets].reduce((sum, count) => sum + count, 0);
  return {
    schema: layout.schema,
    zeroThreshold: layout.zeroThreshold,
    zeroCount: counts.zero,
    count: counts.zero + inside,
    sum: counts.sum,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customBounds: layout.customBounds,
    resetHint: isGauge ? 'gauge' : 'unknown',
  };
}

function runsOf(counts: ReadonlyMap<number, number>): { spans: BucketSpan[]; buckets: number[] } {
  const spans: { offset: number; length: number }[] = [];
  const buckets: number[] = [];
  let next = 0;
  for (const [index, count] of [...counts].sort(([a], [b]) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    buckets.push(count);
    next = index + 1;
  }
  return { spans, buckets };
}
