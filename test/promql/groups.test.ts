import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { type Grouping, tableGroups } from '../../lib/promql/groups.ts';
import { createMetricTable, type WritableTable } from '../../lib/series/metric-table.ts';

function tableOf(series: number): WritableTable {
  const table = createMetricTable('x');
  for (let i = 0; i < series; i++) table.rowOf(labelsOf({ __name__: 'x', instance: `i${i}`, job: `j${i % 2}` }));
  return table;
}

const BY_JOB: Grouping = { labels: ['job'], without: false };

test('groups are found once until the table gets a row', () => {
  const table = tableOf(4);
  const groups = tableGroups(table, BY_JOB, false);
  assert.deepEqual([...groups.numbers], [0, 1, 0, 1]);
  assert.equal(tableGroups(table, BY_JOB, false), groups);
  table.rowOf(labelsOf({ __name__: 'x', job: 'j9' }));
  assert.deepEqual([...tableGroups(table, BY_JOB, false).numbers], [0, 1, 0, 1, 2]);
});

test('groups that take much memory push out those that nobody asked for', () => {
  const table = tableOf(10_000);
  const groups = tableGroups(table, BY_JOB, false);
  const withoutLabel = (i: number) => tableGroups(table, { labels: [`absent${i}`], without: true }, false);
  const first = withoutLabel(0);
  for (let i = 1; i < 8; i++) {
    withoutLabel(i);
    assert.equal(tableGroups(table, BY_JOB, false), groups);
  }
  assert.notEqual(withoutLabel(0), first);
});
