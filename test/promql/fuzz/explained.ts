import type { Aggregation, Expr } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import type { QueryTimes } from '../../../lib/promql/value.ts';
import { valueType } from '../../../lib/promql/value-type.ts';
import { isNearlyEqual, sameShape } from './alike.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import { BROKEN, OVERWRITTEN, plainAnswer, UNSTEADY } from './choices.ts';
import { differenceOf, toleranceOf } from './compare.ts';
import { culpritsOf, timesInside } from './culprits.ts';
import type { Dispute } from './dispute.ts';
import { isUnsteady } from './info-licences.ts';
import { LICENCES } from './licences.ts';
import { childrenOf, nodesOf, timesNumber, withChildren } from './tree.ts';

/** The names of the choices that explain a difference, or null. */
export async function explanationOf(arena: Arena, dispute: Dispute): Promise<string | null> {
  const used = new Set<string>();
  const plain = plainDispute(dispute, used);
  const tolerance = toleranceOf(plain.expr);
  if (differenceOf(plain.own, plain.real, tolerance) === null) return [...used].join(', ');
  if (BROKEN.text.test(plain.real.error ?? '')) return BROKEN.name;
  if (plain.expr === null) return null;
  if (isOrder(arena, plain, plain.expr)) return 'order of series';
  const whole = LICENCES.find(({ covers }) => covers(arena, plain));
  if (whole !== undefined) return whole.name;
  for (const culprit of await culpritsOf(arena, plain)) {
    const licence = LICENCES.find(({ covers }) => covers(arena, culprit));
    if (licence === undefined && (await isOverwritten(arena, culprit))) used.add(OVERWRITTEN.name);
    else if (licence === undefined)
      return unsteadyPart(arena, plain) ?? ((await isRepeated(arena, plain)) ? null : UNSTEADY.name);
    else used.add(licence.name);
  }
  return [...used].join(', ');
}

const CHOOSING = new Set<string>(['topk', 'bottomk', 'limitk']);
const TIMES_ASKED = 3;
const TIMES_ASKED_APART = 6;

/** Whether the other side stands by its answer, and does not give ours when it is asked again. */
async function isRepeated(arena: Arena, { expr, fuzzCase, own }: Dispute): Promise<boolean> {
  for (let i = 0; i < TIMES_ASKED; i++) {
    const again = plainAnswer(await arena.real(fuzzCase), new Set());
    if (differenceOf(own, again, toleranceOf(expr)) === null) return false;
  }
  return true;
}

/**
 * 3.5 keeps one histogram for all steps of a subquery that read the same sample, and over the next window writes another into
 * it. Multiplied by one they are apart, and the answer is ours, if not at first, when it still finds histograms of queries before.
 */
async function isOverwritten(arena: Arena, { expr, fuzzCase, own }: Dispute): Promise<boolean> {
  if (expr === null || fuzzCase.times.stepMs === 0 || !nodesOf(expr).some(({ kind }) => kind === 'subquery'))
    return false;
  const text = printExpr(withStepsApart(expr));
  for (let i = 0; i < TIMES_ASKED_APART; i++) {
    const real = await arena.real({ ...fuzzCase, text });
    if (sameShape(own, plainAnswer(real, new Set()), isNearlyEqual)) return true;
  }
  return false;
}

function withStepsApart(expr: Expr): Expr {
  const changed = withChildren(expr, childrenOf(expr).map(withStepsApart));
  if (changed.kind !== 'subquery' || valueType(changed.expr) !== 'vector') return changed;
  return { ...changed, expr: timesNumber(changed.expr, 1) };
}

/** The dispute without what differs on purpose in texts. */
export function plainDispute(dispute: Dispute, used: Set<string>): Dispute {
  return { ...dispute, own: plainAnswer(dispute.own, used), real: plainAnswer(dispute.real, used) };
}

/** What differs from time to time, so that it may have been the same when it was asked alone. */
function unsteadyPart(arena: Arena, dispute: Dispute): string | null {
  if (isUnsteady(arena, dispute)) return 'info() of series with gaps';
  if (dispute.expr === null) return null;
  const isOpen = choicesOf(dispute.expr, dispute.fuzzCase.times).some(({ choice, times }) =>
    isOpenChoice(arena, choice, { ...dispute.fuzzCase, times }),
  );
  return isOpen ? 'order of series' : null;
}

interface TimedChoice {
  readonly choice: Aggregation;
  readonly times: QueryTimes;
}

/** The nodes that choose among series, each with the times at which it is evaluated. */
function choicesOf(expr: Expr, times: QueryTimes): readonly TimedChoice[] {
  const inner = expr.kind === 'subquery' ? timesInside(expr, times) : times;
  const below = childrenOf(expr).flatMap((child) => choicesOf(child, inner));
  return expr.kind === 'aggregation' && CHOOSING.has(expr.op) ? [{ choice: expr, times }, ...below] : below;
}

/** Whether there is one that might have been chosen as well. */
function isOpenChoice(arena: Arena, choice: Aggregation, fuzzCase: FuzzCase): boolean {
  const pointsOf = (expr: Expr): PlacedPoint[] =>
    [...arena.own({ ...fuzzCase, text: printExpr(expr) }).series].flatMap(([key, points]) =>
      points.map(({ time, value }) => ({
        place: `${time} ${key}`,
        worth: `${time} ${choice.op === 'limitk' ? '' : JSON.stringify(value)}`,
      })),
    );
  const chosen = pointsOf(choice);
  const places = new Set(chosen.map(({ place }) => place));
  const worths = new Set(chosen.map(({ worth }) => worth));
  return pointsOf(choice.expr).some(({ place, worth }) => !places.has(place) && worths.has(worth));
}

interface PlacedPoint {
  readonly place: string;
  /** What a choice at that time goes by. */
  readonly worth: string;
}

/** Which of several equals is chosen, and which of several duplicates is named, depends on the order in which series are stored. */
function isOrder(arena: Arena, { fuzzCase, real }: Dispute, expr: Expr): boolean {
  const tolerance = toleranceOf(expr);
  const reordered = arena.reordered(fuzzCase).map((answer) => plainAnswer(answer, new Set()));
  return reordered.some((answer) => differenceOf(answer, real, tolerance) === null);
}
