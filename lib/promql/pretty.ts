import type { Aggregation, BinaryExpr, Call, Expr } from './ast.ts';
import {
  aggregationArgs,
  printAggregationHead,
  printExpr,
  printLeftOperand,
  printOperator,
  printSubqueryRange,
} from './print.ts';
import { byteLength } from './quote.ts';

const MAX_LINE_BYTES = 100;
const INDENT = '  ';

/** The expression over several lines, as /api/v1/format_query lays it out: what fits in 100 bytes stays on one line. */
export function prettyExpr(expr: Expr): string {
  return layOut(expr, 0);
}

function layOut(expr: Expr, level: number): string {
  const indent = INDENT.repeat(level);
  const line = printExpr(expr);
  const fits = byteLength(line) <= MAX_LINE_BYTES;
  switch (expr.kind) {
    case 'unary':
      return `${indent}${expr.op}${layOut(expr.expr, level).trim()}`;
    case 'subquery':
      // Prometheus forgets to indent a subquery that fits.
      return fits ? line : `${layOut(expr.expr, level)}${printSubqueryRange(expr)}`;
    case 'aggregation':
    case 'call':
    case 'binary':
    case 'paren':
      return fits ? `${indent}${line}` : split(expr, level, indent);
    default:
      return `${indent}${line}`;
  }
}

function split(
  expr: Aggregation | Call | BinaryExpr | Extract<Expr, { kind: 'paren' }>,
  level: number,
  indent: string,
) {
  const list = (parts: readonly Expr[]): string => parts.map((part) => layOut(part, level + 1)).join(',\n');
  switch (expr.kind) {
    case 'binary':
      return `${layOutLeft(expr, level + 1)}\n${indent}${printOperator(expr)}\n${list([expr.rhs])}`;
    case 'aggregation':
      return `${indent}${printAggregationHead(expr)}(\n${list(aggregationArgs(expr))}\n${indent})`;
    case 'call':
      return `${indent}${expr.func}(\n${list(expr.args)}\n${indent})`;
    case 'paren':
      return `${indent}(\n${list([expr.expr])}\n${indent})`;
  }
}

function layOutLeft(expr: BinaryExpr, level: number): string {
  return expr.lhs.kind === 'number' ? `${INDENT.repeat(level)}${printLeftOperand(expr)}` : layOut(expr.lhs, level);
}
