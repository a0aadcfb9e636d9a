import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { hashFraction } from '../../lib/promql/label-hash.ts';

// What limit_ratio of Prometheus 3.5 goes by: found by asking it for ever smaller shares.
const fractions: readonly (readonly [labels: Record<string, string>, fraction: number])[] = [
  [{ __name__: 'm', instance: 'a', job: '1', x: '1' }, 0.9776553129342552],
  [{ __name__: 'm', instance: 'b', job: '1', x: '1' }, 0.6640965532597173],
  [{ __name__: 'm', instance: 'f', job: '3', x: 'a2b10' }, 0.4694499017175626],
];

for (const [labels, fraction] of fractions) {
  test(`${JSON.stringify(labels)} has its place among all label sets`, () => {
    assert.equal(hashFraction(labelsOf(labels)), fraction);
    assert.equal(hashFraction(labelsOf(labels)), fraction);
  });
}

test('places are spread evenly, whatever the length of values', () => {
  const count = 2000;
  const lengths = [0, 1, 3, 4, 7, 8, 31, 32, 33, 254, 255, 300];
  let below = 0;
  for (let i = 0; i < count; i++) {
    const value = 'ü'.repeat(lengths[i % lengths.length] ?? 0);
    if (hashFraction(labelsOf({ __name__: 'm', i: String(i), value })) < 0.25) below++;
  }
  assert.ok(Math.abs(below - count / 4) < 100, `${below} of ${count} in the first quarter`);
});
