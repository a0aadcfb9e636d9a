import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from '../../lib/model/histogram.ts';
import {
  areEqual,
  combineHistograms,
  compactHistogram,
  divideHistogram,
  isReset,
  reduceHistogram,
  scaleHistogram,
} from '../../lib/promql/histogram-algebra.ts';
import { createHistogramMean, createHistogramSum } from '../../lib/promql/histogram-sum.ts';
import { printHistogram } from '../../lib/promql/histogram-text.ts';
import { trimHistogram } from '../../lib/promql/histogram-trim.ts';

const EMPTY: Histogram = {
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
  resetHint: 'unknown',
};

interface Parts {
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  readonly sum?: number;
  readonly positive?: readonly [first: number, counts: readonly number[]];
  readonly negative?: readonly [first: number, counts: readonly number[]];
  readonly customBounds?: readonly number[];
  readonly resetHint?: ResetHint;
}

/** Buckets in one run on each side; the count is what they hold. */
function histogramOf({ positive = [0, []], negative = [0, []], ...parts }: Parts): Histogram {
  const counted = [...positive[1], ...negative[1]].reduce((sum, count) => sum + count, parts.zeroCount ?? 0);
  const spans = (first: number, { length }: readonly number[]) => (length === 0 ? [] : [{ offset: first, length }]);
  return {
    ...EMPTY,
    ...parts,
    count: counted,
    positiveSpans: spans(...positive),
    positiveBuckets: positive[1],
    negativeSpans: spans(...negative),
    negativeBuckets: negative[1],
  };
}

// Whole numbers, so that sums are exact in any order. A zero bucket as wide as a power of two cuts no coarse bucket.
const counts = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 8 });
const side = fc.tuple(fc.integer({ min: 1, max: 20 }), counts);
const exponential = fc
  .record({
    schema: fc.integer({ min: -2, max: 3 }),
    zeroThreshold: fc.constantFrom(0, 0.0625, 0.25, 1),
    zeroCount: fc.integer({ min: 0, max: 9 }),
    sum: fc.integer({ min: -1000, max: 1000 }),
    positive: side,
    negative: side,
    resetHint: fc.constantFrom<ResetHint>('unknown', 'reset', 'not-reset', 'gauge'),
  })
  .map(histogramOf);
const custom = fc
  .record({
    schema: fc.constant(CUSTOM_BUCKETS_SCHEMA),
    customBounds: fc
      .uniqueArray(fc.integer({ min: -5, max: 9 }), { maxLength: 6 })
      .map((all) => all.sort((a, b) => a - b)),
    sum: fc.integer({ min: -1000, max: 1000 }),
    counts: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 7, maxLength: 7 }),
  })
  .map(({ counts: own, ...parts }) => {
    return histogramOf({ ...parts, positive: [0, own.slice(0, parts.customBounds.length + 1)] });
  });
const pair = fc.oneof(fc.tuple(exponential, exponential), fc.tuple(custom, custom));

function sumOf(a: Histogram, b: Histogram): Histogram {
  const combination = combineHistograms(a, b, 1);
  assert.ok(combination !== null);
  return combination.result;
}

test('a + b is b + a', () => {
  fc.assert(fc.property(pair, ([a, b]) => assert.deepEqual(sumOf(a, b), sumOf(b, a))));
});

test('what was added can be subtracted, at the resolution that is left', () => {
  fc.assert(
    fc.property(exponential, exponential, (a, b) => {
      const sum = sumOf(a, b);
      const difference = combineHistograms(sum, b, -1)?.result;
      const reduced = sumOf(a, { ...EMPTY, schema: b.schema, zeroThreshold: sum.zeroThreshold });
      assert.deepEqual({ ...difference, resetHint: 'unknown' }, { ...reduced, resetHint: 'unknown' });
    }),
  );
});

test('coarse histograms added are added histograms made coarse', () => {
  fc.assert(
    fc.property(exponential, exponential, fc.integer({ min: -4, max: 0 }), (a, b, schema) => {
      const sameZero = { ...b, zeroThreshold: a.zeroThreshold };
      const coarse = sumOf(reduceHistogram(a, schema), reduceHistogram(sameZero, schema));
      assert.deepEqual(reduceHistogram(sumOf(a, sameZero), schema), coarse);
    }),
  );
});

test('no observation is lost in an addition', () => {
  const observations = ({ zeroCount, positiveBuckets, negativeBuckets }: Histogram): number =>
    [...positiveBuckets, ...negativeBuckets].reduce((sum, count) => sum + count, zeroCount);
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const sum = sumOf(a, b);
      assert.equal(observations(sum), observations(a) + observations(b));
      assert.equal(sum.count, a.count + b.count);
    }),
  );
});

test('what is multiplied can be divided', () => {
  fc.assert(
    fc.property(fc.oneof(exponential, custom), fc.constantFrom(2, 4, 0.5, 1024), (histogram, factor) => {
      const there = scaleHistogram(histogram, factor);
      assert.deepEqual(divideHistogram(there, factor), compactHistogram(histogram));
      assert.deepEqual(scaleHistogram(histogram, 1), compactHistogram(histogram));
    }),
  );
});

