import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AggregationGroup,
  beginFlush,
  endFlush,
  firstFlushAtMs,
  formGroup,
  type GroupPhase,
  groupId,
  groupsOf,
  passFlush,
  printGroupKey,
  rearm,
  tickAtMs,
} from '../../lib/alerts/group.ts';
import type { Route } from '../../lib/alerts/route.ts';
import { labelsOf } from '../../lib/model/labels.ts';

const ROUTE: Route = {
  id: '{}',
  key: '{}',
  receiver: 'ops',
  groupBy: ['alertname', 'cluster'],
  groupWaitMs: 30,
  groupIntervalMs: 100,
  repeatIntervalMs: 1000,
  matchers: [],
  continues: false,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  routes: [],
};
const ALERT = {
  labels: labelsOf({ alertname: 'Down', instance: '1' }),
  annotations: [],
  startsAtMs: 1000,
  endsAtMs: 2000,
  updatedAtMs: 1000,
  endsByTimeout: false,
  generatorUrl: '',
};
const timer = (nowMs: number) => ({ nowMs, notBeforeMs: 0 });
const PLAN = { name: 'p', parts: 1 };
const formed = formGroup(ROUTE, ALERT, { timer: timer(1000), before: null });

test('the group key is the route and the labels that the group shares', () => {
  const rows: readonly [string, Readonly<Record<string, string>>, string][] = [
    ['{}', {}, '{}:{}'],
    ['{}/{team="a"}', { b: '2', a: '1' }, '{}/{team="a"}:{a="1", b="2"}'],
    ['{}', { 'Σ x': 'b\u0007"' }, '{}:{Σ x="b\\a\\""}'],
  ];
  for (const [key, labels, expected] of rows) assert.equal(printGroupKey(key, labelsOf(labels)), expected);
});

test('an absent label and another value make another group, and so does another route with the same key', () => {
  const root = { ...ROUTE, groupBy: ['cluster'] };
  const id = (labels: Readonly<Record<string, string>>, route: Route = root): string | undefined =>
    [...groupsOf(route, labelsOf(labels)).keys()][0];
  assert.equal(id({ cluster: 'a', x: '1' }), id({ cluster: 'a', x: '2' }));
  assert.notEqual(id({ cluster: 'a' }), id({ cluster: 'b' }));
  assert.notEqual(id({ cluster: 'a' }), id({ x: 'a' }));
  assert.notEqual(groupId('{}/{x="a"}/0', labelsOf({})), groupId('{}/{x="a"}/1', labelsOf({})));
  assert.notEqual(
    id({ cluster: 'a', x: '1' }, { ...ROUTE, groupBy: 'all' }),
    id({ cluster: 'a' }, { ...ROUTE, groupBy: 'all' }),
  );
});

test('the first flush waits for group_wait, unless the first alert is older than that', () => {
  const rows: readonly [startsAtMs: number, notBeforeMs: number, expected: number][] = [
    [1000, 0, 1030],
    [970, 0, 1030],
    [969, 0, 1000],
    [5000, 0, 1030],
    [969, 1200, 1200],
  ];
  for (const [startsAtMs, notBeforeMs, expected] of rows) {
    assert.equal(firstFlushAtMs({ startsAtMs }, 30, { nowMs: 1000, notBeforeMs }), expected);
  }
});

test('flushes keep to a grid, and one that is late by an interval begins a new one', () => {
  const rows: readonly [nowMs: number, tick: number, next: number][] = [
    [1030, 1030, 1130],
    [1031, 1030, 1130],
    [1129, 1030, 1130],
    [1130, 1130, 1230],
    [5000, 5000, 5100],
  ];
  for (const [nowMs, tick, next] of rows) {
    const at = tickAtMs(formed, { groupIntervalMs: 100, nowMs });
    const passed = passFlush(formed, { tickAtMs: at, startedAtMs: nowMs, groupIntervalMs: 100, mutedBy: [] });
    assert.deepEqual([at, passed.nextFlushAtMs, passed.lastFlush], [tick, next, formed.lastFlush + 1]);
  }
});

