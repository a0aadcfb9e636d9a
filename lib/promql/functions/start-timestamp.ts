import { MISSING } from '../../series/cells.ts';
import type { Call } from '../ast.ts';
import { type Chunk, cellKind, putFloat } from '../chunk.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { dropNames } from '../names.ts';
import { selectInstants } from '../select.ts';

/**
 * start_timestamp(v): since when the sample of a selector has been counting, in seconds; 0 where that is not known. Nothing
 * for any other expression, and nothing while no sample in memory says when it began.
 */
export function startTimestamp(evaluation: Evaluation, call: Call): Vector {
  let [argument] = call.args;
  while (argument?.kind === 'paren') argument = argument.expr;
  const isKnown = argument?.kind === 'vectorSelector' && evaluation.memory.startTimes.any;
  if (argument?.kind !== 'vectorSelector' || !isKnown) return { kind: 'vector', distinct: true, each: () => undefined };
  const times = selectInstants(evaluation, argument, 'time');
  const starts: Vector = {
    ...times,
    each(consume) {
      times.each((chunk) => {
        for (let series = 0; series < chunk.width; series++) toStarts(evaluation, chunk, series);
        consume(chunk);
      });
    },
  };
  return dropNames(evaluation, starts, 'error-at-one-step');
}

/** Replaces the time of each sample, in seconds, by its start. */
function toStarts({ memory }: Evaluation, chunk: Chunk, series: number): void {
  const starts = memory.startTimes.of(chunk.series.labels(series));
  for (let step = 0; step < chunk.steps; step++) {
    const cell = step * chunk.width + series;
    if (cellKind(chunk, step, cell) === MISSING) continue;
    const timeMs = Math.round((chunk.values[cell] ?? 0) * 1000);
    putFloat(chunk, step, cell, (starts?.at(timeMs) ?? 0) / 1000);
  }
}
