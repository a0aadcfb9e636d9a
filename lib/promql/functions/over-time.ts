import { addTo, type Compensated } from '../accumulators.ts';
import { quantile } from '../quantile.ts';
import { meanOfHistograms, sampleOf, secondsOf, sumOfHistograms } from './histogram-over-time.ts';
import { type RangeFunction, rangeFunction, type Samples } from './range-function.ts';
import { endsOfColumn, extremesOfColumn, sumsOfColumn, type WindowValues } from './sliding.ts';

// Scratch space of the sums below: set before each use, read before it returns.
const total: Compensated = { sum: 0, rest: 0 };

/**
 * Sums samples `from` on into `total`, compensated, until the end or until the sum is infinite. Returns the number of the
 * sample where it stopped. The same steps as `addTo`, in local variables: this is where range queries spend their time.
 */
function sumSamples({ count, values, first, stride }: WindowValues, from: number): number {
  let { sum, rest } = total;
  let i = from;
  for (let at = first + from * stride; i < count; i++, at += stride) {
    const value = values[at] ?? 0;
    const next = sum + value;
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) break;
    rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  total.sum = sum;
  total.rest = rest;
  return i;
}

function sumOf(window: WindowValues): number {
  const { count, values, first, stride } = window;
  total.sum = 0;
  total.rest = 0;
  for (let i = sumSamples(window, 0); i < count; i++) addTo(total, values[first + i * stride] ?? 0);
  return Math.abs(total.sum) === Number.POSITIVE_INFINITY ? total.sum : total.sum + total.rest;
}

/** sum_over_time: compensated; an infinite sum stays what it is. */
export const sumOverTime = rangeFunction(sumOf, {
  ofColumn: sumsOfColumn(false, sumOf),
  histograms: 'computed',
  ofHistograms: sumOfHistograms,
});

function meanOf(window: WindowValues): number {
  const { count, values, first } = window;
  total.sum = values[first] ?? 0;
  total.rest = 0;
  const summed = sumSamples(window, 1);
  if (summed < count) return runningMean(window, summed, { sum: total.sum / summed, rest: total.rest / summed });
  return total.sum / count + total.rest / count;
}

/** avg_over_time: as the aggregation avg, from the value on with which the sum would become infinite a running mean. */
export const avgOverTime = rangeFunction(meanOf, {
  ofColumn: sumsOfColumn(true, meanOf),
  histograms: 'computed',
  ofHistograms: meanOfHistograms,
});

function runningMean({ count, values, first, stride }: WindowValues, from: number, mean: Compensated): number {
  for (let i = from; i < count; i++) {
    const share = i / (i + 1);
    mean.sum *= share;
    mean.rest *= share;
    addTo(mean, (values[first + i * stride] ?? 0) / (i + 1));
  }
  return mean.sum + mean.rest;
}

/** Position of the extreme among the samples: NaN is replaced by any number; `ties` says which of equals counts. */
function extremeAt(samples: Samples, largest: boolean, ties: 'first' | 'last'): number {
  const { count, values, first, stride } = samples;
  let at = 0;
  let extreme = values[first] ?? 0;
  for (let i = 1; i < count; i++) {
    const value = values[first + i * stride] ?? 0;
    const better = largest ? value > extreme : value < extreme;
    if (better || Number.isNaN(extreme) || (ties === 'last' && value === extreme)) {
      extreme = value;
      at = i;
    }
  }
  return at;
}

function extremeOverTime(largest: boolean) {
  return rangeFunction(
    (samples) => samples.values[samples.first + extremeAt(samples, largest, 'first') * samples.stride] ?? 0,
    { ofColumn: extremesOfColumn(largest), histograms: 'ignored' },
  );
}

export const minOverTime = extremeOverTime(false);
export const maxOverTime = extremeOverTime(true);

function timeOfExtreme(largest: boolean) {
  return rangeFunction(
    (samples) => (samples.timesMs[samples.firstTime + extremeAt(samples, largest, 'last')] ?? 0) / 1000,
    { histograms: 'ignored' },
  );
}

export const tsOfMinOverTime = timeOfExtreme(false);
export const tsOfMaxOverTime = timeOfExtreme(true);

export const tsOfFirstOverTime = rangeFunction(({ timesMs, firstTime }) => (timesMs[firstTime] ?? 0) / 1000, {
  histograms: 'as points',
  ofPoints: (points) => secondsOf(points[0]),
});
export const tsOfLastOverTime = rangeFunction(
  ({ timesMs, firstTime, count }) => (timesMs[firstTime + count - 1] ?? 0) / 1000,
  { histograms: 'as points', ofPoints: (points) => secondsOf(points.at(-1)) },
);

export const countOverTime = rangeFunction(({ count, histograms }) => count + histograms.length, {
  ofColumn: endsOfColumn('count'),
  histograms: 'counted',
});
export const presentOverTime = rangeFunction(() => 1, { histograms: 'counted' });

export const firstOverTime = rangeFunction(({ values, first }) => values[first] ?? 0, {
  keepsName: true,
  ofColumn: endsOfColumn('first'),
  histograms: 'as points',
  ofPoints: (points) => sampleOf(points[0]),
});
export const lastOverTime = rangeFunction(
  ({ values, first, stride, count }) => values[first + (count - 1) * stride] ?? 0,
  {
    keepsName: true,
    ofColumn: endsOfColumn('last'),
    histograms: 'as points',
    ofPoints: (points) => sampleOf(points.at(-1)),
  },
);

const mean: Compensated = { sum: 0, rest: 0 };

/** Population variance by Welford's method, mean and squares both compensated. */
function varianceOf({ count, values, first, stride }: Samples): number {
  mean.sum = 0;
  mean.rest = 0;
  total.sum = 0;
  total.rest = 0;
  for (let i = 0; i < count; i++) {
    const value = values[first + i * stride] ?? 0;
    const distance = value - (mean.sum + mean.rest);
    addTo(mean, distance / (i + 1));
    addTo(total, distance * (value - (mean.sum + mean.rest)));
  }
  return (total.sum + total.rest) / count;
}

export const stdvarOverTime = rangeFunction(varianceOf, { histograms: 'ignored' });
export const stddevOverTime = rangeFunction((samples) => Math.sqrt(varianceOf(samples)), { histograms: 'ignored' });

function valuesOf({ count, values, first, stride }: Samples): Float64Array {
  const own = new Float64Array(count);
  for (let i = 0; i < count; i++) own[i] = values[first + i * stride] ?? 0;
  return own;
}

/** quantile_over_time; `warn` is called for a quantile outside [0, 1], for each window that has floats. */
export function quantileOverTime(warn: (q: number) => void): RangeFunction {
  return rangeFunction(
    (samples, [q = Number.NaN]) => {
      if (!(q >= 0 && q <= 1)) warn(q);
      return quantile(q, valuesOf(samples));
    },
    { histograms: 'ignored' },
  );
}

/** mad_over_time: the median distance from the median; NaN when any value is. */
export const madOverTime = rangeFunction(
  (samples) => {
    const values = valuesOf(samples);
    if (values.some(Number.isNaN)) return Number.NaN;
    const median = quantile(0.5, values);
    return quantile(
      0.5,
      values.map((value) => Math.abs(value - median)),
    );
  },
  { histograms: 'ignored' },
);
