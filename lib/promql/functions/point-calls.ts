import type { Call, Expr, MatrixSelector } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { dropNames } from '../names.ts';
import { checkCounterNames } from './counter-names.ts';
import { extendedCall } from './extended.ts';
import { startedCall } from './started.ts';

/** Computes calls that look at more than the values in a range: of extended ranges, and of series with start timestamps. Null for all others. */
export function callOverPoints(evaluation: Evaluation, call: Call): Vector | null {
  const matrix = matrixArgument(call.args);
  if (matrix === null) return null;
  const { extension } = matrix.selector;
  const vector =
    extension === null ? startedCall(evaluation, call, matrix) : extendedCall(evaluation, call, matrix, extension);
  if (vector === null) return null;
  return dropNames(evaluation, remarking(evaluation, call, matrix, vector), 'error');
}

function matrixArgument(args: readonly Expr[]): MatrixSelector | null {
  for (let arg of args) {
    while (arg.kind === 'paren') arg = arg.expr;
    if (arg.kind === 'matrixSelector') return arg;
  }
  return null;
}

/** The same vector; whoever consumes it makes the remark that rate and increase want counters. */
function remarking(evaluation: Evaluation, call: Call, matrix: MatrixSelector, vector: Vector): Vector {
  if (call.func !== 'rate' && call.func !== 'increase') return vector;
  return {
    ...vector,
    each(consume) {
      vector.each((chunk) => {
        checkCounterNames(evaluation, chunk, matrix.span);
        consume(chunk);
      });
    },
  };
}
