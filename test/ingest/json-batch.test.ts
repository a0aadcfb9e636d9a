import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonBatch } from '../../lib/ingest/json-batch.ts';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { printRows } from './rows.ts';

const NOW_MS = 1_767_225_600_000;

function parse(text: string) {
  return parseJsonBatch(new TextEncoder().encode(text), DEFAULT_INGEST_LIMITS, NOW_MS);
}

test('samples by name and labels, with and without a time, special values as text', () => {
  const samples = [
    { name: 'jobs_done_total', labels: { queue: 'mail' }, value: 3, timeMs: NOW_MS - 5_000 },
    { labels: { __name__: 'depth', queue: '' }, value: -0.5 },
    { name: 'a b.c', value: 'NaN' },
    { name: 'm', value: '+Inf' },
    { name: 'm', value: '-Inf', timeMs: NOW_MS + 1 },
  ];
  const received = parse(JSON.stringify({ samples }));
  assert.deepEqual(received.rejections.texts, []);
  assert.deepEqual(printRows(received.batch), [
    `{"__name__":"jobs_done_total","queue":"mail"} ${NOW_MS - 5_000} 3`,
    `{"__name__":"depth"} ${NOW_MS} -0.5`,
    `{"__name__":"a b.c"} ${NOW_MS} NaN`,
    `{"__name__":"m"} ${NOW_MS} Infinity`,
    `{"__name__":"m"} ${NOW_MS + 1} -Infinity`,
  ]);
});

const bad: readonly { sample: unknown; says: RegExp }[] = [
  { sample: { name: 'm' }, says: /^samples\[1\]\.value: / },
  { sample: { name: 'm', value: '1' }, says: /^samples\[1\]\.value: / },
  { sample: { name: 'm', value: 1, timeMs: 1.5 }, says: /^samples\[1\]\.timeMs: / },
  { sample: { name: 'm', value: 1, time: 5 }, says: /^samples\[1\]: unrecognized key: "time"$/ },
  { sample: { name: 'm', value: 1, labels: { a: 1 } }, says: /^samples\[1\]\.labels\.a: / },
  { sample: { value: 1 }, says: /^samples\[1\]: invalid metric name or labels, got \{\}$/ },
  { sample: { name: 'm', labels: { __name__: 'n' }, value: 1 }, says: /^samples\[1\]: .*duplicated label __name__$/ },
  { sample: { name: 'm', labels: { a: '\ud800' }, value: 1 }, says: /^samples\[1\]: invalid metric name or labels/ },
  { sample: 5, says: /^samples\[1\]: invalid input: expected object/ },
  { sample: null, says: /^samples\[1\]: invalid input: expected object/ },
];

for (const { sample, says } of bad) {
  test(`the sample ${JSON.stringify(sample)} is refused by its index, its neighbours are kept`, () => {
    const received = parse(JSON.stringify({ samples: [{ name: 'a', value: 1 }, sample, { name: 'b', value: 2 }] }));
    assert.equal(received.batch.values.length, 2);
    assert.equal(received.rejections.causes, 1);
    assert.match(received.rejections.texts[0] ?? '', says);
  });
}

const unreadable: readonly { body: string; says: RegExp }[] = [
  { body: '', says: /body is not JSON/ },
  { body: '{"samples":[', says: /body is not JSON/ },
  { body: '[]', says: /"samples": \[\.\.\.\]\} expected/ },
  { body: '{"sample":[]}', says: /"samples": \[\.\.\.\]\} expected: samples: .*; unrecognized key: "sample"/ },
  { body: `${'['.repeat(100_000)}`, says: /body is not JSON/ },
];

for (const { body, says } of unreadable) {
  test(`a body that begins ${JSON.stringify(body.slice(0, 12))} is refused as a whole`, () => {
    assert.throws(
      () => parse(body),
      (error) => error instanceof InvalidInput && says.test(error.message),
    );
  });
}

const floods: readonly (readonly [name: string, body: string, says: string])[] = [
  ['objects', `{"samples":[${'{},'.repeat(1_400_000)}{}]}`, 'request holds more than 1400000 JSON values'],
  ['brackets', '['.repeat(1_500_000), 'request holds more than 1400000 JSON values'],
  ['fields', `{"samples":[{${'"a":1,'.repeat(1_500_000)}"b":1}]}`, 'request holds more than 1400000 JSON values'],
  ['bad samples', `{"samples":[${'{},'.repeat(20_001)}{}]}`, 'request holds more than 20000 series'],
];

for (const [name, body, says] of floods) {
  test(`a body of nothing but ${name} is given up at a limit`, () => {
    assert.throws(
      () => parse(body),
      (error) => error instanceof InvalidInput && error.message === says,
    );
  });
}

test('brackets and commas in texts are no values', () => {
  const sample = { name: 'm', labels: { a: '[{,"\\'.repeat(300) }, value: 1 };
  assert.equal(parse(JSON.stringify({ samples: Array(2_000).fill(sample) })).batch.values.length, 2_000);
});

test('deep nesting where a sample is expected is a bad sample', () => {
  const received = parse(`{"samples":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}`);
  assert.equal(received.rejections.causes, 1);
});
