import type { Histogram } from '../../model/histogram.ts';
import { divideHistogram, scaleHistogram } from '../histogram-algebra.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import type { Point } from '../points.ts';
import { combined, histogramPoints, kindsOf, refuseMixedBuckets, remarkOnHints } from './histogram-points.ts';
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
  const kinds = kindsOf(window.points);
  if (kinds === 'mixed') {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  const [first] = window.points;
  const last = window.points.at(-1);
  if (first === undefined || last === undefined) return null;
  const isInside = first.startMs !== 0 && first.startMs > window.startMs && first.startMs < first.timeMs;
  if (window.points.length < 2 && !isInside) return null;
  const ends: Ends = { first, last, isInside };
  if (kinds === 'histograms') return histogramIncrease(window, ends, remarks);
  let change = last.value - first.value + (isInside ? first.value : 0);
  for (const before of beforeRestarts(window.points)) change += before.value;
  return change * factorOf(window, ends, { change, first: first.value });
}

/** rate(). */
export function startedRate(window: PointWindow, remarks: Remarks): number | Histogram | null {
  const increase = startedIncrease(window, remarks);
  const seconds = (window.endMs - window.startMs) / 1000;
  return typeof increase === 'number' || increase === null
    ? increase && increase / seconds
    : divideHistogram(increase, seconds);
}

/** First and last sample of a window; `isInside` when the first began to count in it. */
interface Ends {
  readonly first: Point;
  readonly last: Point;
  readonly isInside: boolean;
}

function beforeRestarts<P extends Point>(points: readonly P[]): P[] {
  return points.filter((before, i) => {
    const current = points[i + 1];
    return current !== undefined && isRestart(before, current);
  });
}

function histogramIncrease(window: PointWindow, { first, last, isInside }: Ends, remarks: Remarks): Histogram | null {
  const points = histogramPoints(window.points);
  remarkOnHints(points, true, remarks);
  if (refuseMixedBuckets(points, remarks)) return null;
  const [own] = points;
  const final = points.at(-1);
  if (own === undefined || final === undefined) return null;
  const lost = beforeRestarts(points);
  // What the first sample had counted goes out and, at a reset or when it began inside, comes in again.
  const counted = isInside ? [...lost, own] : lost;
  const others = counted.filter((point) => point !== own);
  const ownTimes = counted.length - others.length - 1;
  let change = final.histogram;
  for (const point of others) change = combined(change, point.histogram, 1, remarks);
  if (ownTimes !== 0) change = combined(change, own.histogram, ownTimes > 0 ? 1 : -1, remarks);
  const factor = factorOf(window, { first, last, isInside }, { change: change.count, first: own.histogram.count });
  return { ...scaleHistogram(change, factor), resetHint: 'gauge' };
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
  const [before, current] = points.slice(-2);
  if (before === undefined || current === undefined) return null;
  const pair = [before, current];
  if (kindsOf(pair) === 'mixed') {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  const restarted = isRestart(before, current);
  const seconds = (current.timeMs - before.timeMs) / 1000;
  const [own, other] = histogramPoints(pair);
  if (own === undefined || other === undefined) {
    return (restarted ? current.value : current.value - before.value) / seconds;
  }
  remarkOnHints([own, other], true, remarks);
  if (refuseMixedBuckets([own, other], remarks)) return null;
  const change = restarted ? other.histogram : combined(other.histogram, own.histogram, -1, remarks);
  return { ...divideHistogram(change, seconds), resetHint: 'gauge' };
}
