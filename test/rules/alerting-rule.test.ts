import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelsToRecord } from '../../lib/model/labels.ts';
import type { QueryValue } from '../../lib/promql/value.ts';
import {
  type Alerted,
  type AlertFailure,
  type AlertMemory,
  NO_ALERTS,
  postedAlert,
  updateAlerts,
} from '../../lib/rules/alerting-rule.ts';
import type { RuleSample } from '../../lib/rules/rule-result.ts';
import { alerting, vector } from './rule-values.ts';

const MINUTE = 60_000;
const rule = alerting('Down', {
  query: 'up{job=~"a|b"} == 0',
  forMs: MINUTE,
  labels: [
    ['instance', ''],
    ['severity', 'critical'],
  ],
  annotations: [['summary', '{{ $labels.job }} is down']],
});

function update(value: QueryValue, before: AlertMemory, minute: number, limit = 0): Alerted | AlertFailure {
  return updateAlerts(rule, value, before, {
    evalAtMs: minute * MINUTE,
    limit,
    resendDelayMs: MINUTE,
    expand: (text, element) => text.replace('{{ $labels.job }}', labelsToRecord(element.labels)['job'] ?? ''),
  });
}

function alerted(value: QueryValue, before: AlertMemory, minute: number): Alerted {
  const outcome = update(value, before, minute);
  if (outcome.kind === 'failed') return assert.fail(outcome.message);
  return outcome;
}

/** "ALERTS{alertname=Down,…} 1". */
function printed(samples: readonly RuleSample[]): string[] {
  const print = ({ labels, value, isStale }: RuleSample): string => {
    const { __name__: name, ...rest } = labelsToRecord(labels);
    const pairs = Object.entries(rest).map(([label, text]) => `${label}=${text}`);
    return `${name}{${pairs.join(',')}} ${isStale ? 'stale' : value}`;
  };
  return samples.map(print);
}

const down = vector([{ __name__: 'up', job: 'api', instance: 'a:1' }, 0]);

test('a pending alert writes its state and since when it is active; turning to firing ends the pending series', () => {
  const pending = alerted(down, NO_ALERTS, 10);
  assert.deepEqual(printed(pending.samples), [
    'ALERTS{alertname=Down,alertstate=pending,job=api,severity=critical} 1',
    'ALERTS_FOR_STATE{alertname=Down,job=api,severity=critical} 600',
  ]);
  const firing = alerted(down, pending.memory, 11);
  assert.deepEqual(printed(firing.samples), [
    'ALERTS{alertname=Down,alertstate=firing,job=api,severity=critical} 1',
    'ALERTS_FOR_STATE{alertname=Down,job=api,severity=critical} 600',
    'ALERTS{alertname=Down,alertstate=pending,job=api,severity=critical} stale',
  ]);
});

test('an alert that resolves ends both of its series', () => {
  const firing = alerted(down, alerted(down, NO_ALERTS, 10).memory, 11);
  const resolved = alerted(vector(), firing.memory, 12);
  assert.deepEqual(printed(resolved.samples), [
    'ALERTS{alertname=Down,alertstate=firing,job=api,severity=critical} stale',
    'ALERTS_FOR_STATE{alertname=Down,job=api,severity=critical} stale',
  ]);
  assert.deepEqual(alerted(vector(), resolved.memory, 13).samples, []);
});

test('labels: the metric name goes, rule labels override, empty ones delete, and alertname wins over all', () => {
  const named = alerting('Name', { labels: [['alertname', 'other']] });
  const outcome = updateAlerts(named, down, NO_ALERTS, {
    evalAtMs: 0,
    limit: 0,
    resendDelayMs: MINUTE,
    expand: (text) => text,
  });
  assert.deepEqual(labelsToRecord(outcome.memory.instances[0]?.labels ?? labelsOf({})), {
    alertname: 'Name',
    instance: 'a:1',
    job: 'api',
  });
});

test('value and annotations follow the result while the condition is met, and stay as last seen afterwards', () => {
  const first = alerted(down, NO_ALERTS, 10);
  const second = alerted(vector([{ job: 'api' }, -1]), first.memory, 11);
  assert.equal(second.memory.instances[0]?.value, -1);
  const gone = alerted(vector(), second.memory, 12);
  assert.equal(gone.memory.instances[0]?.value, -1);
  assert.deepEqual(gone.memory.instances[0]?.annotations, [['summary', 'api is down']]);
});

