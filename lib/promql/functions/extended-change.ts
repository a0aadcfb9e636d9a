import type { Histogram } from '../../model/histogram.ts';
import { isReset, scaleHistogram } from '../histogram-algebra.ts';
import type { Point } from '../points.ts';
import type { ExtendedWindow } from './extended-window.ts';
import { combined, type HistogramPoint, histogramPoints, refuseMixedBuckets } from './histogram-points.ts';
import { remarkOnHints } from './histogram-rate.ts';
import type { Remarks } from './over-points.ts';

/** Where between two samples, and whether they are of a counter: one that was reset between them counts from zero. */
interface Place {
  readonly timeMs: number;
  readonly isCounter: boolean;
}

function fractionAt(before: Point, after: Point, timeMs: number): number {
  return (timeMs - before.timeMs) / (after.timeMs - before.timeMs);
}

/** The float between two samples. */
export function interpolateFloat(before: Point, after: Point, { timeMs, isCounter }: Place): number {
  const from = isCounter && after.value < before.value ? 0 : before.value;
  return from + (after.value - from) * fractionAt(before, after, timeMs);
}

/** The native histogram between two samples, which must both have exponential or both custom buckets. */
export function interpolateHistogram(
  before: HistogramPoint,
  after: HistogramPoint,
  { timeMs, isCounter, remarks }: Place & { readonly remarks: Remarks },
): Histogram {
  const fraction = fractionAt(before, after, timeMs);
  if (isCounter && isReset(after.histogram, before.histogram)) return scaleHistogram(after.histogram, fraction);
  const change = combined(after.histogram, before.histogram, -1, remarks);
  return combined(before.histogram, scaleHistogram(change, fraction), 1, remarks);
}

/** The change of floats over an extended range; what a counter lost at resets is added. */
export function floatChange(window: ExtendedWindow, isCounter: boolean): number {
  const values = window.used.map(({ value }) => value);
  const [first, second] = window.used;
  const last = window.used.at(-1);
  const beforeLast = window.used.at(-2);
  if (window.cutsLeft && first !== undefined && second !== undefined) {
    values[0] = interpolateFloat(first, second, { timeMs: window.startMs, isCounter });
  }
  if (window.cutsRight && last !== undefined && beforeLast !== undefined) {
    values[values.length - 1] = interpolateFloat(beforeLast, last, { timeMs: window.endMs, isCounter });
  }
  let total = (values.at(-1) ?? 0) - (values[0] ?? 0);
  for (let i = 1; isCounter && i < values.length; i++) {
    const before = values[i - 1] ?? 0;
    if ((values[i] ?? 0) < before) total += before;
  }
  return total;
}

/** The change of native histograms over an extended range; null when their buckets cannot be combined. */
export function histogramChange(window: ExtendedWindow, isCounter: boolean, remarks: Remarks): Histogram | null {
  const points = histogramPoints(window.used);
  const [first, second] = points;
  const last = points.at(-1);
  const beforeLast = points.at(-2);
  if (first === undefined || last === undefined) return null;
  const judged = isCounter ? points : [first, last];
  remarkOnHints(
    judged.map(({ histogram }) => histogram),
    isCounter,
    remarks,
  );
  if (refuseMixedBuckets(points, remarks)) return null;
  const between = { isCounter, remarks };
  const left =
    window.cutsLeft && second !== undefined
      ? interpolateHistogram(first, second, { ...between, timeMs: window.startMs })
      : first.histogram;
  const right =
    window.cutsRight && beforeLast !== undefined
      ? interpolateHistogram(beforeLast, last, { ...between, timeMs: window.endMs })
      : last.histogram;
  // A reset right behind a cut is in the interpolated left value already.
  const whole = window.cutsLeft ? points.slice(1) : points;
  const lost = isCounter ? lostAtResets(whole) : [];
  const total = lost.reduce((sum, before) => combined(sum, before, 1, remarks), combined(right, left, -1, remarks));
  return { ...total, resetHint: 'gauge' };
}

/** What a counter had counted at each reset. */
function lostAtResets(points: readonly HistogramPoint[]): Histogram[] {
  return points.flatMap(({ histogram }, i) => {
    const before = points[i - 1]?.histogram;
    return before !== undefined && isReset(histogram, before) ? [before] : [];
  });
}
