import { unreachable } from '../model/issue.ts';
import type { DurationExpr } from './ast.ts';
import type { QueryTimes } from './value.ts';

/** The length of a duration expression in milliseconds; step() and range() mean the whole query. */
export function durationMs(expr: DurationExpr, query: QueryTimes): number {
  return expr.kind === 'length' ? expr.lengthMs : Math.round(seconds(expr, query) * 1000);
}

function seconds(expr: DurationExpr, query: QueryTimes): number {
  switch (expr.kind) {
    case 'length':
      return expr.lengthMs / 1000;
    case 'call':
      return (expr.func === 'step' ? query.stepMs : query.endMs - query.startMs) / 1000;
    case 'call2': {
      const choose = expr.func === 'min_of' ? Math.min : Math.max;
      return choose(seconds(expr.lhs, query), seconds(expr.rhs, query));
    }
    case 'unary':
      return expr.op === '-' ? -seconds(expr.expr, query) : seconds(expr.expr, query);
    case 'paren':
      return seconds(expr.expr, query);
    case 'binary':
      return combine(expr.op, seconds(expr.lhs, query), seconds(expr.rhs, query));
    default:
      return unreachable(expr);
  }
}

function combine(op: '+' | '-' | '*' | '/' | '%' | '^', lhs: number, rhs: number): number {
  switch (op) {
    case '+':
      return lhs + rhs;
    case '-':
      return lhs - rhs;
    case '*':
      return lhs * rhs;
    case '/':
      return lhs / rhs;
    case '%':
      return lhs % rhs;
    case '^':
      return lhs ** rhs;
    default:
      return unreachable(op);
  }
}
