import type { BinaryOperator, SetOperator, VectorMatching } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { literalSeconds } from './parser-duration.ts';
import { quoteString } from './quote.ts';
import { isGroupingLabel, startsExpression } from './token.ts';

/** What stands between a binary operator and its right operand. */
export interface BinaryModifiers {
  readonly bool: boolean;
  readonly matching: VectorMatching;
}

const SET_OPERATORS: ReadonlySet<BinaryOperator> = new Set<SetOperator>(['and', 'or', 'unless']);

export function isSetOperator(op: BinaryOperator): op is SetOperator {
  return SET_OPERATORS.has(op);
}

/** `bool`, `on` or `ignoring`, `group_left` or `group_right`, `fill`: each optional, in this order. */
export function parseBinaryModifiers(cursor: Cursor, op: BinaryOperator): BinaryModifiers {
  const bool = cursor.accept('bool') !== null;
  const clause = cursor.accept('on') ?? cursor.accept('ignoring');
  const labels = clause === null ? [] : parseGroupingLabels(cursor);
  const group = clause === null ? null : (cursor.accept('group_left') ?? cursor.accept('group_right'));
  // Without labels of its own, what follows is the operand; anything else is a list that went wrong.
  const hasInclude = group !== null && (cursor.at('(') || !startsExpression(cursor.peek()));
  const include = hasInclude ? parseGroupingLabels(cursor) : [];
  const ungrouped = isSetOperator(op) ? 'many-to-many' : 'one-to-one';
  const card = group === null ? ungrouped : group.word === 'group_left' ? 'many-to-one' : 'one-to-many';
  return { bool, matching: { card, labels, on: clause?.word === 'on', include, ...parseFills(cursor) } };
}

function parseFills(cursor: Cursor): Pick<VectorMatching, 'fillLeft' | 'fillRight'> {
  if (cursor.accept('fill') !== null) {
    const fill = parseFillValue(cursor);
    return { fillLeft: fill, fillRight: fill };
  }
  const leftFirst = cursor.accept('fill_left') === null ? null : parseFillValue(cursor);
  const fillRight = cursor.accept('fill_right') === null ? null : parseFillValue(cursor);
  const isLeftLast = leftFirst === null && fillRight !== null && cursor.accept('fill_left') !== null;
  return { fillLeft: isLeftLast ? parseFillValue(cursor) : leftFirst, fillRight };
}

function parseFillValue(cursor: Cursor): number {
  cursor.expect('(');
  const sign = cursor.accept('-') ?? cursor.accept('+');
  const { kind } = cursor.peek();
  if (kind !== 'number' && kind !== 'duration') cursor.unexpected();
  const value = literalSeconds(cursor, cursor.take());
  cursor.expect(')');
  return sign?.word === '-' ? -value : value;
}

/** A lone surrogate: a byte that is not UTF-8. */
const NOT_UTF8 = /[\uD800-\uDFFF]/u;

/** `(a, "b c", by,)`: label names in the author's order. */
export function parseGroupingLabels(cursor: Cursor): readonly string[] {
  const labels: string[] = [];
  if (cursor.accept('(') === null) cursor.unexpected(' in grouping opts, expected "("');
  while (!cursor.at(')')) {
    const token = cursor.peek();
    if (token.kind !== 'string' && !isGroupingLabel(token)) cursor.unexpected(' in grouping opts, expected label');
    cursor.take();
    const label = token.kind === 'string' ? token.value : token.text;
    if (label === '' || NOT_UTF8.test(label)) {
      cursor.problems.add(token, `invalid label name for grouping: ${quoteString(label)}`);
    }
    labels.push(label);
    if (!cursor.at(')') && cursor.accept(',') === null) cursor.unexpected(' in grouping opts, expected "," or ")"');
  }
  cursor.take();
  return labels;
}
