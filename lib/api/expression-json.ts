import { unreachable } from '../model/issue.ts';
import type {
  Aggregation,
  At,
  BinaryExpr,
  DurationExpr,
  Expr,
  Subquery,
  VectorMatching,
  VectorSelector,
} from '../promql/ast.ts';
import { printNumber } from '../promql/number-text.ts';
import { findSignature } from '../promql/signatures.ts';
import type { JsonValue } from './go-json.ts';

/** A JSON object; keys in the order of Prometheus, which sorts them. */
type JsonRecord = Readonly<Record<string, JsonValue>>;

/** The tree as /api/v1/parse_query answers it: lengths and instants in milliseconds, those only known at query time as 0. */
export function exprToJson(expr: Expr): JsonRecord {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: printNumber(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vectorSelector':
      return { ...selection(expr, {}), type: 'vectorSelector' };
    case 'matrixSelector':
      return { ...selection(expr.selector, { range: lengthMs(expr.range) }), type: 'matrixSelector' };
    case 'subquery':
      return subquery(expr);
    case 'call':
      return { args: expr.args.map(exprToJson), func: functionJson(expr.func), type: 'call' };
    case 'aggregation':
      return aggregation(expr);
    case 'binary':
      return binary(expr);
    case 'unary':
      return { expr: exprToJson(expr.expr), op: expr.op, type: 'unaryExpr' };
    case 'paren':
      return { expr: exprToJson(expr.expr), type: 'parenExpr' };
    default:
      return unreachable(expr);
  }
}

function selection(selector: VectorSelector, range: JsonRecord): JsonRecord {
  const { at, name, offset } = selector;
  return {
    matchers: selector.matchers.map(({ name, operator, value }) => ({ name, type: operator, value })),
    name: name ?? '',
    offset: lengthMs(offset),
    ...range,
    startOrEnd: startOrEnd(at),
    timestamp: timestamp(at),
  };
}

function startOrEnd(at: At | null): string | null {
  return at === null || at.kind === 'time' ? null : at.kind;
}

function timestamp(at: At | null): number | null {
  return at?.kind === 'time' ? at.timeMs : null;
}

function lengthMs(length: DurationExpr | null): number {
  return length?.kind === 'length' ? length.lengthMs : 0;
}

function subquery(expr: Subquery): JsonRecord {
  const { at, offset, range, step } = expr;
  return {
    expr: exprToJson(expr.expr),
    offset: lengthMs(offset),
    range: lengthMs(range),
    startOrEnd: startOrEnd(at),
    step: lengthMs(step),
    timestamp: timestamp(at),
    type: 'subquery',
  };
}

function functionJson(name: string): JsonRecord {
  const signature = findSignature(name);
  if (signature === null) throw new Error(`the parser let the unknown function ${name} pass`);
  return { argTypes: signature.args, name, returnType: signature.returns, variadic: signature.variadic };
}

function aggregation({ expr, grouping, op, param, without }: Aggregation): JsonRecord {
  return {
    expr: exprToJson(expr),
    grouping,
    op,
    param: param === null ? null : exprToJson(param),
    type: 'aggregation',
    without,
  };
}

function binary({ bool, lhs, matching, op, rhs }: BinaryExpr): JsonRecord {
  return {
    bool,
    lhs: exprToJson(lhs),
    matching: matching === null ? null : matchingJson(matching),
    op,
    rhs: exprToJson(rhs),
    type: 'binaryExpr',
  };
}

function matchingJson({ card, fillLeft, fillRight, include, labels, on }: VectorMatching): JsonRecord {
  const isFilling = fillLeft !== null || fillRight !== null;
  const fillValues = isFilling ? { fillValues: { lhs: fillLeft, rhs: fillRight } } : {};
  return { card, ...fillValues, include, labels, on };
}
