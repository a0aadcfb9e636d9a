import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Labels, labelsOf, labelsToRecord } from '../../lib/model/labels.ts';
import type { QueryValue } from '../../lib/promql/value.ts';
import { type Recorded, recordSeries } from '../../lib/rules/recording-rule.ts';
import type { RuleFailure } from '../../lib/rules/rule-result.ts';
import { recording, vector } from './rule-values.ts';

const rule = recording('job:up:sum', 'sum by (job) (up)', {
  labels: [
    ['team', 'platform'],
    ['zone', ''],
  ],
});

function recorded(value: QueryValue, before: readonly Labels[] = [], limit = 0): Recorded {
  const outcome = recordSeries(rule, value, before, limit);
  assert.equal(outcome.kind, 'recorded');
  return outcome.kind === 'recorded' ? outcome : { kind: 'recorded', samples: [], series: [] };
}

function shown(outcome: Recorded): unknown[] {
  return outcome.samples.map(({ labels, value, isStale }) => [labelsToRecord(labels), isStale ? 'stale' : value]);
}

test('a result is written under the name of the rule, with its labels on top and empty ones deleted', () => {
  const outcome = recorded(vector([{ __name__: 'up', job: 'api', zone: 'a', team: 'x' }, 3]));
  assert.deepEqual(shown(outcome), [[{ __name__: 'job:up:sum', job: 'api', team: 'platform' }, 3]]);
});

test('a scalar becomes one series with the labels of the rule alone', () => {
  const outcome = recorded({ kind: 'scalar', timeMs: 0, value: 7 });
  assert.deepEqual(shown(outcome), [[{ __name__: 'job:up:sum', team: 'platform' }, 7]]);
});

test('a series of the last success that is gone gets a stale marker, once', () => {
  const first = recorded(vector([{ job: 'api' }, 1], [{ job: 'db' }, 1]));
  const second = recorded(vector([{ job: 'db' }, 2]), first.series);
  assert.deepEqual(shown(second), [
    [{ __name__: 'job:up:sum', job: 'db', team: 'platform' }, 2],
    [{ __name__: 'job:up:sum', job: 'api', team: 'platform' }, 'stale'],
  ]);
  assert.equal(recorded(vector([{ job: 'db' }, 2]), second.series).samples.length, 1);
});

test('an empty result ends every series', () => {
  const before = [labelsOf({ __name__: 'job:up:sum', job: 'api' })];
  const outcome = recorded(vector(), before);
  assert.deepEqual(outcome.series, []);
  assert.deepEqual(shown(outcome), [[{ __name__: 'job:up:sum', job: 'api' }, 'stale']]);
});

const failures: readonly [what: string, value: QueryValue, limit: number, message: string][] = [
  [
    'two elements that the labels of the rule make equal',
    vector([{ job: 'api', zone: 'a' }, 1], [{ job: 'api', zone: 'b' }, 2]),
    0,
    'vector contains metrics with the same labelset after applying rule labels',
  ],
  [
    'more series than the limit of the group',
    vector([{ job: 'a' }, 1], [{ job: 'b' }, 1], [{ job: 'c' }, 1]),
    2,
    'exceeded limit of 2 with 3 series',
  ],
  ['a string', { kind: 'string', timeMs: 0, value: 'x' }, 0, 'rule result is not a vector or scalar'],
  ['a range vector', { kind: 'matrix', series: [] }, 0, 'rule result is not a vector or scalar'],
];
for (const [what, value, limit, message] of failures) {
  test(`${what} is refused, and nothing is written`, () => {
    const outcome: Recorded | RuleFailure = recordSeries(rule, value, [labelsOf({ a: 'b' })], limit);
    assert.deepEqual(outcome, { kind: 'failed', message });
  });
}

test('exactly as many series as the limit are fine', () => {
  assert.equal(recorded(vector([{ job: 'a' }, 1], [{ job: 'b' }, 1]), [], 2).series.length, 2);
});
