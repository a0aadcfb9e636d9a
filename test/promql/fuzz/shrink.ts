import type { Expr } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import { valueType } from '../../../lib/promql/value-type.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import type { Difference } from './compare.ts';
import { parsed } from './engines.ts';
import { childrenOf, nodesOf, withChildren } from './tree.ts';
import { tryCase } from './trial.ts';

/** A case that differs. */
export interface Found {
  readonly fuzzCase: FuzzCase;
  readonly difference: Difference;
}

const MOST_TRIALS = 300;

/** The smallest case found that differs in the same respect. */
export async function shrink(arena: Arena, fuzzCase: FuzzCase, difference: Difference): Promise<Found> {
  let found: Found = { fuzzCase, difference };
  let trials = 0;
  for (let improved = true; improved && trials < MOST_TRIALS; ) {
    improved = false;
    for (const candidate of smallerCases(found.fuzzCase)) {
      if (++trials > MOST_TRIALS) break;
      const verdict = await tryCase(arena, candidate);
      if (verdict.kind !== 'differs' || verdict.difference.what !== difference.what) continue;
      found = { fuzzCase: candidate, difference: verdict.difference };
      improved = true;
      break;
    }
  }
  return found;
}

function* smallerCases(fuzzCase: FuzzCase): Generator<FuzzCase> {
  const { times } = fuzzCase;
  if (fuzzCase.delayedNameRemoval) yield { ...fuzzCase, delayedNameRemoval: false };
  if (fuzzCase.lookbackMs !== 300_000) yield { ...fuzzCase, lookbackMs: 300_000 };
  if (times.endMs > times.startMs) {
    const count = Math.floor((times.endMs - times.startMs) / times.stepMs);
    for (let step = 0; step <= Math.min(count, 30); step++) {
      const timeMs = times.startMs + step * times.stepMs;
      yield { ...fuzzCase, times: { startMs: timeMs, endMs: timeMs, stepMs: 0 } };
    }
    yield { ...fuzzCase, times: { ...times, endMs: times.startMs + Math.floor(count / 2) * times.stepMs } };
  }
  const expr = parsed(fuzzCase.text);
  if (expr === null) return;
  const seen = new Set([fuzzCase.text, printExpr(expr)]);
  for (const smaller of smallerExprs(expr)) {
    const text = printExpr(smaller);
    if (seen.has(text)) continue;
    seen.add(text);
    yield { ...fuzzCase, text };
  }
}

/** Expressions with a part taken out, biggest parts first. */
function* smallerExprs(expr: Expr): Generator<Expr> {
  const type = valueType(expr);
  for (const node of nodesOf(expr).slice(1)) if (valueType(node) === type) yield node;
  yield* simplerNodes(expr);
  const children = childrenOf(expr);
  for (const [i, child] of children.entries()) {
    for (const smaller of smallerExprs(child)) yield withChildren(expr, children.with(i, smaller));
  }
}

function* simplerNodes(expr: Expr): Generator<Expr> {
  switch (expr.kind) {
    case 'vectorSelector':
      if (expr.offset !== null) yield { ...expr, offset: null };
      if (expr.at !== null) yield { ...expr, at: null };
      for (const matcher of expr.matchers) {
        if (matcher.name !== '__name__')
          yield { ...expr, matchers: expr.matchers.filter((other) => other !== matcher) };
      }
      return;
    case 'matrixSelector':
      for (const smaller of simplerNodes(expr.selector)) {
        if (smaller.kind === 'vectorSelector') yield { ...expr, selector: smaller };
      }
      return;
    case 'subquery':
      if (expr.offset !== null) yield { ...expr, offset: null };
      if (expr.at !== null) yield { ...expr, at: null };
      return;
    case 'aggregation':
      for (const label of expr.grouping) yield { ...expr, grouping: expr.grouping.filter((other) => other !== label) };
      return;
    default:
      return;
  }
}
