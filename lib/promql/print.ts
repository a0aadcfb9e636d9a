import { printDuration } from '../model/duration.ts';
import { unreachable } from '../model/issue.ts';
import { METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { SECOND_MS } from '../model/unix-time.ts';
import type {
  Aggregation,
  At,
  BinaryExpr,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from './ast.ts';
import { printNumber } from './number-text.ts';
import { quoteString } from './quote.ts';

/** The canonical text of an expression on one line, as rules and generator URLs show it. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.isDuration ? printDuration(toMs(expr.value)) : printNumber(expr.value);
    case 'string':
      return quoteString(expr.value);
    case 'vectorSelector':
      return `${printSelection(expr)}${printAt(expr.at)}${printExtension(expr)}${printOffset(expr.offset)}`;
    case 'matrixSelector':
      return printMatrixSelector(expr);
    case 'subquery':
      return `${printExpr(expr.expr)}${printSubqueryRange(expr)}`;
    case 'call':
      return `${expr.func}(${expr.args.map(printExpr).join(', ')})`;
    case 'aggregation':
      return `${printAggregationHead(expr)}(${[...aggregationArgs(expr)].map(printExpr).join(', ')})`;
    case 'binary':
      return `${printLeftOperand(expr)} ${printOperator(expr)} ${printExpr(expr.rhs)}`;
    case 'unary':
      return `${expr.op}${printExpr(expr.expr)}`;
    case 'paren':
      return `(${printExpr(expr.expr)})`;
    default:
      return unreachable(expr);
  }
}

/** The left side on one line. `+Inf ^ x` would read as `+(Inf ^ x)`, because a sign binds looser than a power. */
export function printLeftOperand({ op, lhs }: BinaryExpr): string {
  return op === '^' && lhs.kind === 'number' && lhs.value === Infinity ? 'Inf' : printExpr(lhs);
}

/** The parameter, if there is one, and the expression. */
export function aggregationArgs(expr: Aggregation): readonly Expr[] {
  return expr.param === null ? [expr.expr] : [expr.param, expr.expr];
}

/** `sum`, or `sum by (a) ` with the blank before the parenthesis. */
export function printAggregationHead(expr: Aggregation): string {
  if (expr.without) return `${expr.op} without (${printLabels(expr.grouping)}) `;
  return expr.grouping.length === 0 ? expr.op : `${expr.op} by (${printLabels(expr.grouping)}) `;
}

/** The operator with all that follows it: `> bool on (a) group_left (b)`. */
export function printOperator(expr: BinaryExpr): string {
  const op = expr.bool ? `${expr.op} bool` : expr.op;
  const { matching } = expr;
  if (matching === null) return op;
  const isGrouped = matching.card === 'many-to-one' || matching.card === 'one-to-many';
  let text: string = op;
  if (matching.on || matching.labels.length > 0 || isGrouped) {
    text += ` ${matching.on ? 'on' : 'ignoring'} (${printLabels(matching.labels)})`;
  }
  if (isGrouped) {
    text += ` group_${matching.card === 'many-to-one' ? 'left' : 'right'} (${printLabels(matching.include)})`;
  }
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== null && Object.is(fillLeft, fillRight)) return `${text} fill (${printNumber(fillLeft)})`;
  if (fillLeft !== null) text += ` fill_left (${printNumber(fillLeft)})`;
  if (fillRight !== null) text += ` fill_right (${printNumber(fillRight)})`;
  return text;
}

/** `[5m:1m] @ 10.000 offset 1h`. */
export function printSubqueryRange(expr: Subquery): string {
  const step = expr.step === null ? '' : printRange(expr.step);
  return `[${printRange(expr.range)}:${step}]${printAt(expr.at)}${printOffset(expr.offset)}`;
}

function printMatrixSelector({ selector, range }: MatrixSelector): string {
  const suffix = `${printExtension(selector)}${printAt(selector.at)}${printOffset(selector.offset)}`;
  return `${printSelection(selector)}[${printRange(range)}]${suffix}`;
}

function printSelection({ name, matchers }: VectorSelector): string {
  const isShown = (matcher: Matcher): boolean =>
    name === null || matcher.name !== METRIC_NAME || matcher.operator !== '=' || matcher.value !== name;
  const texts = matchers.filter(isShown).map(printMatcher).sort();
  return texts.length === 0 && name !== null ? name : `${name ?? ''}{${texts.join(',')}}`;
}

/** `a="b"`, with the name in quotes where it needs them. */
export function printMatcher({ name, operator, value }: Matcher): string {
  const label = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoteString(name);
  return `${label}${operator}${quoteString(value)}`;
}

/** Words that are not read as labels unless they stand in quotes. */
const QUOTED_LABELS = /^(without|inf|nan)$/i;

function printLabels(labels: readonly string[]): string {
  const print = (label: string): string => {
    const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(label) && !QUOTED_LABELS.test(label);
    return isPlain ? label : quoteString(label);
  };
  return labels.map(print).join(', ');
}

function printExtension({ extension }: VectorSelector): string {
  return extension === null ? '' : ` ${extension}`;
}

function printAt(at: At | null): string {
  if (at === null) return '';
  return at.kind === 'time' ? ` @ ${(at.timeMs / SECOND_MS).toFixed(3)}` : ` @ ${at.kind}()`;
}

function printOffset(offset: DurationExpr | null): string {
  return offset === null ? '' : ` offset ${printRange(offset)}`;
}

function printRange(range: DurationExpr): string {
  return range.kind === 'length' ? printDuration(range.lengthMs) : printDurationExpr(range);
}

function printDurationExpr(expr: DurationExpr): string {
  switch (expr.kind) {
    case 'length':
      return expr.isDuration ? printDuration(expr.lengthMs) : printNumber(expr.lengthMs / SECOND_MS);
    case 'call':
      return `${expr.func}()`;
    case 'call2':
      return `${expr.func}(${printDurationExpr(expr.lhs)}, ${printDurationExpr(expr.rhs)})`;
    case 'unary':
      return `${expr.op}${printDurationExpr(expr.expr)}`;
    case 'binary':
      return `${printDurationExpr(expr.lhs)} ${expr.op} ${printDurationExpr(expr.rhs)}`;
    case 'paren':
      return `(${printDurationExpr(expr.expr)})`;
    default:
      return unreachable(expr);
  }
}

// Duration literals are whole milliseconds; their seconds may not be.
function toMs(seconds: number): number {
  return Math.round(seconds * SECOND_MS);
}
