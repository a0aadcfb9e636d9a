import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareForNotification,
  type Decision,
  type DecisionQuestion,
  decide,
  type LogEntry,
  planFlush,
} from '../../lib/alerts/flush.ts';
import type { SuppressionCause } from '../../lib/alerts/suppression.ts';
import { labelsOf } from '../../lib/model/labels.ts';

const MINUTE_MS = 60_000;
const send = (reason: (Decision & { kind: 'send' })['reason']): Decision => ({ kind: 'send', reason });
const skip = (reason: (Decision & { kind: 'skip' })['reason']): Decision => ({ kind: 'skip', reason });

/** "a b|c" is a and b firing, c resolved; null is no entry. */
function sets(text: string): { readonly firing: readonly string[]; readonly resolved: readonly string[] } {
  const [firing = '', resolved = ''] = text.split('|');
  return { firing: firing.split(' ').filter(Boolean), resolved: resolved.split(' ').filter(Boolean) };
}

function entry(text: string | null, sentAtMs: number): LogEntry | null {
  return text === null ? null : { sentAtMs, ...sets(text), remember: {} };
}

test('what is sent depends on what was sent before', () => {
  const rows: readonly [logged: string | null, now: string, withResolved: Decision, withoutResolved: Decision][] = [
    [null, 'a|', send('first notification'), send('first notification')],
    [null, 'a|b', send('first notification'), send('first notification')],
    [null, '|a', skip('nothing is firing'), skip('nothing is firing')],
    [null, '|', skip('everything is suppressed'), skip('everything is suppressed')],
    ['a|', 'a|', skip('nothing has changed'), skip('nothing has changed')],
    ['a b|', 'a|', skip('nothing has changed'), skip('nothing has changed')],
    ['a|', 'a b|', send('new alerts added'), send('new alerts added')],
    ['a|', 'b|a', send('new alerts added'), send('new alerts added')],
    ['|a', 'a|', send('first notification'), send('first notification')],
    ['a b|', 'a|b', send('some alerts resolved'), skip('nothing has changed')],
    ['a|b', 'a|b', skip('nothing has changed'), skip('nothing has changed')],
    ['a|', '|a', send('all alerts resolved'), { kind: 'record', reason: 'all alerts resolved' }],
    ['|a', '|a', skip('nothing is firing'), skip('nothing is firing')],
    ['a|', '|', skip('everything is suppressed'), skip('everything is suppressed')],
  ];
  for (const [logged, now, ...expected] of rows) {
    const decisions = [true, false].map((sendResolved) =>
      decide({
        ...sets(now),
        entry: entry(logged, 0),
        tickAtMs: MINUTE_MS,
        repeatIntervalMs: 60 * MINUTE_MS,
        sendResolved,
        isUnsure: false,
      }),
    );
    assert.deepEqual(decisions, expected, `logged ${logged}, now ${now}`);
  }
});

test('where it is not known whether the last message arrived, all that there is is told', () => {
  const rows: readonly [logged: string | null, now: string, withResolved: Decision, withoutResolved: Decision][] = [
    [null, 'a|', send('first notification'), send('first notification')],
    [null, '|a', send('all alerts resolved'), { kind: 'record', reason: 'all alerts resolved' }],
    ['a|', 'a|', send('repeat interval elapsed'), send('repeat interval elapsed')],
    ['a|', 'a b|', send('new alerts added'), send('new alerts added')],
    ['a|', '|', skip('everything is suppressed'), skip('everything is suppressed')],
  ];
  for (const [logged, now, ...expected] of rows) {
    const question = { ...sets(now), entry: entry(logged, 0), tickAtMs: MINUTE_MS, repeatIntervalMs: 60 * MINUTE_MS };
    const decisions = [true, false].map((sendResolved) => decide({ ...question, sendResolved, isUnsure: true }));
    assert.deepEqual(decisions, expected, `logged ${logged}, now ${now}`);
  }
});

