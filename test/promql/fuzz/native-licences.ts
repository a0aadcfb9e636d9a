import type { BinaryExpr, Call, Expr } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import { isCall, isEqual, isNearlyEqual, sameShape } from './alike.ts';
import type { Answer, Point, WireHistogram } from './answer.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import { numberOf } from './compare.ts';
import type { Dispute } from './dispute.ts';
import type { Licence } from './licence.ts';
import { floatOf, isWithinRounding } from './magnified.ts';
import { readBy } from './reads.ts';
import { seriesOf } from './stored.ts';
import { childrenOf, nodesOf } from './tree.ts';

/** Of native histograms, and of fractions of classic ones. */
export const NATIVE_LICENCES: readonly Licence[] = [
  { name: 'sums of native histograms are compensated', covers: isCompensated },
  { name: 'sums of native histograms are compensated', covers: isMagnified },
  { name: 'sums of native histograms are compensated', covers: isQuantileOfSum },
  { name: 'custom buckets are reconciled', covers: isReconciled },
  { name: 'rates of native histograms stop at zero', covers: isZeroCap },
  { name: 'histograms under their counts are read whole', covers: isReadWhole },
  { name: 'histogram_fraction in a bucket without lower bound', covers: isFractionWithoutBound },
  { name: 'all lost buckets are looked at', covers: isAboutLostBuckets },
  { name: 'a difference is a gauge', covers: isRemarkOnDifference },
  { name: 'buckets that were never there', covers: isWithoutEmptyBuckets },
  { name: 'order of series', covers: isMixOfSchemas },
];

const ADDING_HISTOGRAMS = new Set(['sum_over_time', 'avg_over_time', 'rate', 'increase', 'delta']);

/** Sums of native histograms are compensated, those of 3.5 are not: the last digits differ, and what is computed from them. */
function isCompensated(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr === null || !nodesOf(expr).some(addsHistograms)) return false;
  const isAbout = [...real.series.values()].flat().some(({ value }) => typeof value !== 'string');
  return (isAbout || readsHistogram(expr)) && sameShape(own, real, isNearlyEqual);
}

function addsHistograms(node: Expr): boolean {
  return (
    (node.kind === 'aggregation' && (node.op === 'sum' || node.op === 'avg')) ||
    (node.kind === 'call' && ADDING_HISTOGRAMS.has(node.func))
  );
}

function readsHistogram(expr: Expr): boolean {
  return nodesOf(expr).some((node) => node.kind === 'call' && node.func.startsWith('histogram_'));
}

/** Such a sum under `%`, or taken from one much like it. */
function isMagnified(arena: Arena, dispute: Dispute): boolean {
  return isWithinRounding(arena, dispute, (side) => nodesOf(side).some(addsHistograms) && readsHistogram(side));
}

/** A quantile of such a sum near zero: the digits of its buckets' bounds are what counts. */
function isQuantileOfSum(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const argument = isCall(expr, ['histogram_quantile']) ? expr.args[1] : undefined;
  if (argument === undefined || !nodesOf(argument).some(addsHistograms)) return false;
  const summed = [...arena.own({ ...fuzzCase, text: printExpr(argument) }).series.values()].flat();
  const bounds = summed.flatMap(({ value }) =>
    typeof value === 'string'
      ? []
      : (value.buckets ?? []).flatMap(([, lower, upper]) => [numberOf(lower), numberOf(upper)]),
  );
  const largest = Math.max(...bounds.filter(Number.isFinite).map(Math.abs));
  return sameShape(own, real, (ours, theirs) => {
    return isEqual(ours, theirs) || Math.abs(floatOf(ours) - floatOf(theirs)) <= 1e-12 * largest;
  });
}

