import type { Expr } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import { isCall, isEqual, isNearlyEqual, sameShape } from './alike.ts';
import type { Answer, Point } from './answer.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import { plainAnswer } from './choices.ts';
import { differenceOf, numberOf } from './compare.ts';
import { timesInside } from './culprits.ts';
import type { Dispute } from './dispute.ts';
import { INFO_LICENCES } from './info-licences.ts';
import type { Licence } from './licence.ts';
import { isWithinRounding } from './magnified.ts';
import { NATIVE_LICENCES } from './native-licences.ts';
import { PINNED_LICENCES } from './pinned-licences.ts';
import { nodesOf } from './tree.ts';

/** All of them. */
export const LICENCES: readonly Licence[] = [
  { name: 'order of series', covers: isRounding },
  { name: 'order of series', covers: isChoiceAmongEquals },
  { name: 'NaN is no limit of nothing either', covers: isLimitOfNothing },
  { name: 'limits that are no numbers', covers: isLimitByNaN },
  { name: 'order of series', covers: isMagnifiedRounding },
  { name: 'partners are counted before filtering', covers: isCountedBeforeFiltering },
  { name: 'several conditions on one label', covers: isAbsentByOrder },
  { name: 'mad_over_time of NaN', covers: isMedianOfNaN },
  { name: 'names to be removed', covers: isAboutMarkedNames },
  { name: 'series that follow one another are one', covers: isSuccession },
  { name: 'subqueries end with the last step', covers: isRemarkBeyondLastStep },
  { name: 'exp, sinh and cosh near the largest number', covers: isNearOverflow },
  { name: 'last digits in a label', covers: isLabelOfNumber },
  { name: 'sort_by_label puts series without the label first', covers: isOrderOfMissingLabel },
  { name: 'sort_by_label keeps equal labels together', covers: isOrderOfLeadingZeros },
  ...NATIVE_LICENCES,
  ...INFO_LICENCES,
  ...PINNED_LICENCES,
];

const ADDING = new Set(['sum', 'avg', 'stddev', 'stdvar']);
const CHOOSING = new Set(['topk', 'bottomk', 'limitk']);

/** Sums of floats end in other digits when they are added in another order: no further apart than rounding errors. */
function isRounding(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || !ADDING.has(expr.op)) return false;
  const { series } = arena.own({ ...fuzzCase, text: `max(abs(${printExpr(expr.expr)}))` });
  const values = [...series.values()].flat().map(({ value }) => (typeof value === 'string' ? numberOf(value) : 0));
  const largest = values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  const slack = 1e-14 * largest;
  return sameShape(own, real, (ours, theirs) => {
    if (typeof ours.value !== 'string' || typeof theirs.value !== 'string') return false;
    const [a, b] = [numberOf(ours.value), numberOf(theirs.value)];
    if (ours.value === theirs.value) return true;
    // Each step of a variance rounds its mean.
    const deviation = expr.op === 'stdvar' ? Math.sqrt(Math.max(a, b)) : 1;
    return Math.abs(a - b) <= slack * (expr.op === 'stdvar' ? deviation + slack : 1);
  });
}

/** What is computed from such sums may show it more clearly: ours differ among themselves too, or with their last digits. */
function isMagnifiedRounding(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr === null || !addsFloats(expr)) return false;
  if (isWithinRounding(arena, { expr, fuzzCase, own, real }, addsFloats)) return true;
  const bits = { relative: 0, absolute: 0, order: 'any' } as const;
  return (
    differenceOf(own, real, { relative: 1e-6, absolute: 0, order: 'any' }) === null &&
    arena.reordered(fuzzCase).some((answer) => differenceOf(plainAnswer(answer, new Set()), own, bits) !== null)
  );
}

function addsFloats(expr: Expr): boolean {
  return nodesOf(expr).some((node) => node.kind === 'aggregation' && ADDING.has(node.op));
}

