import type { Span } from '../../model/issue.ts';
import { FLOAT } from '../../series/cells.ts';
import { type Chunk, cellKind } from '../chunk.ts';
import type { Evaluation } from '../evaluation.ts';
import { metricNameOf } from '../series-list.ts';

const COUNTER_NAME = /(_total|_sum|_count|_bucket)$/;

/** Remarks on results of rate or increase over floats whose metric is not named like a counter. */
export function checkCounterNames({ annotations }: Evaluation, chunk: Chunk, place: Span): void {
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

function hasFloat(chunk: Chunk, series: number): boolean {
  for (let step = 0; step < chunk.steps; step++) {
    if (cellKind(chunk, step, step * chunk.width + series) === FLOAT) return true;
  }
  return false;
}
