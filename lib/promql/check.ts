import type { Span } from '../model/issue.ts';
import { unreachable } from '../model/issue.ts';
import { METRIC_NAME } from '../model/labels.ts';
import type { Aggregation, BinaryExpr, Call, Expr, ValueType, VectorMatching, VectorSelector } from './ast.ts';
import { isSetOperator } from './parser-matching.ts';
import { quoteString } from './quote.ts';
import { findSignature, type Signature } from './signatures.ts';
import type { Problems } from './syntax-error.ts';
import { describeType, valueType } from './value-type.ts';

/** What the checker needs besides the tree. */
export interface CheckContext {
  readonly text: string;
  readonly problems: Problems;
  /** Matching clauses of binary expressions whose operands are not both instant vectors. */
  readonly misplacedMatchings: ReadonlyMap<BinaryExpr, VectorMatching>;
}

/** Notes every type error, wrong argument count and unfit selector, in the order in which Prometheus finds them. */
export function checkTypes(expr: Expr, context: CheckContext): void {
  switch (expr.kind) {
    case 'number':
    case 'string':
      break;
    case 'vectorSelector':
      checkSelector(expr, context.problems);
      break;
    case 'matrixSelector':
      checkSelector(expr.selector, context.problems);
      break;
    case 'paren':
      checkTypes(expr.expr, context);
      break;
    case 'subquery':
      checkSubquery(expr, context);
      break;
    case 'unary':
      checkUnary(expr, context);
      break;
    case 'aggregation':
      checkAggregation(expr, context);
      break;
    case 'call':
      checkCall(expr, context);
      break;
    case 'binary':
      checkBinary(expr, context);
      break;
    default:
      unreachable(expr);
  }
}

function checkSubquery(expr: Extract<Expr, { kind: 'subquery' }>, context: CheckContext): void {
  checkTypes(expr.expr, context);
  const type = valueType(expr.expr);
  if (type === 'vector') return;
  context.problems.add(expr.span, `subquery is only allowed on instant vector, got ${type} instead`);
}

function checkUnary(expr: Extract<Expr, { kind: 'unary' }>, context: CheckContext): void {
  checkTypes(expr.expr, context);
  const type = valueType(expr.expr);
  if (type === 'scalar' || type === 'vector') return;
  const allowed = 'unary expression only allowed on expressions of type scalar or instant vector';
  context.problems.add(expr.span, `${allowed}, got ${quoteString(describeType(type))}`);
}

function expectType(expr: Expr, wanted: { type: ValueType; place: string }, context: CheckContext): void {
  checkTypes(expr, context);
  const type = valueType(expr);
  if (type === wanted.type) return;
  const message = `expected type ${describeType(wanted.type)} in ${wanted.place}, got ${describeType(type)}`;
  context.problems.add(expr.span, message);
}

function checkAggregation(expr: Aggregation, context: CheckContext): void {
  expectType(expr.expr, { type: 'vector', place: 'aggregation expression' }, context);
  if (expr.param === null) return;
  const type = expr.op === 'count_values' ? 'string' : 'scalar';
  expectType(expr.param, { type, place: 'aggregation parameter' }, context);
}

function checkCall(call: Call, context: CheckContext): void {
  const signature = findSignature(call.func);
  if (signature === null) throw new Error(`the parser let the unknown function ${call.func} pass`);
  const name = quoteString(call.func);
  const wrongCount = countProblem(signature, call.args.length);
  if (wrongCount !== null) {
    const [wanted, got] = wrongCount;
    context.problems.add(call.span, `expected ${wanted} argument(s) in call to ${name}, got ${got}`);
  }
  const selector = call.func === 'info' ? call.args[1] : undefined;
  if (selector !== undefined) checkInfoSelector(call, selector, context.problems);
  for (const [i, arg] of call.args.entries()) {
    if (i >= signature.args.length && signature.variadic === 0) break;
    if (arg === selector) continue;
    const type = signature.args[Math.min(i, signature.args.length - 1)];
    if (type !== undefined) expectType(arg, { type, place: `call to function ${name}` }, context);
  }
}

/** What was wanted, in words, and how many there are; null when the count is right. */
function countProblem({ args, variadic }: Signature, count: number): readonly [string, number] | null {
  if (variadic === 0) return count === args.length ? null : [`${args.length}`, count];
  const least = args.length - 1;
  if (count < least) return [`at least ${least}`, count];
  return variadic > 0 && count > least + variadic ? [`at most ${least + variadic}`, count] : null;
}

