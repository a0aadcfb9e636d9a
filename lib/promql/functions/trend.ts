import { stepTimeMs } from '../evaluation.ts';
import { formatFixed } from '../go-format.ts';
import { QueryError } from '../value.ts';
import { type CenteredLine, fitCentered, ROUNDING } from './centered-line.ts';
import type { Column, ColumnResults } from './columns.ts';
import { rangeFunction, type Samples } from './range-function.ts';

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

type LineSamples = Pick<Samples, 'count' | 'values' | 'first' | 'stride' | 'timesMs' | 'firstTime'>;

/** Least squares as written: x in seconds from `zeroMs`. The four sums are compensated as `addTo` does it. */
function fitLine({ count, values, first, stride, timesMs, firstTime }: LineSamples, zeroMs: number): Line {
  const firstValue = values[first] ?? 0;
  let isConstant = true;
  let [x, restX, y, restY, xy, restXY, xx, restXX] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const ownY = values[first + i * stride] ?? 0;
    const ownX = ((timesMs[firstTime + i] ?? 0) - zeroMs) / 1000;
    const product = ownX * ownY;
    const square = ownX * ownX;
    if (ownY !== firstValue) isConstant = false;
    const nextX = x + ownX;
    restX += Math.abs(x) >= Math.abs(ownX) ? x - nextX + ownX : ownX - nextX + x;
    x = nextX;
    const nextY = y + ownY;
    restY += Math.abs(y) >= Math.abs(ownY) ? y - nextY + ownY : ownY - nextY + y;
    y = nextY;
    const nextXY = xy + product;
    restXY += Math.abs(xy) >= Math.abs(product) ? xy - nextXY + product : product - nextXY + xy;
    xy = nextXY;
    const nextXX = xx + square;
    restXX += Math.abs(xx) >= Math.abs(square) ? xx - nextXX + square : square - nextXX + xx;
    xx = nextXX;
  }
  if (isConstant) {
    const isInfinite = Math.abs(firstValue) === Number.POSITIVE_INFINITY;
    return isInfinite ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: firstValue };
  }
  x = total(x, restX);
  y = total(y, restY);
  const covariance = total(xy, restXY) - (x * y) / count;
  const variance = total(xx, restXX) - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}

/** The rest of an infinite sum means nothing. */
function total(sum: number, rest: number): number {
  return Math.abs(sum) === Number.POSITIVE_INFINITY ? sum : sum + rest;
}

/** A result may differ by this share from that of the written formula. Where it could by more, that one is used. */
const MAX_DIFFERENCE = 4e-12;

/** Where values are smaller than this, products of them may lose digits. */
const SMALLEST = 1e-250;

function isClose(value: number, mayDiffer: number): boolean {
  const size = Math.abs(value);
  return size > SMALLEST && size < Number.POSITIVE_INFINITY && mayDiffer <= MAX_DIFFERENCE * size;
}

// Scratch space: the line of one window.
const line: CenteredLine = { slope: 0, meanMs: 0, meanValue: 0, isFlat: false, mayDiffer: 0 };

function asWritten({ values, timesMs, from, to }: Column, step: number): LineSamples {
  const first = from[step] ?? 0;
  return { values, timesMs, first, firstTime: first, stride: 1, count: (to[step] ?? 0) - first };
}

/** deriv: the slope per second. */
export const deriv = rangeFunction(slopeOf, { ofColumn: slopesOfColumn, minSamples: 2, histograms: 'ignored' });

function slopeOf(samples: LineSamples): number | null {
  return samples.count < 2 ? null : fitLine(samples, samples.timesMs[samples.firstTime] ?? 0).slope;
}

function slopesOfColumn(column: Column, { values: results, first, stride }: ColumnResults): void {
  const { timesMs, from, to, endsMs } = column;
  for (let step = 0; step < endsMs.length; step++) {
    const start = from[step] ?? 0;
    const count = (to[step] ?? 0) - start;
    if (count < 2) continue;
    column.visit(count);
    fitCentered(column, step, timesMs[start] ?? 0, line);
    results[first + step * stride] =
      line.isFlat || isClose(line.slope, line.mayDiffer) ? line.slope * 1000 : (slopeOf(asWritten(column, step)) ?? 0);
  }
}

/** predict_linear: where the line will be `seconds` after the evaluation time. */
export const predictLinear = rangeFunction(
  (samples, [seconds = Number.NaN]) => (samples.count < 2 ? null : predict(samples, samples.stepMs, seconds)),
  { ofColumn: predictColumn, minSamples: 2, histograms: 'ignored' },
);

function predict(samples: LineSamples, stepMs: number, seconds: number): number {
  const { slope, intercept } = fitLine(samples, stepMs);
  return slope * seconds + intercept;
}

function predictColumn(
  column: Column,
  { values: results, first, stride }: ColumnResults,
  [seconds]: readonly Float64Array[],
): void {
  const { from, to, endsMs, steps } = column;
  for (let step = 0; step < endsMs.length; step++) {
    const count = (to[step] ?? 0) - (from[step] ?? 0);
    if (count < 2) continue;
    column.visit(count);
    const stepMs = stepTimeMs(steps, step);
    const ahead = seconds?.[step] ?? Number.NaN;
    fitCentered(column, step, stepMs, line);
    const distanceMs = ahead * 1000 - line.meanMs;
    const value = line.meanValue + line.slope * distanceMs;
    const mayDiffer = line.mayDiffer * Math.abs(distanceMs) + 8 * ROUNDING * Math.abs(line.meanValue);
    results[first + step * stride] =
      line.isFlat || isClose(value, mayDiffer) ? value : predict(asWritten(column, step), stepMs, ahead);
  }
}

/** double_exponential_smoothing: level and trend, each smoothed by its own factor. */
export const doubleExponentialSmoothing = rangeFunction(
  ({ count, values, first, stride }, [smoothing = Number.NaN, trending = Number.NaN]) => {
    checkFactors(smoothing, trending);
    if (count < 2) return null;
    let before = 0;
    let level = values[first] ?? 0;
    let trend = (values[first + stride] ?? 0) - level;
    for (let i = 1; i < count; i++) {
      const own = smoothing * (values[first + i * stride] ?? 0);
      if (i > 1) trend = trending * (level - before) + (1 - trending) * trend;
      const carried = (1 - smoothing) * (level + trend);
      before = level;
      level = own + carried;
    }
    return level;
  },
  {
    histograms: 'ignored',
    ofHistograms(_samples, _remarks, [smoothing = Number.NaN, trending = Number.NaN]) {
      checkFactors(smoothing, trending);
      return null;
    },
  },
);

function checkFactors(smoothing: number, trending: number): void {
  checkFactor('smoothing factor. Expected: 0 < sf < 1', smoothing);
  checkFactor('trend factor. Expected: 0 < tf < 1', trending);
}

function checkFactor(what: string, factor: number): void {
  // NaN passes, as with Prometheus.
  if (factor <= 0 || factor >= 1) throw new QueryError(`invalid ${what}, got: ${formatFixed(factor)}`);
}