/** Of equal values either may be among the first, and of any values in limitk: but as many, and the same ones. */
function isChoiceAmongEquals(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || !CHOOSING.has(expr.op) || own.error !== null || real.error !== null) return false;
  const values = ({ series }: Answer): string =>
    [...series.values()]
      .flat()
      .map(({ time, value }) => `${time} ${expr.op === 'limitk' ? '' : JSON.stringify(value === '-0' ? '0' : value)}`)
      .sort()
      .join();
  return values(own) === values(real);
}

/** Of several NaN is named before all others. */
function isLimitByNaN(_: Arena, { own, real }: Dispute): boolean {
  return own.error === 'NaN' && real.error === 'Scalar value overflows int64';
}

/** 3.5 does not look at a limit where there is nothing to choose from. */
function isLimitOfNothing(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || expr.param === null || real.error !== null || own.error !== 'NaN') return false;
  const pointsOf = (part: Expr): Point[] =>
    [...arena.own({ ...fuzzCase, text: printExpr(part) }).series.values()].flat();
  const occupied = new Set(pointsOf(expr.expr).map(({ time }) => time));
  return pointsOf(expr.param).every(({ time, value }) => value !== 'NaN' || !occupied.has(time));
}

/** 3.5 does not mind several partners as long as no result comes of them. */
function isCountedBeforeFiltering(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'binary' || own.error?.startsWith('multiple matches for labels: ') !== true) return false;
  return real.error === null || real.error.startsWith('found duplicate series for the match group');
}

/** The labels of absent() hang on the order of such conditions, which the storage of 3.5 sometimes changes. */
function isAbsentByOrder(_: Arena, { expr }: Dispute): boolean {
  const absent = (expr === null ? [] : nodesOf(expr)).filter((node) => isCall(node, ['absent', 'absent_over_time']));
  return absent
    .flatMap(nodesOf)
    .some(
      (node) =>
        node.kind === 'vectorSelector' && new Set(node.matchers.map(({ name }) => name)).size < node.matchers.length,
    );
}

/**
 * With delayed name removal last_over_time() of a subquery brings names back in 3.5, `or` joins what has one name for now, and
 * groups are named or not as the first of all series is.
 */
function isAboutMarkedNames(_: Arena, { expr, fuzzCase }: Dispute): boolean {
  if (!fuzzCase.delayedNameRemoval) return false;
  if (expr?.kind === 'binary') return expr.op === 'or';
  if (expr?.kind === 'aggregation') {
    const isMixed = nodesOf(expr).some((node) => node.kind === 'binary' && node.op === 'or');
    return isMixed && !expr.without && expr.grouping.includes('__name__');
  }
  return isCall(expr, ['last_over_time']) && expr.args[0]?.kind === 'subquery';
}

/** Series with the same labels that never meet at a step: 3.5 refuses them. */
function isSuccession(_: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (own.error !== null || real.error !== 'vector cannot contain metrics with the same labelset') return false;
  const isRelabelled = isCall(expr, ['label_replace', 'label_join']) || expr?.kind === 'unary';
  return fuzzCase.times.stepMs > 0 && (isRelabelled || fuzzCase.delayedNameRemoval);
}

/** 3.5 goes on to the end of the range query, and remarks on what nobody asked for, or fails there. */
function isRemarkBeyondLastStep(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const { endMs, startMs, stepMs } = fuzzCase.times;
  if (expr === null || stepMs === 0 || (endMs - startMs) % stepMs === 0) return false;
  if (own.error === null && real.error !== null) return isErrorBeyondLastStep(arena, { expr, fuzzCase, own, real });
  const unnumbered = (texts: readonly string[]): string[] => texts.map((text) => text.replace(/got \S+/, 'got'));
  const known = new Set(unnumbered([...real.warnings, ...real.infos]));
  return (
    nodesOf(expr).some((node) => node.kind === 'subquery') &&
    sameShape(own, real, isEqual) &&
    unnumbered([...own.warnings, ...own.infos]).every((text) => known.has(text))
  );
}

