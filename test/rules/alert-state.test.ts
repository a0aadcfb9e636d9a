import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AlertEvent,
  type AlertState,
  type AlertTimes,
  isSendDue,
  nextAlertState,
  RESOLVED_RETENTION_MS,
  validUntil,
} from '../../lib/rules/alert-state.ts';

const MINUTE = 60_000;
const fiveMinutes: AlertTimes = { forMs: 5 * MINUTE, keepFiringForMs: 3 * MINUTE };

/** Every situation an alert can be in when an evaluation comes, as seen at minute 100. */
const situations = {
  none: null,
  'pending, for not over': { state: 'pending', activeAtMs: 96 * MINUTE },
  'pending, for just over': { state: 'pending', activeAtMs: 95 * MINUTE },
  firing: { state: 'firing', activeAtMs: 90 * MINUTE, firedAtMs: 95 * MINUTE, absentSinceMs: null, lastSentAtMs: null },
  'kept firing': {
    state: 'firing',
    activeAtMs: 90 * MINUTE,
    firedAtMs: 95 * MINUTE,
    absentSinceMs: 98 * MINUTE,
    lastSentAtMs: 99 * MINUTE,
  },
  'kept firing long enough': {
    state: 'firing',
    activeAtMs: 90 * MINUTE,
    firedAtMs: 95 * MINUTE,
    absentSinceMs: 97 * MINUTE,
    lastSentAtMs: 99 * MINUTE,
  },
  'firing, for made longer': {
    state: 'firing',
    activeAtMs: 98 * MINUTE,
    firedAtMs: 98 * MINUTE,
    absentSinceMs: null,
    lastSentAtMs: 98 * MINUTE,
  },
  resolved: {
    state: 'resolved',
    activeAtMs: 80 * MINUTE,
    firedAtMs: 82 * MINUTE,
    resolvedAtMs: 85 * MINUTE,
    lastSentAtMs: 99 * MINUTE,
  },
  'resolved long ago': {
    state: 'resolved',
    activeAtMs: 80 * MINUTE,
    firedAtMs: 82 * MINUTE,
    resolvedAtMs: 85 * MINUTE - 1,
    lastSentAtMs: 99 * MINUTE,
  },
} satisfies Record<string, AlertState | null>;

const pendingSinceNow: AlertState = { state: 'pending', activeAtMs: 100 * MINUTE };

const table: Record<keyof typeof situations, Record<AlertEvent, AlertState | null>> = {
  none: { matched: pendingSinceNow, unmatched: null },
  'pending, for not over': { matched: situations['pending, for not over'], unmatched: null },
  'pending, for just over': {
    matched: {
      state: 'firing',
      activeAtMs: 95 * MINUTE,
      firedAtMs: 100 * MINUTE,
      absentSinceMs: null,
      lastSentAtMs: null,
    },
    unmatched: null,
  },
  firing: { matched: situations.firing, unmatched: { ...situations.firing, absentSinceMs: 100 * MINUTE } },
  'kept firing': {
    matched: { ...situations['kept firing'], absentSinceMs: null },
    unmatched: situations['kept firing'],
  },
  'kept firing long enough': {
    matched: { ...situations['kept firing long enough'], absentSinceMs: null },
    unmatched: {
      state: 'resolved',
      activeAtMs: 90 * MINUTE,
      firedAtMs: 95 * MINUTE,
      resolvedAtMs: 100 * MINUTE,
      lastSentAtMs: 99 * MINUTE,
    },
  },
  'firing, for made longer': {
    matched: { state: 'pending', activeAtMs: 98 * MINUTE },
    unmatched: { state: 'pending', activeAtMs: 98 * MINUTE },
  },
  resolved: { matched: pendingSinceNow, unmatched: situations.resolved },
  'resolved long ago': { matched: pendingSinceNow, unmatched: null },
};

for (const situation of Object.keys(situations) as (keyof typeof situations)[]) {
  for (const event of ['matched', 'unmatched'] as const) {
    test(`an alert that is ${situation}, when ${event}`, () => {
      const after = nextAlertState(situations[situation], event, 100 * MINUTE, fiveMinutes);
      assert.deepEqual(after, table[situation][event]);
    });
  }
}

