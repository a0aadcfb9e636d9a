import type { Call, Expr } from '../../../lib/promql/ast.ts';
import type { Answer, Point } from './answer.ts';
import { numberOf } from './compare.ts';

/** Whether both are answers with the same series and times, and points that are alike. */
export function sameShape(
  own: Answer,
  real: Answer,
  same: (ours: Point, theirs: Point, key: string) => boolean,
): boolean {
  if (own.error !== null || real.error !== null || own.series.size !== real.series.size) return false;
  return [...real.series].every(([key, points]) => {
    const ours = own.series.get(key) ?? [];
    return (
      ours.length === points.length &&
      points.every((theirs, i) => {
        const point = ours[i];
        return point !== undefined && point.time === theirs.time && same(point, theirs, key);
      })
    );
  });
}

/** Points with the same values. */
export function isEqual(ours: Point, theirs: Point): boolean {
  return JSON.stringify(ours.value) === JSON.stringify(theirs.value);
}

/** Small differences of sums: buckets that should be empty, and the last digits of the others. */
export function isNearlyEqual(ours: Point, theirs: Point): boolean {
  const numbers = ({ value }: Point): number[] =>
    typeof value === 'string'
      ? [numberOf(value)]
      : [value.count, value.sum, ...(value.buckets ?? []).map(([, , , count]) => count)].map(numberOf);
  const lists = [numbers(ours), numbers(theirs)] as const;
  const largest = Math.max(...lists.flat().map(Math.abs).filter(Number.isFinite), 0);
  const [a, b] = lists.map((list) => list.filter((number) => !(Math.abs(number) <= 1e-12 * largest)));
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((number, i) => Object.is(number, b[i]) || Math.abs(number - (b[i] ?? 0)) <= 1e-7 * largest);
}

/** Whether it is a call of one of these functions. */
export function isCall(expr: Expr | null, funcs: readonly string[]): expr is Call {
  return expr?.kind === 'call' && funcs.includes(expr.func);
}
