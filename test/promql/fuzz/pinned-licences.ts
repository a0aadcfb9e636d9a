import type { Expr, Subquery } from '../../../lib/promql/ast.ts';
import { durationMs } from '../../../lib/promql/durations.ts';
import { shiftInstant } from '../../../lib/promql/instant-shift.ts';
import { subquerySteps } from '../../../lib/promql/select.ts';
import { isCall } from './alike.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import type { Dispute } from './dispute.ts';
import { DEFAULT_SUBQUERY_STEP_MS } from './engines.ts';
import type { Licence } from './licence.ts';
import { childrenOf, nodesOf } from './tree.ts';

/** Of what is pinned by @. */
export const PINNED_LICENCES: readonly Licence[] = [
  { name: 'timestamp() at another time', covers: isTimestampShifted },
  { name: 'parameters are asked at each step', covers: isParameterOfPinned },
  { name: 'subqueries into the future', covers: isSubqueryIntoFuture },
  { name: 'subqueries that begin with the query', covers: isSubqueryFromStart },
];

/** 3.5 forgets the offset where there is an @ as well. */
function isTimestampShifted(_: Arena, { expr }: Dispute): boolean {
  const [argument] = isCall(expr, ['timestamp']) ? expr.args : [];
  let selector = argument;
  while (selector?.kind === 'paren') selector = selector.expr;
  return selector?.kind === 'vectorSelector' && selector.at !== null && selector.offset !== null;
}

/** Where all series are pinned by @, 3.5 asks for the parameter once; where the parameter is, it is unpinned. */
function isParameterOfPinned(_: Arena, { expr, fuzzCase }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || expr.param === null || fuzzCase.times.stepMs === 0) return false;
  const isAnyPinned = nodesOf(expr.param).some((node) => node.kind === 'vectorSelector' && node.at !== null);
  return isAnyPinned || isPinned(expr.expr);
}

function isPinned(expr: Expr): boolean {
  if (expr.kind === 'vectorSelector') return expr.at !== null;
  if (expr.kind === 'matrixSelector') return isPinned(expr.selector);
  if (expr.kind === 'subquery' && expr.at !== null) return true;
  return childrenOf(expr).every(isPinned);
}

/** Of what is pinned by @ under a subquery that only begins at the evaluation time 3.5 finds nothing. */
function isSubqueryIntoFuture(_: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr === null || own.error !== null || real.error !== null || real.series.size >= own.series.size) return false;
  return [expr, ...childrenOf(expr)].some(
    (node) =>
      node.kind === 'subquery' &&
      node.offset !== null &&
      durationMs(node.offset, fuzzCase.times) < 0 &&
      isPinned(node.expr),
  );
}

/** Where the first step of a subquery is that of the query, 3.5 looks for what is pinned in it at another time. */
function isSubqueryFromStart(_: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr === null || own.error !== null || real.error !== null) return false;
  return [expr, ...childrenOf(expr)].some((node) => node.kind === 'subquery' && isFromStart(node, fuzzCase));
}

function isFromStart(node: Subquery, { times }: FuzzCase): boolean {
  const throughMs = shiftInstant(times.startMs, node, times);
  const stepMs = node.step === null ? DEFAULT_SUBQUERY_STEP_MS : durationMs(node.step, times);
  const { startMs } = subquerySteps(stepMs, throughMs - durationMs(node.range, times), throughMs);
  return startMs === times.startMs && nodesOf(node.expr).some((inner) => 'at' in inner && inner.at !== null);
}
