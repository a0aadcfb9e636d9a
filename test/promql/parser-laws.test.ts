import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvalidInput } from '../../lib/model/issue.ts';
import type { Expr } from '../../lib/promql/ast.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { prettyExpr } from '../../lib/promql/pretty.ts';
import { printExpr, printMatcher } from '../../lib/promql/print.ts';
import { vectorText } from './expression-texts.ts';

/** The tree as JSON, without spans, matchers in printed order; numbers by their text, because JSON knows neither NaN nor -0. */
function tree(expr: Expr): string {
  return JSON.stringify(expr, (key, value) => {
    if (key === 'span') return undefined;
    if (key === 'matchers') return value.map(printMatcher).sort();
    return typeof value === 'number' ? `${Object.is(value, -0) ? '-' : ''}${value}` : value;
  });
}

test('law: parsing what was printed gives the same expression, on one line and on many', () => {
  fc.assert(
    fc.property(vectorText, (text) => {
      const expr = parseExpr(text, ALL_FEATURES);
      assert.equal(tree(parseExpr(printExpr(expr), ALL_FEATURES)), tree(expr), text);
      assert.equal(tree(parseExpr(prettyExpr(expr), ALL_FEATURES)), tree(expr), text);
    }),
    { numRuns: 500 },
  );
});

test('law: whatever the text, it parses or yields issues whose spans lie inside it', () => {
  const pieces = fc.constantFrom(
    ...'a b{} { } [ ] ( ) , : = != =~ " \' ` \\ # @ offset sum by on group_left 5m 1.5 0x 1e + - ^ </ fill( é \udc80 _ x'.split(
      ' ',
    ),
  );
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(garbage, (text) => {
      try {
        parseExpr(text, ALL_FEATURES);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        assert.ok(error.issues.length > 0);
        for (const { span } of error.issues) {
          assert.ok(span !== null && span.start >= 0 && span.start <= span.end && span.end <= text.length, text);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('law: any piece cut out of an expression is refused or parsed, never a crash', () => {
  fc.assert(
    fc.property(vectorText, fc.nat(), fc.nat(), (text, from, length) => {
      const start = from % (text.length + 1);
      const cut = text.slice(0, start) + text.slice(start + (length % 20));
      try {
        parseExpr(cut, ALL_FEATURES);
      } catch (error) {
        assert.ok(error instanceof InvalidInput, cut);
      }
    }),
    { numRuns: 500 },
  );
});
