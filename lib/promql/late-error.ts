import type { Expr } from './ast.ts';
import type { Value, Vector } from './evaluation.ts';
import { QueryError } from './value.ts';
import { valueType } from './value-type.ts';

/**
 * Scalars are computed at once, vectors as they are consumed. Of several errors of a query the one is reported that comes first
 * when everything is computed from left to right, as in Prometheus: what fails at once waits here for its turn.
 */
export function inTurn(compute: (expr: Expr) => Value, read: (expr: Expr) => void): (expr: Expr) => Value {
  // An expression is asked for again by each that is waiting around it.
  const failed = new Map<Expr, Vector>();
  return (expr) => {
    const known = failed.get(expr);
    if (known !== undefined) return known;
    try {
      return compute(expr);
    } catch (error) {
      if (!(error instanceof QueryError) || valueType(expr) !== 'vector') throw error;
      const vector = failingVector(expr, error, read);
      failed.set(expr, vector);
      return vector;
    }
  };
}

function failingVector(expr: Expr, error: QueryError, read: (expr: Expr) => void): Vector {
  let first: unknown = null;
  return {
    kind: 'vector',
    distinct: true,
    each() {
      if (first === null) first = firstError(readBeforeScalars(expr), read) ?? error;
      throw first;
    },
  };
}

function firstError(operands: readonly Expr[], read: (expr: Expr) => void): unknown {
  try {
    for (const operand of operands) read(operand);
    return null;
  } catch (error) {
    return error;
  }
}

/** The operands that are computed before any scalar of the same node. */
function readBeforeScalars(expr: Expr): readonly Expr[] {
  if (expr.kind === 'binary') return valueType(expr.lhs) === 'scalar' ? [] : [expr.lhs];
  if (expr.kind !== 'call') return [];
  const ranges = expr.args.filter((arg) => valueType(arg) === 'matrix');
  if (ranges.length > 0) return ranges;
  const firstScalar = expr.args.findIndex((arg) => valueType(arg) === 'scalar');
  return expr.args.slice(0, Math.max(firstScalar, 0));
}