test('a notification is repeated when more than repeat_interval has passed at the tick', () => {
  const rows: readonly [sentAtMs: number, Decision][] = [
    [0, send('repeat interval elapsed')],
    [999, send('repeat interval elapsed')],
    [1000, skip('nothing has changed')],
    [1001, skip('nothing has changed')],
  ];
  for (const [sentAtMs, expected] of rows) {
    const question = { ...sets('a|'), tickAtMs: 6000, repeatIntervalMs: 5000, sendResolved: true, isUnsure: false };
    assert.deepEqual(decide({ ...question, entry: entry('a|', sentAtMs) }), expected, `sent at ${sentAtMs}`);
  }
});

const ids = fc.subarray(['a', 'b', 'c', 'd']);
const arbitraryQuestion: fc.Arbitrary<DecisionQuestion> = fc
  .record({
    present: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean()),
    entry: fc.option(fc.record({ sentAtMs: fc.nat(100), firing: ids, resolved: ids, remember: fc.constant({}) })),
    tickAtMs: fc.nat(100),
    repeatIntervalMs: fc.nat(100),
    sendResolved: fc.boolean(),
    isUnsure: fc.boolean(),
  })
  .map(({ present, ...rest }) => ({
    ...rest,
    firing: Object.keys(present).filter((id) => present[id] === true),
    resolved: Object.keys(present).filter((id) => present[id] === false),
  }));

test('flush twice at one instant sends once', () => {
  fc.assert(
    fc.property(arbitraryQuestion, (question) => {
      if (decide(question).kind === 'skip') return;
      const { firing, resolved, tickAtMs } = question;
      const logged: LogEntry = { sentAtMs: tickAtMs, firing, resolved, remember: {} };
      assert.equal(decide({ ...question, entry: logged, isUnsure: false }).kind, 'skip');
    }),
  );
});

test('a plan fixes who is resolved, leaves out what is suppressed, and lets go of all that is resolved', () => {
  const alert = (id: string, endsAtMs: number) => ({
    id,
    labels: labelsOf({ alertname: id }),
    annotations: [],
    startsAtMs: 0,
    endsAtMs,
    updatedAtMs: 7,
    endsByTimeout: false,
    generatorUrl: '',
  });
  const plan = planFlush({
    alerts: [alert('c', 100), alert('b', 50), alert('a', 51), alert('d', 20)],
    suppressed: {
      causes: new Map<string, SuppressionCause>([
        ['c', 'silence'],
        ['d', 'inhibition'],
      ]),
      mutedBy: [],
    },
    integrations: [
      { id: 'webhook/0', sendResolved: true, isUnsure: false },
      { id: 'email/0', sendResolved: false, isUnsure: false },
    ],
    log: new Map([['email/0', { sentAtMs: 40, firing: ['a', 'b'], resolved: [], remember: {} }]]),
    tickAtMs: 49,
    startedAtMs: 50,
    repeatIntervalMs: 1000,
  });
  assert.deepEqual(
    plan.alerts.map(({ id, endsAtMs }) => [id, endsAtMs]),
    [
      ['a', null],
      ['b', 50],
    ],
  );
  assert.deepEqual(plan.leaving, [
    { id: 'b', updatedAtMs: 7 },
    { id: 'd', updatedAtMs: 7 },
  ]);
  assert.deepEqual(plan.decisions, [
    { integration: 'webhook/0', decision: send('first notification') },
    { integration: 'email/0', decision: skip('nothing has changed') },
  ]);
});

test('alerts are told by job, by instance, and with fewer labels first', () => {
  const inOrder = [
    { job: 'a', instance: '1', z: 'z' },
    { job: 'a', instance: '2' },
    { job: 'a' },
    { job: 'b', instance: '0' },
    { instance: '1', x: 'x' },
    { instance: '2' },
    { alertname: 'b' },
    { alertname: 'c' },
    { a: '1' },
    // The label set that lacks the first name in which two differ goes in front.
    { b: '1', c: '1' },
    { a: '1', c: '1' },
  ];
  const shuffled = inOrder.toReversed().map((record) => ({ record, labels: labelsOf(record) }));
  assert.deepEqual(
    shuffled.sort(compareForNotification).map(({ record }) => record),
    inOrder,
  );
});