test('two elements with the same final labels fail the rule and leave its state alone', () => {
  const before = alerted(down, NO_ALERTS, 10).memory;
  const outcome = update(vector([{ job: 'api', instance: 'a' }, 0], [{ job: 'api', instance: 'b' }, 0]), before, 11);
  const message = 'vector contains metrics with the same labelset after applying alert labels';
  assert.deepEqual(outcome, { kind: 'failed', message, memory: before });
});

test('more alerts than the limit drop the state; the series written before end with the next success', () => {
  const before = alerted(down, NO_ALERTS, 10).memory;
  const outcome = update(vector([{ job: 'api' }, 0], [{ job: 'db' }, 0]), before, 11, 1);
  assert.equal(outcome.kind === 'failed' && outcome.message, 'exceeded limit of 1 with 2 alerts');
  assert.deepEqual(outcome.memory.instances, []);
  const next = alerted(vector(), outcome.memory, 12);
  assert.deepEqual(printed(next.samples), [
    'ALERTS{alertname=Down,alertstate=pending,job=api,severity=critical} stale',
    'ALERTS_FOR_STATE{alertname=Down,job=api,severity=critical} stale',
  ]);
  assert.deepEqual(next.memory, NO_ALERTS);
});

test('annotations too long for a message are cut, labels too long fail the rule', () => {
  const wordy = alerting('Wordy', {
    annotations: [
      ['a', 'x'.repeat(15_000)],
      ['b', 'y'.repeat(15_000)],
    ],
  });
  const circumstances = { evalAtMs: 0, limit: 0, resendDelayMs: MINUTE, expand: (text: string) => text };
  const [instance] = updateAlerts(wordy, down, NO_ALERTS, circumstances).memory.instances;
  const [a, b] = instance?.annotations ?? [];
  assert.deepEqual([a?.[1].length, b?.[1].length, b?.[1].slice(-2)], [15_000, 5000, 'y…']);
  const outcome = updateAlerts(rule, vector([{ job: 'x'.repeat(20_000) }, 0]), NO_ALERTS, circumstances);
  assert.match(outcome.kind === 'failed' ? outcome.message : '', /^the labels of an alert have 20\d+ characters/);
});

test('resolved alerts do not count against the limit', () => {
  const firing = alerted(down, alerted(down, NO_ALERTS, 10).memory, 11);
  const outcome = update(vector([{ job: 'db' }, 0]), firing.memory, 12, 1);
  assert.equal(outcome.kind, 'alerted');
  assert.deepEqual(
    outcome.memory.instances.map(({ alert }) => alert.state),
    ['resolved', 'pending'],
  );
});

test('the router hears of an alert when it fires, while it fires and when it resolves, never while it is pending', () => {
  const sender = {
    intervalMs: MINUTE,
    resendDelayMs: MINUTE,
    externalLabels: labelsOf({ cluster: 'eu', job: 'ours' }),
    externalUrl: 'https://tocsin.example.org',
  };
  let memory = NO_ALERTS;
  const heard: unknown[] = [];
  for (let minute = 10; minute < 18; minute++) {
    memory = alerted(minute < 14 ? down : vector(), memory, minute).memory;
    const [instance] = memory.instances;
    const posted = instance === undefined ? null : postedAlert(rule, instance, sender);
    const isNew = instance?.alert.state !== 'pending' && instance?.alert.lastSentAtMs === minute * MINUTE;
    if (isNew) heard.push([minute, (posted?.startsAtMs ?? 0) / MINUTE, (posted?.endsAtMs ?? 0) / MINUTE]);
  }
  assert.deepEqual(heard, [
    [11, 11, 15],
    [13, 11, 17],
    [14, 11, 14],
    [16, 11, 14],
  ]);
});

test('an alert reaches the router with external labels where it has none of its own, and a link to its query', () => {
  const firing = alerted(down, alerted(down, NO_ALERTS, 10).memory, 11);
  const [instance] = firing.memory.instances;
  assert.ok(instance !== undefined);
  const posted = postedAlert(rule, instance, {
    intervalMs: MINUTE,
    resendDelayMs: MINUTE,
    externalLabels: labelsOf({ cluster: 'eu', job: 'ours' }),
    externalUrl: 'https://tocsin.example.org',
  });
  assert.deepEqual(labelsToRecord(posted?.labels ?? labelsOf({})), {
    alertname: 'Down',
    cluster: 'eu',
    job: 'api',
    severity: 'critical',
  });
  assert.deepEqual(posted?.annotations, [['summary', 'api is down']]);
  assert.equal(
    posted?.generatorUrl,
    'https://tocsin.example.org/graph?g0.expr=up%7Bjob%3D~%22a%7Cb%22%7D+%3D%3D+0&g0.tab=1',
  );
});
