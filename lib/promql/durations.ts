import { unreachable } from '../model/issue.ts';
import type { DurationExpr } from './ast.ts';
import { QueryError, type QueryTimes } from './value.ts';

/** What 64 bits of nanoseconds hold: about 292 years. */
const MAX_DURATION_MS = 9_223_372_036_854;

/** The length of a duration expression in milliseconds; step() and range() mean the whole query. Throws QueryError when it is too long. */
export function durationMs(expr: DurationExpr, query: QueryTimes): number {
  if (expr.kind === 'length') return expr.lengthMs;
  const lengthMs = Math.round(seconds(expr, query) * 1000);
  if (Math.abs(lengthMs) <= MAX_DURATION_MS) return lengthMs;
  throw wrong(expr, 'duration is out of range');
}

/** The length of a range or a subquery's step, which must be positive; a written one was checked when it was parsed. */
export function positiveDurationMs(expr: DurationExpr, query: QueryTimes): number {
  if (!(seconds(expr, query) > 0)) throw wrong(expr, 'duration must be greater than 0');
  const lengthMs = durationMs(expr, query);
  if (lengthMs > 0) return lengthMs;
  throw wrong(expr, 'duration must be greater than 0');
}

/** The place is that of the expression inside all parentheses. */
function wrong(expr: DurationExpr, what: string): QueryError {
  if (expr.kind === 'paren') return wrong(expr.expr, what);
  return new QueryError(`${expr.span.start}:${expr.span.end}: ${what}`, 'times');
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
