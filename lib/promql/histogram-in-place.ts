import type { BucketSpan, Histogram, ResetHint } from '../model/histogram.ts';
import { addTo, type Compensated } from './accumulators.ts';
import { eachBucket, isCustom, upperBound } from './histogram-buckets.ts';
import {
  compactSide,
  haveEqualBounds,
  haveEqualSpans,
  numberArray,
  runsOf,
  type SpannedBuckets,
} from './histogram-layout.ts';
import type { Parts, Side } from './histogram-parts.ts';

/**
 * Compensated sums of histograms whose buckets all are among those of the first, added up where they stand: nothing is
 * allocated from the first to the result.
 */
export interface InPlaceSum {
  /** Starts over. */
  start(first: Histogram): void;
  /** Starts over with what was added up otherwise. */
  startWith(parts: Parts): void;
  /** False, and nothing is added, when the buckets are not among those of the first. */
  add(histogram: Histogram): boolean;
  /** Some number is infinite. */
  readonly isInfinite: boolean;
  /** As they are now. */
  parts(resetHint: ResetHint): Parts;
  /** Divided by `count`: the sum for 1. */
  result(count: number, resetHint: ResetHint): Histogram;
}

/** Of the arrays: count, sum and count of the zero bucket come before the buckets, of which the positive ones are first. */
const BEFORE_BUCKETS = 3;

interface SumSide {
  spans: readonly BucketSpan[];
  size: number;
  /** Spans that were looked for last and where they were found: by span, the first bucket. */
  sought: readonly BucketSpan[];
  places: Int32Array | null;
}

interface SumState {
  layout: Pick<Histogram, 'schema' | 'zeroThreshold' | 'customBounds'>;
  readonly positive: SumSide;
  readonly negative: SumSide;
  sums: Float64Array;
  rests: Float64Array;
  isInfinite: boolean;
}

const NO_SPANS: readonly BucketSpan[] = [];
/** Of no spans. */
const NO_PLACES = new Int32Array(0);

function createSide(): SumSide {
  return { spans: NO_SPANS, size: 0, sought: NO_SPANS, places: NO_PLACES };
}

/** A sum that nothing was added to: `start` it. */
export function createInPlaceSum(): InPlaceSum {
  const state: SumState = {
    layout: { schema: 0, zeroThreshold: 0, customBounds: [] },
    positive: createSide(),
    negative: createSide(),
    sums: new Float64Array(0),
    rests: new Float64Array(0),
    isInfinite: false,
  };
  return {
    start: (first) => start(state, first),
    startWith: (parts) => startWith(state, parts),
    add: (histogram) => add(state, histogram),
    get isInfinite() {
      return state.isInfinite;
    },
    parts: (resetHint) => partsOf(state, resetHint),
    result: (count, resetHint) => resultOf(state, count, resetHint),
  };
}

function start(state: SumState, first: Histogram): void {
  const { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets } = first;
  layOut(state.positive, positiveSpans, positiveBuckets.length);
  layOut(state.negative, negativeSpans, negativeBuckets.length);
  open(state, first);
  const { sums } = state;
  sums[0] = first.count;
  sums[1] = first.sum;
  sums[2] = first.zeroCount;
  let place = BEFORE_BUCKETS;
  for (let i = 0; i < positiveBuckets.length; i++) sums[place++] = positiveBuckets[i] ?? 0;
  for (let i = 0; i < negativeBuckets.length; i++) sums[place++] = negativeBuckets[i] ?? 0;
  let largest = 0;
  for (let i = 0; i < place; i++) largest = Math.max(largest, Math.abs(sums[i] ?? 0));
  if (!Number.isFinite(largest)) lookForInfinity(state);
}

