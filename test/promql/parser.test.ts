import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInput } from '../../lib/model/issue.ts';
import { ALL_FEATURES, type LanguageFeatures, STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr, parseSelector } from '../../lib/promql/parser.ts';
import { prettyExpr } from '../../lib/promql/pretty.ts';
import { printExpr } from '../../lib/promql/print.ts';
import { MISTAKES, SWITCHED_OFF } from './mistake-cases.ts';
import { ACCEPTED, REFUSED, REFUSED_WITHOUT_FLAGS } from './parser-cases.ts';

function problemsOf(text: string, features: LanguageFeatures): InvalidInput {
  try {
    parseExpr(text, features);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  return assert.fail(`${text} was accepted`);
}

function firstMessage(text: string, features: LanguageFeatures): string {
  return problemsOf(text, features).issues[0]?.message ?? '';
}

test('prints what it read in canonical form', () => {
  for (const [text, printed] of ACCEPTED) {
    assert.equal(printExpr(parseExpr(text, ALL_FEATURES)), printed, text);
  }
});

test("refuses with Prometheus' text at Prometheus' position", () => {
  for (const [text, message] of REFUSED) assert.equal(firstMessage(text, ALL_FEATURES), message, text);
});

test('keeps optional parts of the language off until their feature is on', () => {
  for (const [text, message] of REFUSED_WITHOUT_FLAGS) {
    assert.equal(firstMessage(text, STABLE_FEATURES), message, text);
    assert.doesNotThrow(() => parseExpr(text, ALL_FEATURES), text);
  }
});

test('operators bind as in arithmetic, postfixes tightest', () => {
  const same: readonly (readonly [text: string, grouped: string])[] = [
    ['a + b * c', 'a + (b * c)'],
    ['a - b - c', '(a - b) - c'],
    ['2 ^ 3 ^ 4', '2 ^ (3 ^ 4)'],
    ['a or b and c', 'a or (b and c)'],
    ['a == b + c', 'a == (b + c)'],
    ['a / b > c', '(a / b) > c'],
    ['-a ^ b', '-(a ^ b)'],
    ['-a * b', '(-a) * b'],
    ['a ^ -b * c', '(a ^ (-b)) * c'],
    ['a atan2 b % c', '(a atan2 b) % c'],
    ['a - b offset 1d', 'a - (b offset 1d)'],
    ['a ^ b @ 10 * c', '(a ^ (b @ 10)) * c'],
    ['a offset 5m + 1', '(a offset 5m) + 1'],
    ['a offset -2 ^ 2', '(a offset -2) ^ 2'],
  ];
  for (const [text, grouped] of same) {
    assert.deepEqual(shape(parseExpr(text, ALL_FEATURES)), shape(parseExpr(grouped, ALL_FEATURES)), text);
  }
});

/** The tree without spans and parentheses. */
function shape(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(shape);
  const entries = Object.entries(node).filter(([key, value]) => key !== 'span' && typeof value !== 'function');
  const record = Object.fromEntries(entries);
  if (record['kind'] === 'paren') return shape(record['expr']);
  return Object.fromEntries(entries.map(([key, value]) => [key, shape(value)]));
}

test('reports every type error, in order, with its span', () => {
  const text = 'rate(a) + sum(1) + abs("x")';
  const { issues } = problemsOf(text, ALL_FEATURES);
  assert.deepEqual(
    issues.map(({ span }) => text.slice(span?.start, span?.end)),
    ['a', '1', '"x"'],
  );
});

test('points at bytes of the line, as Prometheus does', () => {
  assert.equal(
    firstMessage('up{job="é😀"} +\n  foo(1)', ALL_FEATURES),
    '2:3: parse error: unknown function with name "foo"',
  );
  assert.equal(firstMessage('"é😀" + $', ALL_FEATURES), "1:12: parse error: unexpected character: '$'");
});

test('says what is wrong, and what was probably meant', () => {
  for (const [text, message, hint] of MISTAKES) {
    const [issue] = problemsOf(text, ALL_FEATURES).issues;
    assert.deepEqual([issue?.message, issue?.hint], [message, hint], text);
  }
  for (const [text, feature] of SWITCHED_OFF) {
    const [issue] = problemsOf(text, STABLE_FEATURES).issues;
    assert.equal(issue?.hint, `add ${feature} to query.features in tocsin.yml`, text);
  }
});

test('reads a lone selector, whatever it selects', () => {
  const matchers = parseSelector('up{job=~"a|b",instance!="x"}', STABLE_FEATURES);
  assert.deepEqual(
    matchers.map(({ name, operator, value }) => `${name}${operator}${value}`),
    ['job=~a|b', 'instance!=x', '__name__=up'],
  );
  assert.deepEqual(parseSelector('{}', STABLE_FEATURES), []);
  for (const text of ['up + 1', 'up[5m]', '', '1', 'rate(up)']) {
    assert.throws(() => parseSelector(text, STABLE_FEATURES), InvalidInput, text);
  }
});

test('bytes that are not UTF-8 stay apart from characters', () => {
  const expr = parseExpr('"\\xff\\xc3\\xa9é\\u00e9"', ALL_FEATURES);
  assert.equal(expr.kind === 'string' && expr.value, '\udcffééé');
  assert.equal(printExpr(expr), '"\\xffééé"');
});

test('long lines are split where they exceed 100 bytes', () => {
  const inner = 'rate(http_requests_total{code="500",environment="production",job="frontend"}[5m])';
  const text = `sum by (job, instance) (${inner}) / on (job) group_left () topk(3, ${inner}) > 0.5`;
  assert.equal(
    prettyExpr(parseExpr(text, ALL_FEATURES)),
    `    sum by (job, instance) (
      ${inner}
    )
  / on (job) group_left ()
    topk(3, ${inner})
>
  0.5`,
  );
});

test('deep nesting and long rows of operators are refused, never a crash', () => {
  const tooDeep = /expression is nested deeper than 500 levels$/;
  const deep: readonly string[] = [
    `${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
    `${'abs('.repeat(10_000)}x${')'.repeat(10_000)}`,
    `${'1+'.repeat(100_000)}1`,
    `x[${'1+'.repeat(100_000)}1]`,
    `${'-'.repeat(10_000)}x`,
    `x${'[5m:]'.repeat(10_000)}`,
    `${'2^'.repeat(10_000)}2`,
  ];
  for (const text of deep) assert.match(firstMessage(text, ALL_FEATURES), tooDeep, text.slice(0, 10));
  const deepest = `${'('.repeat(499)}x${')'.repeat(499)}`;
  assert.equal(printExpr(parseExpr(deepest, ALL_FEATURES)), deepest);
});

test('an expression longer than a million characters is refused at once', () => {
  const message = firstMessage('x'.repeat(1_000_001), ALL_FEATURES);
  assert.equal(message, '1:1: parse error: expression is longer than 1000000 characters');
  assert.equal(problemsOf('x offset 1s '.concat('offset 1s '.repeat(99)), ALL_FEATURES).issues.length, 20);
});