test('a flush may deliver for its interval, and for ten seconds at least', () => {
  const rows: readonly [groupIntervalMs: number, deadlineMs: number][] = [
    [100, 11_030],
    [60_000, 61_030],
  ];
  for (const [groupIntervalMs, deadlineMs] of rows) {
    const start = { tickAtMs: 1030, startedAtMs: 1030, groupIntervalMs, plan: PLAN, mutedBy: [] };
    const { phase } = beginFlush(formed, start);
    assert.equal(phase.kind === 'flushing' && phase.deadlineMs, deadlineMs);
  }
});

test('every phase answers to every event', () => {
  const start = { tickAtMs: 1030, startedAtMs: 1040, groupIntervalMs: 100, plan: PLAN, mutedBy: ['night'] };
  const flushing = beginFlush(formed, start);
  const phases: Readonly<Record<GroupPhase['kind'], AggregationGroup>> = {
    waiting: formed,
    flushing,
    empty: endFlush(flushing, { nowMs: 1050, hasMembers: false, unsure: [] }),
  };
  const events = {
    begin: (group: AggregationGroup) => beginFlush(group, start),
    pass: (group: AggregationGroup) => passFlush(group, start),
    endWithMembers: (group: AggregationGroup) => endFlush(group, { nowMs: 1050, hasMembers: true, unsure: [] }),
    endEmpty: (group: AggregationGroup) => endFlush(group, { nowMs: 1050, hasMembers: false, unsure: [] }),
    form: (group: AggregationGroup) => formGroup(ROUTE, ALERT, { timer: timer(2000), before: group }),
    rearm: (group: AggregationGroup) => rearm(group, ROUTE, [ALERT], timer(2000)),
  };
  type Expected = readonly [phase: GroupPhase['kind'], nextFlushAtMs: number];
  const table: Readonly<Record<GroupPhase['kind'], Readonly<Record<keyof typeof events, Expected>>>> = {
    waiting: {
      begin: ['flushing', 1130],
      pass: ['waiting', 1130],
      endWithMembers: ['waiting', 1050],
      endEmpty: ['empty', 1030],
      form: ['waiting', 2000],
      rearm: ['waiting', 2000],
    },
    flushing: {
      begin: ['flushing', 1130],
      pass: ['flushing', 1130],
      endWithMembers: ['waiting', 1130],
      endEmpty: ['empty', 1130],
      form: ['waiting', 2000],
      rearm: ['flushing', 2000],
    },
    empty: {
      begin: ['flushing', 1130],
      pass: ['empty', 1130],
      endWithMembers: ['waiting', 1130],
      endEmpty: ['empty', 1130],
      form: ['waiting', 2000],
      rearm: ['empty', 2000],
    },
  };
  for (const [kind, group] of Object.entries(phases)) {
    for (const [event, apply] of Object.entries(events)) {
      const after = apply(group);
      // The keys of both records are those that were listed above.
      const expected = table[kind as GroupPhase['kind']][event as keyof typeof events];
      assert.deepEqual([after.phase.kind, after.nextFlushAtMs], expected, `${event} while ${kind}`);
    }
  }
});

test('numbers of flushes only grow, also where a group is formed anew or was forgotten', () => {
  const flushed = passFlush(formed, { tickAtMs: 1030, startedAtMs: 1030, groupIntervalMs: 100, mutedBy: [] });
  const empty = endFlush(flushed, { nowMs: 1030, hasMembers: false, unsure: [] });
  const again = formGroup(ROUTE, ALERT, { timer: timer(1000), before: empty });
  const later = formGroup(ROUTE, ALERT, { timer: timer(9000), before: null });
  assert.deepEqual([formed.lastFlush, flushed.lastFlush, again.lastFlush, later.lastFlush], [1000, 1001, 1001, 9000]);
});

test('a group that is formed anew a moment after it was muted is still said to be', () => {
  const muted = passFlush(formed, { tickAtMs: 1030, startedAtMs: 1030, groupIntervalMs: 100, mutedBy: ['night'] });
  const empty = endFlush(muted, { nowMs: 1030, hasMembers: false, unsure: [] });
  const anew = (nowMs: number) => formGroup(ROUTE, ALERT, { timer: timer(nowMs), before: empty }).mutedBy;
  assert.deepEqual([anew(31_029), anew(31_030)], [['night'], []]);
});
