import { parseDuration } from '../model/duration.ts';
import type { Span } from '../model/issue.ts';
import { SECOND_MS } from '../model/unix-time.ts';
import type { DurationExpr } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseNumber } from './number-text.ts';
import type { Token } from './token.ts';

type BinaryOp = Extract<DurationExpr, { kind: 'binary' }>['op'];

const LEVELS: ReadonlyMap<string, { readonly op: BinaryOp; readonly level: number }> = new Map([
  ['+', { op: '+', level: 1 }],
  ['-', { op: '-', level: 1 }],
  ['*', { op: '*', level: 2 }],
  ['/', { op: '/', level: 2 }],
  ['%', { op: '%', level: 2 }],
  ['^', { op: '^', level: 3 }],
]);
const POWER_LEVEL = 3;

const MAX_SECONDS = 9_223_372_036.85;

/** Longest known length, in seconds with a fraction, of a number or duration token. */
export function literalSeconds(cursor: Cursor, token: Token): number {
  const value = token.kind === 'number' ? parseNumber(token.text) : parseDuration(token.text);
  if (typeof value === 'number') return token.kind === 'number' ? value : value / SECOND_MS;
  const prefix = token.kind === 'number' ? 'error parsing number: ' : '';
  cursor.problems.add(token, `${prefix}${value.error}`);
  return Number.NaN;
}

/** A length inside brackets: any arithmetic, more than zero as far as can be told. */
export function parsePositiveDuration(cursor: Cursor): DurationExpr {
  const expr = wholeLength(parseArithmetic(cursor, 1));
  if (expr.kind === 'length' && expr.lengthMs <= 0) cursor.problems.add(expr.span, 'duration must be greater than 0');
  return expr;
}

/** A length after `offset`: one operand with an optional sign. `x offset 5m + 1` is `(x offset 5m) + 1`. */
export function parseOffsetDuration(cursor: Cursor): DurationExpr {
  const sign = cursor.accept('-') ?? cursor.accept('+');
  const operand = parseOperand(cursor);
  return wholeLength(sign === null ? operand : signed(cursor, sign, operand));
}

/** What Prometheus expects in these places; `step()` and its kind only where they are enabled. */
export function durationStarts(cursor: Cursor, last = ''): string {
  if (!cursor.features['promql-duration-expr']) return `number or duration${last === '' ? '' : ` or ${last}`}`;
  return last === '' ? 'number, duration, step(), or range()' : `number, duration, step(), range(), or ${last}`;
}

// A length that stands alone is whole milliseconds and prints as a duration, however it was written.
function wholeLength(expr: DurationExpr): DurationExpr {
  if (expr.kind !== 'length') return expr;
  return { ...expr, lengthMs: Math.trunc(expr.lengthMs), isDuration: true };
}

function parseArithmetic(cursor: Cursor, minLevel: number): DurationExpr {
  return cursor.nested(() => {
    let lhs = parseSigned(cursor);
    for (;;) {
      const operator = LEVELS.get(cursor.peek().word);
      if (operator === undefined || operator.level < minLevel) return lhs;
      const token = cursor.take();
      const rhs = parseArithmetic(cursor, operator.level === POWER_LEVEL ? POWER_LEVEL : operator.level + 1);
      requireEnabled(cursor, lhs.span);
      checkDivisor(cursor, token, rhs);
      const span = cursor.spanFrom(lhs.span.start);
      lhs = cursor.build({ kind: 'binary', span, op: operator.op, lhs, rhs }, [lhs, rhs]);
    }
  });
}

function checkDivisor(cursor: Cursor, operator: Token, divisor: DurationExpr): void {
  if (divisor.kind !== 'length' || divisor.lengthMs !== 0) return;
  if (operator.word === '/') cursor.problems.add(operator, 'division by zero');
  if (operator.word === '%') cursor.problems.add(operator, 'modulo by zero');
}

function parseSigned(cursor: Cursor): DurationExpr {
  const sign = cursor.accept('-') ?? cursor.accept('+');
  return sign === null ? parseOperand(cursor) : signed(cursor, sign, parseArithmetic(cursor, POWER_LEVEL));
}

function signed(cursor: Cursor, sign: Token, expr: DurationExpr): DurationExpr {
  const span = cursor.spanFrom(sign.start);
  if (expr.kind === 'length') return { ...expr, span, lengthMs: sign.word === '-' ? -expr.lengthMs : expr.lengthMs };
  return sign.word === '-' ? cursor.build({ kind: 'unary', span, op: '-', expr }, [expr]) : expr;
}

function parseOperand(cursor: Cursor): DurationExpr {
  const token = cursor.peek();
  if (token.kind === 'number' || token.kind === 'duration') return parseLength(cursor, cursor.take());
  if (token.word === '(') return parseParenthesis(cursor);
  const name = token.kind === 'identifier' ? token.text.toLowerCase() : '';
  if (!cursor.features['promql-duration-expr']) return cursor.unexpected();
  if (name === 'step' || name === 'range') {
    cursor.take();
    cursor.expect('(');
    cursor.expect(')');
    return { kind: 'call', span: cursor.spanFrom(token.start), func: name };
  }
  return name === 'min_of' || name === 'max_of' ? parseChoice(cursor, name) : cursor.unexpected();
}

function parseChoice(cursor: Cursor, func: 'min_of' | 'max_of'): DurationExpr {
  const { start } = cursor.take();
  cursor.expect('(');
  const lhs = parseArithmetic(cursor, 1);
  cursor.expect(',');
  const rhs = parseArithmetic(cursor, 1);
  cursor.expect(')');
  return cursor.build({ kind: 'call2', span: cursor.spanFrom(start), func, lhs, rhs }, [lhs, rhs]);
}

function parseParenthesis(cursor: Cursor): DurationExpr {
  const { start } = cursor.take();
  const expr = parseArithmetic(cursor, 1);
  cursor.expect(')');
  requireEnabled(cursor, expr.span);
  if (expr.kind === 'length') return expr;
  return cursor.build({ kind: 'paren', span: cursor.spanFrom(start), expr }, [expr]);
}

function parseLength(cursor: Cursor, token: Token): DurationExpr {
  const seconds = literalSeconds(cursor, token);
  if (Math.abs(seconds) > MAX_SECONDS) cursor.problems.add(token, 'duration out of range');
  const span = cursor.spanFrom(token.start);
  // To the nanosecond, so that 1.001 s is exactly 1001 ms.
  const lengthMs = Math.round(seconds * 1e9) / 1e6;
  return { kind: 'length', span, lengthMs, isDuration: token.kind === 'duration' };
}

function requireEnabled(cursor: Cursor, span: Span): void {
  if (cursor.features['promql-duration-expr']) return;
  cursor.problems.add(span, 'experimental duration expression is not enabled');
}
