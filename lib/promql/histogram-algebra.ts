import type { Histogram, ResetHint } from '../model/histogram.ts';
import { isCustom } from './histogram-buckets.ts';
import {
  compactSide,
  haveEqualBounds,
  haveEqualLayout,
  haveEqualSpans,
  numberArray,
  reachIntoZero,
} from './histogram-layout.ts';
import {
  addNumbers,
  addSides,
  atBounds,
  atSchema,
  outsideZero,
  type Parts,
  putTogether,
  type Side,
  takeApart,
  widened,
} from './histogram-parts.ts';

// Arithmetic on native histograms. Operands may differ in resolution, zero bucket and custom bounds: they are first brought
// to what both can be expressed in. Only exponential and custom buckets have nothing in common.
// Neighbours: histogram-buckets.ts knows bounds, histogram-layout.ts compares layouts, which decides whether the short way will
// do; histogram-parts.ts is the long way, and histogram-sum.ts adds up many.

/** A sum or difference, and what there is to say about how it came about. */
export interface Combination<T = Histogram> {
  readonly result: T;
  /** The operands had different custom bounds; the result has those they share. */
  readonly boundsReconciled: boolean;
  /** One operand was known to follow a counter reset, the other known not to. */
  readonly resetsCollide: boolean;
}

/**
 * a + b, or a - b with `sign` -1. Null when one has exponential buckets, the other custom ones. A difference keeps the
 * reset hint of the sum, too: the operator `-`, which always yields a gauge, says so itself.
 */
export function combineHistograms(a: Histogram, b: Histogram, sign: 1 | -1): Combination | null {
  if (haveEqualLayout(a, b) && !reachIntoZero(a)) return combineAlike(a, b, sign);
  const combined = combineParts(takeApart(a), takeApart(b), sign);
  return combined === null ? null : { ...combined, result: putTogether(combined.result) };
}

/** Of histograms with the very same layout, as samples of one series nearly always have. */
function combineAlike(a: Histogram, b: Histogram, sign: 1 | -1): Combination {
  const result = withCounts(a, {
    count: a.count + sign * b.count,
    sum: a.sum + sign * b.sum,
    zeroCount: a.zeroCount + sign * b.zeroCount,
    positive: addAlike(a.positiveBuckets, b.positiveBuckets, sign),
    negative: addAlike(a.negativeBuckets, b.negativeBuckets, sign),
    resetHint: hintOfSum(a.resetHint, b.resetHint),
  });
  return { result, boundsReconciled: false, resetsCollide: doCollide(a.resetHint, b.resetHint) };
}

const NO_COUNTS: readonly number[] = [];

function addAlike(a: readonly number[], b: readonly number[], sign: 1 | -1): readonly number[] {
  if (a.length === 0) return NO_COUNTS;
  const sums = numberArray(a.length);
  for (let i = 0; i < sums.length; i++) sums[i] = (a[i] ?? 0) + sign * (b[i] ?? 0);
  return sums;
}

/**
 * a - b multiplied by what `factorOf` makes of its count, as a gauge; both in one, for histograms of the very same layout, of
 * which rates are made. Null for others.
 */
export function scaledDifference(a: Histogram, b: Histogram, factorOf: (count: number) => number): Histogram | null {
  if (!haveEqualLayout(a, b) || reachIntoZero(a)) return null;
  const factor = factorOf(a.count - b.count);
  if (!Number.isFinite(factor)) return null;
  return withCounts(a, {
    count: (a.count - b.count) * factor,
    sum: (a.sum - b.sum) * factor,
    zeroCount: (a.zeroCount - b.zeroCount) * factor,
    positive: scaledDifferences(a.positiveBuckets, b.positiveBuckets, factor),
    negative: scaledDifferences(a.negativeBuckets, b.negativeBuckets, factor),
    resetHint: 'gauge',
  });
}

