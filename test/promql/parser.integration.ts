/**
 * Holds the parser to a real Prometheus 3.5: same trees, same canonical text, same error texts, for every expression of
 * the conformance scripts, of the rule fixtures and of the example systems.
 * Run: TOCSIN_SHARED=… TOCSIN_PEERS=… node --test test/promql/parser.integration.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exprToJson } from '../../lib/api/expression-json.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import type { Expr } from '../../lib/promql/ast.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { prettyExpr } from '../../lib/promql/pretty.ts';
import { printExpr } from '../../lib/promql/print.ts';
import { requiredFolder } from '../e2e/processes.ts';
import { readCorpus } from './corpus-expressions.ts';
import { MISTAKES } from './mistake-cases.ts';
import { ACCEPTED, REFUSED } from './parser-cases.ts';
import { startPrometheus } from './real-prometheus.ts';

/** Features of the language that 3.5 does not know. What it refuses of them we may accept. */
const NEWER: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ['extended range selectors', /\b(anchored|smoothed)\b/i],
  ['fill modifiers', /\bfill(_left|_right)?\s*\(/i],
  ['histogram trims', /<\/|>\//],
  ['query constants', /\b(start|end|step|range|min_of|max_of)\s*\(/i],
  ['functions added later', /\b(first_over_time|ts_of_first_over_time|histogram_quantiles|start_timestamp)\b/],
];

/** Differences from 3.5 where its text changed, or its answer is a mistake that later versions mended. */
const MENDED: readonly (readonly [reason: string, pattern: RegExp, ours: RegExp])[] = [
  ['lists step() and range() as alternatives', /(offset|\[)/, /expected number, duration, step\(\),? (or )?range\(\)/],
  [
    '@ before a range was let through for start() and end()',
    /@ (start|end)\(\) ?\[/,
    /no @ modifiers allowed before range/,
  ],
  ['info() with an expression gave "unexpected error"', /^info\(/, /expected label selectors only/],
  ['empty braces were lost when printed', /info\(.*\{\}\)/, /\{\}/],
  ['group_left without labels was lost when printed', /ignoring ?\(\) group_right/, /group_right/],
];

function parsed(text: string): Expr | InvalidInput {
  try {
    return parseExpr(text, ALL_FEATURES);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

/** Bytes that are not UTF-8 cannot be told in JSON. */
function asOnTheWire(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (typeof part === 'string' ? part.replace(/[\uD800-\uDFFF]/gu, '\uFFFD') : part)),
  );
}

function isMended(text: string, ours: string): boolean {
  return MENDED.some(([, pattern, answer]) => pattern.test(text) && answer.test(ours));
}

const prometheus = await startPrometheus([
  '--enable-feature=promql-experimental-functions,promql-duration-expr,promql-delayed-name-removal',
]);
test.after(() => prometheus.stop());
const corpus = readCorpus(requiredFolder('TOCSIN_SHARED'));
const texts = [...new Set([...corpus, ...[...ACCEPTED, ...REFUSED, ...MISTAKES].map(([text]) => text)])];

test('every expression of the corpus parses, and printing it changes nothing', () => {
  assert.ok(corpus.length > 1900, `only ${corpus.length} expressions found`);
  // Some of the example systems' queries are mistakes; Prometheus refuses them with the same words (next test).
  const refused: string[] = [];
  for (const text of corpus) {
    const expr = parsed(text);
    if (expr instanceof InvalidInput) {
      refused.push(text);
      continue;
    }
    const again = parseExpr(printExpr(expr), ALL_FEATURES);
    // Printing sorts matchers, so the law is about what was printed once.
    assert.deepEqual(exprToJson(parseExpr(printExpr(again), ALL_FEATURES)), exprToJson(again), text);
    assert.equal(printExpr(again), printExpr(expr), text);
    assert.equal(printExpr(parseExpr(prettyExpr(expr), ALL_FEATURES)), printExpr(expr), text);
  }
  assert.ok(refused.length <= 3, refused.join('\n'));
});

test("trees, printed texts and error texts are Prometheus'", async (t) => {
  const counts = { same: 0, newer: 0, mended: 0 };
  for (const text of texts) {
    const ours = parsed(text);
    const theirs = await prometheus.query('parse_query', { query: text });
    const refusal = theirs.error?.replace('invalid parameter "query": ', '') ?? null;
    if (refusal !== null) {
      const message = ours instanceof InvalidInput ? ours.issues[0]?.message : 'accepted';
      if (message === refusal) counts.same++;
      else if (NEWER.some(([, pattern]) => pattern.test(text))) counts.newer++;
      else if (isMended(text, message ?? '')) counts.mended++;
      else assert.equal(message, refusal, text);
      continue;
    }
    const formatted = await prometheus.query('format_query', { query: text });
    if (ours instanceof InvalidInput) {
      assert.ok(isMended(text, ours.message), `${text}: ${ours.message}`);
      counts.mended++;
    } else if (isMended(text, printExpr(ours))) {
      counts.mended++;
    } else {
      assert.deepEqual(asOnTheWire(exprToJson(ours)), theirs.data, text);
      assert.equal(prettyExpr(ours), formatted.data, text);
      counts.same++;
    }
  }
  t.diagnostic(
    `${texts.length} expressions: ${counts.same} the same, ${counts.newer} newer than 3.5, ${counts.mended} mended since`,
  );
  assert.ok(counts.mended < 15, `${counts.mended} expressions count as mended`);
});
