import { NO_LABELS } from '../../model/labels.ts';
import { FLOAT, MISSING } from '../../series/cells.ts';
import type { Call } from '../ast.ts';
import type { Calendar } from '../calendar.ts';
import { calendarAt } from '../calendar.ts';
import { cellKind, emptyChunk, openStep, putFloat } from '../chunk.ts';
import { type Evaluation, type Scalar, stepTimeMs, type Vector } from '../evaluation.ts';
import { dropNames } from '../names.ts';
import { selectInstants } from '../select.ts';
import { labelledSeries } from '../series-list.ts';
import { applyElementFunction } from './elementwise.ts';

/** The same value at every step. */
export function constant({ steps }: Evaluation, value: number): Scalar {
  return { kind: 'scalar', values: new Float64Array(steps.count).fill(value) };
}

/** time(): the instant of each step, in seconds. */
export function time({ steps }: Evaluation): Scalar {
  return { kind: 'scalar', values: Float64Array.from({ length: steps.count }, (_, i) => stepTimeMs(steps, i) / 1000) };
}

/** scalar(v): the value of the only float, else NaN. */
export function scalarOf(evaluation: Evaluation, call: Call): Scalar {
  const values = new Float64Array(evaluation.steps.count).fill(Number.NaN);
  const found = new Int32Array(values.length);
  argumentVector(evaluation, call).each((chunk) => {
    for (let step = 0; step < chunk.steps; step++) {
      for (let i = step * chunk.width; i < (step + 1) * chunk.width; i++) {
        if (cellKind(chunk, step, i) !== FLOAT) continue;
        found[step] = (found[step] ?? 0) + 1;
        values[step] = chunk.values[i] ?? Number.NaN;
      }
    }
  });
  return { kind: 'scalar', values: values.map((value, step) => (found[step] === 1 ? value : Number.NaN)) };
}

/** vector(s): one series without labels. */
export function vectorOf(evaluation: Evaluation, call: Call): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error('vector takes a scalar');
  return unlabelled(evaluation, evaluation.scalar(argument));
}

function unlabelled({ steps }: Evaluation, values: Float64Array): Vector {
  return {
    kind: 'vector',
    distinct: true,
    each(consume) {
      const chunk = emptyChunk(labelledSeries([NO_LABELS]), steps.count);
      for (let step = 0; step < steps.count; step++) putFloat(chunk, step, step, values[step] ?? Number.NaN);
      consume(chunk);
    },
  };
}

/** timestamp(v): when the sample was taken if `v` is a selector, else the instant of the step; in seconds. */
export function timestamp(evaluation: Evaluation, call: Call): Vector {
  let [argument] = call.args;
  while (argument?.kind === 'paren') argument = argument.expr;
  const timed =
    argument?.kind === 'vectorSelector'
      ? selectInstants(evaluation, argument, 'time')
      : stepTimes(evaluation, argumentVector(evaluation, call));
  return dropNames(evaluation, timed, 'error-at-one-step');
}

function stepTimes(evaluation: Evaluation, vector: Vector): Vector {
  return {
    ...vector,
    each(consume) {
      vector.each((chunk) => {
        for (let step = 0; step < chunk.steps; step++) {
          const seconds = stepTimeMs(evaluation.steps, step) / 1000;
          openStep(chunk, step);
          for (let i = step * chunk.width; i < (step + 1) * chunk.width; i++) {
            if (chunk.cells[i] !== MISSING) putFloat(chunk, step, i, seconds);
          }
        }
        consume(chunk);
      });
    },
  };
}

/** A part of the date of each value, in UTC; without an argument, of the evaluation time. */
export function calendarPart(evaluation: Evaluation, call: Call, part: keyof Calendar): Vector {
  if (call.args.length > 0) return applyElementFunction(evaluation, call, (value) => calendarAt(value)[part]);
  const { values } = time(evaluation);
  return unlabelled(
    evaluation,
    values.map((value) => calendarAt(value)[part]),
  );
}

function argumentVector(evaluation: Evaluation, call: Call): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error(`${call.func} takes a vector`);
  return evaluation.vector(argument);
}
