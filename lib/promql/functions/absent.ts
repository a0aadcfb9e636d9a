import { type LabelPair, type Labels, labelsFromPairs, METRIC_NAME } from '../../model/labels.ts';
import { MISSING } from '../../series/cells.ts';
import type { Call, Expr, VectorSelector } from '../ast.ts';
import { cellKind, emptyChunk, isEmptyStep, putFloat } from '../chunk.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { labelledSeries } from '../series-list.ts';
import { countOverTime } from './over-time.ts';
import { applyRangeFunction } from './range-function.ts';

/** absent: 1 at steps where the vector is empty, labelled by what the selector asked for. */
export function absent(evaluation: Evaluation, call: Call): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error('absent takes an argument');
  return absence(evaluation, evaluation.vector(argument), labelsAskedFor(argument));
}

/** absent_over_time: 1 at steps where no series has a sample in the window. */
export function absentOverTime(evaluation: Evaluation, call: Call): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error('absent_over_time takes an argument');
  const counted = applyRangeFunction(evaluation, call, { ...countOverTime, keepsName: true });
  return absence(evaluation, counted, labelsAskedFor(argument));
}

function absence(evaluation: Evaluation, vector: Vector, labels: Labels): Vector {
  return {
    kind: 'vector',
    distinct: true,
    each(consume) {
      const seen = new Uint8Array(evaluation.steps.count);
      vector.each((chunk) => {
        for (let step = 0; step < chunk.steps; step++) {
          if (seen[step] === 1 || isEmptyStep(chunk, step)) continue;
          for (let i = step * chunk.width; i < (step + 1) * chunk.width; i++) {
            if (cellKind(chunk, step, i) !== MISSING) seen[step] = 1;
          }
        }
      });
      const result = emptyChunk(labelledSeries([labels]), seen.length);
      seen.forEach((present, step) => {
        if (present === 0) putFloat(result, step, step, 1);
      });
      consume(result);
    },
  };
}

/** Labels with exactly one condition in the selector, and that an equality. Anything but a selector asks for none. */
function labelsAskedFor(argument: Expr): Labels {
  const selector = selectorOf(argument);
  if (selector === null) return labelsFromPairs([]);
  const { matchers } = selector;
  const pairs = matchers
    .filter((m) => m.name !== METRIC_NAME && m.operator === '=')
    .filter((m) => matchers.filter((other) => other.name === m.name).length === 1)
    .map((m): LabelPair => [m.name, m.value]);
  return labelsFromPairs(pairs);
}

function selectorOf(expr: Expr): VectorSelector | null {
  if (expr.kind === 'paren') return selectorOf(expr.expr);
  if (expr.kind === 'matrixSelector') return expr.selector;
  return expr.kind === 'vectorSelector' ? expr : null;
}
