import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createSampleRow, NUMBER_BYTES, putSample, putTime } from '../../lib/api/number-bytes.ts';
import { sampleText } from '../../lib/api/number-texts.ts';
import { guessBytes, shortResult, writeResult } from '../../lib/api/query-result.ts';
import { TextBytes } from '../../lib/api/text-bytes.ts';
import type { Histogram } from '../../lib/model/histogram.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import type { MatrixSeries, QueryValue } from '../../lib/promql/value.ts';

const decoder = new TextDecoder();

function written(put: (bytes: Uint8Array, at: number, value: number) => number, value: number): string {
  const bytes = new Uint8Array(NUMBER_BYTES + 1);
  return decoder.decode(bytes.subarray(1, put(bytes, 1, value)));
}

function putOneSample(bytes: Uint8Array, at: number, value: number): number {
  return putSample(bytes, at, createSampleRow(Float64Array.of(value)), 0);
}

function textOf(value: QueryValue): string {
  const out = new TextBytes(guessBytes(value));
  writeResult(out, value);
  return decoder.decode(out.taken());
}

/** Go's rule, from JavaScript's shortest digits: an exponent below 1e-6 and from 1e21 on, of two digits at least. */
function expectedText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

const anyDouble = fc.double();
/** What samples are made of: whole numbers, money and percentages, sums of these, quotients. */
const likely = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 60 }))
  .map(([digits, places, divisor]) => digits / 10 ** places / divisor);
const short = fc
  .tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 9 }))
  .map(([digits, places]) => digits / 10 ** places);
/** Neighbours of short decimals, which a rounding might take for them. */
const almost = fc.tuple(short, fc.integer({ min: -3, max: 3 })).map(([value, steps]) => nudged(value, steps));

function nudged(value: number, steps: number): number {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] ?? 0n) + BigInt(steps);
  return new Float64Array(bits.buffer)[0] ?? value;
}

describe('numbers as bytes', () => {
  test('any sample is written as Go would, and fits', () => {
    const law = fc.property(fc.oneof(anyDouble, likely, short, almost), (value) => {
      const text = written(putOneSample, value);
      assert.equal(text, expectedText(value));
      assert.equal(text, sampleText(value));
      assert.ok(text.length <= NUMBER_BYTES);
    });
    fc.assert(law, { numRuns: 20_000 });
  });

  test('samples of a series are written one after the other, some left out', () => {
    const sample = fc.oneof(anyDouble, likely, short, almost, fc.constantFrom(-0, Number.NaN, Infinity, 1e-7, 1e21, 0));
    const law = fc.property(fc.array(fc.tuple(sample, fc.boolean()), { maxLength: 12 }), (samples) => {
      const bytes = new Uint8Array(samples.length * (NUMBER_BYTES + 1));
      const row = createSampleRow(Float64Array.from(samples, ([value]) => value));
      let at = 0;
      samples.forEach(([, isWritten], i) => {
        if (!isWritten) return;
        at = putSample(bytes, at, row, i);
        bytes[at++] = 32;
      });
      const expected = samples.filter(([, isWritten]) => isWritten).map(([value]) => `${sampleText(value)} `);
      assert.equal(decoder.decode(bytes.subarray(0, at)), expected.join(''));
    });
    fc.assert(law, { numRuns: 5_000 });
  });

  test('samples at the edges of the ways to write them', () => {
    for (const exponent of [-7, -6, -5, -3, 0, 2, 4, 6, 7, 8, 9, 12, 14, 15, 16, 17, 20, 21, 22, 300, -300]) {
      for (const steps of [-2, -1, 0, 1, 2]) {
        for (const value of [nudged(10 ** exponent, steps), nudged(1.5 * 10 ** exponent, steps)]) {
          assert.equal(written(putOneSample, value), expectedText(value));
          assert.equal(written(putOneSample, -value), expectedText(-value));
        }
      }
    }
    for (const value of [
      0,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      5e-324,
      Number.MAX_VALUE,
      2 ** 53,
      999_999_999.999999,
    ]) {
      assert.equal(written(putOneSample, value), expectedText(value));
    }
  });

  test('an instant has three decimals unless it is a whole second', () => {
    const law = fc.property(fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }), (timeMs) => {
      const text = written(putTime, timeMs);
      assert.match(text, timeMs % 1_000 === 0 ? /^-?\d+$/ : /^-?\d+\.\d{3}$/);
      assert.equal(
        BigInt(Math.round(Number(text.replace('.', '')))),
        BigInt(timeMs % 1_000 === 0 ? timeMs / 1_000 : timeMs),
      );
    });
    fc.assert(law, { numRuns: 2_000 });
    assert.deepEqual(
      [1_795_226_907_740, 1_795_226_907_000, 7, 0, -5_500].map((timeMs) => written(putTime, timeMs)),
      ['1795226907.740', '1795226907', '0.007', '0', '-5.500'],
    );
  });
});

