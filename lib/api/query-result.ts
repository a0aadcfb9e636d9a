import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';
import { printNumber } from '../promql/number-text.ts';
import type { MatrixSeries, QueryValue, VectorElement } from '../promql/value.ts';
import { quoteJson } from './go-json.ts';
import { listBuckets } from './histogram-buckets.ts';
import { createSampleRow, NUMBER_BYTES, putAscii, putSample, putTime } from './number-bytes.ts';
import { sampleText, sampleTimeText, scalarTimeText } from './number-texts.ts';
import type { TextBytes } from './text-bytes.ts';

/** `,[time,"value"]` at its longest. */
const POINT_BYTES = 2 * NUMBER_BYTES + 8;
/** What points and label sets usually take; a wrong guess costs a copy. */
const USUAL_POINT_BYTES = 38;
const USUAL_SERIES_BYTES = 256;

/** Bytes that the result will take, roughly. */
export function guessBytes(value: QueryValue): number {
  if (value.kind === 'vector') return value.elements.length * (USUAL_SERIES_BYTES + USUAL_POINT_BYTES);
  if (value.kind !== 'matrix') return 0;
  const points = value.series.reduce((sum, { timesMs }) => sum + timesMs.length, 0);
  // The last series asks for what it may need at most.
  const spare = (value.series.at(-1)?.timesMs.length ?? 0) * (POINT_BYTES - USUAL_POINT_BYTES);
  return value.series.length * USUAL_SERIES_BYTES + points * USUAL_POINT_BYTES + spare;
}

/** Of a result that is one text, rather than bytes from the start. */
const MAX_TEXT_ELEMENTS = 64;
/** Texts of elements are put together up to this length: to take them over one by one costs more than to make them. */
const JOINED_UNITS = 16_384;

/** What `writeResult` would write, but for a matrix or many elements; null then. */
export function shortResult(value: QueryValue): string | null {
  if (value.kind === 'matrix') return null;
  const head = resultHead(value);
  if (value.kind !== 'vector') return `${head}${pointText(value)}`;
  if (value.elements.length > MAX_TEXT_ELEMENTS) return null;
  return `${head}[${value.elements.map(elementText).join(',')}]`;
}

/** Writes `"resultType":…,"result":…` without the braces: statistics may follow. */
export function writeResult(out: TextBytes, value: QueryValue): void {
  out.add(resultHead(value));
  if (value.kind === 'matrix') writeList(out, value.series, writeSeries);
  else if (value.kind === 'vector') writeElements(out, value.elements);
  else out.add(pointText(value));
}

function resultHead({ kind }: QueryValue): string {
  return `"resultType":"${kind}","result":`;
}

function pointText(value: Extract<QueryValue, { readonly kind: 'scalar' | 'string' }>): string {
  const text = value.kind === 'string' ? quoteJson(value.value) : `"${printNumber(value.value)}"`;
  return `[${scalarTimeText(value.timeMs)},${text}]`;
}

function writeList<T>(out: TextBytes, items: readonly T[], write: (out: TextBytes, item: T) => void): void {
  items.forEach((item, i) => {
    out.add(i === 0 ? '[' : ',');
    write(out, item);
  });
  out.add(items.length === 0 ? '[]' : ']');
}

function writeElements(out: TextBytes, elements: readonly VectorElement[]): void {
  let text = '[';
  elements.forEach((element, i) => {
    text += i === 0 ? elementText(element) : `,${elementText(element)}`;
    if (text.length < JOINED_UNITS) return;
    out.add(text);
    text = '';
  });
  out.add(`${text}]`);
}

function elementText({ histogram, labels, timeMs, value }: VectorElement): string {
  const time = sampleTimeText(timeMs);
  const point =
    histogram === null
      ? `"value":[${time},"${sampleText(value)}"]`
      : `"histogram":[${time},${histogramJson(histogram)}]`;
  return `{"metric":${labelsJson(labels)},${point}}`;
}

function writeSeries(out: TextBytes, series: MatrixSeries): void {
  const { histograms, labels, timesMs } = series;
  out.add(`{"metric":${labelsJson(labels)}`);
  if (timesMs.length > histograms.size) writeFloats(out, series);
  if (histograms.size > 0) writeHistograms(out, series);
  out.add('}');
}

function writeFloats(out: TextBytes, { histograms, timesMs, values }: MatrixSeries): void {
  const points = timesMs.length - histograms.size;
  const begin = ',"values":[';
  const bytes = out.room(begin.length + points * POINT_BYTES);
  const row = createSampleRow(values);
  let at = putAscii(bytes, out.length, begin);
  for (let i = 0; i < timesMs.length; i++) {
    if (histograms.size > 0 && histograms.has(i)) continue;
    at = putTime(bytes, putAscii(bytes, at, '['), timesMs[i] ?? Number.NaN);
    at = putSample(bytes, putAscii(bytes, at, ',"'), row, i);
    at = putAscii(bytes, at, '"],');
  }
  // In the place of the last comma.
  out.advance(putAscii(bytes, at - 1, ']'));
}

function writeHistograms(out: TextBytes, { histograms, timesMs }: MatrixSeries): void {
  out.add(',"histograms":');
  writeList(
    out,
    [...histograms.keys()].sort((a, b) => a - b),
    (_, i) => {
      const histogram = histograms.get(i);
      if (histogram !== undefined) out.add(`[${sampleTimeText(timesMs[i] ?? 0)},${histogramJson(histogram)}]`);
    },
  );
}

/** A label set as an object, in label order. */
export function labelsJson({ pairs }: Labels): string {
  let members = '';
  for (const [name, value] of pairs) {
    members += `${members === '' ? '' : ','}${quoteJson(name)}:${quoteJson(value)}`;
  }
  return `{${members}}`;
}

function histogramJson(histogram: Histogram): string {
  const head = `"count":"${sampleText(histogram.count)}","sum":"${sampleText(histogram.sum)}"`;
  const buckets = listBuckets(histogram).map(
    ({ boundaries, count, lower, upper }) =>
      `[${boundaries},"${sampleText(lower)}","${sampleText(upper)}","${sampleText(count)}"]`,
  );
  return buckets.length === 0 ? `{${head}}` : `{${head},"buckets":[${buckets.join(',')}]}`;
}
