import { compareLabels, compareText, type Labels, labelValue } from '../../model/labels.ts';
import { FLOAT, MISSING } from '../../series/cells.ts';
import type { Call } from '../ast.ts';
import { type Chunk, cellKind } from '../chunk.ts';
import { pickSeries, withCollected } from '../collect.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { removeHistograms } from './elementwise.ts';

/** sort and sort_desc: by value, NaN last; floats only. A range query orders its results by labels whatever is asked. */
export function sortByValue(evaluation: Evaluation, call: Call, descending: boolean): Vector {
  const floats = withoutHistograms(argumentOf(evaluation, call));
  return sorted(evaluation, call, floats, (chunk) => {
    const present = indices(chunk).filter((i) => cellKind(chunk, 0, i) === FLOAT);
    const sign = descending ? -1 : 1;
    return present.sort((a, b) => compareValues(chunk.values[a] ?? 0, chunk.values[b] ?? 0, sign));
  });
}

/** sort_by_label and sort_by_label_desc: by the given labels in natural order, then by all labels. */
export function sortByLabel(evaluation: Evaluation, call: Call, descending: boolean): Vector {
  const names = call.args.slice(1).map((arg) => evaluation.text(arg));
  const sign = descending ? -1 : 1;
  return sorted(evaluation, call, argumentOf(evaluation, call), (chunk) => {
    const present = indices(chunk).filter((i) => cellKind(chunk, 0, i) !== MISSING);
    return present.sort((a, b) => sign * compareByLabels(chunk.series.labels(a), chunk.series.labels(b), names));
  });
}

function indices(chunk: Chunk): number[] {
  return Array.from({ length: chunk.width }, (_, i) => i);
}

function argumentOf(evaluation: Evaluation, call: Call): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error(`${call.func} takes a vector`);
  return evaluation.vector(argument);
}

function withoutHistograms(vector: Vector): Vector {
  return {
    ...vector,
    each(consume) {
      vector.each((chunk) => {
        removeHistograms(chunk);
        consume(chunk);
      });
    },
  };
}

function sorted(
  evaluation: Evaluation,
  call: Call,
  vector: Vector,
  order: (chunk: Chunk) => readonly number[],
): Vector {
  const { query, annotations, steps } = evaluation;
  if (query.startMs !== query.endMs) {
    annotations.warn('sort is ineffective for range queries since results are always ordered by labels', call.span);
  }
  if (steps.count !== 1) return vector;
  return {
    ...vector,
    each(consume) {
      withCollected(evaluation, vector, (chunk) => consume(pickSeries(chunk, order(chunk))));
    },
  };
}

/** NaN comes last whatever the direction. */
export function compareValues(a: number, b: number, sign: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b ? -sign : sign;
}

function compareByLabels(a: Labels, b: Labels, names: readonly string[]): number {
  for (const name of names) {
    const order = compareNaturally(labelValue(a, name), labelValue(b, name));
    if (order !== 0) return order;
  }
  return compareLabels(a, b);
}

/** Runs of digits compare as numbers, everything else as text: "a2" before "a10". Of equal ones leading zeros come first: "a01" before "a1". */
function compareNaturally(a: string, b: string): number {
  const partsA = a.match(/\d+|\D+/g) ?? [];
  const partsB = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const order = compareParts(partsA[i] ?? '', partsB[i] ?? '');
    if (order !== 0) return order;
  }
  return partsA.length - partsB.length || compareText(a, b);
}

function compareParts(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const digitsA = a.replace(/^0+/, '');
  const digitsB = b.replace(/^0+/, '');
  return digitsA.length - digitsB.length || compareText(digitsA, digitsB);
}
