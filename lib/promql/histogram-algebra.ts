import type { BucketSpan, Histogram, ResetHint } from '../model/histogram.ts';
import { isCustom, upperBound } from './histogram-buckets.ts';
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
// Neighbours: histogram-buckets.ts knows bounds, histogram-parts.ts the layouts, histogram-sum.ts long sums.

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
  const result: Histogram = {
    ...a,
    count: a.count + sign * b.count,
    sum: a.sum + sign * b.sum,
    zeroCount: a.zeroCount + sign * b.zeroCount,
    positiveBuckets: a.positiveBuckets.map((count, i) => count + sign * (b.positiveBuckets[i] ?? 0)),
    negativeBuckets: a.negativeBuckets.map((count, i) => count + sign * (b.negativeBuckets[i] ?? 0)),
    resetHint: hintOfSum(a.resetHint, b.resetHint),
  };
  return {
    result: compactHistogram(result),
    boundsReconciled: false,
    resetsCollide: doCollide(a.resetHint, b.resetHint),
  };
}

function haveEqualLayout(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    haveEqualBounds(a, b) &&
    haveEqualSpans(a.positiveSpans, b.positiveSpans) &&
    haveEqualSpans(a.negativeSpans, b.negativeSpans)
  );
}

function haveEqualSpans(a: readonly BucketSpan[], b: readonly BucketSpan[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((span, i) => span.offset === b[i]?.offset && span.length === b[i]?.length);
}

/** Whether some bucket begins inside the zero bucket. */
function reachIntoZero(histogram: Histogram): boolean {
  const { zeroThreshold, positiveSpans, negativeSpans } = histogram;
  if (zeroThreshold === 0 || isCustom(histogram)) return false;
  return [positiveSpans, negativeSpans].some(([first]) => {
    return first !== undefined && upperBound(first.offset - 1, histogram) < zeroThreshold;
  });
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

function hintOfSum(a: ResetHint, b: ResetHint): ResetHint {
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

type Bounded = Pick<Histogram, 'customBounds'>;

function haveEqualBounds(a: Bounded, b: Bounded): boolean {
  const { length } = a.customBounds;
  if (length !== b.customBounds.length) return false;
  for (let i = 0; i < length; i++) if (a.customBounds[i] !== b.customBounds[i]) return false;
  return true;
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
  const scaled = mapHistogram(histogram, (number) => number * factor);
  return factor < 0 ? { ...scaled, resetHint: 'gauge' } : scaled;
}

/** Every count and the sum divided; a negative divisor makes a gauge. Division by zero leaves no buckets. */
export function divideHistogram(histogram: Histogram, divisor: number): Histogram {
  const divided = mapHistogram(histogram, (number) => number / divisor);
  if (divisor === 0) {
    return { ...divided, positiveSpans: [], positiveBuckets: [], negativeSpans: [], negativeBuckets: [] };
  }
  return divisor < 0 ? { ...divided, resetHint: 'gauge' } : divided;
}

function mapHistogram(histogram: Histogram, map: (number: number) => number): Histogram {
  return compactHistogram({
    ...histogram,
    count: map(histogram.count),
    sum: map(histogram.sum),
    zeroCount: map(histogram.zeroCount),
    positiveBuckets: histogram.positiveBuckets.map(map),
    negativeBuckets: histogram.negativeBuckets.map(map),
  });
}

/** The same histogram with its empty buckets left out: one layout for each distribution. */
export function compactHistogram(histogram: Histogram): Histogram {
  return putTogether(takeApart(histogram));
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
    areEqualSides(takeApart(a).positive, takeApart(b).positive) &&
    areEqualSides(takeApart(a).negative, takeApart(b).negative)
  );
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

// Windows overlap, so the same two samples are compared again and again. Kept with each is the one it has grown into, not
// the one it has grown from: samples are forgotten oldest first, and must not be held by those that stay.
const grownInto = new WeakMap<Histogram, Histogram>();

/** Whether both have the very same layout and no bucket has lost anything, as it is nearly always from sample to sample. */
function hasOnlyGrown(current: Histogram, before: Histogram): boolean {
  if (grownInto.get(before) === current) return true;
  const hasGrown =
    current.zeroCount >= before.zeroCount &&
    haveEqualLayout(current, before) &&
    isNowhereLower(current.positiveBuckets, before.positiveBuckets) &&
    isNowhereLower(current.negativeBuckets, before.negativeBuckets);
  if (hasGrown) grownInto.set(before, current);
  return hasGrown;
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
