import type { Expr } from '../../../lib/promql/ast.ts';

/** The expressions directly under a node, in the order of the text. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'call':
      return expr.args;
    case 'aggregation':
      return expr.param === null ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.lhs, expr.rhs];
    case 'unary':
    case 'paren':
    case 'subquery':
      return [expr.expr];
    default:
      return [];
  }
}

/** The expression and everything under it, also the selectors of range vectors. */
export function nodesOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'matrixSelector') return [expr, expr.selector];
  return [expr, ...childrenOf(expr).flatMap(nodesOf)];
}

/** The node with other expressions under it, in the order of `childrenOf`. */
export function withChildren(expr: Expr, children: readonly Expr[]): Expr {
  const [first, second] = children;
  if (first === undefined) return expr;
  switch (expr.kind) {
    case 'call':
      return { ...expr, args: children };
    case 'aggregation':
      return second === undefined ? { ...expr, expr: first } : { ...expr, param: first, expr: second };
    case 'binary':
      return second === undefined ? expr : { ...expr, lhs: first, rhs: second };
    case 'unary':
    case 'paren':
    case 'subquery':
      return { ...expr, expr: first };
    default:
      return expr;
  }
}

/** `(expr) * factor`, as an operand. */
export function timesNumber(expr: Expr, factor: number): Expr {
  const { span } = expr;
  const lhs: Expr = { kind: 'paren', span, expr };
  const rhs: Expr = { kind: 'number', span, value: factor, isDuration: false };
  return { kind: 'paren', span, expr: { kind: 'binary', span, op: '*', lhs, rhs, bool: false, matching: null } };
}
