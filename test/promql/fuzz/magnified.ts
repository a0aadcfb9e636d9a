import type { Expr } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import { isEqual, sameShape } from './alike.ts';
import type { Point } from './answer.ts';
import type { Arena } from './arena.ts';
import { numberOf } from './compare.ts';
import type { Dispute } from './dispute.ts';
import { timesNumber } from './tree.ts';

const MAGNIFYING = new Set(['%', '-', '+']);
const ROUNDING = [1 + 1e-15, 1 - 1e-15];

/** Whether a side `isRounded`, and theirs is no further away than a change of the last digits of a side takes ours. */
export function isWithinRounding(
  arena: Arena,
  { expr, fuzzCase, own, real }: Dispute,
  isRounded: (side: Expr) => boolean,
): boolean {
  if (expr?.kind !== 'binary' || !MAGNIFYING.has(expr.op)) return false;
  const { lhs, rhs } = expr;
  if (![lhs, rhs].some(isRounded)) return false;
  const texts = ROUNDING.flatMap((factor) => [
    printExpr({ ...expr, lhs: timesNumber(lhs, factor) }),
    printExpr({ ...expr, rhs: timesNumber(rhs, factor) }),
  ]);
  const moved = texts.map((text) => arena.own({ ...fuzzCase, text }));
  const reach = (key: string, ours: Point): number =>
    Math.max(...moved.map(({ series }) => Math.abs(floatAt(series.get(key) ?? [], ours.time) - floatOf(ours))));
  return sameShape(
    own,
    real,
    (ours, theirs, key) => isEqual(ours, theirs) || Math.abs(floatOf(ours) - floatOf(theirs)) <= reach(key, ours),
  );
}

function floatAt(points: readonly Point[], time: Point['time']): number {
  const point = points.find((other) => other.time === time);
  return point === undefined ? Number.NaN : floatOf(point);
}

/** The number, NaN for a histogram. */
export function floatOf({ value }: Point): number {
  return typeof value === 'string' ? numberOf(value) : Number.NaN;
}