test('text becomes UTF-8, however it is cut', () => {
  const law = fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 })), (texts) => {
    const out = new TextBytes();
    for (const text of texts) out.add(text);
    assert.deepEqual(out.taken(), new TextEncoder().encode(texts.join('')));
  });
  fc.assert(law, { numRuns: 200 });
});

test('a long text of other alphabets is whole, whatever room was expected', () => {
  for (const text of ['ж'.repeat(1_000), '😀'.repeat(3_000), `${'a'.repeat(1_023)}ж`, '\ud800'.repeat(700)]) {
    for (const expectedBytes of [0, text.length, 20_000]) {
      const out = new TextBytes(expectedBytes);
      out.add(text);
      out.add('.');
      assert.deepEqual(out.taken(), new TextEncoder().encode(`${text}.`));
    }
  }
});

describe('results', () => {
  const series = (values: readonly number[], histograms: ReadonlyMap<number, Histogram> = new Map()): MatrixSeries => ({
    labels: labelsOf({ job: 'ä<b>' }),
    timesMs: Float64Array.from(values, (_, i) => 1_500 * i),
    values: Float64Array.from(values),
    histograms,
  });
  const metric = '{"metric":{"job":"ä\\u003cb\\u003e"}';

  test('a matrix lists floats and histograms apart', () => {
    const histogram: Histogram = {
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 2,
      sum: 1.5,
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveBuckets: [2],
      negativeSpans: [],
      negativeBuckets: [],
      customBounds: [],
      resetHint: 'unknown',
    };
    const mixed = series([1.5, Number.NaN, 3], new Map([[1, histogram]]));
    const alone = series([Number.NaN], new Map([[0, histogram]]));
    const json = '{"count":"2","sum":"1.5","buckets":[[0,"0.5","1","2"]]}';
    const members = [
      `${metric},"values":[[0,"1.5"],[3,"3"]],"histograms":[[1.500,${json}]]}`,
      `${metric},"histograms":[[0,${json}]]}`,
    ];
    assert.equal(
      textOf({ kind: 'matrix', series: [mixed, alone] }),
      `"resultType":"matrix","result":[${members.join(',')}]`,
    );
  });

  test('an empty list is an empty list', () => {
    assert.equal(textOf({ kind: 'matrix', series: [] }), '"resultType":"matrix","result":[]');
    assert.equal(textOf({ kind: 'vector', elements: [] }), '"resultType":"vector","result":[]');
  });

  test('a vector is the same text, short or long', () => {
    const vectorOf = (count: number): QueryValue => ({
      kind: 'vector',
      elements: Array.from({ length: count }, (_, i) => {
        return { labels: labelsOf({ job: 'ä<b>' }), timeMs: 1_500 * i, value: i / 7, histogram: null };
      }),
    });
    for (const count of [0, 1, 2, 64, 65, 5_000]) {
      const vector = vectorOf(count);
      const members = Array.from({ length: count }, (_, i) => {
        return `${metric},"value":[${i % 2 === 0 ? 1.5 * i : (1.5 * i).toFixed(3)},"${i / 7}"]}`;
      });
      const text = `"resultType":"vector","result":[${members.join(',')}]`;
      assert.equal(textOf(vector), text);
      assert.equal(shortResult(vector), count <= 64 ? text : null);
    }
  });

  test('a scalar and a string are the same text, short or long', () => {
    for (const value of [
      { kind: 'scalar', timeMs: 1_500, value: Number.POSITIVE_INFINITY },
      { kind: 'string', timeMs: 0, value: '<"ä">' },
    ] as const) {
      assert.equal(shortResult(value), textOf(value));
    }
    assert.equal(textOf({ kind: 'scalar', timeMs: 1_500, value: 2 }), '"resultType":"scalar","result":[1.5,"2"]');
  });

  test('a long one is whole', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => i / 7);
    const points = values.map((value, i) => `[${i % 2 === 0 ? 1.5 * i : (1.5 * i).toFixed(3)},"${value}"]`);
    assert.equal(
      textOf({ kind: 'matrix', series: [series(values)] }),
      `"resultType":"matrix","result":[${metric},"values":[${points.join(',')}]}]`,
    );
  });
});
