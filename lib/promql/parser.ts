/**
 * Text to expressions, in five steps, each a file: tokens (lexer.ts), operands and operators (this file, a Pratt parser),
 * what follows an operand (parser-modifier.ts), types (check.ts), advice for common mistakes (hints.ts).
 * Messages and positions are Prometheus'. print.ts is the inverse: `parseExpr(printExpr(e))` equals `e`, spans apart.
 */
import { InvalidInput } from '../model/issue.ts';
import type { Matcher } from '../model/matcher.ts';
import type { AggregationOperator, BinaryOperator, Expr } from './ast.ts';
import { checkTypes } from './check.ts';
import { Cursor } from './cursor.ts';
import type { LanguageFeatures } from './features.ts';
import { hintFor } from './hints.ts';
import { literalSeconds } from './parser-duration.ts';
import { parseBinaryModifiers, parseGroupingLabels } from './parser-matching.ts';
import { parsePostfixes } from './parser-modifier.ts';
import { parseLoneSelector, parseVectorSelector } from './parser-selector.ts';
import { quoteString } from './quote.ts';
import { EXPERIMENTAL_AGGREGATIONS, findSignature } from './signatures.ts';
import { createProblems, MAX_EXPRESSION_LENGTH, ParseStop, type Problems } from './syntax-error.ts';
import { isAggregator, isMetricName, startsExpression, type Token } from './token.ts';
import { valueType } from './value-type.ts';

/**
 * Parses and type-checks an expression. Throws InvalidInput; the first issue's message is what Prometheus' API says
 * (`1:5: parse error: unexpected identifier "x"`), the others are what it would say next.
 */
export function parseExpr(text: string, features: LanguageFeatures): Expr {
  return parseMeasured(text, features).expr;
}

/** What an expression was parsed to, and what its regular expressions take. */
export interface MeasuredExpr {
  readonly expr: Expr;
  /** About how many steps they were compiled to, a step taking some 25 bytes. */
  readonly regexSteps: number;
}

/** As `parseExpr`, for those who keep what was parsed. */
export function parseMeasured(text: string, features: LanguageFeatures): MeasuredExpr {
  return parseWith(text, (problems) => {
    const cursor = new Cursor(text, features, problems);
    if (cursor.peek().kind === 'end') problems.stop({ start: 0, end: 0 }, 'no expression found in input');
    const expr = parseExpression(cursor, LOWEST_LEVEL);
    if (cursor.peek().kind !== 'end') cursor.unexpected();
    if (!problems.found) checkTypes(expr, { text, problems, misplacedMatchings: cursor.misplacedMatchings });
    return { expr, regexSteps: cursor.regexSteps };
  });
}

/** Parses a series selector, as in `match[]`: `up`, `{job="a"}`. Whether it selects everything is for the caller to judge. */
export function parseSelector(text: string, features: LanguageFeatures): readonly Matcher[] {
  return parseWith(text, (problems) => parseLoneSelector(new Cursor(text, features, problems)));
}

function parseWith<T>(text: string, parse: (problems: Problems) => T): T {
  const problems = createProblems(text);
  try {
    if (text.length > MAX_EXPRESSION_LENGTH) {
      problems.stop({ start: 0, end: 0 }, `expression is longer than ${MAX_EXPRESSION_LENGTH} characters`);
    }
    const parsed = parse(problems);
    if (!problems.found) return parsed;
  } catch (error) {
    if (!(error instanceof ParseStop)) throw error;
  }
  throw new InvalidInput(
    problems.issues().map((issue, i) => (i === 0 ? { ...issue, hint: hintFor(text, issue) } : issue)),
  );
}

const OPERATOR_LEVELS = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>', '</', '>/'],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
] as const satisfies readonly (readonly BinaryOperator[])[];

const LOWEST_LEVEL = 0;
const POWER_LEVEL = OPERATOR_LEVELS.length - 1;

const OPERATORS: ReadonlyMap<string, { readonly op: BinaryOperator; readonly level: number }> = new Map(
  OPERATOR_LEVELS.flatMap((ops, level) => ops.map((op) => [op, { op, level }] as const)),
);

/** An expression of operators that bind at least as tightly as `minLevel`. `^` associates to the right, all others to the left. */
function parseExpression(cursor: Cursor, minLevel: number): Expr {
  return cursor.nested(() => {
    let lhs = parseSigned(cursor);
    for (;;) {
      const operator = OPERATORS.get(cursor.peek().word);
      if (operator === undefined || operator.level < minLevel) return lhs;
      cursor.take();
      lhs = parseRightSide(cursor, lhs, operator);
    }
  });
}

function parseRightSide(cursor: Cursor, lhs: Expr, operator: { op: BinaryOperator; level: number }): Expr {
  const { op, level } = operator;
  const { bool, matching } = parseBinaryModifiers(cursor, op);
  const rhs = parseExpression(cursor, level === POWER_LEVEL ? level : level + 1);
  const areVectors = valueType(lhs) === 'vector' && valueType(rhs) === 'vector';
  const span = cursor.spanFrom(lhs.span.start);
  const node = { kind: 'binary', span, op, lhs, rhs, bool, matching: areVectors ? matching : null } as const;
  if (!areVectors) cursor.misplacedMatchings.set(node, matching);
  const isFilling = matching.fillLeft !== null || matching.fillRight !== null;
  if (isFilling && !cursor.features['promql-binop-fill-modifiers']) {
    cursor.problems.add(span, 'binop fill modifiers are experimental and not enabled');
  }
  return cursor.build(node, [lhs, rhs]);
}

