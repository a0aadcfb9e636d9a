import type { Span } from '../../model/issue.ts';
import { labelValue, METRIC_NAME } from '../../model/labels.ts';
import { FLOAT } from '../../series/cells.ts';
import { type Chunk, cellKind } from '../chunk.ts';
import type { Evaluation } from '../evaluation.ts';
import { quoteString } from '../quote.ts';
import { metricNameOf } from '../series-list.ts';

const COUNTER_NAME = /(_total|_sum|_count|_bucket)$/;

/** Remarks on results of rate or increase over floats whose metric is not said to be a counter, by its name or its type. */
export function checkCounterNames({ annotations, options }: Evaluation, chunk: Chunk, place: Span): void {
  if (options.typeAndUnitLabels === true) {
    checkCounterTypes(annotations, chunk, place);
    return;
  }
  const table = chunk.series.rows?.table;
  if (table !== undefined && COUNTER_NAME.test(table.name)) return;
  for (let series = 0; series < chunk.width; series++) {
    const name = metricNameOf(chunk.series, series);
    if (name === '' || COUNTER_NAME.test(name) || !hasFloat(chunk, series)) continue;
    const text = `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "${name}"`;
    annotations.inform(text, place);
    if (table !== undefined) return;
  }
}

function checkCounterTypes(annotations: Evaluation['annotations'], chunk: Chunk, place: Span): void {
  for (let series = 0; series < chunk.width; series++) {
    const labels = chunk.series.labels(series);
    const name = labelValue(labels, METRIC_NAME);
    const type = labelValue(labels, '__type__');
    if (name === '' || type === 'counter' || type === 'histogram' || !hasFloat(chunk, series)) continue;
    const wanted = '__type__ label is not set to "counter" or "histogram"';
    annotations.inform(`metric might not be a counter, ${wanted}, got ${quoteString(type)}: "${name}"`, place);
  }
}

function hasFloat(chunk: Chunk, series: number): boolean {
  for (let step = 0; step < chunk.steps; step++) {
    if (cellKind(chunk, step, step * chunk.width + series) === FLOAT) return true;
  }
  return false;
}
