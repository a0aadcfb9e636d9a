import { SECOND_MS } from '../model/unix-time.ts';
import type { At, DurationExpr, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { formatFixed } from './go-format.ts';
import { durationStarts, literalSeconds, parseOffsetDuration, parsePositiveDuration } from './parser-duration.ts';
import type { Token } from './token.ts';

const OFFSET_TARGETS = 'must be preceded by an instant vector selector or range vector selector or a subquery';
const INT64_LIMIT = 2 ** 63;

type Modified = VectorSelector | MatrixSelector | Subquery;

/** Everything that may follow an operand and binds tighter than any operator: brackets, offset, @, anchored, smoothed. */
export function parsePostfixes(cursor: Cursor, operand: Expr): Expr {
  let expr = operand;
  for (;;) {
    switch (cursor.peek().word) {
      case '[':
        expr = parseBracket(cursor, expr);
        break;
      case 'offset':
        expr = parseOffset(cursor, expr);
        break;
      case '@':
        expr = parseAt(cursor, expr);
        break;
      case 'anchored':
      case 'smoothed':
        expr = applyExtension(cursor, expr, cursor.take());
        break;
      default:
        return expr;
    }
  }
}

function isModifiable(expr: Expr): expr is Modified {
  return expr.kind === 'vectorSelector' || expr.kind === 'matrixSelector' || expr.kind === 'subquery';
}

/** The part that carries offset and @. */
function carrier(expr: Modified): VectorSelector | Subquery {
  return expr.kind === 'matrixSelector' ? expr.selector : expr;
}

function withModifier(cursor: Cursor, expr: Modified, change: { offset?: DurationExpr | null; at?: At }): Expr {
  const span = cursor.spanFrom(expr.span.start);
  if (expr.kind !== 'matrixSelector') return cursor.build({ ...expr, span, ...change }, childrenOf(expr));
  return cursor.build({ ...expr, span, selector: { ...expr.selector, ...change } }, []);
}

function childrenOf(expr: Modified): readonly Expr[] {
  return expr.kind === 'subquery' ? [expr.expr] : [];
}

function parseBracket(cursor: Cursor, expr: Expr): Expr {
  const bracket = cursor.take();
  const enabled = cursor.features['promql-duration-expr'];
  const where = enabled ? 'subquery or range selector' : 'subquery selector';
  const range = cursor.within(` in ${where}, expected ${durationStarts(cursor)}`, () => parsePositiveDuration(cursor));
  if (cursor.accept(']') !== null) return rangeSelector(cursor, expr, { bracket, range });
  if (cursor.accept(':') === null) cursor.unexpected(' in subquery or range, expected ":" or "]"');
  const step = cursor.at(']') ? null : parseStep(cursor);
  if (cursor.accept(']') === null) cursor.unexpected(' in subquery selector, expected "]"');
  const span = cursor.spanFrom(expr.span.start);
  return cursor.build({ kind: 'subquery', span, expr, range, step, offset: null, at: null }, [expr]);
}

function parseStep(cursor: Cursor): DurationExpr {
  const where = ` in subquery selector, expected ${durationStarts(cursor, '"]"')}`;
  return cursor.within(where, () => parsePositiveDuration(cursor));
}

function rangeSelector(cursor: Cursor, expr: Expr, written: { bracket: Token; range: DurationExpr }): Expr {
  const span = cursor.spanFrom(written.bracket.start);
  if (expr.kind !== 'vectorSelector') {
    cursor.problems.add(span, 'ranges only allowed for vector selectors');
    return expr;
  }
  if (expr.offset !== null) cursor.problems.add(span, 'no offset modifiers allowed before range');
  else if (expr.at !== null) cursor.problems.add(span, 'no @ modifiers allowed before range');
  const node = { kind: 'matrixSelector', selector: expr, range: written.range } as const;
  return cursor.build({ ...node, span: cursor.spanFrom(expr.span.start) }, []);
}

function parseOffset(cursor: Cursor, expr: Expr): Expr {
  cursor.take();
  const where = ` in offset, expected ${durationStarts(cursor)}`;
  const offset = cursor.within(where, () => parseOffsetDuration(cursor));
  if (!isModifiable(expr)) {
    cursor.problems.add(expr.span, `offset modifier ${OFFSET_TARGETS}`);
    return expr;
  }
  if (carrier(expr).offset !== null) cursor.problems.add(expr.span, 'offset may not be set multiple times');
  const isZero = offset.kind === 'length' && offset.lengthMs === 0;
  return withModifier(cursor, expr, { offset: isZero ? null : offset });
}

function parseAt(cursor: Cursor, expr: Expr): Expr {
  cursor.take();
  const at = cursor.within(' in @, expected timestamp', () => parseAtTime(cursor, expr));
  if (!isModifiable(expr)) {
    cursor.problems.add(expr.span, `@ modifier ${OFFSET_TARGETS}`);
    return expr;
  }
  if (carrier(expr).at !== null) cursor.problems.add(expr.span, '@ <timestamp> may not be set multiple times');
  return withModifier(cursor, expr, { at });
}

function parseAtTime(cursor: Cursor, expr: Expr): At {
  const preprocessor = cursor.accept('start') ?? cursor.accept('end');
  if (preprocessor !== null) {
    cursor.expect('(');
    cursor.expect(')');
    return { kind: preprocessor.word === 'start' ? 'start' : 'end' };
  }
  const sign = cursor.accept('-') ?? cursor.accept('+');
  const { kind } = cursor.peek();
  if (kind !== 'number' && kind !== 'duration') cursor.unexpected();
  const magnitude = literalSeconds(cursor, cursor.take());
  const seconds = sign?.word === '-' ? -magnitude : magnitude;
  if (!(Math.abs(seconds) < INT64_LIMIT)) {
    cursor.problems.add(expr.span, `timestamp out of bounds for @ modifier: ${formatFixed(seconds)}`);
  }
  // Halves away from zero, as Go rounds; never -0.
  return { kind: 'time', timeMs: Math.sign(seconds) * Math.round(Math.abs(seconds) * SECOND_MS) + 0 };
}

function applyExtension(cursor: Cursor, expr: Expr, token: Token): Expr {
  const extension = token.word === 'anchored' ? 'anchored' : 'smoothed';
  const problem = extensionProblem(cursor, expr, extension);
  if (problem !== null) cursor.problems.add(expr.span, problem);
  const span = cursor.spanFrom(expr.span.start);
  if (expr.kind === 'vectorSelector') return cursor.build({ ...expr, span, extension }, []);
  if (expr.kind !== 'matrixSelector') return expr;
  return cursor.build({ ...expr, span, selector: { ...expr.selector, extension } }, []);
}

function extensionProblem(cursor: Cursor, expr: Expr, extension: 'anchored' | 'smoothed'): string | null {
  if (!cursor.features['promql-extended-range-selectors']) {
    return `${extension} modifier is experimental and not enabled`;
  }
  if (expr.kind === 'subquery') return `${extension} modifier is not supported for subqueries`;
  const selector = expr.kind === 'matrixSelector' ? expr.selector : expr;
  if (selector.kind !== 'vectorSelector') return `${extension} modifier not implemented`;
  const isOther = selector.extension !== null && selector.extension !== extension;
  return isOther ? 'anchored and smoothed modifiers cannot be used together' : null;
}