function scaledDifferences(a: readonly number[], b: readonly number[], factor: number): readonly number[] {
  if (a.length === 0) return NO_COUNTS;
  const scaled = numberArray(a.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = ((a[i] ?? 0) - (b[i] ?? 0)) * factor;
  return scaled;
}

/** Numbers for the buckets of a layout. */
interface Counts extends Pick<Histogram, 'count' | 'sum' | 'zeroCount' | 'resetHint'> {
  readonly positive: readonly number[];
  readonly negative: readonly number[];
}

/** A histogram of the layout of another, less its empty buckets. */
function withCounts(layout: Histogram, { count, sum, zeroCount, positive, negative, resetHint }: Counts): Histogram {
  const above = compactSide({ spans: layout.positiveSpans, counts: positive });
  const below = compactSide({ spans: layout.negativeSpans, counts: negative });
  return {
    schema: layout.schema,
    zeroThreshold: layout.zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans: above.spans,
    positiveBuckets: above.counts,
    negativeSpans: below.spans,
    negativeBuckets: below.counts,
    customBounds: layout.customBounds,
    resetHint,
  };
}

/** As `combineHistograms`, of histograms taken apart. */
export function combineParts(a: Parts, b: Parts, sign: 1 | -1): Combination<Parts> | null {
  if (isCustom(a) !== isCustom(b)) return null;
  const boundsReconciled = !haveEqualBounds(a, b);
  const [left, right] = boundsReconciled ? underSharedBounds(a, b) : underSharedZero(a, b);
  const schema = Math.min(left.schema, right.schema);
  const own = atSchema(left, schema);
  const other = outsideZero(atSchema(right, schema));
  const result: Parts = {
    ...own,
    count: addNumbers(own.count, other.count, sign),
    sum: addNumbers(own.sum, other.sum, sign),
    zeroCount: addNumbers(own.zeroCount, other.zeroCount, sign),
    positive: addSides(own.positive, other.positive, sign),
    negative: addSides(own.negative, other.negative, sign),
    resetHint: hintOfSum(a.resetHint, b.resetHint),
  };
  return { result, boundsReconciled, resetsCollide: doCollide(a.resetHint, b.resetHint) };
}

/** The reset hint of a sum of two histograms with these. */
export function hintOfSum(a: ResetHint, b: ResetHint): ResetHint {
  if (a === b) return a;
  return a === 'gauge' || b === 'gauge' ? 'gauge' : 'unknown';
}

function doCollide(a: ResetHint, b: ResetHint): boolean {
  return (a === 'reset' && b === 'not-reset') || (a === 'not-reset' && b === 'reset');
}

/** Whether both have exponential buckets, or the same custom ones. */
export function areCompatible(a: Histogram, b: Histogram): boolean {
  return isCustom(a) === isCustom(b) && haveEqualBounds(a, b);
}

function underSharedBounds(a: Parts, b: Parts): readonly [Parts, Parts] {
  const known = new Set(b.customBounds);
  const shared = a.customBounds.filter((bound) => known.has(bound));
  return [atBounds(a, shared), atBounds(b, shared)];
}

/**
 * Under the smallest zero threshold that neither is narrower than and that cuts no populated bucket of either. Matches
 * Prometheus in that the buckets of the right operand stay, to be left out at the common resolution if they lie within: a
 * bucket that crosses the threshold only there is counted twice.
 */
function underSharedZero(a: Parts, b: Parts): readonly [Parts, Parts] {
  let left = a;
  let right = b;
  while (left.zeroThreshold !== right.zeroThreshold) {
    const threshold = Math.max(left.zeroThreshold, right.zeroThreshold);
    left = widened(left, threshold);
    right = widened(right, threshold);
  }
  return [left, { ...right, positive: b.positive, negative: b.negative }];
}

/** Every count and the sum multiplied; a negative factor makes a gauge. */
export function scaleHistogram(histogram: Histogram, factor: number): Histogram {
  const { count, sum, positiveBuckets, negativeBuckets, resetHint } = histogram;
  return withCounts(histogram, {
    ...{ count: count * factor, sum: sum * factor, zeroCount: zeroCountOf(histogram) * factor },
    positive: multiplied(positiveBuckets, factor),
    negative: multiplied(negativeBuckets, factor),
    resetHint: factor < 0 ? 'gauge' : resetHint,
  });
}

/**
 * Beside custom buckets there is none, and Prometheus begins with 0 each time: where `-x` has -0, `- -x` has -0 again instead of
 * the 0 of `x`, from which `==` tells it.
 */
function zeroCountOf(histogram: Histogram): number {
  return isCustom(histogram) ? 0 : histogram.zeroCount;
}

function multiplied(counts: readonly number[], factor: number): readonly number[] {
  if (counts.length === 0) return NO_COUNTS;
  const products = numberArray(counts.length);
  for (let i = 0; i < products.length; i++) products[i] = (counts[i] ?? 0) * factor;
  return products;
}

/** Every count and the sum divided; a negative divisor makes a gauge. Division by zero leaves no buckets. */
export function divideHistogram(histogram: Histogram, divisor: number): Histogram {
  const { count, sum, positiveBuckets, negativeBuckets, resetHint } = histogram;
  const divided = withCounts(histogram, {
    ...{ count: count / divisor, sum: sum / divisor, zeroCount: zeroCountOf(histogram) / divisor },
    positive: quotients(positiveBuckets, divisor),
    negative: quotients(negativeBuckets, divisor),
    resetHint: divisor < 0 ? 'gauge' : resetHint,
  });
  if (divisor !== 0) return divided;
  return { ...divided, positiveSpans: [], positiveBuckets: [], negativeSpans: [], negativeBuckets: [] };
}

function quotients(counts: readonly number[], divisor: number): readonly number[] {
  if (counts.length === 0) return NO_COUNTS;
  const found = numberArray(counts.length);
  for (let i = 0; i < found.length; i++) found[i] = (counts[i] ?? 0) / divisor;
  return found;
}

/** The same histogram with its empty buckets left out: one layout for each distribution. */
export function compactHistogram(histogram: Histogram): Histogram {
  const { count, sum, zeroCount, positiveBuckets, negativeBuckets, resetHint } = histogram;
  const counts = { count, sum, zeroCount, positive: positiveBuckets, negative: negativeBuckets, resetHint };
  return withCounts(histogram, counts);
}

/** At the given resolution, if that is coarser. */
export function reduceHistogram(histogram: Histogram, schema: number): Histogram {
  return histogram.schema <= schema ? histogram : putTogether(atSchema(takeApart(histogram), schema));
}

/** Whether two histograms have the same buckets with the same counts, empty ones included. Reset hints do not matter. */
export function areEqual(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    haveEqualBounds(a, b) &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    Object.is(a.zeroCount, b.zeroCount) &&
    haveEqualBuckets(a, b)
  );
}

