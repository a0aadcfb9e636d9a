import type { Expr } from '../../../lib/promql/ast.ts';
import type { Answer, Point, WireHistogram } from './answer.ts';
import { INEXACT_FUNCTIONS } from './expressions.ts';
import { nodesOf } from './tree.ts';

/** Where two answers differ first, and what is there on each side. */
export interface Difference {
  readonly what: 'error' | 'type' | 'series' | 'points' | 'value' | 'order' | 'warnings' | 'infos';
  readonly place: string;
  readonly own: string;
  readonly real: string;
}

/** Distance within which numbers count as the same. */
export interface Tolerance {
  /** As part of the larger one. */
  readonly relative: number;
  /** Where the numbers are so small that this is more. */
  readonly absolute: number;
  /** What the order of an instant vector goes by. */
  readonly order: 'any' | 'values' | 'labels';
}

const EXACT = 1e-12;
// Go and V8 compute powers, logarithms and angles by different polynomials.
const INEXACT = 1e-9;
// Go takes the logarithm of half a number next to 1 and adds 1, which leaves but the digits that 1 has; V8 loses none.
const NEAR_ONE = 1e-15;
const LOGARITHMS = new Set(['log2', 'log10']);
const INTERPOLATING = new Set([
  ...INEXACT_FUNCTIONS,
  // Lines are fitted about the middle of their window, which is the more exact way.
  'deriv',
  'predict_linear',
  'histogram_quantile',
  'histogram_fraction',
  'histogram_stddev',
  'histogram_stdvar',
]);
const SORTING: ReadonlyMap<string, Tolerance['order']> = new Map([
  ['sort', 'values'],
  ['sort_desc', 'values'],
  ['sort_by_label', 'labels'],
  ['sort_by_label_desc', 'labels'],
]);

/** How answers to this expression are compared; null when it does not parse. */
export function toleranceOf(expr: Expr | null): Tolerance {
  if (expr === null) return { relative: EXACT, absolute: 0, order: 'any' };
  const nodes = nodesOf(expr);
  const isInexact = nodes.some(
    (node) =>
      (node.kind === 'call' && INTERPOLATING.has(node.func)) ||
      (node.kind === 'binary' && (node.op === '^' || node.op === 'atan2')),
  );
  const hasLogarithm = nodes.some((node) => node.kind === 'call' && LOGARITHMS.has(node.func));
  let root = expr;
  while (root.kind === 'paren') root = root.expr;
  const order = root.kind === 'call' ? (SORTING.get(root.func) ?? 'any') : 'any';
  return { relative: isInexact ? INEXACT : EXACT, absolute: hasLogarithm ? NEAR_ONE : 0, order };
}

/** The first difference, or null. */
export function differenceOf(own: Answer, real: Answer, tolerance: Tolerance): Difference | null {
  if (own.error !== real.error) {
    return { what: 'error', place: '', own: own.error ?? 'an answer', real: real.error ?? 'an answer' };
  }
  if (own.type !== real.type) return { what: 'type', place: '', own: own.type, real: real.type };
  return (
    seriesDifference(own, real, tolerance) ??
    orderDifference(own, real, tolerance) ??
    remarkDifference('warnings', own, real) ??
    remarkDifference('infos', own, real)
  );
}

function seriesDifference(own: Answer, real: Answer, tolerance: Tolerance): Difference | null {
  for (const key of own.series.keys()) {
    if (!real.series.has(key))
      return { what: 'series', place: key, own: texts(own.series.get(key)), real: 'no such series' };
  }
  for (const [key, points] of real.series) {
    const ours = own.series.get(key);
    if (ours === undefined) return { what: 'series', place: key, own: 'no such series', real: texts(points) };
    const difference = pointDifference(key, ours, { points, tolerance });
    if (difference !== null) return difference;
  }
  return null;
}

function texts(points: readonly Point[] = []): string {
  return JSON.stringify(points.map(({ time, value }) => [time, value])).slice(0, 500);
}

function pointDifference(
  key: string,
  own: readonly Point[],
  { points: real, tolerance }: { readonly points: readonly Point[]; readonly tolerance: Tolerance },
): Difference | null {
  const times = (points: readonly Point[]): string =>
    points.map(({ time, value }) => `${time}${typeof value === 'string' ? '' : 'h'}`).join(' ');
  if (times(own) !== times(real)) return { what: 'points', place: key, own: texts(own), real: texts(real) };
  const index = real.findIndex(({ value }, i) => !sameValue(own[i]?.value ?? '', value, tolerance));
  if (index === -1) return null;
  const show = (points: readonly Point[]): string => JSON.stringify(points[index]?.value);
  return { what: 'value', place: `${key} at ${real[index]?.time}`, own: show(own), real: show(real) };
}

function sameValue(own: string | WireHistogram, real: string | WireHistogram, near: Tolerance): boolean {
  if (typeof own === 'string' || typeof real === 'string') {
    return own === real || (typeof own === 'string' && typeof real === 'string' && isClose(own, real, near));
  }
  const { buckets = [] } = own;
  const { buckets: others = [] } = real;
  if (!isClose(own.count, real.count, near) || !isClose(own.sum, real.sum, near)) return false;
  return (
    buckets.length === others.length &&
    others.every(([boundaries, lower, upper, count], i) => {
      const [rule, from, to, ours = ''] = buckets[i] ?? [];
      return rule === boundaries && from === lower && to === upper && isClose(ours, count, near);
    })
  );
}

function isClose(own: string, real: string, { relative, absolute }: Tolerance): boolean {
  if (own === real) return true;
  const a = numberOf(own);
  const b = numberOf(real);
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}

/** The number that a value's text stands for; NaN for what is none. */
export function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** Of equal values either may come first. */
function orderDifference(own: Answer, real: Answer, tolerance: Tolerance): Difference | null {
  const { order } = tolerance;
  if (order === 'any' || own.type !== 'vector') return null;
  const list = ({ series }: Answer): string[] =>
    order === 'labels' ? [...series.keys()] : [...series.values()].flat().map(({ value }) => String(value));
  const [ours, theirs] = [list(own), list(real)];
  const isSame = (a: string, b: string): boolean => a === b || (order === 'values' && isClose(a, b, tolerance));
  if (ours.length === theirs.length && ours.every((text, i) => isSame(text, theirs[i] ?? ''))) return null;
  return { what: 'order', place: '', own: ours.join(' '), real: theirs.join(' ') };
}

function remarkDifference(what: 'warnings' | 'infos', own: Answer, real: Answer): Difference | null {
  const show = (answer: Answer): string => answer[what].toSorted().join('\n');
  return show(own) === show(real) ? null : { what, place: '', own: show(own), real: show(real) };
}
