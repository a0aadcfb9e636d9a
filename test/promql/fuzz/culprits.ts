import type { At, Expr, Subquery } from '../../../lib/promql/ast.ts';
import { durationMs } from '../../../lib/promql/durations.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import type { QueryTimes } from '../../../lib/promql/value.ts';
import { valueType } from '../../../lib/promql/value-type.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import { plainAnswer } from './choices.ts';
import { differenceOf, toleranceOf } from './compare.ts';
import type { Dispute } from './dispute.ts';
import { childrenOf, withChildren } from './tree.ts';

/** The innermost parts of an expression to which the answers differ, although they agree about all that is under them. */
export async function culpritsOf(arena: Arena, dispute: Dispute): Promise<readonly Dispute[]> {
  if (dispute.expr === null) return [dispute];
  const below = await culpritsBelow(arena, dispute.expr, dispute.fuzzCase);
  return below.length > 0 ? below : [dispute];
}

async function culpritsBelow(arena: Arena, expr: Expr, fuzzCase: FuzzCase): Promise<Dispute[]> {
  const isInside = expr.kind === 'subquery';
  const inner = isInside ? { ...fuzzCase, times: timesInside(expr, fuzzCase.times) } : fuzzCase;
  const children = isInside ? [withInstants(expr.expr, fuzzCase.times)] : childrenOf(expr);
  const found: Dispute[] = [];
  for (const child of children) {
    const below = await culpritsBelow(arena, child, inner);
    found.push(...(below.length > 0 ? below : await disputeAbout(arena, child, inner)));
  }
  return found;
}

/** With instants for start() and end(), which under a subquery are still those of the whole query. */
function withInstants(expr: Expr, times: QueryTimes): Expr {
  switch (expr.kind) {
    case 'vectorSelector':
      return { ...expr, at: instantOf(expr.at, times) };
    case 'matrixSelector':
      return { ...expr, selector: { ...expr.selector, at: instantOf(expr.selector.at, times) } };
    case 'subquery':
      return { ...expr, expr: withInstants(expr.expr, times), at: instantOf(expr.at, times) };
    default:
      return withChildren(
        expr,
        childrenOf(expr).map((child) => withInstants(child, times)),
      );
  }
}

function instantOf(at: At | null, { startMs, endMs }: QueryTimes): At | null {
  if (at === null || at.kind === 'time') return at;
  return { kind: 'time', timeMs: at.kind === 'start' ? startMs : endMs };
}

async function disputeAbout(arena: Arena, expr: Expr, fuzzCase: FuzzCase): Promise<Dispute[]> {
  const type = valueType(expr);
  if (type !== 'vector' && type !== 'scalar') return [];
  const part = { ...fuzzCase, text: printExpr(expr) };
  const own = plainAnswer(arena.own(part), new Set());
  let real = own;
  // A busy 3.5 now and then gives an answer that it does not repeat.
  for (let asked = 0; asked < TIMES_ASKED; asked++) {
    real = plainAnswer(await arena.real(part), new Set());
    if (differenceOf(own, real, toleranceOf(expr)) === null) return [];
  }
  return [{ expr, fuzzCase: part, own, real }];
}

const TIMES_ASKED = 2;
const DEFAULT_STEP_MS = 60_000;
const MOST_STEPS = 2000;

/** When the inside of a subquery is evaluated. */
export function timesInside({ at, offset, range, step }: Subquery, times: QueryTimes): QueryTimes {
  const offsetMs = offset === null ? 0 : durationMs(offset, times);
  const pinnedMs = at?.kind === 'time' ? at.timeMs : null;
  const stepMs = step === null ? DEFAULT_STEP_MS : durationMs(step, times);
  const endMs = (pinnedMs ?? (at?.kind === 'start' ? times.startMs : times.endMs)) - offsetMs;
  const firstMs =
    (pinnedMs ?? (at?.kind === 'end' ? times.endMs : times.startMs)) - offsetMs - durationMs(range, times);
  const startMs = (Math.floor(firstMs / stepMs) + 1) * stepMs;
  return { startMs, endMs: Math.min(Math.max(endMs, startMs), startMs + MOST_STEPS * stepMs), stepMs };
}