/** A sign binds looser than `^` and tighter than `*`; it becomes part of a number it stands before. */
function parseSigned(cursor: Cursor): Expr {
  const sign = cursor.accept('-') ?? cursor.accept('+');
  if (sign === null) return parsePostfixes(cursor, parseOperand(cursor));
  const expr = parseExpression(cursor, POWER_LEVEL);
  const span = cursor.spanFrom(sign.start);
  const op = sign.word === '-' ? '-' : '+';
  if (expr.kind !== 'number') return cursor.build({ kind: 'unary', span, op, expr }, [expr]);
  return cursor.build({ ...expr, span, value: op === '-' ? -expr.value : expr.value }, []);
}

function parseOperand(cursor: Cursor): Expr {
  const token = cursor.peek();
  if (token.kind === 'number' || token.kind === 'duration') {
    cursor.take();
    const value = literalSeconds(cursor, token);
    return cursor.build({ kind: 'number', span: spanOf(token), value, isDuration: token.kind === 'duration' }, []);
  }
  if (token.kind === 'string') {
    cursor.take();
    return cursor.build({ kind: 'string', span: spanOf(token), value: token.value }, []);
  }
  if (token.word === '(') return parseParenthesis(cursor);
  if (token.word === '{') return cursor.build(parseVectorSelector(cursor, null), []);
  if (!isMetricName(token)) cursor.unexpected();
  return parseNamed(cursor, cursor.take());
}

/** A function call, an aggregation or a selector: the token behind the name decides. */
function parseNamed(cursor: Cursor, name: Token): Expr {
  if (isAggregator(name) && (cursor.at('(') || cursor.at('by') || cursor.at('without'))) {
    return cursor.within(' in aggregation', () => parseAggregation(cursor, name));
  }
  const isPreprocessor = name.word === 'start' || name.word === 'end';
  if ((name.kind === 'identifier' || isPreprocessor) && cursor.at('(')) return parseCall(cursor, name);
  return cursor.build(parseVectorSelector(cursor, name), []);
}

function parseParenthesis(cursor: Cursor): Expr {
  const { start } = cursor.take();
  const expr = parseExpression(cursor, LOWEST_LEVEL);
  cursor.expect(')');
  return cursor.build({ kind: 'paren', span: cursor.spanFrom(start), expr }, [expr]);
}

function parseCall(cursor: Cursor, name: Token): Expr {
  const args = parseArguments(cursor);
  const signature = findSignature(name.text);
  if (signature === null) {
    cursor.problems.add(name, `unknown function with name ${quoteString(name.text)}`);
  } else if (signature.experimental && !cursor.features['promql-experimental-functions']) {
    cursor.problems.add(name, `function ${quoteString(name.text)} is not enabled`);
  }
  return cursor.build({ kind: 'call', span: cursor.spanFrom(name.start), func: name.text, args }, args);
}

function parseArguments(cursor: Cursor): readonly Expr[] {
  const args: Expr[] = [];
  cursor.expect('(');
  if (cursor.accept(')') !== null) return args;
  args.push(parseExpression(cursor, LOWEST_LEVEL));
  for (let comma = cursor.accept(','); comma !== null; comma = cursor.accept(',')) {
    if (startsExpression(cursor.peek())) args.push(parseExpression(cursor, LOWEST_LEVEL));
    else cursor.problems.add(comma, 'trailing commas not allowed in function call args');
  }
  cursor.expect(')');
  return args;
}

const PARAMETERIZED: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'limitk',
  'limit_ratio',
  'count_values',
]);

function parseAggregation(cursor: Cursor, name: Token): Expr {
  const before = parseGrouping(cursor);
  const args = parseArguments(cursor);
  const { grouping, without } = before ?? parseGrouping(cursor) ?? { grouping: [], without: false };
  const span = cursor.spanFrom(name.start);
  const problem = aggregationProblem(cursor, name.word, args.length);
  if (problem !== null) cursor.problems.add(span, problem);
  const expr = args.at(-1) ?? { kind: 'number', span, value: Number.NaN, isDuration: false };
  const param = PARAMETERIZED.has(name.word) ? (args[0] ?? null) : null;
  // The lexer only calls the operators of this union aggregators.
  const op = name.word as AggregationOperator;
  return cursor.build({ kind: 'aggregation', span, op, expr, param, grouping, without }, args);
}

function parseGrouping(cursor: Cursor): { grouping: readonly string[]; without: boolean } | null {
  const clause = cursor.accept('by') ?? cursor.accept('without');
  return clause === null ? null : { grouping: parseGroupingLabels(cursor), without: clause.word === 'without' };
}

function aggregationProblem(cursor: Cursor, op: string, count: number): string | null {
  if (count === 0) return 'no arguments for aggregate expression provided';
  if (EXPERIMENTAL_AGGREGATIONS.has(op) && !cursor.features['promql-experimental-functions']) {
    return `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`;
  }
  const wanted = PARAMETERIZED.has(op) ? 2 : 1;
  if (count === wanted) return null;
  return `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${count}`;
}

function spanOf(token: Token): { readonly start: number; readonly end: number } {
  return { start: token.start, end: token.end };
}