function isErrorBeyondLastStep(arena: Arena, { expr, fuzzCase, real }: Dispute): boolean {
  return (expr === null ? [] : nodesOf(expr)).some((node) => {
    if (node.kind !== 'subquery') return false;
    const inside = { ...fuzzCase, text: printExpr(node.expr), times: timesInside(node, fuzzCase.times) };
    return arena.own(inside).error === real.error;
  });
}

/** Go's exp(x), by way of which the others are computed, is infinite a little sooner. */
function isNearOverflow(_: Arena, { expr, own, real }: Dispute): boolean {
  const isLarge = ({ value }: Point): boolean => typeof value === 'string' && Math.abs(numberOf(value)) > 1e307;
  return (
    isCall(expr, ['exp', 'cosh', 'sinh']) &&
    sameShape(own, real, (ours, theirs) => isNearlyEqual(ours, theirs) || (isLarge(ours) && isLarge(theirs)))
  );
}

const NUMBERS = /-?\d+(\.\d+)?(e[+-]\d+)?/g;

/** count_values makes labels of numbers, which differ where their last digits do. */
function isLabelOfNumber(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || expr.op !== 'count_values' || own.series.size !== real.series.size) return false;
  const numbers = ({ series }: Answer): number[][] =>
    [...series.keys()].map((key) => (key.match(NUMBERS) ?? []).map(Number)).sort(compareLists);
  const theirs = numbers(real);
  return numbers(own).every((list, i) =>
    list.every((number, k) => Math.abs(number - (theirs[i]?.[k] ?? Number.NaN)) <= 1e-9 * Math.abs(number)),
  );
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, i) => Math.abs(number - (b[i] ?? 0)) > 1e-9 * Math.abs(number));
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? 0);
}

function isOrderOfMissingLabel(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['sort_by_label', 'sort_by_label_desc']) || !sameShape(own, real, isEqual)) return false;
  const names = expr.args.slice(1).map((arg) => (arg.kind === 'string' ? `["${arg.value}",` : ''));
  return [...own.series.keys()].some((key) => names.some((name) => !key.includes(name)));
}

/** Of texts whose numbers are equal, as "0.1" and "0.01", each is before the other in 3.5. */
function isOrderOfLeadingZeros(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['sort_by_label', 'sort_by_label_desc']) || !sameShape(own, real, isEqual)) return false;
  const sorting = expr.args.slice(1).map((arg) => (arg.kind === 'string' ? arg.value : ''));
  const pairs = [...own.series.keys()].flatMap((key): [string, string][] => JSON.parse(key));
  return sorting.some((name) => {
    const texts = new Set(pairs.filter(([label]) => label === name).map(([, text]) => text));
    return new Set([...texts].map((text) => text.replace(/\d+/g, (digits) => `${BigInt(digits)}`))).size < texts.size;
  });
}

/** Where ours is NaN; also in what aggregates it, of which the parts alone have equal names while these are not yet removed. */
function isMedianOfNaN(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const isMedian = (node: Expr): boolean => isCall(node, ['mad_over_time']);
  const isAround = expr?.kind === 'aggregation' && fuzzCase.delayedNameRemoval && nodesOf(expr).some(isMedian);
  if (expr === null || !(isMedian(expr) || isAround)) return false;
  return (
    sameShape(own, real, (ours, theirs) => ours.value === 'NaN' || ours.value === theirs.value) ||
    isChoiceAmongMedians(arena, expr, fuzzCase)
  );
}

/** What is NaN here is not chosen, and what is chosen in its place is a number. */
function isChoiceAmongMedians(arena: Arena, expr: Expr, fuzzCase: FuzzCase): boolean {
  const choices = nodesOf(expr).filter((node) => node.kind === 'aggregation' && CHOOSING.has(node.op));
  const medians = choices.flatMap(nodesOf).filter((node) => isCall(node, ['mad_over_time']));
  const sums = medians.map((node) => arena.own({ ...fuzzCase, text: `sum(${printExpr(node)} * 0)` }));
  return sums.some(({ series }) => [...series.values()].flat().some(({ value }) => value === 'NaN'));
}
