import type { Expr } from './ast.ts';

/** What is inside: for remarks about an argument, as Prometheus places them. */
export function withoutParens(expr: Expr): Expr {
  return expr.kind === 'paren' ? withoutParens(expr.expr) : expr;
}