test('a counter that grew was not reset, and one that shrank was', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const before = { ...a, resetHint: 'unknown' as const };
      const grown = { ...sumOf(a, b), resetHint: 'unknown' as const };
      assert.equal(isReset(grown, before), false);
      if (b.count > 0) assert.equal(isReset(before, grown), true);
    }),
  );
});

test('a long sum is what adding one by one comes to, and a mean is its share', () => {
  fc.assert(
    fc.property(fc.array(exponential, { minLength: 1, maxLength: 6 }), (histograms) => {
      const [first = EMPTY, ...rest] = histograms;
      const sum = createHistogramSum(first);
      const mean = createHistogramMean(first);
      for (const histogram of rest) {
        sum.add(histogram);
        mean.add(histogram);
      }
      const expected = rest.reduce(sumOf, compactHistogram(first));
      assert.deepEqual(sum.result(), expected);
      assert.equal(mean.result().count, expected.count / histograms.length);
    }),
  );
});

test('what a trim keeps below and above a value is all there was', () => {
  fc.assert(
    fc.property(exponential, fc.double({ min: -40, max: 40, noNaN: true }), (histogram, at) => {
      const { count, zeroThreshold } = histogram;
      // What is exactly 0 is neither below nor above 0, and kept by both.
      fc.pre(at !== 0 || zeroThreshold > 0);
      const kept = trimHistogram(histogram, at, 'below').count + trimHistogram(histogram, at, 'above').count;
      assert.ok(Math.abs(kept - count) <= 1e-9 * count, `${kept} of ${count}`);
    }),
  );
});

test('sums lose nothing to small numbers that come after large ones', () => {
  const small = histogramOf({ sum: 1, positive: [1, [1]] });
  const large = scaleHistogram(small, 1e16);
  const sum = createHistogramSum(large);
  for (let i = 0; i < 10; i++) sum.add(small);
  sum.add(scaleHistogram(large, -1));
  assert.deepEqual(sum.result().positiveBuckets, [10]);
  assert.equal(sum.result().sum, 10);
});

test('means of numbers too large to be summed are finite', () => {
  const huge = scaleHistogram(histogramOf({ sum: 1, positive: [1, [1]] }), 1e308);
  const mean = createHistogramMean(huge);
  for (let i = 0; i < 3; i++) mean.add(huge);
  assert.deepEqual(mean.result(), huge);
});

const HINTS: readonly (readonly [a: ResetHint, b: ResetHint, sum: ResetHint])[] = [
  ['unknown', 'unknown', 'unknown'],
  ['reset', 'reset', 'reset'],
  ['not-reset', 'not-reset', 'not-reset'],
  ['gauge', 'gauge', 'gauge'],
  ['unknown', 'not-reset', 'unknown'],
  ['unknown', 'reset', 'unknown'],
  ['gauge', 'reset', 'gauge'],
  ['gauge', 'unknown', 'gauge'],
  ['reset', 'not-reset', 'unknown'],
];

test('the hint of a sum is what both have in common', () => {
  for (const [a, b, expected] of HINTS) {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const) {
      const combination = combineHistograms({ ...EMPTY, resetHint: left }, { ...EMPTY, resetHint: right }, 1);
      assert.equal(combination?.result.resetHint, expected, `${left} and ${right}`);
      assert.equal(combination?.resetsCollide, a === 'reset' && b === 'not-reset', `${left} and ${right}`);
    }
  }
});

test('exponential and custom buckets have nothing in common', () => {
  const own = histogramOf({ schema: CUSTOM_BUCKETS_SCHEMA, customBounds: [1], positive: [0, [1, 1]] });
  assert.equal(combineHistograms(own, EMPTY, 1), null);
  assert.equal(combineHistograms(EMPTY, own, -1), null);
  const sum = createHistogramSum(own);
  sum.add(EMPTY);
  assert.equal(sum.isPossible, false);
});

test('equality looks at every bucket, empty ones too, and not at hints', () => {
  const histogram = histogramOf({ sum: 1, positive: [1, [1, 2]], negative: [1, [3]] });
  assert.ok(areEqual(histogram, { ...histogram, resetHint: 'gauge' }));
  assert.ok(areEqual({ ...histogram, sum: Number.NaN }, { ...histogram, sum: Number.NaN }));
  assert.equal(areEqual(histogram, { ...histogram, sum: 2 }), false);
  assert.equal(areEqual(histogram, histogramOf({ sum: 1, positive: [2, [1, 2]], negative: [1, [3]] })), false);
  assert.equal(areEqual(histogram, histogramOf({ sum: 1, positive: [1, [1, 2, 0]], negative: [1, [3]] })), false);
});

test('a histogram as text lists its populated buckets, ascending', () => {
  const histogram = histogramOf({
    sum: -1.5,
    zeroThreshold: 0.25,
    zeroCount: 2,
    positive: [1, [1, 0, 1.5]],
    negative: [0, [2, 1]],
  });
  const text = '{count:7.5, sum:-1.5, [-2,-1):1, [-1,-0.5):2, [-0.25,0.25]:2, (1,2]:1, (4,8]:1.5}';
  assert.equal(printHistogram(histogram), text);
  const own = histogramOf({ schema: CUSTOM_BUCKETS_SCHEMA, customBounds: [1, 2], positive: [0, [1, 2, 3]] });
  assert.equal(printHistogram(own), '{count:6, sum:0, [-Inf,1]:1, (1,2]:2, (2,+Inf]:3}');
});
