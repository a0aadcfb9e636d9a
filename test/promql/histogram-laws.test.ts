import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../lib/model/histogram.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';

const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 100_000,
  delayedNameRemoval: false,
};

/** A histogram with custom buckets: `counts` has one more than `bounds`, for what lies above the last. */
interface Drawn {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

function memoryWith(histogram: Histogram, drawn: Drawn | null): SeriesMemory {
  const builder = createSampleBatchBuilder();
  builder.addHistogram(builder.series(labelsOf({ __name__: 'native' })), 0, histogram);
  let below = 0;
  for (const [i, count] of (drawn?.counts ?? []).entries()) {
    below += count;
    const le = String(drawn?.bounds[i] ?? '+Inf');
    builder.add(builder.series(labelsOf({ __name__: 'classic', le })), 0, below);
  }
  const memory = createSeriesMemory();
  memory.append(builder.build());
  return memory;
}

/** The only number that a query yields. */
function ask(memory: SeriesMemory, query: string): number {
  const { value } = evaluate(parseExpr(query, ALL_FEATURES), memory, { startMs: 0, endMs: 0, stepMs: 0 }, OPTIONS);
  assert.equal(value.kind, 'vector');
  const elements = value.kind === 'vector' ? value.elements : [];
  assert.equal(elements.length, 1, query);
  return elements[0]?.value ?? Number.NaN;
}

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

const count = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: 0, max: 20, noNaN: true }));
const q = fc.double({ min: 0, max: 1, noNaN: true });
const empty = { zeroThreshold: 0, zeroCount: 0, negativeSpans: [], negativeBuckets: [], resetHint: 'unknown' } as const;

function customHistogram({ bounds, counts }: Drawn): Histogram {
  return {
    ...empty,
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: counts.reduce((sum, own) => sum + own, 0),
    sum: 1,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    customBounds: bounds,
  };
}

/** Populated buckets with bounds above zero. */
const custom: fc.Arbitrary<Drawn> = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 })
  .chain((sizes) =>
    fc.record({
      bounds: fc.constant(sizes.toSorted((a, b) => a - b).map((size) => size / 8)),
      counts: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: sizes.length + 1, maxLength: sizes.length + 1 }),
    }),
  );

const side = fc.record({ first: fc.integer({ min: -8, max: 20 }), counts: fc.array(count, { maxLength: 12 }) });

const exponential: fc.Arbitrary<Histogram> = fc
  .record({ schema: fc.integer({ min: 0, max: 3 }), zeroCount: count, positive: side, negative: side })
  .map(({ schema, zeroCount, positive, negative }) => ({
    ...empty,
    schema,
    zeroThreshold: 2 ** -10,
    zeroCount,
    count: [...positive.counts, ...negative.counts].reduce((sum, own) => sum + own, zeroCount),
    sum: 1,
    positiveSpans: positive.counts.length > 0 ? [{ offset: positive.first, length: positive.counts.length }] : [],
    positiveBuckets: positive.counts,
    negativeSpans: negative.counts.length > 0 ? [{ offset: negative.first, length: negative.counts.length }] : [],
    negativeBuckets: negative.counts,
    customBounds: [],
  }))
  .filter((histogram) => histogram.count > 1e-6);

test('law: a higher quantile is not lower', () => {
  const drawn = fc.oneof(
    exponential.map((histogram) => ({ memory: memoryWith(histogram, null), metric: 'native' })),
    custom.map((own) => ({ memory: memoryWith(customHistogram(own), own), metric: 'classic' })),
    custom.map((own) => ({ memory: memoryWith(customHistogram(own), own), metric: 'native' })),
  );
  fc.assert(
    fc.property(drawn, fc.array(q, { minLength: 2, maxLength: 5 }), ({ memory, metric }, ranks) => {
      const ascending = ranks.toSorted((a, b) => a - b);
      const quantiles = ascending.map((rank) => ask(memory, `histogram_quantile(${rank}, ${metric})`));
      for (const [i, quantile] of quantiles.entries()) {
        const before = quantiles[i - 1] ?? Number.NEGATIVE_INFINITY;
        assert.ok(quantile >= before || isClose(quantile, before), `${ascending.join()}: ${quantiles.join()}`);
      }
    }),
  );
});

test('law: the share of observations below a quantile is that quantile', () => {
  fc.assert(
    fc.property(exponential, q, (histogram, rank) => {
      const memory = memoryWith(histogram, null);
      const quantile = ask(memory, `histogram_quantile(${rank}, native)`);
      const share = ask(memory, `histogram_fraction(-Inf, ${quantile}, native)`);
      assert.ok(isClose(share, rank), `${share} of the observations are below ${quantile}`);
    }),
  );
});

test('law: shares of adjoining ranges add up to all', () => {
  const edges = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(exponential, edges, (histogram, inner) => {
      const memory = memoryWith(histogram, null);
      const ascending = ['-Inf', ...inner.toSorted((a, b) => a - b), '+Inf'];
      const shares = ascending
        .slice(1)
        .map((edge, i) => ask(memory, `histogram_fraction(${ascending[i]}, ${edge}, native)`));
      assert.ok(
        isClose(
          shares.reduce((sum, share) => sum + share, 0),
          1,
        ),
        `${ascending.join()}: ${shares.join()}`,
      );
    }),
  );
});

test('law: a native histogram with custom buckets says the same as the classic one with these bounds', () => {
  fc.assert(
    fc.property(custom, q, fc.double({ min: 0, max: 30, noNaN: true }), (drawn, rank, edge) => {
      const memory = memoryWith(customHistogram(drawn), drawn);
      for (const query of [
        (metric: string) => `histogram_quantile(${rank}, ${metric})`,
        (metric: string) => `histogram_fraction(-Inf, ${edge}, ${metric})`,
        (metric: string) => `histogram_fraction(${edge}, +Inf, ${metric})`,
      ]) {
        const [native, classic] = [ask(memory, query('native')), ask(memory, query('classic'))];
        assert.ok(isClose(native, classic), `${query('…')}: ${native} and ${classic}`);
      }
    }),
  );
});
