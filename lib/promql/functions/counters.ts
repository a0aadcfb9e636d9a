import type { Histogram } from '../../model/histogram.ts';
import { divideHistogram, scaledDifference, scaleHistogram } from '../histogram-algebra.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import type { Point } from '../points.ts';
import { extrapolateBlock } from './extrapolate-block.ts';
import { extrapolateColumn } from './extrapolate-column.ts';
import { type Extrapolation, edgesOf, factorOf } from './extrapolation.ts';
import { histogramChange, lastChange, remarkOnHints } from './histogram-rate.ts';
import type { Remarks } from './over-points.ts';
import { countChanges, countResets } from './point-changes.ts';
import { pointsOf, type RangeFunction, rangeFunction, type Samples } from './range-function.ts';
import { pairsOfColumn } from './sliding.ts';
import type { HistogramHistory } from './window-column.ts';

/** increase: how much a counter rose over the window, extrapolated to its edges. */
export const increase = extrapolated({ isCounter: true, perSecond: false });
/** rate: the increase per second. */
export const rate = extrapolated({ isCounter: true, perSecond: true });
/** delta: how much a gauge changed over the window, extrapolated to its edges. */
export const delta = extrapolated({ isCounter: false, perSecond: false });

function extrapolated(kind: Extrapolation): RangeFunction {
  return rangeFunction((samples) => extrapolatedOf(samples, kind), {
    ofColumn: (column, results) => extrapolateColumn(column, results, kind),
    minSamples: 2,
    ofBlock: (windows, chunk) => extrapolateBlock(windows, chunk, kind),
    wantsCounter: kind.isCounter,
    histograms: 'computed',
    ofHistograms: (samples, remarks) => extrapolatedHistogram(samples, kind, remarks),
  });
}

function extrapolatedHistogram(samples: Samples, kind: Extrapolation, remarks: Remarks): Histogram | null {
  const { histograms } = samples;
  const first = histograms[0];
  const last = histograms.at(-1);
  if (first === undefined || last === undefined || histograms.length < 2) return null;
  const edges = edgesOf({
    startMs: samples.startMs,
    endMs: samples.endMs,
    firstMs: first.timeMs,
    lastMs: last.timeMs,
    count: histograms.length,
  });
  const factor = (change: number): number => factorOf(change, first.histogram.count, edges, kind);
  if (isPlainChange(samples, kind)) {
    if (!kind.isCounter) remarkOnHints([first.histogram, last.histogram], false, remarks);
    const plain = scaledDifference(last.histogram, first.histogram, factor);
    if (plain !== null) return plain;
  }
  const change = histogramChange(
    histograms.map(({ histogram }) => histogram),
    kind.isCounter,
    remarks,
  );
  return change === null ? null : scaleHistogram(change, factor(change.count));
}

/** Whether the histograms of a window have the same schema and, if they are meant to be counters, are some, without resets. */
function isPlainChange({ histograms, history, firstHistogram: first }: Samples, { isCounter }: Extrapolation): boolean {
  const last = first + histograms.length - 1;
  const isSteady = (counts: Int32Array): boolean => counts[first] === counts[last];
  if (!isSteady(history.schemas())) return false;
  if (!isCounter) return true;
  return isSteady(history.resets()) && isSteady(history.gauges()) && !isGauge(histograms[0]?.histogram);
}

function isGauge(histogram: Histogram | undefined): boolean {
  return histogram?.resetHint === 'gauge';
}

function extrapolatedOf(samples: Samples, kind: Extrapolation): number | null {
  const { count, values, first, stride, timesMs, firstTime } = samples;
  if (count < 2) return null;
  const last = first + (count - 1) * stride;
  let difference = (values[last] ?? 0) - (values[first] ?? 0);
  for (let i = first + stride; kind.isCounter && i <= last; i += stride) {
    const before = values[i - stride] ?? 0;
    if ((values[i] ?? 0) < before) difference += before;
  }
  const edges = edgesOf({
    startMs: samples.startMs,
    endMs: samples.endMs,
    firstMs: timesMs[firstTime] ?? 0,
    lastMs: timesMs[firstTime + count - 1] ?? 0,
    count,
  });
  return difference * factorOf(difference, values[first] ?? 0, edges, kind);
}

/** irate (per second, a fall counts as a restart from zero) and idelta: from the last two samples. */
function instantChange(isCounter: boolean): RangeFunction {
  const ofFloats: RangeFunction['ofSamples'] = ({ count, values, first, stride, timesMs, firstTime }) => {
    if (count < 2) return null;
    const lastIndex = first + (count - 1) * stride;
    const last = values[lastIndex] ?? 0;
    const before = values[lastIndex - stride] ?? 0;
    const difference = isCounter && last < before ? last : last - before;
    const elapsedMs = (timesMs[firstTime + count - 1] ?? 0) - (timesMs[firstTime + count - 2] ?? 0);
    return isCounter ? difference / (elapsedMs / 1000) : difference;
  };
  return rangeFunction(ofFloats, {
    histograms: 'as points',
    ofPoints: (points, remarks) => instantChangeOfPoints(points, isCounter, remarks),
  });
}

/** As for floats, when at least one point of the window is a histogram. */
function instantChangeOfPoints(
  points: readonly Point[],
  isCounter: boolean,
  remarks: Remarks,
): number | Histogram | null {
  const last = points.at(-1);
  const before = points.at(-2);
  if (last === undefined || before === undefined) return null;
  const seconds = (last.timeMs - before.timeMs) / 1000;
  if (last.histogram !== null && before.histogram !== null) {
    const change = lastChange(before.histogram, last.histogram, isCounter, remarks);
    return isCounter && change !== null ? divideHistogram(change, seconds) : change;
  }
  if (last.histogram !== null || before.histogram !== null) {
    remarks.warn(mixedSamples(remarks.metricName));
    return null;
  }
  const difference = isCounter && last.value < before.value ? last.value : last.value - before.value;
  return isCounter ? difference / seconds : difference;
}

export const irate = instantChange(true);
export const idelta = instantChange(false);

/** resets: how often a counter fell. */
export const resets = neighbours({
  ofFloats: (value, before) => value < before,
  ofHistograms: (history) => history.resets(),
  ofPoints: countResets,
});

/** changes: how often a value differs from the one before; NaN does not differ from NaN. */
export const changes = neighbours({
  ofFloats: (value, before) => value !== before && !(Number.isNaN(value) && Number.isNaN(before)),
  ofHistograms: (history) => history.changes(),
  ofPoints: countChanges,
});

/** Between which neighbours something happens. */
interface Happening {
  ofFloats(value: number, before: number): boolean;
  ofHistograms(history: HistogramHistory): Int32Array;
  /** How often in a window of floats and histograms. */
  ofPoints(points: readonly Point[]): number;
}

function neighbours({ ofFloats, ofHistograms, ofPoints }: Happening): RangeFunction {
  const ofSamples = (samples: Samples): number => {
    const { count, values, first, stride, histograms, history, firstHistogram } = samples;
    if (count > 0 && histograms.length > 0) return ofPoints(pointsOf(samples));
    if (histograms.length > 0) {
      const counts = ofHistograms(history);
      return (counts[firstHistogram + histograms.length - 1] ?? 0) - (counts[firstHistogram] ?? 0);
    }
    let times = 0;
    for (let i = 1; i < count; i++) {
      if (ofFloats(values[first + i * stride] ?? 0, values[first + (i - 1) * stride] ?? 0)) times++;
    }
    return times;
  };
  return rangeFunction(ofSamples, { ofColumn: pairsOfColumn(ofFloats), histograms: 'counted' });
}
