import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInput } from '../../lib/model/issue.ts';
import { compileAnchored } from '../../lib/model/regex.ts';
import { estimateRegexSteps } from '../../lib/model/regex-size.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { HOSTILE_REGEXES, hostileExpressions } from './hostile-expressions.ts';

function messagesOf(text: string): readonly string[] {
  try {
    parseExpr(text, ALL_FEATURES);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.issues.map(({ message }) => message);
  }
}

test('hostile expressions are read, or refused with a few issues at their places', () => {
  for (const seed of [1, 2, 3]) {
    const texts = Object.entries(hostileExpressions({ seed, length: 20_000 }));
    for (const [name, text] of texts) {
      const messages = messagesOf(text());
      assert.ok(messages.length <= 20, name);
      for (const message of messages) assert.match(message, /^(?:\d+:\d+|unknown position): parse error: ./, name);
    }
  }
});

test('what one expression may hold is limited, with a text that says so', () => {
  const list = (count: number): string => Array.from({ length: count }, (_, i) => `a=~"b${i}.*"`).join();
  const refusals: readonly (readonly [text: string, message: RegExp])[] = [
    ['x'.repeat(1_000_001), /^1:1: parse error: expression is longer than 1000000 characters$/],
    [`${'('.repeat(501)}x`, /^1:501: parse error: expression is nested deeper than 500 levels$/],
    [`sum by (${'a,'.repeat(50_000)}) (x)`, /^1:\d+: parse error: expression has more than 100000 tokens$/],
    [`x{${list(5_000)}}`, /^1:\d+: parse error: regular expressions have more than 60000 steps in all$/],
    [
      `x{a=~"${'.'.repeat(10_001)}"}`,
      /^1:3: parse error: error parsing regexp: expression of 10001 characters exceeds 10000$/,
    ],
    ['x{a=~"(.{1000}){21}"}', /invalid repeat count/],
    [
      `x{a=~"${'.{1000}'.repeat(21)}"}`,
      /^1:3: parse error: error parsing regexp: expression too large: 21000 steps exceed 20000$/,
    ],
  ];
  for (const [text, message] of refusals) assert.match(messagesOf(text)[0] ?? '', message, text.slice(0, 30));
  const accepted = [
    `${'('.repeat(499)}x${')'.repeat(499)}`,
    `sum by (${'a,'.repeat(40_000)}) (x)`,
    `x{${list(1_000)}}`,
    // The same one counts once, and choices from a list count nothing.
    `x{${'a=~"b.*c",'.repeat(10_000)}}`,
    `x{${Array.from({ length: 3_000 }, (_, i) => `a=~"(a${i}|b\\\\.c)"`).join()}}`,
  ];
  for (const text of accepted) assert.deepEqual(messagesOf(text), [], text.slice(0, 30));
});

test('regular expressions that run away elsewhere match in one pass, or are refused', () => {
  const value = `${'a'.repeat(4_095)}!`;
  const answers: Readonly<Record<string, boolean>> = {
    'a repetition in a repetition': false,
    'two that overlap': false,
    'many stars': false,
    'nested repetitions': false,
  };
  for (const [name, source] of Object.entries(HOSTILE_REGEXES)) {
    const regex = compileAnchored(source);
    if ('error' in regex) assert.match(regex.error, /^error parsing regexp: ./, name);
    if (name in answers) assert.equal('error' in regex ? regex.error : regex.matches(value), answers[name], name);
  }
});

test('the size of a regular expression is told from its text', () => {
  const sizes: readonly (readonly [source: string, steps: number])[] = [
    ['', 0],
    ['abc', 3],
    ['a{7}', 7],
    ['a{2,9}', 9],
    ['a{3,}', 3],
    ['a{0}', 1],
    ['x{,5}', 5],
    ['(ab){10}', 30],
    ['((a{5}b){5}){5}', 180],
    ['[]a{2}]{3}', 3],
    ['[[:alpha:]{5}]{4}', 4],
    ['\\{5}', 3],
    ['\\x{41}{6}', 6],
    ['\\p{Greek}{10}', 400],
    ['(?i)(?P<name>a{4})', 6],
    // RE2 refuses these by itself.
    ['a{1001}', 0],
    ['a{1000}{1000}', 0],
    ['((a{100}){100}){100}', 0],
  ];
  for (const [source, steps] of sizes) assert.equal(estimateRegexSteps(source), steps, source);
});

test('lists of texts are looked up, however they are written', () => {
  const lists: readonly (readonly [source: string, matching: readonly string[], other: readonly string[]])[] = [
    ['a|b', ['a', 'b'], ['', 'ab', 'a|b']],
    ['(a|b)', ['a', 'b'], ['(a', 'b)']],
    ['(?:a\\.b|c\\|d)', ['a.b', 'c|d'], ['axb', 'c', 'd']],
    ['(|a)', ['', 'a'], ['|']],
    ['a\\-b\\/c', ['a-b/c'], ['a\\-b']],
    ['', [''], ['a']],
  ];
  for (const [source, matching, other] of lists) {
    const regex = compileAnchored(source);
    assert.ok(!('error' in regex), source);
    assert.equal(regex.steps, 0, source);
    for (const text of matching) assert.ok(regex.matches(text), `${source} ${text}`);
    for (const text of other) assert.ok(!regex.matches(text), `${source} ${text}`);
  }
  for (const source of ['(a|b', '(a)|(b)', 'a\\', '\\d', 'a\\b', '(?i)a', '(a|b)c']) {
    const regex = compileAnchored(source);
    assert.ok('error' in regex || regex.steps > 0, source);
  }
});