/** Only 3.5 says that custom buckets are incompatible, and what it leaves out cannot collide there. */
function isReconciled(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  // Other bounds alone are a reset to 3.5; whether there are others increase() tells.
  if (isCall(expr, ['resets']) && !isSilentlyReconciled(arena, { expr, fuzzCase, own, real })) {
    return isReconciled(arena, { expr: null, fuzzCase, own: increaseInstead(arena, expr, fuzzCase), real });
  }
  return (
    real.warnings.some((text) => text.includes('histograms with incompatible custom buckets')) ||
    own.infos.some((text) => text.startsWith('PromQL info: mismatched custom buckets were reconciled')) ||
    isSilentlyReconciled(arena, { expr, fuzzCase, own, real })
  );
}

/** Where another remark hides the info, or floats between them: 3.5 finds no result for a pair, and one more reset. */
function isSilentlyReconciled(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr === null || !readsSeveralBounds(arena, expr, fuzzCase)) return false;
  if (isCall(expr, ['resets'])) {
    return sameShape(own, real, (ours, theirs) => floatOf(ours) <= floatOf(theirs));
  }
  const isRefused = real.warnings.some((text) => text.includes('incompatible bucket layout encountered'));
  return expr.kind === 'binary' && isRefused && [...real.series.keys()].every((key) => own.series.has(key));
}

function readsSeveralBounds({ dataset }: Arena, expr: Expr, fuzzCase: FuzzCase): boolean {
  const points = readBy(expr, fuzzCase, seriesOf(dataset)).flatMap((series) => series.points);
  const bounds = points.map(({ value }) => (value.kind === 'histogram' ? value.histogram.customBounds.join() : ''));
  return new Set(bounds.filter((text) => text !== '')).size > 1;
}

/** Ours are theirs made smaller, bucket by bucket by the same factor. */
function isZeroCap(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['rate', 'increase'])) return false;
  return sameShape(own, real, (ours, theirs) => {
    if (typeof ours.value === 'string' || typeof theirs.value === 'string') return ours.value === theirs.value;
    return isScaledDown(ours.value, theirs.value);
  });
}

function isScaledDown(own: WireHistogram, real: WireHistogram): boolean {
  const factor = numberOf(own.count) / numberOf(real.count);
  if (!(factor > 0 && factor <= 1 + 1e-12)) return own.count === real.count;
  const scaled = (ours: string, theirs: string): boolean =>
    Math.abs(numberOf(ours) - numberOf(theirs) * factor) <= 1e-9 * Math.abs(numberOf(theirs));
  const { buckets = [] } = own;
  const { buckets: others = [] } = real;
  return (
    scaled(own.sum, real.sum) &&
    buckets.length === others.length &&
    others.every(([, lower, upper, count], i) => {
      const [, from, to, ours = ''] = buckets[i] ?? [];
      return from === lower && to === upper && scaled(ours, count);
    })
  );
}

/** Where these functions are arguments of anything, and not about a selector itself. */
function isReadWhole(_: Arena, { expr }: Dispute): boolean {
  const counts = (expr === null ? [] : childrenOf(expr)).filter((child) =>
    isCall(child, ['histogram_count', 'histogram_sum', 'histogram_avg']),
  );
  return counts.some((count) =>
    nodesOf(count)
      .slice(1)
      .some((node) => 'args' in node || 'op' in node),
  );
}

/** Of the buckets that a histogram has lost 3.5 looks at the first only; stored counters lose none but at once. */
function isAboutLostBuckets(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (!isCall(expr, ['rate', 'increase', 'irate', 'resets'])) return false;
  // What resets() counts is remarked on by increase() alone.
  const { warnings } = expr.func === 'resets' ? increaseInstead(arena, expr, fuzzCase) : own;
  const isGauge = warnings.some((text) => text.includes('native histogram metric is not a counter'));
  const isSubquery = expr.args[0]?.kind === 'subquery';
  if (!isSubquery && !isGauge) return false;
  const isMore = sameShape(own, real, (ours, theirs) => floatOf(ours) >= floatOf(theirs));
  if (expr.func === 'resets') return isSubquery || isMore;
  return [...real.series.values()].flat().some(({ value }) => typeof value !== 'string');
}

