import { unreachable } from '../../lib/model/issue.ts';
import type { Expr, VectorSelector } from '../../lib/promql/ast.ts';

/** Functions whose result depends on the evaluation time itself, not only on what is selected. */
const TIME_DEPENDENT = new Set(
  'time timestamp predict_linear days_in_month day_of_month day_of_week day_of_year hour minute month year start end step range'.split(
    ' ',
  ),
);

/** Whether pinning every selector pins the whole result. */
export function canBePinned(expr: Expr): boolean {
  if (expr.kind === 'call' && TIME_DEPENDENT.has(expr.func)) return false;
  return children(expr).every(canBePinned);
}

function children(expr: Expr): readonly Expr[] {
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

/** The expression with `@ timeMs` on every selector and subquery that has no `@` yet. What is under a pinned subquery stays. */
export function pin(expr: Expr, timeMs: number): Expr {
  switch (expr.kind) {
    case 'vectorSelector':
      return pinSelector(expr, timeMs);
    case 'matrixSelector':
      return { ...expr, selector: pinSelector(expr.selector, timeMs) };
    case 'subquery':
      return expr.at === null ? { ...expr, at: { kind: 'time', timeMs } } : expr;
    case 'call':
      return { ...expr, args: expr.args.map((arg) => pin(arg, timeMs)) };
    case 'aggregation':
      return { ...expr, expr: pin(expr.expr, timeMs), param: expr.param === null ? null : pin(expr.param, timeMs) };
    case 'binary':
      return { ...expr, lhs: pin(expr.lhs, timeMs), rhs: pin(expr.rhs, timeMs) };
    case 'unary':
    case 'paren':
      return { ...expr, expr: pin(expr.expr, timeMs) };
    case 'number':
    case 'string':
      return expr;
    default:
      return unreachable(expr);
  }
}

function pinSelector(selector: VectorSelector, timeMs: number): VectorSelector {
  return selector.at === null ? { ...selector, at: { kind: 'time', timeMs } } : selector;
}
