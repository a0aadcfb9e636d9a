import { HISTOGRAM } from '../../series/cells.ts';
import type { Call, Expr } from '../ast.ts';
import { type Chunk, openStep, removeCell } from '../chunk.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { dropNames } from '../names.ts';

/** A function of the vector element's value and of the scalar arguments at the step, in order. */
export type ElementFunction = (value: number, first: number, second: number) => number;

/** Applies a function to each float of the vector argument; native histograms are left out. The name is dropped. */
export function applyElementFunction(evaluation: Evaluation, call: Call, apply: ElementFunction): Vector {
  const [argument, ...rest] = call.args;
  if (argument === undefined) throw new Error(`${call.func} has no argument`);
  return mapVector(evaluation, { argument, scalars: rest }, apply);
}

interface ElementArguments {
  readonly argument: Expr;
  readonly scalars: readonly Expr[];
}

function mapVector(evaluation: Evaluation, { argument, scalars }: ElementArguments, apply: ElementFunction): Vector {
  const vector = evaluation.vector(argument);
  const [first = [], second = []] = scalars.map((scalar) => evaluation.scalar(scalar));
  const mapped: Vector = {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      vector.each((chunk) => {
        removeHistograms(chunk);
        for (let step = 0; step < chunk.steps; step++) {
          mapStep(chunk, step, (value) => apply(value, first[step] ?? Number.NaN, second[step] ?? Number.NaN));
        }
        consume(chunk);
      });
    },
  };
  return dropNames(evaluation, mapped, 'error-at-one-step');
}

// Cells without a sample are computed too: they mean nothing before and after, and looking would cost more.
function mapStep(chunk: Chunk, step: number, apply: (value: number) => number): void {
  const { values, width } = chunk;
  for (let i = step * width; i < (step + 1) * width; i++) values[i] = apply(values[i] ?? 0);
}

/** Takes the native histograms out of a chunk. */
export function removeHistograms(chunk: Chunk): void {
  for (const cell of [...(chunk.histograms?.keys() ?? [])]) {
    const step = Math.floor(cell / chunk.width);
    if (chunk.irregular[step] !== 0 && chunk.cells[cell] === HISTOGRAM) removeCell(chunk, step, cell);
  }
  chunk.histograms = null;
}

// Go's min and max give infinity where JavaScript gives NaN.
export function goMax(a: number, b: number): number {
  return a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(a, b);
}

export function goMin(a: number, b: number): number {
  return a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(a, b);
}

/** Ties round up; `to` is the unit. */
export function roundTo(value: number, to: number): number {
  const inverse = 1 / to;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** clamp(v, min, max): nothing at all at steps where min is above max. */
export function clamp(evaluation: Evaluation, call: Call): Vector {
  const [argument, min, max] = call.args;
  if (argument === undefined || min === undefined || max === undefined) throw new Error('clamp takes three arguments');
  const vector = evaluation.vector(argument);
  const minima = evaluation.scalar(min);
  const maxima = evaluation.scalar(max);
  const clamped: Vector = {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      vector.each((chunk) => {
        removeHistograms(chunk);
        for (let step = 0; step < chunk.steps; step++) {
          const low = minima[step] ?? Number.NaN;
          const high = maxima[step] ?? Number.NaN;
          if (high < low) removeStep(chunk, step);
          else mapStep(chunk, step, (value) => goMax(low, goMin(high, value)));
        }
        consume(chunk);
      });
    },
  };
  return dropNames(evaluation, clamped, 'error-at-one-step');
}

function removeStep(chunk: Chunk, step: number): void {
  openStep(chunk, step);
  for (let i = step * chunk.width; i < (step + 1) * chunk.width; i++) removeCell(chunk, step, i);
}
