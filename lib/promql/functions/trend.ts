import { addTo, type Compensated } from '../accumulators.ts';
import { QueryError } from '../value.ts';
import { rangeFunction, type Samples } from './range-function.ts';

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

const sumX: Compensated = { sum: 0, rest: 0 };
const sumY: Compensated = { sum: 0, rest: 0 };
const sumXY: Compensated = { sum: 0, rest: 0 };
const sumXX: Compensated = { sum: 0, rest: 0 };

/** Least squares with x in seconds from `zeroMs`. */
function fitLine({ count, values, first, stride, timesMs, firstTime }: Samples, zeroMs: number): Line {
  for (const sum of [sumX, sumY, sumXY, sumXX]) {
    sum.sum = 0;
    sum.rest = 0;
  }
  const firstValue = values[first] ?? 0;
  let isConstant = true;
  for (let i = 0; i < count; i++) {
    const y = values[first + i * stride] ?? 0;
    const x = ((timesMs[firstTime + i] ?? 0) - zeroMs) / 1000;
    if (i > 0 && y !== firstValue) isConstant = false;
    addTo(sumX, x);
    addTo(sumY, y);
    addTo(sumXY, x * y);
    addTo(sumXX, x * x);
  }
  if (isConstant) {
    const isInfinite = Math.abs(firstValue) === Number.POSITIVE_INFINITY;
    return isInfinite ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: firstValue };
  }
  const x = sumX.sum + sumX.rest;
  const y = sumY.sum + sumY.rest;
  const covariance = sumXY.sum + sumXY.rest - (x * y) / count;
  const variance = sumXX.sum + sumXX.rest - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
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