/** info()'s second argument is a list of conditions on labels: braces without a name, and they may all match "". */
function checkInfoSelector(call: Call, arg: Expr, problems: Problems): void {
  const type = valueType(arg);
  if (type !== 'vector') {
    problems.add(call.span, `expected type instant vector in call to function "info", got ${describeType(type)}`);
  } else if (arg.kind !== 'vectorSelector') {
    problems.add(arg.span, 'expected label selectors only');
  } else if (arg.name !== null) {
    problems.add(arg.span, 'expected label selectors only, got vector selector instead');
  }
}

function checkSelector(selector: VectorSelector, problems: Problems): void {
  if (selector.name === null) {
    if (selector.matchers.some((matcher) => !matcher.matches(''))) return;
    problems.add(selector.span, 'vector selector must contain at least one non-empty matcher');
    return;
  }
  for (const matcher of selector.matchers.slice(0, -1)) {
    if (matcher.name !== METRIC_NAME) continue;
    const names = `${quoteString(selector.name)} or ${quoteString(matcher.value)}`;
    problems.add(selector.span, `metric name must not be set twice: ${names}`);
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

function checkBinary(expr: BinaryExpr, context: CheckContext): void {
  const { problems } = context;
  checkTypes(expr.lhs, context);
  checkTypes(expr.rhs, context);
  const lhsType = valueType(expr.lhs);
  const rhsType = valueType(expr.rhs);
  const isComparison = COMPARISONS.has(expr.op);
  if (expr.bool && !isComparison) {
    problems.add(operatorSpan(expr, context.text), 'bool modifier can only be used on comparison operators');
  }
  if (isComparison && !expr.bool && lhsType === 'scalar' && rhsType === 'scalar') {
    problems.add(operatorSpan(expr, context.text), 'comparisons between scalars must use BOOL modifier');
  }
  const misplaced = context.misplacedMatchings.get(expr) ?? null;
  checkIncludedLabels(expr, expr.matching ?? misplaced, context);
  for (const side of [expr.lhs, expr.rhs]) {
    const type = valueType(side);
    if (type === 'scalar' || type === 'vector') continue;
    problems.add(side.span, 'binary expression must contain only scalar and instant vector types');
  }
  if (expr.matching === null) checkMisplaced(expr, misplaced, problems);
  else if (isSetOperator(expr.op)) checkSetOperation(expr, expr.matching, problems);
  if (isSetOperator(expr.op) && (lhsType === 'scalar' || rhsType === 'scalar')) {
    problems.add(expr.span, `set operator ${quoteString(expr.op)} not allowed in binary scalar expression`);
  }
}

function checkIncludedLabels(expr: BinaryExpr, matching: VectorMatching | null, context: CheckContext): void {
  if (matching === null || !matching.on) return;
  for (const label of matching.labels) {
    if (!matching.include.includes(label)) continue;
    const message = `label ${quoteString(label)} must not occur in ON and GROUP clause at once`;
    context.problems.add(operatorSpan(expr, context.text), message);
  }
}

function isFilling(matching: VectorMatching): boolean {
  return matching.fillLeft !== null || matching.fillRight !== null;
}

function checkMisplaced(expr: BinaryExpr, matching: VectorMatching | null, problems: Problems): void {
  if (matching === null) return;
  if (matching.labels.length > 0) problems.add(expr.span, 'vector matching only allowed between instant vectors');
  if (isFilling(matching)) {
    problems.add(expr.span, 'filling in missing series only allowed between instant vectors');
  }
}

function checkSetOperation(expr: BinaryExpr, matching: VectorMatching, problems: Problems): void {
  if (matching.card !== 'many-to-many') {
    problems.add(expr.span, `no grouping allowed for ${quoteString(expr.op)} operation`);
    problems.add(expr.span, 'set operations must always be many-to-many');
  }
  if (isFilling(matching)) problems.add(expr.span, 'filling in missing series not allowed for set operators');
}

/** What stands between the operands, without blanks: Prometheus does not keep where the operator was. */
function operatorSpan(expr: BinaryExpr, text: string): Span {
  const between = text.slice(expr.lhs.span.end, expr.rhs.span.start);
  const start = expr.lhs.span.end + (between.length - between.trimStart().length);
  return { start, end: start + between.trim().length };
}