test('without `for` an alert fires in the evaluation that finds it, and without keep_firing_for it resolves in the first that does not', () => {
  const times = { forMs: 0, keepFiringForMs: 0 };
  const firing = nextAlertState(null, 'matched', MINUTE, times);
  assert.equal(firing?.state, 'firing');
  const resolved = nextAlertState(firing, 'unmatched', 2 * MINUTE, times);
  assert.deepEqual([resolved?.state, resolved?.activeAtMs], ['resolved', MINUTE]);
});

test('a `for` shorter than the interval fires one evaluation later', () => {
  const times = { forMs: 15_000, keepFiringForMs: 0 };
  const pending = nextAlertState(null, 'matched', 30_000, times);
  assert.equal(pending?.state, 'pending');
  assert.equal(nextAlertState(pending, 'matched', MINUTE, times)?.state, 'firing');
});

const anyTimes = fc.record({ forMs: fc.nat(5 * MINUTE), keepFiringForMs: fc.nat(5 * MINUTE) });
const anyHistory = fc.array(
  fc.tuple(fc.constantFrom<AlertEvent>('matched', 'unmatched'), fc.integer({ min: 1, max: 4 * MINUTE })),
);

test('law: along any history an alert fires only after its condition held for `for`, and times never run backwards', () => {
  fc.assert(
    fc.property(anyTimes, anyHistory, (times, history) => {
      let nowMs = 0;
      let alert: AlertState | null = null;
      let heldSinceMs: number | null = null;
      for (const [event, stepMs] of history) {
        nowMs += stepMs;
        const before: AlertState | null = alert;
        alert = nextAlertState(before, event, nowMs, times);
        heldSinceMs = event === 'matched' ? (heldSinceMs ?? nowMs) : null;
        if (alert?.state === 'firing' && before?.state !== 'firing') {
          assert.ok(heldSinceMs !== null && nowMs - heldSinceMs >= times.forMs);
          assert.equal(alert.firedAtMs, nowMs);
        }
        if (event === 'matched') assert.ok(alert?.state === 'pending' || alert?.state === 'firing');
        if (alert !== null) assert.ok(alert.activeAtMs <= nowMs);
        if (alert?.state === 'resolved') {
          assert.ok(alert.activeAtMs <= alert.firedAtMs && alert.firedAtMs <= alert.resolvedAtMs);
          assert.ok(nowMs - alert.resolvedAtMs <= RESOLVED_RETENTION_MS);
        }
      }
    }),
  );
});

const resendTable = [
  { intervalMs: 1000, repeatMs: 61_000 },
  { intervalMs: 30_000, repeatMs: 90_000 },
  { intervalMs: 60_000, repeatMs: 120_000 },
];
for (const { intervalMs, repeatMs } of resendTable) {
  test(`with an interval of ${intervalMs / 1000} s a firing alert is repeated each ${repeatMs / 1000} s`, () => {
    const sent: number[] = [];
    let lastSentAtMs: number | null = null;
    for (let nowMs = 0; nowMs <= 10 * MINUTE; nowMs += intervalMs) {
      const alert: AlertState = { state: 'firing', activeAtMs: 0, firedAtMs: 0, absentSinceMs: null, lastSentAtMs };
      if (!isSendDue(alert, nowMs, MINUTE)) continue;
      lastSentAtMs = nowMs;
      sent.push(nowMs);
    }
    assert.deepEqual(sent.slice(0, 3), [0, repeatMs, 2 * repeatMs]);
  });
}

test('a pending alert is never sent, a resolved one at once and then as often as a firing one', () => {
  assert.equal(isSendDue({ state: 'pending', activeAtMs: 0 }, MINUTE, MINUTE), false);
  const resolved: AlertState = { ...situations.resolved, lastSentAtMs: 84 * MINUTE };
  assert.equal(isSendDue(resolved, 85 * MINUTE, MINUTE), true);
  assert.equal(isSendDue({ ...resolved, lastSentAtMs: 85 * MINUTE }, 86 * MINUTE, MINUTE), false);
  assert.equal(isSendDue({ ...resolved, lastSentAtMs: 85 * MINUTE }, 86 * MINUTE + 1, MINUTE), true);
});

test('a firing report is valid for four repeats, a resolved one ends when the alert did', () => {
  assert.equal(validUntil(situations.firing, 100 * MINUTE, 30_000, MINUTE), 104 * MINUTE);
  assert.equal(validUntil(situations.firing, 100 * MINUTE, 2 * MINUTE, MINUTE), 108 * MINUTE);
  assert.equal(validUntil(situations.resolved, 100 * MINUTE, 30_000, MINUTE), 85 * MINUTE);
});
