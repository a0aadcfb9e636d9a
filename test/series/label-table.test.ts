import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dropLabels, type Labels, labelsOf, METADATA_LABELS } from '../../lib/model/labels.ts';
import { createLabelTable } from '../../lib/series/label-table.ts';

const name = fc.constantFrom('a', 'b', 'zone', 'Job', 'ä', '__type__', '__unit__');
const value = fc.constantFrom(
  '1',
  '2',
  'a value of more than a dozen characters',
  '𝄞',
  '\u{feff}a value that begins with a mark',
);
const labelSets = fc
  .array(fc.dictionary(name, value), { maxLength: 60 })
  .map((records) => records.map((record) => labelsOf({ ...record, __name__: 'm' })));

function distinct(sets: readonly Labels[]): readonly Labels[] {
  return [...new Map(sets.map((labels) => [labels.key, labels])).values()];
}

test('every label set has a row of its own, finds it again, and comes back as it was', () => {
  fc.assert(
    fc.property(labelSets, (sets) => {
      const table = createLabelTable('m');
      const known = distinct(sets);
      for (const [row, labels] of known.entries()) {
        assert.equal(table.rowOf(labels), -1);
        assert.equal(table.add(labels), row);
      }
      assert.equal(table.rowCount, known.length);
      for (const [row, labels] of known.entries()) {
        assert.equal(table.rowOf(labels), row);
        assert.equal(table.labels(row).key, labels.key);
        assert.equal(table.namelessLabels(row).key, dropLabels(labels, METADATA_LABELS).key);
      }
    }),
  );
});

test('a label set with one label more or less is another one', () => {
  const table = createLabelTable('m');
  table.add(labelsOf({ __name__: 'm', a: '1', b: '2' }));
  assert.equal(table.rowOf(labelsOf({ __name__: 'm', a: '1' })), -1);
  assert.equal(table.rowOf(labelsOf({ __name__: 'm', a: '1', b: '2', c: '' })), 0);
  assert.equal(table.rowOf(labelsOf({ __name__: 'm', a: '1', b: '2', zone: '2' })), -1);
  assert.equal(table.rowOf(labelsOf({ __name__: 'm', a: '2', b: '1' })), -1);
});

test('series without a metric name have none afterwards', () => {
  const table = createLabelTable('');
  assert.equal(table.add(labelsOf({ a: '1' })), 0);
  assert.equal(table.labels(0).key, '[["a","1"]]');
  assert.throws(() => table.labels(1), /no row 1/);
});

test('thousands of series are told apart, and made again after they were forgotten', () => {
  const table = createLabelTable('m');
  const setOf = (i: number): Labels =>
    labelsOf({ __name__: 'm', instance: `host-${i % 1000}`, path: `/${Math.floor(i / 1000)}` });
  const count = 40_000;
  for (let i = 0; i < count; i++) table.add(setOf(i));
  for (let i = 0; i < count; i++) {
    assert.equal(table.rowOf(setOf(i)), i);
    assert.equal(table.labels(i).pairs[1]?.[1], `host-${i % 1000}`);
  }
  assert.equal(table.labels(0).key, setOf(0).key);
});
