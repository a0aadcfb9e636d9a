import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMatcher, parseMatchers, printMatcher, printMatchers } from '../../lib/alerts/matcher-text.ts';
import { createMatcher, type MatchOperator } from '../../lib/model/matcher.ts';

/** Text, and the matchers it means as they are printed. */
const accepted: readonly (readonly [text: string, printed: string])[] = [
  ['', '{}'],
  ['{}', '{}'],
  ['foo=bar', '{foo="bar"}'],
  [' foo = bar ', '{foo="bar"}'],
  ['{foo=bar,}', '{foo="bar"}'],
  ['{foo="bar", baz!="qux"}', '{foo="bar",baz!="qux"}'],
  ['a=~"b|c",d!~e.*', '{a=~"b|c",d!~"e.*"}'],
  ['a="b,c=d"', '{a="b,c=d"}'],
  ['"dΘ"=x', '{dΘ="x"}'],
  ['"a b"="c d"', '{"a b"="c d"}'],
  ['"\\xf0\\x9f\\x99\\x82"=dΘ', '{🙂="dΘ"}'],
  ['a="x\\ny\\"z\\\\"', '{a="x\\ny\\"z\\\\"}'],
  // Only the classic grammar takes these.
  ['a=', '{a=""}'],
  ['a=b c', '{a="b c"}'],
  ['a=b=c', '{a="b=c"}'],
  ['a==b', '{a="=b"}'],
  ['{a=b', '{a="b"}'],
  ['a=b}', '{a="b"}'],
  ['a=\\d', '{a="\\\\d"}'],
  // Both take it and disagree: the classic meaning counts.
  ['a="\\xf0\\x9f\\x99\\x82"', '{a="\\\\xf0\\\\x9f\\\\x99\\\\x82"}'],
];

test('both grammars give the matchers that are meant', () => {
  for (const [text, printed] of accepted) {
    const matchers = parseMatchers(text);
    assert.ok(!('error' in matchers), `${text}: ${JSON.stringify(matchers)}`);
    assert.equal(printMatchers(matchers), printed, text);
  }
});

test('what neither grammar takes is refused in the classic words', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['foo', 'bad matcher format: foo'],
    ['=b', 'bad matcher format: =b'],
    ['dΘ', 'bad matcher format: dΘ'],
    ['a="b"c', 'matcher value contains unescaped double quote: "b"c'],
    ['a="b', 'matcher value contains unescaped double quote: "b'],
    ['a=~[(', 'error parsing regexp: missing closing ]: `[()$`'],
    ['"a\\q"=b', 'bad matcher format: "a\\q"=b'],
    ['"\\xff"=b', 'bad matcher format: "\\xff"=b'],
  ];
  for (const [text, error] of refused) assert.deepEqual(parseMatchers(text), { error }, text);
  assert.ok('error' in parseMatchers(`a="${'x'.repeat(20_000)}"`));
});

test('a single matcher takes no braces and reads commas as part of the value', () => {
  const single: readonly (readonly [string, string])[] = [
    ['a=b', 'a="b"'],
    ['a=b,c=d', 'a="b,c=d"'],
    ['alertname=~"x.*"', 'alertname=~"x.*"'],
  ];
  for (const [text, printed] of single) {
    const matcher = parseMatcher(text);
    assert.equal('error' in matcher ? matcher.error : printMatcher(matcher), printed);
  }
  assert.deepEqual(parseMatcher('{a=b}'), { error: 'unexpected open or close brace: {a=b}' });
  assert.deepEqual(parseMatcher('foo'), { error: 'bad matcher format: foo' });
  assert.deepEqual(parseMatcher(''), { error: 'bad matcher format: ' });
});

test('print and parse are inverse', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('{', 'a,b', '"', '\\', '\n', "'x'", 'π '),
  );
  const operator = fc.constantFrom<MatchOperator>('=', '!=', '=~', '!~');
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          text.filter((name) => name !== ''),
          operator,
          text,
        ),
        { maxLength: 4 },
      ),
      (parts) => {
        const matchers = parts.flatMap(([name, op, value]) => {
          const matcher = createMatcher(name, op, value);
          return 'error' in matcher ? [] : [matcher];
        });
        const parsed = parseMatchers(printMatchers(matchers));
        assert.ok(!('error' in parsed), printMatchers(matchers));
        const shape = matchers.map(({ name, operator: op, value }) => [name, op, value]);
        assert.deepEqual(
          parsed.map((each) => [each.name, each.operator, each.value]),
          shape,
        );
      },
    ),
    { numRuns: 500 },
  );
});
