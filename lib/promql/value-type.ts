import { unreachable } from '../model/issue.ts';
import type { Expr, ValueType } from './ast.ts';
import { findSignature } from './signatures.ts';

/** The type of value an expression has, whether or not its parts fit together. */
export function valueType(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vectorSelector':
    case 'aggregation':
      return 'vector';
    case 'matrixSelector':
    case 'subquery':
      return 'matrix';
    case 'call':
      return findSignature(expr.func)?.returns ?? 'vector';
    case 'paren':
    case 'unary':
      return valueType(expr.expr);
    case 'binary':
      return valueType(expr.lhs) === 'scalar' && valueType(expr.rhs) === 'scalar' ? 'scalar' : 'vector';
    default:
      return unreachable(expr);
  }
}

/** The name by which messages call a type. */
export function describeType(type: ValueType): string {
  if (type === 'vector') return 'instant vector';
  return type === 'matrix' ? 'range vector' : type;
}
