import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from '../model/histogram.ts';
import { addTo, type Compensated } from './accumulators.ts';
import { eachBucket, upperBound } from './histogram-buckets.ts';
import { compactSide, runsOf, type SpannedBuckets } from './histogram-layout.ts';

/**
 * The buckets of one side, ascending by index, each index once. `rests[i]` is what rounding took from `counts[i]`:
 * sums of histograms are compensated bucket by bucket.
 */
export interface Side {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
  readonly rests: readonly number[];
}

/** A histogram taken apart for arithmetic, every number with its rest. */
export interface Parts {
  readonly schema: number;
  readonly customBounds: readonly number[];
  readonly zeroThreshold: number;
  readonly count: Readonly<Compensated>;
  readonly sum: Readonly<Compensated>;
  readonly zeroCount: Readonly<Compensated>;
  readonly positive: Side;
  readonly negative: Side;
  readonly resetHint: ResetHint;
}

export function takeApart(histogram: Histogram): Parts {
  const { schema, customBounds, zeroThreshold, count, sum, zeroCount, resetHint } = histogram;
  return {
    schema,
    customBounds,
    zeroThreshold,
    count: exactly(count),
    sum: exactly(sum),
    zeroCount: exactly(zeroCount),
    positive: sideOf(histogram.positiveSpans, histogram.positiveBuckets),
    negative: sideOf(histogram.negativeSpans, histogram.negativeBuckets),
    resetHint,
  };
}

function exactly(sum: number): Compensated {
  return { sum, rest: 0 };
}

/** Buckets of one side, all of them exact. */
function sideOf(spans: readonly BucketSpan[], buckets: readonly number[]): Side {
  const indexes: number[] = [];
  const counts: number[] = [];
  eachBucket(spans, buckets, (index, count) => {
    indexes.push(index);
    counts.push(count);
  });
  return { indexes, counts, rests: counts.map(() => 0) };
}

/** The histogram of parts, rests added; without empty buckets, so that one distribution has one layout. */
export function putTogether(parts: Parts): Histogram {
  const positive = spansOf(parts.positive);
  const negative = spansOf(parts.negative);
  return {
    schema: parts.schema,
    zeroThreshold: parts.zeroThreshold,
    zeroCount: total(parts.zeroCount),
    count: total(parts.count),
    sum: total(parts.sum),
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customBounds: parts.customBounds,
    resetHint: parts.resetHint,
  };
}

function total({ sum, rest }: Readonly<Compensated>): number {
  return sum + rest;
}

function spansOf({ indexes, counts, rests }: Side): SpannedBuckets {
  return compactSide({ spans: runsOf(indexes), counts: counts.map((count, i) => count + (rests[i] ?? 0)) });
}

/** The same parts with every count, every rest and the sum mapped. */
export function mapNumbers(parts: Parts, map: (number: number) => number): Parts {
  const both = ({ sum, rest }: Readonly<Compensated>): Compensated => ({ sum: map(sum), rest: map(rest) });
  const side = ({ indexes, counts, rests }: Side): Side => ({
    indexes,
    counts: counts.map(map),
    rests: rests.map(map),
  });
  return {
    ...parts,
    count: both(parts.count),
    sum: both(parts.sum),
    zeroCount: both(parts.zeroCount),
    positive: side(parts.positive),
    negative: side(parts.negative),
  };
}

// Scratch space of the sums below.
const running: Compensated = { sum: 0, rest: 0 };

/** a + sign * b, compensated. */
export function addNumbers(a: Readonly<Compensated>, b: Readonly<Compensated>, sign: 1 | -1): Compensated {
  running.sum = a.sum;
  running.rest = a.rest;
  addTo(running, sign * b.sum);
  addTo(running, sign * b.rest);
  return { ...running };
}

/** a + sign * b, bucket by bucket. */
export function addSides(a: Side, b: Side, sign: 1 | -1): Side {
  const indexes: number[] = [];
  const counts: number[] = [];
  const rests: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.indexes.length || j < b.indexes.length) {
    const own = a.indexes[i] ?? Number.POSITIVE_INFINITY;
    const other = b.indexes[j] ?? Number.POSITIVE_INFINITY;
    running.sum = own <= other ? (a.counts[i] ?? 0) : 0;
    running.rest = own <= other ? (a.rests[i] ?? 0) : 0;
    if (other <= own) {
      addTo(running, sign * (b.counts[j] ?? 0));
      addTo(running, sign * (b.rests[j] ?? 0));
      j++;
    }
    if (own <= other) i++;
    indexes.push(Math.min(own, other));
    counts.push(running.sum);
    rests.push(running.rest);
  }
  return { indexes, counts, rests };
}