function haveEqualBuckets(a: Histogram, b: Histogram): boolean {
  if (haveEqualSpans(a.positiveSpans, b.positiveSpans) && haveEqualSpans(a.negativeSpans, b.negativeSpans)) {
    return isNowhereOther(a.positiveBuckets, b.positiveBuckets) && isNowhereOther(a.negativeBuckets, b.negativeBuckets);
  }
  const own = takeApart(a);
  const other = takeApart(b);
  return areEqualSides(own.positive, other.positive) && areEqualSides(own.negative, other.negative);
}

function isNowhereOther(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return a.length === b.length;
}

function areEqualSides(a: Side, b: Side): boolean {
  if (a.indexes.length !== b.indexes.length) return false;
  return a.indexes.every((index, i) => index === b.indexes[i] && Object.is(a.counts[i], b.counts[i]));
}

/** Whether a counter histogram was reset between two samples. */
export function isReset(current: Histogram, before: Histogram): boolean {
  if (current.resetHint === 'reset') return true;
  if (current.resetHint === 'not-reset') return false;
  if (current.count < before.count || isCustom(current) !== isCustom(before)) return true;
  if (current.schema > before.schema || current.zeroThreshold < before.zeroThreshold) return true;
  if (hasOnlyGrown(current, before)) return false;
  if (!haveEqualBounds(current, before)) {
    const [own, known] = underSharedBounds(takeApart(current), takeApart(before));
    return hasFallen(own.positive, known.positive);
  }
  const own = outsideZero(takeApart(current));
  const known = takeApart(before);
  const { zeroThreshold, zeroCount } = widened(known, current.zeroThreshold);
  if (zeroThreshold !== current.zeroThreshold || current.zeroCount < zeroCount.sum) return true;
  const { positive, negative } = outsideZero({ ...atSchema(known, current.schema), zeroThreshold });
  return hasFallen(own.positive, positive) || hasFallen(own.negative, negative);
}

/** Whether both have the very same layout and no bucket has lost anything, as it is nearly always from sample to sample. */
function hasOnlyGrown(current: Histogram, before: Histogram): boolean {
  return (
    current.zeroCount >= before.zeroCount &&
    haveEqualLayout(current, before) &&
    isNowhereLower(current.positiveBuckets, before.positiveBuckets) &&
    isNowhereLower(current.negativeBuckets, before.negativeBuckets)
  );
}

function isNowhereLower(current: readonly number[], before: readonly number[]): boolean {
  for (let i = 0; i < current.length; i++) if (!((current[i] ?? 0) >= (before[i] ?? 0))) return false;
  return true;
}

function hasFallen(current: Side, before: Side): boolean {
  let i = 0;
  for (let j = 0; j < before.indexes.length; j++) {
    const index = before.indexes[j] ?? 0;
    while ((current.indexes[i] ?? Number.POSITIVE_INFINITY) < index) i++;
    const count = current.indexes[i] === index ? (current.counts[i] ?? 0) : 0;
    if (count < (before.counts[j] ?? 0)) return true;
  }
  return false;
}
