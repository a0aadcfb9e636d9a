import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate, type QueryOptions } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { isAlmostEqual } from './expectations.ts';

// What holds of extended ranges whatever the counter did: nothing is extrapolated, so windows side by side add up.

const OPTIONS: QueryOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 100_000,
  delayedNameRemoval: false,
};
const AT_MS = 600_000;

/** Rises, with resets; a sample every 7 to 20 seconds from before the first window until after the last. */
const counter = fc
  .array(fc.record({ gapMs: fc.integer({ min: 7_000, max: 20_000 }), rise: fc.integer({ min: -1, max: 50 }) }), {
    minLength: 110,
    maxLength: 120,
  })
  .map((drawn) => {
    const memory = createSeriesMemory();
    const builder = createSampleBatchBuilder();
    const series = builder.series(labelsOf({ __name__: 'x_total' }));
    let timeMs = 0;
    let value = 0;
    for (const { gapMs, rise } of drawn) {
      value = rise < 0 ? 0 : value + rise;
      builder.add(series, timeMs, value);
      timeMs += gapMs;
    }
    memory.append(builder.build());
    return memory;
  });

function ask(memory: SeriesMemory, text: string): number {
  const times = { startMs: AT_MS, endMs: AT_MS, stepMs: 0 };
  const { value } = evaluate(parseExpr(text, ALL_FEATURES), memory, times, { ...OPTIONS, text });
  return value.kind === 'vector' ? (value.elements[0]?.value ?? Number.NaN) : assert.fail(`${text} is a ${value.kind}`);
}

const extension = fc.constantFrom('anchored', 'smoothed');
const middleMs = fc.integer({ min: 1, max: 299_999 });

for (const name of ['increase', 'delta']) {
  test(`${name} over two windows side by side is that over both`, () => {
    const law = fc.property(counter, extension, middleMs, (memory, extended, splitMs) => {
      const whole = ask(memory, `${name}(x_total[5m] ${extended})`);
      const later = ask(memory, `${name}(x_total[${splitMs}ms] ${extended}) or vector(0)`);
      const earlier = ask(
        memory,
        `${name}(x_total[${300_000 - splitMs}ms] ${extended} offset ${splitMs}ms) or vector(0)`,
      );
      assert.ok(isAlmostEqual(whole, earlier + later), `${whole} instead of ${earlier} + ${later}`);
    });
    fc.assert(law, { numRuns: 200 });
  });
}

test('rate is increase by the length of the range', () => {
  const law = fc.property(counter, extension, middleMs, (memory, extended, rangeMs) => {
    const increase = ask(memory, `increase(x_total[${rangeMs}ms] ${extended}) or vector(0)`);
    const rate = ask(memory, `rate(x_total[${rangeMs}ms] ${extended}) or vector(0)`);
    assert.ok(isAlmostEqual(rate * (rangeMs / 1000), increase), `${rate} per second is not ${increase}`);
  });
  fc.assert(law, { numRuns: 100 });
});

test('a smoothed delta is the difference of smoothed values', () => {
  const law = fc.property(counter, middleMs, (memory, rangeMs) => {
    const delta = ask(memory, `delta(x_total[${rangeMs}ms] smoothed)`);
    const difference = ask(memory, `(x_total smoothed) - (x_total offset ${rangeMs}ms smoothed)`);
    assert.ok(Math.abs(delta - difference) < 1e-6, `${delta} instead of ${difference}`);
  });
  fc.assert(law, { numRuns: 100 });
});