/** Buckets that `renumber` gives the same index become one; it must not change their order. */
export function mergeBuckets(side: Side, renumber: (index: number) => number): Side {
  const indexes: number[] = [];
  const counts: number[] = [];
  const rests: number[] = [];
  side.indexes.forEach((old, i) => {
    const index = renumber(old);
    const last = indexes.length - 1;
    if (indexes[last] !== index) {
      indexes.push(index);
      counts.push(side.counts[i] ?? 0);
      rests.push(side.rests[i] ?? 0);
      return;
    }
    running.sum = counts[last] ?? 0;
    running.rest = rests[last] ?? 0;
    addTo(running, side.counts[i] ?? 0);
    addTo(running, side.rests[i] ?? 0);
    counts[last] = running.sum;
    rests[last] = running.rest;
  });
  return { indexes, counts, rests };
}

/** At a coarser resolution: 2^(difference of schemas) neighbouring buckets become one. */
export function atSchema(parts: Parts, schema: number): Parts {
  if (parts.schema <= schema) return parts;
  const shift = parts.schema - schema;
  const renumber = (index: number): number => ((index - 1) >> shift) + 1;
  return {
    ...parts,
    schema,
    positive: mergeBuckets(parts.positive, renumber),
    negative: mergeBuckets(parts.negative, renumber),
  };
}

/** Custom buckets under fewer bounds, all of which it has. */
export function atBounds(parts: Parts, customBounds: readonly number[]): Parts {
  const renumber = (index: number): number => firstAtLeast(customBounds, upperBound(index, parts));
  return { ...parts, customBounds, positive: mergeBuckets(parts.positive, renumber) };
}

function firstAtLeast(ascending: readonly number[], value: number): number {
  const found = ascending.findIndex((bound) => bound >= value);
  return found < 0 ? ascending.length : found;
}

/** With a zero bucket of at least `threshold`; a populated bucket that would be cut is taken in whole, which widens it further. */
export function widened(parts: Parts, threshold: number): Parts {
  if (parts.schema === CUSTOM_BUCKETS_SCHEMA || threshold <= parts.zeroThreshold) return parts;
  let outer = threshold;
  for (let wider = outermostCut(parts, outer); wider > outer; wider = outermostCut(parts, outer)) outer = wider;
  const zero: Compensated = { ...parts.zeroCount };
  const positive = takeInside(parts, parts.positive, outer, zero);
  const negative = takeInside(parts, parts.negative, outer, zero);
  return { ...parts, zeroThreshold: outer, zeroCount: zero, positive, negative };
}

/** The outer bound of the outermost populated bucket that starts inside the threshold. */
function outermostCut(parts: Parts, threshold: number): number {
  let outer = threshold;
  for (const { indexes, counts } of [parts.positive, parts.negative]) {
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i] ?? 0;
      if (upperBound(index - 1, parts) >= threshold) break;
      if (counts[i] !== 0) outer = Math.max(outer, upperBound(index, parts));
    }
  }
  return outer;
}

/** Moves the buckets inside the threshold into `zero` and returns the others. */
function takeInside(parts: Parts, side: Side, threshold: number, zero: Compensated): Side {
  let inside = 0;
  while (inside < side.indexes.length && upperBound((side.indexes[inside] ?? 0) - 1, parts) < threshold) {
    addTo(zero, side.counts[inside] ?? 0);
    addTo(zero, side.rests[inside] ?? 0);
    inside++;
  }
  return startingAt(side, inside);
}

/** Without the buckets that end inside the zero bucket. */
export function outsideZero(parts: Parts): Parts {
  if (parts.schema === CUSTOM_BUCKETS_SCHEMA || parts.zeroThreshold === 0) return parts;
  const outside = (side: Side): Side => {
    let inside = 0;
    while (inside < side.indexes.length && upperBound(side.indexes[inside] ?? 0, parts) <= parts.zeroThreshold)
      inside++;
    return inside === 0 ? side : startingAt(side, inside);
  };
  return { ...parts, positive: outside(parts.positive), negative: outside(parts.negative) };
}

function startingAt({ indexes, counts, rests }: Side, first: number): Side {
  return { indexes: indexes.slice(first), counts: counts.slice(first), rests: rests.slice(first) };
}
