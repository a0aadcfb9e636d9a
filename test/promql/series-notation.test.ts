import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvalidInput } from '../../lib/model/issue.ts';
import { labelsToRecord } from '../../lib/model/labels.ts';
import { parseMetric, parseSeriesLine, type SequenceValue } from '../../lib/promql/series-notation.ts';

function histogramsOf(text: string) {
  return parseSeriesLine(text).values.map((value) =>
    value.kind === 'histogram' ? value : assert.fail(`${text} has a ${value.kind}`),
  );
}

function show(value: SequenceValue): string {
  if (value.kind === 'absent') return '_';
  if (value.kind === 'float') return Object.is(value.value, -0) ? '-0' : String(value.value);
  return value.kind;
}

test('a line is a label set and its values, repetitions written out', () => {
  const lines: readonly (readonly [text: string, values: string])[] = [
    ['x 1 2.5 .5 1e3 1_000 010', '1 2.5 0.5 1000 1000 8'],
    ['x Inf +inf -INF nan -0', 'Infinity Infinity -Infinity NaN -0'],
    ['x 5x2 0+10x3 10-5x2', '5 5 5 0 10 20 30 10 5 0'],
    ['x -1-1x2 1x0', '-1 -2 -3 1'],
    ['x 0.1+0.1x2', '0.1 0.2 0.30000000000000004'],
    ['x _ _x3 stale 1', '_ _ _ _ stale 1'],
    ['x\t1   2 ', '1 2'],
    ['x', ''],
  ];
  for (const [text, values] of lines) assert.equal(parseSeriesLine(text).values.map(show).join(' '), values, text);
});

test('names and labels may be quoted', () => {
  const line = parseSeriesLine('{"http.requests", "a b"="c", le="+Inf"} 1');
  assert.deepEqual(labelsToRecord(line.labels), { __name__: 'http.requests', 'a b': 'c', le: '+Inf' });
  assert.deepEqual(labelsToRecord(parseMetric('up{job="a",}')), { __name__: 'up', job: 'a' });
  assert.deepEqual(labelsToRecord(parseMetric('{}')), {});
});

test('a histogram literal names its fields in any order', () => {
  const [literal] = histogramsOf(
    'x {{sum:-1.5 schema:1 count:7 z_bucket:2 z_bucket_w:0.001 offset:-1 buckets:[1 0 2] n_offset:3 n_buckets:[2] counter_reset_hint:not_reset}}',
  );
  assert.deepEqual(literal?.histogram, {
    schema: 1,
    sum: -1.5,
    count: 7,
    zeroCount: 2,
    zeroThreshold: 0.001,
    positiveSpans: [{ offset: -1, length: 3 }],
    positiveBuckets: [1, 0, 2],
    negativeSpans: [{ offset: 3, length: 1 }],
    negativeBuckets: [2],
    customBounds: [],
    resetHint: 'not-reset',
  });
  assert.equal(literal?.isHintWritten, true);
  assert.equal(histogramsOf('x {{}}')[0]?.isHintWritten, false);
  assert.deepEqual(
    histogramsOf('x {{schema:-53 custom_values:[1 2.5] buckets:[1 2 3]}}')[0]?.histogram.customBounds,
    [1, 2.5],
  );
});

test('runs of histograms add or subtract the second literal each time', () => {
  const added = histogramsOf('x {{sum:1 count:2 buckets:[1 1]}}+{{schema:1 sum:1 count:1 offset:3 buckets:[1]}}x2');
  assert.deepEqual(
    added.map(({ histogram }) => [histogram.count, histogram.sum, histogram.positiveBuckets]),
    [
      [2, 1, [1, 1]],
      [3, 2, [1, 1, 1]],
      [4, 3, [1, 1, 2]],
    ],
  );
  const fallen = histogramsOf('x {{count:5 n_buckets:[5]}}-{{count:1 n_buckets:[1] counter_reset_hint:gauge}}x1');
  assert.deepEqual(
    fallen.map(({ histogram }) => [histogram.count, histogram.negativeBuckets, histogram.resetHint]),
    [
      [5, [5], 'gauge'],
      [4, [4], 'gauge'],
    ],
  );
});

test('says what is wrong with a line, and where', () => {
  const bad: readonly (readonly [text: string, message: string])[] = [
    ['x 5m', '1:3: parse error: bad number syntax: "5"'],
    ['x 1+2', '1:3: parse error: bad number syntax: "1+2"'],
    ['x foo', '1:3: parse error: unexpected identifier "foo" in series values, expected number or "stale"'],
    ['x{a=b} 1', '1:5: parse error: unexpected identifier "b" in label set, expected string'],
    ['x{a="b" 1', "1:9: parse error: unexpected character inside braces: '1'"],
    ['x $', "1:3: parse error: unexpected character in series sequence: '$'"],
    ['x {{sum:1 sum:2}}', '1:3: parse error: duplicate key "sum" in histogram'],
    ['x {{sum:1', '1:3: parse error: unexpected end of input in histogram, expected "}}"'],
    ['x {{sums:1}}', '1:3: parse error: bad histogram descriptor found: "sums"'],
    ['x {{schema:2}}+{{schema:1}}x2', '1:3: parse error: error combining histograms: cannot merge from schema 1 to 2'],
    ['x 1x1000000', '1:3: parse error: series line stands for more than 1000000 values'],
    ['x _x99999999999999999999', '1:3: parse error: series line stands for more than 1000000 values'],
  ];
  for (const [text, message] of bad) assert.throws(() => parseSeriesLine(text), { message }, text);
});

test('law: garbage behind a name is refused or read, never a crash', () => {
  const piece = fc.constantFrom(
    '1',
    '+',
    '-',
    'x',
    '3',
    '_',
    ' ',
    'stale',
    '{{',
    '}}',
    'sum:',
    'buckets:[',
    ']',
    'inf',
    '.',
    'e',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        parseSeriesLine(`x ${pieces.join('')}`);
      } catch (error) {
        assert.ok(error instanceof InvalidInput, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