function startWith(state: SumState, parts: Parts): void {
  const { positive, negative } = parts;
  layOut(state.positive, runsOf(positive.indexes), positive.indexes.length);
  layOut(state.negative, runsOf(negative.indexes), negative.indexes.length);
  open(state, parts);
  const { sums, rests } = state;
  [parts.count, parts.sum, parts.zeroCount].forEach(({ sum, rest }, i) => {
    sums[i] = sum;
    rests[i] = rest;
  });
  const below = BEFORE_BUCKETS + positive.counts.length;
  sums.set(positive.counts, BEFORE_BUCKETS);
  rests.set(positive.rests, BEFORE_BUCKETS);
  sums.set(negative.counts, below);
  rests.set(negative.rests, below);
  lookForInfinity(state);
}

/** What was looked for before is found in the same places if the layout is the same object. */
function layOut(side: SumSide, spans: readonly BucketSpan[], size: number): void {
  side.size = size;
  if (side.spans === spans) return;
  side.spans = spans;
  side.sought = NO_SPANS;
  side.places = NO_PLACES;
}

/** With room for the buckets, and no rests. */
function open(state: SumState, { schema, zeroThreshold, customBounds }: SumState['layout']): void {
  const size = BEFORE_BUCKETS + state.positive.size + state.negative.size;
  if (size > state.sums.length) {
    state.sums = new Float64Array(size);
    state.rests = new Float64Array(size);
  } else state.rests.fill(0, 0, size);
  // Where buckets lie inside the zero bucket, places found before may be of no use.
  if (schema !== state.layout.schema || zeroThreshold !== state.layout.zeroThreshold) {
    for (const side of [state.positive, state.negative]) {
      side.sought = NO_SPANS;
      side.places = NO_PLACES;
    }
  }
  state.layout = { schema, zeroThreshold, customBounds };
  state.isInfinite = false;
}

function add(state: SumState, histogram: Histogram): boolean {
  const { layout, positive, negative } = state;
  if (histogram.schema !== layout.schema || histogram.zeroThreshold !== layout.zeroThreshold) return false;
  if (!haveEqualBounds(histogram, layout)) return false;
  const { positiveSpans, negativeSpans } = histogram;
  const above = placesOf(positive, positiveSpans, histogram);
  const below = placesOf(negative, negativeSpans, histogram);
  if (above === null || below === null) return false;
  addOne(state, 0, histogram.count);
  addOne(state, 1, histogram.sum);
  addOne(state, 2, histogram.zeroCount);
  addBuckets(state, { spans: positiveSpans, counts: histogram.positiveBuckets, places: above, from: BEFORE_BUCKETS });
  const from = BEFORE_BUCKETS + positive.size;
  addBuckets(state, { spans: negativeSpans, counts: histogram.negativeBuckets, places: below, from });
  return true;
}

/** The places of spans, null when some bucket is not there or would have to be left out, being inside the zero bucket. */
function placesOf(side: SumSide, spans: readonly BucketSpan[], histogram: Histogram): Int32Array | null {
  if (side.sought === spans || haveEqualSpans(side.sought, spans)) return side.places;
  side.sought = spans;
  side.places = endsInsideZero(spans, histogram) ? null : findPlaces(side.spans, spans);
  return side.places;
}

function endsInsideZero([first]: readonly BucketSpan[], histogram: Histogram): boolean {
  const { zeroThreshold } = histogram;
  if (first === undefined || zeroThreshold === 0 || isCustom(histogram)) return false;
  return upperBound(first.offset, histogram) <= zeroThreshold;
}

function findPlaces(known: readonly BucketSpan[], sought: readonly BucketSpan[]): Int32Array | null {
  const places = new Int32Array(sought.length);
  let span = 0;
  let start = known[0]?.offset ?? 0;
  let place = 0;
  let index = 0;
  for (let i = 0; i < sought.length; i++) {
    const { offset, length } = sought[i] ?? NO_SPAN;
    index += offset;
    let own = known[span];
    while (own !== undefined && start + own.length <= index) {
      place += own.length;
      span++;
      start += own.length + (known[span]?.offset ?? 0);
      own = known[span];
    }
    if (length > 0 && (own === undefined || index < start || index + length > start + own.length)) return null;
    places[i] = place + index - start;
    index += length;
  }
  return places;
}