function increaseInstead(arena: Arena, expr: Call, fuzzCase: FuzzCase): Answer {
  return arena.own({ ...fuzzCase, text: printExpr({ ...expr, func: 'increase' }) });
}

/** 3.5 does not know that a difference of histograms is a gauge. */
function isRemarkOnDifference(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['rate', 'increase', 'irate', 'delta', 'idelta']) || !sameShape(own, real, isEqual)) return false;
  const others = ({ warnings }: Answer): string =>
    warnings
      .filter((text) => !/this native histogram metric is not a (counter|gauge)/.test(text))
      .sort()
      .join();
  return others(own) === others(real) && nodesOf(expr).some(({ kind }) => kind === 'binary' || kind === 'unary');
}

/** 3.5 says NaN. */
function isFractionWithoutBound(_: Arena, { expr, own, real }: Dispute): boolean {
  return (
    isCall(expr, ['histogram_fraction']) &&
    sameShape(own, real, (ours, theirs) => theirs.value === 'NaN' || ours.value === theirs.value)
  );
}

/**
 * Of empty buckets a multiplication with NaN or Inf makes NaN; they tell otherwise equal histograms apart; and a quantile of a
 * histogram with negative counts, which no bucket reaches, is that of the outermost.
 */
function isWithoutEmptyBuckets(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const [first, second] = expr?.kind === 'call' ? expr.args : [];
  const read = (part: Expr): Point[] => [...arena.own({ ...fuzzCase, text: printExpr(part) }).series.values()].flat();
  if (isCall(expr, ['changes'])) {
    const fewer = (ours: Point, theirs: Point): boolean => Number(ours.value) <= Number(theirs.value);
    const last = read({ ...expr, func: 'sum_over_time' });
    const remarked = arena.own({ ...fuzzCase, text: printExpr({ ...expr, func: 'sum_over_time' }) }).warnings;
    return sameShape(own, real, fewer) && (remarked.length > 0 || last.some(({ value }) => typeof value !== 'string'));
  }
  if (isCall(expr, ['histogram_quantile']) && first !== undefined && second !== undefined) {
    return read(second).some(({ value }) => typeof value !== 'string' && numberOf(value.count) < 0);
  }
  if (expr?.kind !== 'binary') return false;
  if ((expr.op === '==' || expr.op === '!=') && isFoundUnequal(expr, read, { own, real })) return true;
  const filled = ({ value }: Point): string =>
    typeof value === 'string'
      ? value
      : JSON.stringify({ ...value, buckets: (value.buckets ?? []).filter(([, , , count]) => count !== 'NaN') });
  return sameShape(own, real, (ours, theirs) => filled(ours) === filled(theirs));
}

/** Whether all that differs is that 3.5 takes native histograms for unequal. */
function isFoundUnequal(
  { bool, lhs, op }: BinaryExpr,
  read: (part: Expr) => Point[],
  { own, real }: Pick<Dispute, 'own' | 'real'>,
): boolean {
  if (!read(lhs).some(({ value }) => typeof value !== 'string')) return false;
  const [more, less] = op === '==' ? [own, real] : [real, own];
  if (!bool) return [...less.series.keys()].every((key) => more.series.has(key));
  return sameShape(more, less, (a, b) => a.value === b.value || (a.value === '1' && b.value === '0'));
}

/** Of a mix of schemas 3.5 warns only when it comes upon histograms before floats. */
function isMixOfSchemas(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || (expr.op !== 'sum' && expr.op !== 'avg')) return false;
  const isMix = (text: string): boolean =>
    text.includes('vector contains a mix of histograms with exponential and custom');
  return own.warnings.some(isMix) && !real.warnings.some(isMix) && sameShape(own, real, (a, b) => isEqual(a, b));
}
