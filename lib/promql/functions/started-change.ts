import type { Histogram } from '../../model/histogram.ts';
import { divideHistogram, scaleHistogram } from '../histogram-algebra.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import type { Point } from '../points.ts';
import { kindsOf } from './histogram-points.ts';
import { histogramChange, lastChange } from './histogram-rate.ts';
import type { PointWindow, Remarks } from './over-points.ts';
import { hasFallen } from './point-changes.ts';

// rate, increase and irate of counters whose samples say since when they count. A start between two samples is a reset even
// where the value rose. A first sample that began to count inside the range began there with zero, so that nothing is
// extrapolated to the left, and a single sample is enough.

/**
 * Whether a counter began anew between two samples. Who sends deltas begins each sample where the last one ended; who does
 * not know when counting began sends that time too, once, after a sample without start.
 */
export function isRestart(before: Point, current: Point): boolean {
  return hasFallen(before, current) || startsAnew(before, current);
}

function startsAnew(before: Point, { startMs, timeMs }: Point): boolean {
  if (startMs === 0 || startMs >= timeMs) return false;
  const isDelta = before.startMs !== 0 && before.startMs < before.timeMs;
  return startMs > before.timeMs || (startMs === before.timeMs && isDelta);
}

/** increase(). */
export function startedIncrease(window: PointWindow, remarks: Remarks): number | Histogram | null {
  return extrapolatedChange(window, remarks, 1);
}

/** rate(). */
export function startedRate(window: PointWindow, remarks: Remarks): number | Histogram | null {
  return extrapolatedChange(window, remarks, (window.endMs - window.startMs) / 1000);
}

function extrapolatedChange(window: PointWindow, remarks: Remarks, divisor: number): number | Histogram | null {
  const { points, startMs } = window;
  const kinds = kindsOf(points);
  if (kinds === 'mixed') {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const isInside = first.startMs !== 0 && first.startMs > startMs && first.startMs < first.timeMs;
  if (points.length < 2 && !isInside) return null;
  const ends: Ends = { first, last, isInside };
  if (kinds === 'floats') {
    const change = floatIncrease(points, ends);
    return change * (factorOf(window, ends, { change, first: first.value }) / divisor);
  }
  const change = histogramIncrease(points, isInside, remarks);
  if (change === null) return null;
  const counts = { change: change.count, first: first.histogram?.count ?? 0 };
  return scaleHistogram(change, factorOf(window, ends, counts) / divisor);
}

/** First and last sample of a window; `isInside` when the first began to count in it. */
interface Ends {
  readonly first: Point;
  readonly last: Point;
  readonly isInside: boolean;
}

function floatIncrease(points: readonly Point[], { first, last, isInside }: Ends): number {
  let change = last.value - first.value;
  for (const [i, current] of points.entries()) {
    const before = points[i - 1];
    if (before !== undefined && isRestart(before, current)) change += before.value;
  }
  return isInside ? change + first.value : change;
}

/** The resets that start timestamps tell of become hints, and a first sample from inside the range comes after an empty one. */
function histogramIncrease(points: readonly Point[], isInside: boolean, remarks: Remarks): Histogram | null {
  const histograms = hinted(points);
  const [first, ...others] = histograms;
  if (first === undefined || !isInside) return histogramChange(histograms, true, remarks);
  return histogramChange([emptied(first), withHint(first, 'not-reset'), ...others], true, remarks);
}

function hinted(points: readonly Point[]): Histogram[] {
  return points.flatMap((point, i) => {
    const before = points[i - 1];
    if (point.histogram === null) return [];
    return before !== undefined && startsAnew(before, point) ? [withHint(point.histogram, 'reset')] : [point.histogram];
  });
}

/** Gauges stay gauges, so that it is remarked on. */
function withHint(histogram: Histogram, resetHint: 'reset' | 'not-reset'): Histogram {
  return histogram.resetHint === 'gauge' ? histogram : { ...histogram, resetHint };
}

function emptied(histogram: Histogram): Histogram {
  return {
    ...histogram,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
  };
}

/** As Prometheus extrapolates: a gap of 1.1 mean steps or more by half a step, and to the left no further than to zero. */
function factorOf(
  { points, startMs, endMs }: PointWindow,
  { first, last, isInside }: Ends,
  counts: { readonly change: number; readonly first: number },
): number {
  const between = (last.timeMs - first.timeMs) / 1000;
  const mean = points.length > 1 ? between / (points.length - 1) : 0;
  const threshold = mean * 1.1;
  const sampled = isInside ? (last.timeMs - first.startMs) / 1000 : between;
  const gapToEnd = (endMs - last.timeMs) / 1000;
  const toEnd = gapToEnd >= threshold ? mean / 2 : gapToEnd;
  const gapToStart = (first.timeMs - startMs) / 1000;
  let toStart = gapToStart >= threshold ? mean / 2 : gapToStart;
  if (counts.change > 0 && counts.first >= 0) toStart = Math.min(toStart, sampled * (counts.first / counts.change));
  if (isInside) toStart = 0;
  return (sampled + toStart + toEnd) / sampled;
}

/** irate(): from the last two samples. */
export function startedInstantRate({ points }: PointWindow, remarks: Remarks): number | Histogram | null {
  const pair = points.slice(-2);
  const [before, current] = pair;
  if (before === undefined || current === undefined) return null;
  const seconds = (current.timeMs - before.timeMs) / 1000;
  const kinds = kindsOf(pair);
  if (kinds === 'mixed') {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  if (kinds === 'floats') return (isRestart(before, current) ? current.value : current.value - before.value) / seconds;
  const [own, other] = hinted(pair);
  const change = own === undefined || other === undefined ? null : lastChange(own, other, true, remarks);
  return change && divideHistogram(change, seconds);
}
