import type { Histogram } from '../model/histogram.ts';
import { unreachable } from '../model/issue.ts';
import type { Labels } from '../model/labels.ts';
import { printNumber } from '../promql/number-text.ts';
import type { MatrixSeries, QueryValue, VectorElement } from '../promql/value.ts';
import { quoteJson } from './go-json.ts';
import { listBuckets } from './histogram-buckets.ts';
import { sampleText, sampleTimeText, scalarTimeText } from './number-texts.ts';

/** `{"resultType":…,"result":…` without the closing brace, behind which statistics may follow. Built as text: results are long. */
export function resultMembers(value: QueryValue): string {
  return `"resultType":"${value.kind}","result":${resultJson(value)}`;
}

function resultJson(value: QueryValue): string {
  switch (value.kind) {
    case 'scalar':
      return `[${scalarTimeText(value.timeMs)},"${printNumber(value.value)}"]`;
    case 'string':
      return `[${scalarTimeText(value.timeMs)},${quoteJson(value.value)}]`;
    case 'vector':
      return `[${value.elements.map(elementJson).join(',')}]`;
    case 'matrix':
      return matrixJson(value.series);
    default:
      return unreachable(value);
  }
}

function elementJson({ histogram, labels, timeMs, value }: VectorElement): string {
  const time = sampleTimeText(timeMs);
  const point =
    histogram === null
      ? `"value":[${time},"${sampleText(value)}"]`
      : `"histogram":[${time},${histogramJson(histogram)}]`;
  return `{"metric":${labelsJson(labels)},${point}}`;
}

function matrixJson(series: readonly MatrixSeries[]): string {
  // The series of a range query share their instants.
  const timeTexts = new Map<number, string>();
  const timeText = (timeMs: number): string => {
    const known = timeTexts.get(timeMs);
    if (known !== undefined) return known;
    const text = sampleTimeText(timeMs);
    timeTexts.set(timeMs, text);
    return text;
  };
  return `[${series.map((one) => seriesJson(one, timeText)).join(',')}]`;
}

function seriesJson(
  { histograms, labels, timesMs, values }: MatrixSeries,
  timeText: (timeMs: number) => string,
): string {
  const floats: string[] = [];
  const others: string[] = [];
  for (let i = 0; i < timesMs.length; i++) {
    const histogram = histograms.size === 0 ? undefined : histograms.get(i);
    const time = timeText(timesMs[i] ?? 0);
    if (histogram === undefined) floats.push(`[${time},"${sampleText(values[i] ?? Number.NaN)}"]`);
    else others.push(`[${time},${histogramJson(histogram)}]`);
  }
  const lists = [
    ...(floats.length > 0 ? [`"values":[${floats.join(',')}]`] : []),
    ...(others.length > 0 ? [`"histograms":[${others.join(',')}]`] : []),
  ];
  return `{${[`"metric":${labelsJson(labels)}`, ...lists].join(',')}}`;
}

/** A label set as an object, in label order. */
export function labelsJson(labels: Labels): string {
  return `{${labels.pairs.map(([name, value]) => `${quoteJson(name)}:${quoteJson(value)}`).join(',')}}`;
}

function histogramJson(histogram: Histogram): string {
  const head = `"count":"${sampleText(histogram.count)}","sum":"${sampleText(histogram.sum)}"`;
  const buckets = listBuckets(histogram).map(
    ({ boundaries, count, lower, upper }) =>
      `[${boundaries},"${sampleText(lower)}","${sampleText(upper)}","${sampleText(count)}"]`,
  );
  return buckets.length === 0 ? `{${head}}` : `{${head},"buckets":[${buckets.join(',')}]}`;
}