const NO_SPAN: BucketSpan = { offset: 0, length: 0 };

interface Addends {
  readonly spans: readonly BucketSpan[];
  readonly counts: readonly number[];
  readonly places: Int32Array;
  /** Place of the first bucket of the side. */
  readonly from: number;
}

// What addTo of accumulators.ts does, without branches: every bucket of every sample comes here. Only where a sum is not finite
// is the rest none, and NaN for the time being.
function addBuckets(state: SumState, { spans, counts, places, from }: Addends): void {
  const { sums, rests } = state;
  let position = 0;
  let errors = 0;
  for (let span = 0; span < spans.length; span++) {
    const start = from + (places[span] ?? 0);
    const end = start + (spans[span]?.length ?? 0);
    for (let place = start; place < end; place++) {
      const count = counts[position++] ?? 0;
      const sum = sums[place] ?? 0;
      const next = sum + count;
      const added = next - sum;
      const error = sum - (next - added) + (count - added);
      sums[place] = next;
      rests[place] = (rests[place] ?? 0) + error;
      errors += error;
    }
  }
  if (Number.isNaN(errors)) lookForInfinity(state);
}

/** The rest of an infinite sum is forgotten. */
function lookForInfinity(state: SumState): void {
  const { sums, rests, positive, negative } = state;
  const end = BEFORE_BUCKETS + positive.size + negative.size;
  for (let place = 0; place < end; place++) {
    if (Math.abs(sums[place] ?? 0) !== Number.POSITIVE_INFINITY) continue;
    rests[place] = 0;
    state.isInfinite = true;
  }
}

function addOne(state: SumState, place: number, value: number): void {
  const { sums, rests } = state;
  running.sum = sums[place] ?? 0;
  running.rest = rests[place] ?? 0;
  addTo(running, value);
  sums[place] = running.sum;
  rests[place] = running.rest;
  if (Math.abs(running.sum) === Number.POSITIVE_INFINITY) state.isInfinite = true;
}

// Scratch space of addOne.
const running: Compensated = { sum: 0, rest: 0 };

function partsOf(state: SumState, resetHint: ResetHint): Parts {
  const { layout, positive, negative, sums, rests } = state;
  const one = (place: number): Compensated => ({ sum: sums[place] ?? 0, rest: rests[place] ?? 0 });
  const side = ({ spans, size }: SumSide, from: number): Side => {
    const counts = Array.from(sums.subarray(from, from + size));
    const indexes: number[] = [];
    eachBucket(spans, counts, (index) => indexes.push(index));
    return { indexes, counts, rests: Array.from(rests.subarray(from, from + size)) };
  };
  return {
    ...{ ...layout, resetHint, count: one(0), sum: one(1), zeroCount: one(2) },
    positive: side(positive, BEFORE_BUCKETS),
    negative: side(negative, BEFORE_BUCKETS + positive.size),
  };
}

function resultOf(state: SumState, divisor: number, resetHint: ResetHint): Histogram {
  const { layout, positive, negative, sums, rests } = state;
  const at = (place: number): number => (sums[place] ?? 0) / divisor + (rests[place] ?? 0) / divisor;
  const side = ({ spans, size }: SumSide, from: number): SpannedBuckets => {
    const counts = numberArray(size);
    for (let i = 0; i < size; i++) counts[i] = at(from + i);
    return compactSide({ spans, counts });
  };
  const above = side(positive, BEFORE_BUCKETS);
  const below = side(negative, BEFORE_BUCKETS + positive.size);
  return {
    ...{ schema: layout.schema, zeroThreshold: layout.zeroThreshold, zeroCount: at(2), count: at(0), sum: at(1) },
    ...{ positiveSpans: above.spans, positiveBuckets: above.counts },
    ...{ negativeSpans: below.spans, negativeBuckets: below.counts },
    ...{ customBounds: layout.customBounds, resetHint },
  };
}
