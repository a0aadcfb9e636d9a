import type { Histogram } from '../../model/histogram.ts';
import { areCompatible, combineHistograms, compactHistogram, isCustom, isReset } from '../histogram-algebra.ts';
import { QueryError } from '../value.ts';
import type { HistogramSample } from './range-function.ts';

/**
 * The change of a histogram over a window, not extrapolated: the last minus the first, plus what was lost at each reset of
 * a counter. Null when exponential and custom buckets are mixed. At least two samples, in time order.
 */
export function histogramChange(samples: readonly HistogramSample[], isCounter: boolean): Histogram | null {
  const [first, second] = samples;
  const last = samples.at(-1);
  if (first === undefined || second === undefined || last === undefined) return null;
  // A first sample that was reset right away contributes nothing, its layout included.
  const dropsFirst = isCounter && isReset(second.histogram, first.histogram);
  const used = dropsFirst ? samples.slice(1) : samples;
  if (used.some(({ histogram }) => isCustom(histogram) !== isCustom(last.histogram))) return null;
  if (
    !samples.every(
      ({ histogram }) => isCustom(histogram) !== isCustom(last.histogram) || areCompatible(histogram, last.histogram),
    )
  ) {
    throw new QueryError('a change of custom bucket bounds is not supported yet');
  }
  let change = dropsFirst ? last.histogram : combineHistograms(last.histogram, first.histogram, -1);
  for (let i = 1; isCounter && i < used.length; i++) {
    const before = used[i - 1]?.histogram;
    const current = used[i]?.histogram;
    if (before !== undefined && current !== undefined && isReset(current, before)) {
      change = combineHistograms(change, before, 1);
    }
  }
  return { ...compactHistogram(change), resetHint: 'gauge' };
}
