import { QueryError } from '../value.ts';
import { rangeFunction, type Samples } from './range-function.ts';

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Least squares with x in seconds from `zeroMs`. The four sums are compensated as `addTo` does it, in local variables:
 * predict_linear spends its time here.
 */
function fitLine({ count, values, first, stride, timesMs, firstTime }: Samples, zeroMs: number): Line {
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

/** deriv: the slope per second. */
export const deriv = rangeFunction(
  (samples) => (samples.count < 2 ? null : fitLine(samples, samples.timesMs[samples.firstTime] ?? 0).slope),
  { histograms: 'ignored' },
);

/** predict_linear: where the line will be `seconds` after the evaluation time. */
export const predictLinear = rangeFunction(
  (samples, [seconds = Number.NaN]) => {
    if (samples.count < 2) return null;
    const { slope, intercept } = fitLine(samples, samples.stepMs);
    return slope * seconds + intercept;
  },
  { histograms: 'ignored' },
);

/** double_exponential_smoothing: level and trend, each smoothed by its own factor. */
export const doubleExponentialSmoothing = rangeFunction(
  ({ count, values, first, stride }, [smoothing = Number.NaN, trending = Number.NaN]) => {
    checkFactor('smoothing factor. Expected: 0 < sf < 1', smoothing);
    checkFactor('trend factor. Expected: 0 < tf < 1', trending);
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
  { histograms: 'ignored' },
);

function checkFactor(what: string, factor: number): void {
  if (!(factor > 0 && factor < 1)) throw new QueryError(`invalid ${what}, got: ${factor.toFixed(6)}`);
}
