import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInput } from '../../lib/model/issue.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { createRememberingParser } from '../../lib/services/parsed-queries.ts';

test('a text is parsed once while it is asked for, and mistakes are told each time', () => {
  const parse = createRememberingParser(ALL_FEATURES);
  const first = parse('sum(a)');
  assert.equal(parse('sum(a)'), first);
  assert.notEqual(parse('sum (a)'), first);
  for (let i = 0; i < 2; i++) assert.throws(() => parse('sum(a'), InvalidInput);
});

test('what was not asked for longest is forgotten, and large queries at once', () => {
  const parse = createRememberingParser(ALL_FEATURES);
  const text = (i: number): string => `a{b="${String(i).padStart(992, '0')}"}`;
  const often = parse('often');
  const old = parse(text(0));
  for (let i = 1; i < 101; i++) {
    parse(text(i));
    assert.equal(parse('often'), often);
  }
  assert.notEqual(parse(text(0)), old);
  const long = `a{b="${'x'.repeat(5_000)}"}`;
  assert.notEqual(parse(long), parse(long));
  const steps = 'a{b=~"v{1000}w{1000}x{1000}y{1000}z{1000}"}';
  assert.notEqual(parse(steps), parse(steps));
});
