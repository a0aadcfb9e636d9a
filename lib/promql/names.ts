import { MISSING } from '../series/cells.ts';
import { type Chunk, cellKind, emptyChunk, isEmptyStep, putFloat, putHistogram } from './chunk.ts';
import { withCollected } from './collect.ts';
import type { Evaluation, Vector } from './evaluation.ts';
import { type SeriesList, withoutMarkedNames, withoutNames } from './series-list.ts';
import { QueryError } from './value.ts';

/** Two series of one vector with equal label sets: always an error, or only when both have a sample at one step. */
export type Collision = 'error' | 'error-at-one-step';

/** Removes the metric names of a vector: at once, or by a mark that travels on, as the engine is set. */
export function dropNames(evaluation: Evaluation, vector: Vector, collision: Collision): Vector {
  const delayed = evaluation.options.delayedNameRemoval;
  const dropped: Vector = {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      vector.each((chunk) => consume({ ...chunk, series: withoutNames(chunk.series, delayed) }));
    },
  };
  return delayed || vector.distinct ? dropped : { ...mergedVector(evaluation, dropped, collision), distinct: true };
}

/** The same vector with equal label sets made one series. */
export function mergedVector(evaluation: Evaluation, vector: Vector, collision: Collision): Vector {
  if (vector.distinct) return vector;
  return {
    kind: 'vector',
    distinct: false,
    each(consume) {
      withCollected(evaluation, vector, (chunk) => consume(mergeEqual(chunk, collision)));
    },
  };
}

/** The vector as a query shows it: without the names that were only marked for removal, equal label sets made one. */
export function finalVector(evaluation: Evaluation, vector: Vector): Vector {
  if (!evaluation.options.delayedNameRemoval) return vector;
  const final: Vector = {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      vector.each((chunk) => consume({ ...chunk, series: withoutMarkedNames(chunk.series) }));
    },
  };
  return mergedVector(evaluation, final, 'error-at-one-step');
}

/** Joins series with equal label sets. Series without samples do not count. */
function mergeEqual(chunk: Chunk, collision: Collision): Chunk {
  const present = presentSeries(chunk);
  const firstByKey = new Map<string, number>();
  const targets = new Map<number, number>();
  for (let series = 0; series < chunk.width; series++) {
    if (present[series] === 0) continue;
    const { key } = chunk.series.labels(series);
    const target = firstByKey.get(key) ?? firstByKey.size;
    if (target === firstByKey.size) firstByKey.set(key, target);
    else if (collision === 'error') throw sameLabelSet();
    targets.set(series, target);
  }
  if (firstByKey.size === chunk.width) return chunk;
  const merged = emptyChunk(subset(chunk.series, targets, firstByKey.size), chunk.steps);
  for (const [from, to] of targets) moveSeries(chunk, from, merged, to);
  return merged;
}

/** The error of a vector in which two series have the same labels. */
export function sameLabelSet(): QueryError {
  return new QueryError('vector cannot contain metrics with the same labelset');
}

function presentSeries(chunk: Chunk): Uint8Array {
  const present = new Uint8Array(chunk.width);
  for (let step = 0; step < chunk.steps; step++) {
    if (isEmptyStep(chunk, step)) continue;
    for (let series = 0; series < chunk.width; series++) {
      if (cellKind(chunk, step, step * chunk.width + series) !== MISSING) present[series] = 1;
    }
  }
  return present;
}

function subset(series: SeriesList, targets: ReadonlyMap<number, number>, size: number): SeriesList {
  const sources = new Int32Array(size).fill(-1);
  for (const [from, to] of targets) if (sources[to] === -1) sources[to] = from;
  return {
    size,
    labels: (index) => series.labels(sources[index] ?? 0),
    isMarked: (index) => series.isMarked(sources[index] ?? 0),
    rows: null,
  };
}

function moveSeries(chunk: Chunk, from: number, merged: Chunk, to: number): void {
  for (let step = 0; step < chunk.steps; step++) {
    const source = step * chunk.width + from;
    const target = step * merged.width + to;
    const kind = cellKind(chunk, step, source);
    if (kind === MISSING) continue;
    if (merged.cells[target] !== MISSING) throw sameLabelSet();
    const histogram = chunk.histograms?.get(source);
    if (histogram === undefined) putFloat(merged, step, target, chunk.values[source] ?? Number.NaN);
    else putHistogram(merged, step, target, histogram);
  }
}
